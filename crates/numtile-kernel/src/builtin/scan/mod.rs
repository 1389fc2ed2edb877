//! Scans: running values along an axis (`ufunc.accumulate`).
//!
//! A scan keeps one *state* per sequence along the scanned axis. [`Scanner::run`] takes the states through a stretch of
//! the sequences in order and replaces every value by the running one. A state starts from the first element of a
//! sequence or from a *carry*, the running value of all that comes before, which may have more bits than an element has.
//! `docs/scans.md` tells where stretches begin and how carries are found.
//!
//! `fold` is what sums and products share, `sum` and `product` say what they do with one element; every other
//! operation runs the kernel of its row in the table of operations (`elementwise`).

mod elementwise;
mod fold;
mod plain;
mod product;
mod sum;
mod wide;

use std::fmt;
use std::sync::Arc;

use numtile_core::{DType, Error, Result};

use crate::flags::Flags;
use crate::isa::Isa;
use crate::op::Op;

/// Where the elements of a stretch lie: `outer` slices of `length` rows of `inner` elements. Rows follow one another.
#[derive(Clone, Copy, Debug)]
pub struct Stretch {
    /// Slices: positions on the axes before the scanned one.
    pub outer: usize,
    /// Elements from one slice to the next.
    pub pitch: usize,
    /// Rows: positions on the scanned axis.
    pub length: usize,
    /// Elements of a row: positions on the axes behind the scanned one.
    pub inner: usize,
}

impl Stretch {
    /// How many sequences there are.
    pub fn sequences(&self) -> usize {
        self.outer * self.inner
    }
}

/// A scan with its types erased. The contracts are those of [`Scanner`].
trait Kernel: Send + Sync {
    fn state_bytes(&self) -> usize;
    unsafe fn resume(&self, carries: *const u8, count: usize, states: *mut u8);
    unsafe fn run(&self, values: *mut u8, stretch: &Stretch, states: *mut u8, fresh: bool) -> Flags;
    unsafe fn carries(&self, states: *const u8, count: usize, carries: *mut u8);
}

/// One scan of one element type, ready to run.
///
/// States are 8-byte aligned records of [`state_bytes`](Scanner::state_bytes), one per sequence, slice by slice. Values
/// and carries are native order and naturally aligned.
#[derive(Clone)]
pub struct Scanner {
    op: Op,
    dtype: DType,
    kernel: Arc<dyn Kernel>,
}

impl fmt::Debug for Scanner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Scanner({} of {})", self.op, self.dtype)
    }
}

impl Scanner {
    /// The running values of `op`, whose operands and result are of type `dtype`.
    ///
    /// # Errors
    /// `NotImplemented` where the table of operations has no such loop.
    pub fn new(op: Op, dtype: DType, isa: Isa) -> Result<Scanner> {
        let isa = if isa.is_supported() { isa } else { Isa::Baseline };
        let kernel = match op {
            Op::Add => sum::kernel(dtype, isa),
            Op::Multiply => product::kernel(dtype, isa),
            _ => elementwise::kernel(op, dtype, isa),
        };
        let kernel =
            kernel.ok_or_else(|| Error::NotImplemented(format!("numtile cannot accumulate {op} of {dtype}")))?;
        Ok(Scanner { op, dtype, kernel })
    }

    /// What is computed.
    pub fn op(&self) -> Op {
        self.op
    }

    /// The element type of the values.
    pub fn dtype(&self) -> DType {
        self.dtype
    }

    /// The element type of carries: sums and products of small floats keep the bits of their accumulators.
    pub fn carry(op: Op, dtype: DType) -> DType {
        match (op, dtype) {
            (Op::Add | Op::Multiply, DType::F16 | DType::F32) => DType::F64,
            (Op::Add | Op::Multiply, DType::C64) => DType::C128,
            _ => dtype,
        }
    }

    /// Bytes of the state of one sequence.
    pub fn state_bytes(&self) -> usize {
        self.kernel.state_bytes()
    }

    /// The states of `count` sequences whose running values so far are `carries`.
    ///
    /// # Safety
    /// `carries` must hold `count` elements of the carries' type, `states` have room for as many states.
    pub unsafe fn resume(&self, carries: *const u8, count: usize, states: *mut u8) {
        // SAFETY: the caller's promise.
        unsafe { self.kernel.resume(carries, count, states) }
    }

    /// Replaces the values of a stretch by the running ones and brings the states up to its last row. With `fresh` the
    /// states need hold nothing: the sequences begin with the first row, which stays as it is.
    ///
    /// # Safety
    /// `values` must be valid for reading and writing the stretch, `states` for the states of its sequences, and nobody
    /// else may touch either meanwhile. Rows have at least one element, and there is at least one.
    pub unsafe fn run(&self, values: *mut u8, stretch: &Stretch, states: *mut u8, fresh: bool) -> Flags {
        // SAFETY: the caller's promise.
        unsafe { self.kernel.run(values, stretch, states, fresh) }
    }

    /// The running values of `count` sequences, as carries.
    ///
    /// # Safety
    /// `states` must hold `count` states, `carries` have room for as many elements of the carries' type.
    pub unsafe fn carries(&self, states: *const u8, count: usize, carries: *mut u8) {
        // SAFETY: the caller's promise.
        unsafe { self.kernel.carries(states, count, carries) }
    }
}
