//! Lowering: from expression nodes to tile programs and the operands that feed them.
//!
//! One [`Lowering`] serves one iteration space. It walks an expression from its root with an explicit stack, carrying
//! the [`Chain`] of views met on the way; elementwise nodes become steps of a program, everything else becomes an
//! operand. Equal subexpressions seen through equal chains are lowered once.

use std::sync::Arc;

use numtile_core::hash::{Hasher128, QuickMap};
use numtile_core::shape::PerAxis;
use numtile_core::{DType, Error, Layout, Result, Scalar, Shape, Spill};
use numtile_kernel::builtin::scan::Scanner;
use numtile_kernel::{Interpreter, Isa, Step, TileProgram, Value};
use smallvec::smallvec;

use super::call::{self, CallBlock, CallOutput, share_calls};
use super::chain::Chain;
use super::joins;
use super::operand::{
    self, Base, Block, BlockKind, Fragment, Gather, Join, Operand, OperandKind, Scatter, ScatterPlaces, Select,
    SelectFrom, Space,
};
use super::relay::Relay;
use super::scan::{Carries, ScanBlock};
use super::sharing::{WIDEST_FRINGE, share_reads};
use crate::expr::view::View;
use crate::expr::{Call, Counts, Expr, Kind, Places, Scan, Selection};

/// How deeply reshapes and concatenations may contain one another inside one pass.
const MAX_NESTING: usize = 48;

/// Results of earlier passes by the structural hash of the node they stand for.
pub type HeldResults = QuickMap<u128, HeldResult>;

/// A result of an earlier pass.
#[derive(Clone, Debug)]
pub struct HeldResult {
    /// Its number.
    pub number: usize,
    /// Its place in scratch; `None` when it is held in memory.
    pub spill: Option<Arc<dyn Spill>>,
}

impl HeldResult {
    fn base(&self) -> Base {
        match &self.spill {
            Some(spill) => Base::File(spill.clone()),
            None => Base::Held(self.number),
        }
    }
}

/// Lowers expressions over one iteration space to fragments that share operands.
pub struct Lowering<'a> {
    shape: Shape,
    held: &'a HeldResults,
    isa: Isa,
    nesting: usize,
    widest_fringe: usize,
    operands: Vec<Operand>,
    operand_numbers: QuickMap<Key, usize>,
    /// For operands that are blocks of a whole node: which node.
    blocks: QuickMap<usize, u128>,
    /// The programs of spaces that are stored somewhere: what is joined of thousands of files has one.
    copies: QuickMap<DType, Fragment>,
}

/// A node seen through a chain, in a fragment where some axes are collapsed.
type Key = (u128, Chain, PerAxis<bool>);

/// A program being written.
struct Draft {
    inputs: Vec<DType>,
    operands: Vec<usize>,
    input_numbers: QuickMap<usize, u32>,
    constants: Vec<Scalar>,
    constant_numbers: QuickMap<Scalar, u32>,
    steps: Vec<Step>,
    values: QuickMap<(u128, Chain), Value>,
    /// Axes that this fragment sees with length one.
    collapsed: PerAxis<bool>,
}

/// What is left to do for one node.
enum Todo {
    Visit(Expr, Chain),
    /// All inputs of an elementwise node are lowered.
    Emit(Expr, Chain),
    /// The value of a node is that of another node seen through another chain.
    Alias(Expr, Chain, (u128, Chain)),
}

impl<'a> Lowering<'a> {
    /// A lowering over the iteration space `shape`.
    pub fn new(shape: &[usize], held: &'a HeldResults, isa: Isa) -> Lowering<'a> {
        Lowering {
            shape: shape.into(),
            held,
            isa,
            nesting: 0,
            widest_fringe: WIDEST_FRINGE,
            operands: Vec::new(),
            operand_numbers: QuickMap::default(),
            blocks: QuickMap::default(),
            copies: QuickMap::default(),
        }
    }

    /// The same, sharing reads with no longer fringe than this.
    pub fn with_fringes(self, widest: usize) -> Lowering<'a> {
        Lowering { widest_fringe: widest, ..self }
    }

