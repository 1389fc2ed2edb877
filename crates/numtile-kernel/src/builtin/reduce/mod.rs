//! Reductions: leaves, how they join, and what comes out.
//!
//! A reduction cuts the reduced axes into leaf boxes, computes a *state* per leaf and kept element, joins the states in
//! a binary tree and turns the last one into an element. This module computes leaves ([`Reducer::leaf_across`] where
//! the last axis is reduced, [`Reducer::leaf_down`] where it is kept), joins two states and finishes one; which leaves
//! there are and which join is the executor's side. `docs/reductions.md` tells the whole.
//!
//! One file per reduction (`sum`, `product`, `mean`, `variance`, `extrema`, `arg`, `logic`), each a table from element
//! type to an `Algorithm`; `tree` is the order of float additions, `fold` what needs no order. `ufunc` reduces with any
//! other associative operation of the table.

mod arg;
mod extrema;
mod first;
mod fold;
pub mod grouped;
mod instance;
mod integer;
mod logic;
mod mean;
mod order;
mod product;
mod quotient;
mod real;
mod sum;
mod tree;
mod ufunc;
mod variance;
mod widened;

use std::fmt;
use std::sync::Arc;

use numtile_core::dtype::Kind;
use numtile_core::{DType, Error, Region, Result};

use self::instance::Kernel;
use crate::isa::Isa;
use crate::op::Op;
use crate::types::{Operand, resolve};

/// What is computed of the elements.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs)]
pub enum ReduceOp {
    Sum,
    Prod,
    Mean,
    Var,
    Std,
    Min,
    Max,
    ArgMin,
    ArgMax,
    Any,
    All,
    /// With an associative elementwise operation, in the type that it computes in: one of [`ReduceOp::ufuncs`].
    Ufunc(Op),
}

impl ReduceOp {
    /// Every reduction with machine code of its own.
    pub const ALL: [ReduceOp; 11] = [
        ReduceOp::Sum,
        ReduceOp::Prod,
        ReduceOp::Mean,
        ReduceOp::Var,
        ReduceOp::Std,
        ReduceOp::Min,
        ReduceOp::Max,
        ReduceOp::ArgMin,
        ReduceOp::ArgMax,
        ReduceOp::Any,
        ReduceOp::All,
    ];

    /// The reductions with elementwise operations.
    pub fn ufuncs() -> impl Iterator<Item = ReduceOp> {
        ufunc::associative().map(ReduceOp::Ufunc)
    }

    /// NumPy's name.
    pub fn name(self) -> &'static str {
        match self {
            ReduceOp::Sum => "sum",
            ReduceOp::Prod => "prod",
            ReduceOp::Mean => "mean",
            ReduceOp::Var => "var",
            ReduceOp::Std => "std",
            ReduceOp::Min => "min",
            ReduceOp::Max => "max",
            ReduceOp::ArgMin => "argmin",
            ReduceOp::ArgMax => "argmax",
            ReduceOp::Any => "any",
            ReduceOp::All => "all",
            ReduceOp::Ufunc(op) => op.name(),
        }
    }

    /// The reduction with NumPy's name `name`.
    pub fn from_name(name: &str) -> Option<ReduceOp> {
        ReduceOp::ALL.into_iter().chain(ReduceOp::ufuncs()).find(|op| op.name() == name)
    }

    /// Whether there is a result of no elements at all.
    pub fn has_empty_result(self) -> bool {
        match self {
            ReduceOp::Min | ReduceOp::Max | ReduceOp::ArgMin | ReduceOp::ArgMax => false,
            ReduceOp::Ufunc(op) => ufunc::has_identity(op),
            _ => true,
        }
    }
}

impl fmt::Display for ReduceOp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// One reduction of one element type, ready to run.
///
/// States are records of [`state_bytes`](Reducer::state_bytes), one per kept element and one after another, aligned to 8
/// bytes or to their size if it is less; values and output are native order and naturally aligned. A leaf has at most 4096 elements across and at most 256 rows down.
#[derive(Clone)]
pub struct Reducer {
    op: ReduceOp,
    input: DType,
    output: DType,
    kernel: Arc<dyn Kernel>,
}

impl fmt::Debug for Reducer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Reducer({} of {} to {})", self.op, self.input, self.output)
    }
}

impl Reducer {
    /// The reduction `op` of elements `input` to results `output`; `ddof` matters to `Var` and `Std` only.
    ///
    /// The planner casts the elements where NumPy's `dtype=` asks for more than these pairs: `Sum` and `Prod` take bool
    /// and integers to any integer type or bool, floats to floats, complex to complex; `Mean` bool and integers to float64,
    /// floats to floats, complex to complex; `Var` and `Std` anything to floats; the others to their default.
    pub fn new(op: ReduceOp, input: DType, output: DType, ddof: f64, isa: Isa) -> Result<Reducer> {
        let isa = if isa.is_supported() { isa } else { Isa::Baseline };
        let kernel = match op {
            // NumPy adds booleans by "or".
            ReduceOp::Sum if output == DType::Bool => logic::any(input, DType::Bool, isa),
            ReduceOp::Sum => sum::kernel(input, output, isa),
            // And multiplies them by "and".
            ReduceOp::Prod if output == DType::Bool => logic::all(input, DType::Bool, isa),
            ReduceOp::Prod => product::kernel(input, output, isa),
            ReduceOp::Mean => mean::kernel(input, output, isa),
            ReduceOp::Var => variance::kernel(input, output, ddof, false, isa),
            ReduceOp::Std => variance::kernel(input, output, ddof, true, isa),
            ReduceOp::Min => extrema::least(input, output, isa),
            ReduceOp::Max => extrema::greatest(input, output, isa),
            ReduceOp::ArgMin => arg::least(input, output, isa),
            ReduceOp::ArgMax => arg::greatest(input, output, isa),
            ReduceOp::Any => logic::any(input, output, isa),
            ReduceOp::All => logic::all(input, output, isa),
            ReduceOp::Ufunc(op) if input == output => ufunc::kernel(op, input, isa),
            ReduceOp::Ufunc(_) => None,
        };
        let kernel =
            kernel.ok_or_else(|| Error::NotImplemented(format!("{op} of {input} elements with a {output} result")))?;
        Ok(Reducer { op, input, output, kernel })
    }

