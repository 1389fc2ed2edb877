//! Expressions that need no plan: elementwise operations on arrays of one shape that lie in memory one element after
//! another. They are one tile program over one strip of elements.

use numtile_core::hash::Hasher128;
use numtile_core::{Access, Error, Result, Source};
use numtile_kernel::{Step, TileProgram, Value};
use smallvec::SmallVec;

use crate::expr::{Expr, Kind, Reduction};

/// Nodes that are worth looking at: larger expressions do enough work to be planned.
const MOST_NODES: usize = 64;

/// The nodes of such an expression in the order of a program's steps.
#[derive(Debug)]
pub struct Direct<'a> {
    nodes: SmallVec<[(&'a Expr, Value); 16]>,
    /// Equal for expressions with the same program.
    pub key: u128,
    /// The first element of each input of the program.
    pub starts: SmallVec<[*const u8; 8]>,
}

/// The expression as one program; `None` when it is not of that kind.
pub fn direct(root: &Expr) -> Option<Direct<'_>> {
    let mut made =
        Draft { direct: Direct { nodes: SmallVec::new(), key: 0, starts: SmallVec::new() }, steps: 0, constants: 0 };
    let mut key = Hasher128::new("direct");
    let mut stack: SmallVec<[(&Expr, bool); 16]> = SmallVec::new();
    stack.push((root, false));
    while let Some((node, inputs_done)) = stack.pop() {
        if made.direct.value(node).is_some() {
            continue;
        }
        if !inputs_done && !node.inputs().is_empty() {
            stack.push((node, true));
            stack.extend(node.inputs().iter().rev().map(|input| (input, false)));
            continue;
        }
        if made.direct.nodes.len() == MOST_NODES {
            return None;
        }
        made.add(node, root.shape(), &mut key)?;
    }
    made.direct.key = key.finish();
    Some(made.direct)
}

/// A reduction of all elements of a one-dimensional array, and the array; `None` for anything else.
pub fn total(root: &Expr) -> Option<(&Reduction, &Expr)> {
    match (root.kind(), root.inputs()) {
        (Kind::Reduce(reduction), [array]) if array.ndim() == 1 && root.ndim() == 0 => Some((reduction, array)),
        _ => None,
    }
}

struct Draft<'a> {
    direct: Direct<'a>,
    steps: u32,
    constants: u32,
}

impl<'a> Draft<'a> {
    /// Adds a node whose inputs are there; `None` when it has no place in a program.
    fn add(&mut self, node: &'a Expr, shape: &[usize], key: &mut Hasher128) -> Option<()> {
        key.word(node.dtype() as u64);
        let value = match node.kind() {
            Kind::Constant(scalar) => {
                key.word(0).bytes(scalar.bytes());
                next(Value::Constant, &mut self.constants)
            }
            Kind::Source(source) if node.shape() == shape => {
                key.word(1);
                self.direct.starts.push(start(&**source)?);
                Value::Input(self.direct.starts.len() as u32 - 1)
            }
            Kind::Map(op) if node.shape() == shape => {
                key.word(2 + *op as u64);
                for input in node.inputs() {
                    key.word(self.direct.nodes.iter().position(|(known, _)| known.hash128() == input.hash128())? as u64);
                }
                next(Value::Step, &mut self.steps)
            }
            _ => return None,
        };
        self.direct.nodes.push((node, value));
        Some(())
    }
}

fn next(value: fn(u32) -> Value, count: &mut u32) -> Value {
    *count += 1;
    value(*count - 1)
}

/// The first element of a source in memory whose elements lie one after another, ready for kernels.
fn start(source: &dyn Source) -> Option<*const u8> {
    let Access::Memory(start) = source.access() else { return None };
    let (item, layout) = (source.dtype().size(), source.layout());
    let start = start.wrapping_offset(layout.offset as isize);
    let is_ready = !source.is_swapped() && layout.is_c_contiguous(item) && (start as usize).is_multiple_of(item.min(8));
    is_ready.then_some(start)
}

impl Direct<'_> {
    fn value(&self, node: &Expr) -> Option<Value> {
        self.nodes.iter().find(|(known, _)| known.hash128() == node.hash128()).map(|&(_, value)| value)
    }

    /// The program.
    ///
    /// # Errors
    /// None that a user can cause.
    pub fn program(&self) -> Result<TileProgram> {
        let mut program = TileProgram::default();
        for (node, value) in &self.nodes {
            match node.kind() {
                Kind::Constant(scalar) => program.constants.push(*scalar),
                Kind::Map(op) => {
                    let mut args = [Value::Constant(0); 3];
                    for (arg, input) in args.iter_mut().zip(node.inputs()) {
                        *arg = self.value(input).ok_or_else(|| Error::internal("a step without its input"))?;
                    }
                    let input = node.inputs().last().map_or(node.dtype(), Expr::dtype);
                    program.steps.push(Step { op: *op, input, output: node.dtype(), args });
                }
                _ => program.inputs.push(node.dtype()),
            }
            program.outputs = vec![*value];
        }
        Ok(program)
    }

    /// Bytes per element of the result.
    pub fn item(&self) -> usize {
        self.nodes.last().map_or(1, |(node, _)| node.dtype().size())
    }

    /// Bytes per element of the widest value.
    pub fn widest(&self) -> usize {
        let values = self.nodes.iter().filter(|(_, value)| !matches!(value, Value::Constant(_)));
        values.map(|(node, _)| node.dtype().size()).max().unwrap_or(1)
    }

    /// The sources that are the inputs, in order.
    pub fn inputs(&self) -> impl Iterator<Item = &Expr> {
        self.nodes.iter().filter(|(_, value)| matches!(value, Value::Input(_))).map(|(node, _)| *node)
    }
}