    /// The operands of all fragments lowered so far.
    pub fn into_operands(mut self) -> Vec<Operand> {
        share_reads(&mut self.operands, &self.blocks, self.widest_fringe);
        share_calls(&mut self.operands);
        self.operands
    }

    /// One program that computes these expressions, each of which has the shape of the iteration space.
    pub fn fragment(&mut self, roots: &[Expr]) -> Result<Fragment> {
        let roots: Vec<(Expr, Chain)> = roots.iter().map(|root| (root.clone(), Chain::default())).collect();
        self.fragment_through(&roots, PerAxis::from_elem(false, self.shape.len()))
    }

    /// One program that computes an expression which does not vary but along some axes, for boxes that have length one on
    /// the others.
    pub fn fragment_along(&mut self, root: &Expr, axes: &[usize]) -> Result<Fragment> {
        let collapsed = (0..self.shape.len()).map(|axis| !axes.contains(&axis)).collect();
        self.fragment_through(&[(root.clone(), Chain::default())], collapsed)
    }

    fn fragment_through(&mut self, roots: &[(Expr, Chain)], collapsed: PerAxis<bool>) -> Result<Fragment> {
        let mut draft = Draft::new(collapsed);
        let mut outputs = Vec::new();
        for (root, chain) in roots {
            self.lower(&mut draft, root, chain)?;
            outputs.push(draft.value(root, chain)?);
        }
        let program = TileProgram { inputs: draft.inputs, constants: draft.constants, steps: draft.steps, outputs };
        let interpreter = Interpreter::new(&program, self.isa)?;
        Ok(Fragment { program: Arc::new(program), interpreter: Arc::new(interpreter), operands: draft.operands })
    }

    fn lower(&mut self, draft: &mut Draft, root: &Expr, chain: &Chain) -> Result<()> {
        let mut stack = vec![Todo::Visit(root.clone(), chain.clone())];
        while let Some(todo) = stack.pop() {
            match todo {
                Todo::Visit(expr, chain) => {
                    if !draft.values.contains_key(&(expr.hash128(), chain.clone())) {
                        self.visit(draft, &mut stack, expr, chain)?;
                    }
                }
                Todo::Emit(expr, chain) => emit(draft, expr, chain)?,
                Todo::Alias(expr, chain, target) => {
                    let value = *draft.values.get(&target).ok_or_else(lost)?;
                    draft.values.insert((expr.hash128(), chain), value);
                }
            }
        }
        Ok(())
    }

    /// Lowers a node whose inputs need no lowering here, or pushes what must be done first.
    fn visit(&mut self, draft: &mut Draft, stack: &mut Vec<Todo>, expr: Expr, chain: Chain) -> Result<()> {
        if self.held.contains_key(&expr.hash128()) {
            return self.operand(draft, &expr, chain);
        }
        match expr.kind() {
            Kind::Constant(value) => {
                let value = draft.constant(*value);
                draft.values.insert((expr.hash128(), chain), value);
                Ok(())
            }
            Kind::View(view) => {
                let input = expr.inputs()[0].clone();
                let inner = chain.view(view, expr.shape(), input.shape());
                self.alias(stack, expr, chain, input, inner)
            }
            Kind::Reshape => {
                let input = expr.inputs()[0].clone();
                let inner = chain.reshape(expr.shape(), input.shape());
                self.alias(stack, expr, chain, input, inner)
            }
            Kind::Map(_) if self.should_nest(draft, &expr, &chain) => self.operand(draft, &expr, chain),
            Kind::Map(_) => {
                stack.push(Todo::Emit(expr.clone(), chain.clone()));
                for input in expr.inputs() {
                    stack.push(Todo::Visit(input.clone(), chain.broadcast(expr.shape(), input.shape())));
                }
                Ok(())
            }
            Kind::Concat { axis } => match joins::only_part(&expr, *axis, &chain) {
                Some((part, inner)) => self.alias(stack, expr, chain, part, inner),
                None => self.operand(draft, &expr, chain),
            },
            _ => self.operand(draft, &expr, chain),
        }
    }