    /// NumPy's result type of `op` over elements of `input`.
    pub fn default_output(op: ReduceOp, input: DType) -> Result<DType> {
        let floating = |input: DType| if input.kind() < Kind::Float { DType::F64 } else { input };
        Ok(match op {
            ReduceOp::Sum | ReduceOp::Prod => match input.kind() {
                Kind::Bool | Kind::Signed => DType::I64,
                Kind::Unsigned => DType::U64,
                Kind::Float | Kind::Complex => input,
            },
            ReduceOp::Mean => floating(input),
            ReduceOp::Var | ReduceOp::Std => floating(input).real(),
            ReduceOp::Min | ReduceOp::Max => input,
            ReduceOp::ArgMin | ReduceOp::ArgMax => DType::I64,
            ReduceOp::Any | ReduceOp::All => DType::Bool,
            ReduceOp::Ufunc(op) => resolve(op, &[Operand::Typed(input); 2])?.output,
        })
    }

    /// What is computed.
    pub fn op(&self) -> ReduceOp {
        self.op
    }

    /// The element type of the values.
    pub fn input(&self) -> DType {
        self.input
    }

    /// The element type of the results.
    pub fn output(&self) -> DType {
        self.output
    }

    /// Bytes of the state of one kept element: a multiple of 8, or 1, 2 or 4.
    pub fn state_bytes(&self) -> usize {
        self.kernel.state_bytes()
    }

    /// Whether a leaf must be handed over in one piece because its values are looked at twice.
    ///
    /// True for the variance. No other reduction can be fed part of a leaf either, except through `join`.
    pub fn needs_whole_leaf(&self) -> bool {
        matches!(self.op, ReduceOp::Var | ReduceOp::Std)
    }

    /// The states of `kept` leaf boxes that lie one after another, each `rows`×`cols` elements in C order, where `cols`
    /// is the length of the box on the last axis, which is reduced.
    ///
    /// # Safety
    /// `values` must be aligned and valid for reading `kept * rows * cols` elements, `states` for writing `kept`
    /// states, aligned; `rows * cols` is at most 4096.
    pub unsafe fn leaf_across(&self, values: *const u8, kept: usize, rows: usize, cols: usize, states: *mut u8) {
        // SAFETY: the caller's promise.
        unsafe { self.kernel.across(values, kept, rows, cols, states) }
    }

    /// The states of the `kept` columns of a leaf of `rows` rows, which lie `pitch` elements apart; the last axis is kept.
    ///
    /// # Safety
    /// `values` must be aligned and valid for reading the rows, `states` for writing `kept` states, aligned; `rows` is at
    /// most 256, `pitch` at least `kept`.
    pub unsafe fn leaf_down(&self, values: *const u8, rows: usize, pitch: usize, kept: usize, states: *mut u8) {
        // SAFETY: the caller's promise.
        unsafe { self.kernel.down(values, rows, pitch, kept, states) }
    }

    /// Positions inside the leaf become flat C-order indices over `reduced_shape`; only `ArgMin` and `ArgMax` have
    /// positions. To be called once per leaf, before it joins another.
    ///
    /// # Safety
    /// `states` must be `kept` states of the leaf whose box of the reduced axes is `leaf`, aligned.
    pub unsafe fn globalize(&self, states: *mut u8, kept: usize, leaf: &Region, reduced_shape: &[usize]) {
        // SAFETY: the caller's promise.
        unsafe { self.kernel.globalize(states, kept, leaf, reduced_shape) }
    }

    /// `left` becomes the join of `left` over `n_left` elements and `right` over `n_right`, state by state. Left is what
    /// comes first.
    ///
    /// # Safety
    /// Both must be valid for `kept` states, aligned, without overlap.
    pub unsafe fn join(&self, left: *mut u8, right: *const u8, kept: usize, n_left: u64, n_right: u64) {
        // SAFETY: the caller's promise.
        unsafe { self.kernel.join(left, right, kept, n_left, n_right) }
    }

    /// Writes the results of `kept` states over `n` elements each. With `n` zero the states are not read.
    ///
    /// # Safety
    /// `out` must be aligned and valid for writing `kept` elements of the output type, and `states` valid for `kept`
    /// states, aligned, unless `n` is zero.
    pub unsafe fn finalize(&self, states: *const u8, kept: usize, n: u64, out: *mut u8) {
        // SAFETY: the caller's promise.
        unsafe { self.kernel.finalize(states, kept, n, out) }
    }
}
