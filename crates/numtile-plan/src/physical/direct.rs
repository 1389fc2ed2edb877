//! Expressions that need no plan: elementwise operations on arrays in memory whose elements lie one after another, of one
//! shape, or such that each is the same along whole rows or in all of them. They are one tile program over one strip of
//! elements, or over the rows.

use numtile_core::hash::Hasher128;
use numtile_core::{Access, Error, Result, Source};
use numtile_kernel::{Op, Step, TileProgram, Value};
use smallvec::SmallVec;

use crate::expr::{Expr, Kind, Reduction};

/// Nodes that are worth looking at: larger expressions do enough work to be planned.
const MOST_NODES: usize = 64;
/// Elements of rows that are worth going through one by one.
const LEAST_ROW: usize = 256;

/// Rows of a result, and how arrays of other shapes are gone through with it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Rows {
    /// Elements of a row.
    pub length: usize,
    /// How each input of the program moves.
    pub moves: SmallVec<[Move; 8]>,
}

/// How an array moves with the elements of a result.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Move {
    /// Bytes from one row to the next; 0 where it is the same in all of them.
    pub row: usize,
    /// Bytes from one element to the next; 0 where one stands for all of a row.
    pub element: usize,
}

/// The nodes of such an expression in the order of a program's steps.
#[derive(Debug)]
pub struct Direct<'a> {
    nodes: SmallVec<[(&'a Expr, Value); 16]>,
    /// Equal for expressions with the same program.
    pub key: u128,
    /// The first element of each input of the program.
    pub starts: SmallVec<[*const u8; 8]>,
    /// How the inputs are gone through; nothing is said where all have the shape of the result.
    pub rows: Option<Rows>,
}

/// The expression as one program; `None` when it is not of that kind.
pub fn direct(root: &Expr) -> Option<Direct<'_>> {
    let direct = Direct { nodes: SmallVec::new(), key: 0, starts: SmallVec::new(), rows: None };
    let mut made = Draft { direct, steps: 0, constants: 0 };
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
    if !made.direct.inputs().all(|input| input.shape() == root.shape()) {
        made.direct.rows = Some(made.direct.rows_of(root.shape())?);
    }
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
            Kind::Source(source) => {
                key.word(1);
                self.direct.starts.push(start(&**source)?);
                Value::Input(self.direct.starts.len() as u32 - 1)
            }
            Kind::Map(op) if node.shape() == shape || is_cheap_again(node, *op) => {
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

/// Whether what has another shape than the result may be computed in each row anew: one element of each, or a cast.
fn is_cheap_again(node: &Expr, op: Op) -> bool {
    op == Op::Cast || node.shape().last().is_none_or(|&length| length == 1)
}

/// How an array of the shape `own`, with elements of `item` bytes one after another, moves with a result of the shape
/// `shape`; `None` where it does otherwise than by whole rows.
fn moves(own: &[usize], item: usize, shape: &[usize]) -> Option<Move> {
    let (&length, outer) = shape.split_last()?;
    let (&own_length, own_outer) = own.split_last().unwrap_or((&1, &[]));
    let element = match own_length {
        1 => 0,
        _ if own_length == length => item,
        _ => return None,
    };
    let is_same = own_outer.iter().all(|&length| length == 1);
    (is_same || own_outer == outer).then_some(Move { row: if is_same { 0 } else { own_length * item }, element })
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

    /// How the inputs are gone through with a result of this shape, row by row.
    fn rows_of(&self, shape: &[usize]) -> Option<Rows> {
        let moves = self.inputs().map(|input| moves(input.shape(), input.dtype().size(), shape));
        let rows = Rows { length: *shape.last()?, moves: moves.collect::<Option<_>>()? };
        (rows.length >= LEAST_ROW).then_some(rows)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arrays_move_by_whole_rows() {
        let by = |row: usize, element: usize| Some(Move { row, element });
        let shape = [2, 3, 300];
        assert_eq!(moves(&[2, 3, 300], 8, &shape), by(2400, 8));
        assert_eq!(moves(&[2, 3, 1], 8, &shape), by(8, 0));
        assert_eq!(moves(&[300], 4, &shape), by(0, 4));
        assert_eq!(moves(&[1, 1, 300], 4, &shape), by(0, 4));
        assert_eq!(moves(&[1, 1], 2, &shape), by(0, 0));
        assert_eq!(moves(&[], 2, &shape), by(0, 0));
        for other in [&[3, 300][..], &[3, 1], &[2, 1, 300], &[2, 1, 1]] {
            assert_eq!(moves(other, 8, &shape), None, "{other:?} repeats itself within the rows");
        }
    }

    #[test]
    fn arrays_of_one_row_each_are_the_same_along_it() {
        assert_eq!(moves(&[1], 8, &[300]), Some(Move { row: 0, element: 0 }));
        assert_eq!(moves(&[300], 8, &[300]), Some(Move { row: 0, element: 8 }));
    }
}