    fn alias(&self, stack: &mut Vec<Todo>, expr: Expr, chain: Chain, input: Expr, inner: Chain) -> Result<()> {
        stack.push(Todo::Alias(expr, chain, (input.hash128(), inner.clone())));
        stack.push(Todo::Visit(input, inner));
        Ok(())
    }

    /// A part that does not vary along some axis is evaluated once for it, not for each of its positions.
    fn should_nest(&self, draft: &Draft, expr: &Expr, chain: &Chain) -> bool {
        let Some(view) = chain.as_view(expr.shape()) else { return false };
        view.varies().iter().enumerate().any(|(j, &varies)| !varies && self.shape[j] > 1 && !draft.collapsed[j])
    }

    /// Makes the node an operand (once) and an input of the program (once).
    fn operand(&mut self, draft: &mut Draft, expr: &Expr, chain: Chain) -> Result<()> {
        let key = (expr.hash128(), chain.clone(), draft.collapsed.clone());
        let number = match self.operand_numbers.get(&key) {
            Some(&number) => number,
            None => {
                let kind = self.operand_kind(draft, expr, &chain)?;
                // A join of views is another array than the node, and is seen otherwise.
                if let OperandKind::Block { block, view, .. } = &kind
                    && block.shape.as_slice() == expr.shape()
                    && chain.as_view(expr.shape()).as_ref() == Some(view)
                {
                    self.blocks.insert(self.operands.len(), expr.hash128());
                }
                self.operands.push(Operand { dtype: expr.dtype(), kind });
                self.operand_numbers.insert(key, self.operands.len() - 1);
                self.operands.len() - 1
            }
        };
        let value = draft.input(number, expr.dtype());
        draft.values.insert((expr.hash128(), chain), value);
        Ok(())
    }

    fn operand_kind(&mut self, draft: &Draft, expr: &Expr, chain: &Chain) -> Result<OperandKind> {
        if let Some((base, layout)) = self.storage(expr)
            && let Some(layout) = chain.fold(&layout)?
        {
            return Ok(OperandKind::Strided { base, layout });
        }
        if let Kind::Iota(iota) = expr.kind()
            && let Some(layout) = chain.fold(&Layout::c_order(0, expr.shape(), 1))?
        {
            return Ok(OperandKind::Sequence { iota: *iota, layout });
        }
        match chain.as_view(expr.shape()) {
            None => self.reshaped(expr, chain),
            Some(view) => match expr.kind() {
                Kind::Map(_) => self.nested(draft, expr, chain, &view),
                Kind::Gather { axis } => self.gather(expr, *axis, view),
                Kind::Concat { axis } => self.concat(expr, *axis, view),
                Kind::Scan(scan) => self.scan(expr, scan, view),
                Kind::Select(selection) => self.select(expr, selection, view),
                Kind::Scatter(places) => self.scatter(expr, places, view),
                Kind::Call(call) => self.call(expr, call, view),
                _ => Err(Error::internal(format!("{expr:?} reached lowering without being held"))),
            },
        }
    }

    /// Where a node lies, if it is stored somewhere.
    fn storage(&self, expr: &Expr) -> Option<(Base, Layout)> {
        if let Some(held) = self.held.get(&expr.hash128()) {
            return Some((held.base(), Layout::c_order(0, expr.shape(), expr.dtype().size())));
        }
        match expr.kind() {
            Kind::Source(source) => {
                let base = match source.access() {
                    numtile_core::Access::Memory(_) => Base::Memory(source.clone()),
                    numtile_core::Access::Bytes(_) => Base::File(source.clone()),
                };
                Some((base, source.layout().clone()))
            }
            _ => None,
        }
    }

    /// Where a table lies, seen through the views directly above its storage.
    fn strided(&self, expr: &Expr) -> Result<Option<(Base, Layout)>> {
        let (mut node, mut chain) = (expr.clone(), Chain::default());
        loop {
            if let Some((base, layout)) = self.storage(&node) {
                return Ok(chain.fold(&layout)?.map(|layout| (base, layout)));
            }
            let input = match node.inputs() {
                [input] => input.clone(),
                _ => return Ok(None),
            };
            chain = match node.kind() {
                Kind::View(view) => chain.view(view, node.shape(), input.shape()),
                Kind::Reshape => chain.reshape(node.shape(), input.shape()),
                _ => return Ok(None),
            };
            node = input;
        }
    }

    fn nested(&mut self, draft: &Draft, expr: &Expr, chain: &Chain, view: &View) -> Result<OperandKind> {
        let varies = view.varies();
        let collapsed = varies.iter().zip(&draft.collapsed).map(|(&varies, &already)| already || !varies).collect();
        let fragment = self.fragment_through(&[(expr.clone(), chain.clone())], collapsed)?;
        Ok(OperandKind::Nested { fragment, varies })
    }

    fn gather(&mut self, expr: &Expr, axis: usize, view: View) -> Result<OperandKind> {
        let (table, index) = (&expr.inputs()[0], &expr.inputs()[1]);
        let Some((base, layout)) = self.strided(table)? else {
            let kind = BlockKind::GatherComputed { table: self.whole(table)?, axis, index: self.whole(index)? };
            return Ok(block(expr, kind, view));
        };
        if let Base::File(source) = base {
            let kind = BlockKind::GatherFile { source, layout, axis, index: self.whole(index)? };
            return Ok(block(expr, kind, view));
        }
        let (on_index, on_table) = split_view(&view, axis, index.ndim());
        let placed = on_table.layout(&layout, &self.shape);
        let varies = on_index.varies();
        let collapsed = varies.iter().map(|&varies| !varies).collect();
        let chain = Chain::default().view(&on_index, &self.shape, index.shape());
        let index = self.fragment_through(&[(index.clone(), chain)], collapsed)?;
        Ok(OperandKind::Gather(Box::new(Gather {
            base,
            layout: placed,
            stride: layout.strides[axis],
            length: table.shape()[axis],
            axis,
            index,
            varies,
        })))
    }

    fn concat(&mut self, expr: &Expr, axis: usize, view: View) -> Result<OperandKind> {
        if let Some(joined) = joins::joined_views(expr, axis, &view, &self.shape) {
            return self.joined_views(expr, joined);
        }
        let mut start = 0;
        let mut parts = Vec::new();
        for part in expr.inputs() {
            if part.shape()[axis] > 0 {
                parts.push((start, self.whole(part)?));
                start += part.shape()[axis];
            }
        }
        Ok(block(expr, BlockKind::Concat(Join::new(axis, parts)), view))
    }

    fn joined_views(&mut self, expr: &Expr, joined: joins::Joined) -> Result<OperandKind> {
        let lower = |(start, part, view, shape): &(usize, Expr, View, Shape)| {
            let chain = Chain::default().view(view, shape, part.shape());
            Ok((*start, self.space(&[(part.clone(), chain)], shape)?))
        };
        let parts = joined.parts.iter().map(lower).collect::<Result<_>>()?;
        let kind = BlockKind::Concat(Join::new(joined.axis, parts));
        let block = Block { shape: joined.shape, dtype: expr.dtype(), kind };
        Ok(operand::seen(block, joined.view))
    }

    fn scan(&mut self, expr: &Expr, scan: &Scan, view: View) -> Result<OperandKind> {
        let x = &expr.inputs()[0];
        let carries = expr.inputs().get(1).map(|carries| self.carries(expr, scan, carries, &view)).transpose()?;
        let scanned = ScanBlock {
            space: self.whole(x)?,
            scanner: Scanner::new(scan.op, x.dtype(), self.isa)?,
            axis: scan.axis,
            leaf: scan.leaf,
            carries,
            part: scan.part,
        };
        Ok(block(expr, BlockKind::Scan(Box::new(scanned)), view))
    }

    /// The carries of a scan: held, or else found on the way, for which tiles must see it as it is.
    fn carries(&self, expr: &Expr, scan: &Scan, carries: &Expr, view: &View) -> Result<Carries> {
        if let Some(held) = self.held.get(&carries.hash128()) {
            let layout = Layout::c_order(0, carries.shape(), carries.dtype().size());
            return Ok(Carries::Held { base: held.base(), layout });
        }
        if self.nesting > 0 || self.shape.as_slice() != expr.shape() || *view != View::identity(expr.ndim()) {
            return Err(Error::internal("a scan seen through views has no carries"));
        }
        Ok(Carries::Relayed(Relay::new(scan, carries, expr.dtype(), self.isa)?))
    }

    fn select(&mut self, expr: &Expr, selection: &Selection, view: View) -> Result<OperandKind> {
        let (array, mask) = (&expr.inputs()[0], &expr.inputs()[1]);
        let counts = counted(selection)?;
        let from = if array.ndim() == 1 {
            let roots = [mask.clone(), array.clone()].map(|root| (root, Chain::default()));
            SelectFrom::Elements(self.space(&roots, array.shape())?)
        } else {
            SelectFrom::Rows { mask: self.whole(mask)?, rows: self.whole(array)? }
        };
        Ok(block(expr, BlockKind::Select(Box::new(Select { counts, from })), view))
    }

    fn scatter(&mut self, expr: &Expr, places: &Places, view: View) -> Result<OperandKind> {
        let places = match places {
            Places::Positions(positions) => ScatterPlaces::Positions(positions.clone()),
            Places::Mask(selection) => {
                ScatterPlaces::Mask { counts: counted(selection)?, mask: self.whole(&expr.inputs()[2])? }
            }
        };
        let (array, rows) = (self.whole(&expr.inputs()[0])?, self.whole(&expr.inputs()[1])?);
        Ok(block(expr, BlockKind::Scatter(Box::new(Scatter { array, rows, places })), view))
    }

    fn call(&mut self, expr: &Expr, call: &Call, view: View) -> Result<OperandKind> {
        let argument =
            |(input, axes): (&Expr, &PerAxis<_>)| Ok(call::Argument { space: self.whole(input)?, axes: axes.clone() });
        let mut identity = Hasher128::new("outputs");
        identity.hash(call.hash());
        expr.inputs().iter().for_each(|input| {
            identity.hash(input.hash128());
        });
        let called = CallBlock {
            function: call.function.clone(),
            arguments: expr.inputs().iter().zip(&call.arguments).map(argument).collect::<Result<_>>()?,
            block: call.block.clone(),
            outputs: smallvec![CallOutput { number: call.output, dtype: expr.dtype(), operand: None }],
            identity: identity.finish(),
        };
        Ok(block(expr, BlockKind::Call(Box::new(called)), view))
    }

    fn reshaped(&mut self, expr: &Expr, chain: &Chain) -> Result<OperandKind> {
        let (outside, to, from, inner) =
            chain.split_at_reshape().ok_or_else(|| Error::internal("a chain without a reshape is a view"))?;
        let space = self.space(&[(expr.clone(), inner)], &from)?;
        let view = outside.unwrap_or_else(|| View::identity(to.len()));
        let block = Block { shape: to, dtype: expr.dtype(), kind: BlockKind::Reshape(space) };
        Ok(operand::seen(block, view))
    }

    /// A node as an iteration space of its own.
    fn whole(&mut self, expr: &Expr) -> Result<Space> {
        if let Some((base, layout)) = self.storage(expr) {
            let operands = vec![Operand { dtype: expr.dtype(), kind: OperandKind::Strided { base, layout } }];
            let (shape, dtypes) = (expr.shape().into(), smallvec![expr.dtype()]);
            return Ok(Space { shape, operands, fragment: self.copy_of(expr.dtype())?, dtypes });
        }
        self.space(&[(expr.clone(), Chain::default())], expr.shape())
    }

    /// The program that leaves elements as they are.
    fn copy_of(&mut self, dtype: DType) -> Result<Fragment> {
        if let Some(copy) = self.copies.get(&dtype) {
            return Ok(copy.clone());
        }
        let program = TileProgram { inputs: vec![dtype], outputs: vec![Value::Input(0)], ..TileProgram::default() };
        let interpreter = Arc::new(Interpreter::new(&program, self.isa)?);
        let copy = Fragment { program: Arc::new(program), interpreter, operands: vec![0] };
        self.copies.insert(dtype, copy.clone());
        Ok(copy)
    }

    /// Nodes seen through chains as one iteration space.
    fn space(&self, roots: &[(Expr, Chain)], shape: &[usize]) -> Result<Space> {
        if self.nesting >= MAX_NESTING {
            return Err(Error::NotImplemented(format!(
                "more than {MAX_NESTING} reshapes, concatenations, selections, assignments or calls inside one another cannot \
                 be computed in one pass; save an intermediate result with nt.save and open it"
            )));
        }
        let mut inner = Lowering::new(shape, self.held, self.isa).with_fringes(self.widest_fringe);
        inner.nesting = self.nesting + 1;
        let collapsed = PerAxis::from_elem(false, shape.len());
        let fragment = inner.fragment_through(roots, collapsed)?;
        let dtypes = roots.iter().map(|(root, _)| root.dtype()).collect();
        Ok(Space { shape: shape.into(), operands: inner.into_operands(), fragment, dtypes })
    }
}

fn block(expr: &Expr, kind: BlockKind, view: View) -> OperandKind {
    operand::seen(Block { shape: expr.shape().into(), dtype: expr.dtype(), kind }, view)
}

/// A view of a gather's result, taken apart into what it does to the index and to the other axes of the table.
fn split_view(view: &View, axis: usize, index_ndim: usize) -> (View, View) {
    let index_axes = axis..axis + index_ndim;
    let on_index = view.part(index_ndim, |at| index_axes.contains(&at).then(|| at - axis));
    let on_table = view.part(view.start.len() + 1 - index_ndim, |at| match at {
        at if at < axis => Some(at),
        at if at >= index_axes.end => Some(at + 1 - index_ndim),
        _ => None,
    });
    (on_index, on_table)
}

fn emit(draft: &mut Draft, expr: Expr, chain: Chain) -> Result<()> {
    let Kind::Map(op) = expr.kind() else { return Err(Error::internal("only elementwise nodes are steps")) };
    let mut args = [Value::Constant(0); 3];
    for (arg, input) in args.iter_mut().zip(expr.inputs()) {
        *arg = draft.value(input, &chain.broadcast(expr.shape(), input.shape()))?;
    }
    // The type that chooses the loop is that of the last input: the branches of a where, the right side elsewhere.
    let input = expr.inputs().last().map_or(expr.dtype(), Expr::dtype);
    draft.steps.push(Step { op: *op, input, output: expr.dtype(), args });
    let value = Value::Step((draft.steps.len() - 1) as u32);
    draft.values.insert((expr.hash128(), chain), value);
    Ok(())
}

impl Draft {
    fn new(collapsed: PerAxis<bool>) -> Draft {
        Draft {
            inputs: Vec::new(),
            operands: Vec::new(),
            input_numbers: QuickMap::default(),
            constants: Vec::new(),
            constant_numbers: QuickMap::default(),
            steps: Vec::new(),
            values: QuickMap::default(),
            collapsed,
        }
    }

    fn value(&self, expr: &Expr, chain: &Chain) -> Result<Value> {
        self.values.get(&(expr.hash128(), chain.clone())).copied().ok_or_else(lost)
    }

    fn constant(&mut self, value: Scalar) -> Value {
        let next = self.constants.len() as u32;
        let number = *self.constant_numbers.entry(value).or_insert(next);
        if number == next {
            self.constants.push(value);
        }
        Value::Constant(number)
    }

    fn input(&mut self, operand: usize, dtype: DType) -> Value {
        let next = self.inputs.len() as u32;
        let number = *self.input_numbers.entry(operand).or_insert(next);
        if number == next {
            self.inputs.push(dtype);
            self.operands.push(operand);
        }
        Value::Input(number)
    }
}

/// The counts of a mask, which an evaluation has before it plans.
fn counted(selection: &Selection) -> Result<Arc<Counts>> {
    selection.counts().cloned().ok_or_else(|| Error::internal("a mask was not counted"))
}

fn lost() -> Error {
    Error::internal("lowering lost a value")
}
