//! Any associative operation of the table as a reduction: the elementwise kernel folds strips with strips.
//!
//! There is no machine code per operation here. The order is fixed by the shape of the leaf, because the float
//! operations among them round.

use std::mem::MaybeUninit;
use std::sync::Arc;

use half::f16;
use numtile_core::dtype::Kind;
use numtile_core::{DType, Region, Scalar};

use super::instance::Kernel;
use crate::isa::Isa;
use crate::kernels;
use crate::op::Op;
use crate::strip::Strip;
use crate::types::Signature;

/// What an operation leaves everything else as it is with: NumPy's `ufunc.identity`.
#[derive(Clone, Copy)]
enum Identity {
    None,
    Zero,
    AllBits,
    MinusInfinity,
}

/// The operations that may be regrouped.
const ASSOCIATIVE: [(Op, Identity); 11] = [
    (Op::BitwiseAnd, Identity::AllBits),
    (Op::BitwiseOr, Identity::Zero),
    (Op::BitwiseXor, Identity::Zero),
    (Op::LogicalXor, Identity::Zero),
    (Op::Fmin, Identity::None),
    (Op::Fmax, Identity::None),
    (Op::Gcd, Identity::Zero),
    (Op::Lcm, Identity::None),
    (Op::Hypot, Identity::Zero),
    (Op::Logaddexp, Identity::MinusInfinity),
    (Op::Logaddexp2, Identity::MinusInfinity),
];

fn identity_of(op: Op) -> Option<Identity> {
    ASSOCIATIVE.into_iter().find(|entry| entry.0 == op).map(|entry| entry.1)
}

/// Every operation that reduces here.
pub(super) fn associative() -> impl Iterator<Item = Op> {
    ASSOCIATIVE.into_iter().map(|entry| entry.0)
}

/// Whether reducing with `op` has a result of nothing.
pub(super) fn has_identity(op: Op) -> bool {
    !matches!(identity_of(op), None | Some(Identity::None))
}

/// The reduction with `op` of elements of the type that the operation computes in.
pub(super) fn kernel(op: Op, dtype: DType, isa: Isa) -> Option<Arc<dyn Kernel>> {
    let identity = match identity_of(op)? {
        Identity::None => None,
        Identity::Zero => Some(Scalar::zero(dtype)),
        Identity::AllBits if dtype == DType::Bool => Some(Scalar::from_bytes(dtype, &[1])),
        Identity::AllBits => Some(Scalar::from_bytes(dtype, &[0xff; 16])),
        Identity::MinusInfinity => Some(Scalar::from_f64(f64::NEG_INFINITY, dtype)),
    };
    let combine = op.kernel(&Signature::uniform(dtype, dtype), isa)?;
    Some(Arc::new(Folded { combine, dtype, size: dtype.size(), identity }))
}

/// A state is an element, as it is stored in arrays.
struct Folded {
    combine: kernels::Kernel,
    dtype: DType,
    size: usize,
    identity: Option<Scalar>,
}

/// Bytes of a leaf's first half, across: 2048 elements of at most 16 bytes.
const HALF: usize = 2048 * 16;
/// Bytes of a row that go down, or of states that join, together.
const STRIP: usize = 2048;
/// Partial results of 1, 2, 4, … 256 rows.
const LEVELS: usize = 9;

/// Room for elements of any type.
#[derive(Clone, Copy)]
#[repr(C, align(16))]
struct Room<const BYTES: usize>([MaybeUninit<u8>; BYTES]);

impl<const BYTES: usize> Room<BYTES> {
    const EMPTY: Self = Room([MaybeUninit::uninit(); BYTES]);

    fn start(&mut self) -> *mut u8 {
        self.0.as_mut_ptr().cast()
    }
}

impl Folded {
    /// `n` elements of `left` with those of `right`.
    ///
    /// # Safety
    /// The strips hold `n` elements, `to` has room for them and overlaps neither.
    unsafe fn combine(&self, n: usize, left: Strip, right: Strip, to: *mut u8) {
        // SAFETY: the caller's promise. None of these operations reports anything.
        let _ = unsafe { (self.combine)(n, &[left, right, Strip::NONE], to) };
    }

    unsafe fn copy(&self, n: usize, from: *const u8, to: *mut u8) {
        // SAFETY: the caller has `n` elements, and room for them.
        unsafe { std::ptr::copy_nonoverlapping(from, to, n * self.size) };
    }

    /// `n` elements become one: the first half meets the second, element by element, until one is left. The middle one
    /// of an odd number waits.
    unsafe fn halve(&self, values: *const u8, n: usize, to: *mut u8) {
        if n == 1 {
            // SAFETY: the caller has an element, and room for it.
            return unsafe { self.copy(1, values, to) };
        }
        let (mut one, mut other) = (Room::<HALF>::EMPTY, Room::<{ HALF / 2 }>::EMPTY);
        let rooms = [one.start(), other.start()];
        let (mut from, mut len, mut turn) = (values, n, 0);
        while len > 1 {
            let (half, rest) = (len / 2, len.div_ceil(2));
            let into = if rest == 1 { to } else { rooms[turn] };
            // SAFETY: at most 2048 elements are left after the first round, which fit the first room, and half as many
            // after each other; a round reads one room and writes the other.
            unsafe {
                let second = Strip::contiguous(from.add(rest * self.size));
                self.combine(half, Strip::contiguous(from), second, into);
                if rest > half {
                    self.copy(1, from.add(half * self.size), into.add(half * self.size));
                }
            }
            (from, len, turn) = (into, rest, 1 - turn);
        }
    }

    /// Neighbouring rows of `width` elements are combined in an aligned binary tree; a row without a partner waits.
    unsafe fn stack(&self, values: *const u8, rows: usize, pitch: usize, width: usize, to: *mut u8) {
        let mut levels = [Room::<STRIP>::EMPTY; LEVELS];
        let mut rooms = [Room::<STRIP>::EMPTY; 2];
        for row in 0..rows {
            let is_last = row + 1 == rows;
            // A partial result waits at every set bit of the number of rows so far. A row joins those of the trailing
            // bits and waits in their place; the last one joins all of them.
            let mut joins = if is_last { row } else { row & !(row + 1) };
            let place = if is_last { to } else { levels[row.trailing_ones() as usize].start() };
            // SAFETY: the row lies in the leaf.
            let mut from = unsafe { values.add(row * pitch * self.size) };
            if joins == 0 {
                // SAFETY: the caller has the row; a room or the states hold as much.
                unsafe { self.copy(width, from, place) };
            }
            let mut turn = 0;
            while joins != 0 {
                let left = levels[joins.trailing_zeros() as usize].start();
                joins &= joins - 1;
                let into = if joins == 0 { place } else { rooms[turn].start() };
                // SAFETY: earlier rows wrote the level; what is written is neither it nor what is read.
                unsafe { self.combine(width, Strip::contiguous(left), Strip::contiguous(from), into) };
                (from, turn) = (into, 1 - turn);
            }
        }
    }

    /// Which NaN an operation makes depends on the compiler: every real one becomes the same.
    unsafe fn tidy(&self, out: *mut u8, kept: usize) {
        macro_rules! tidy {
            ($float:ty) => {
                // SAFETY: the caller has `kept` elements of this type.
                for x in unsafe { std::slice::from_raw_parts_mut(out.cast::<$float>(), kept) } {
                    *x = if x.is_nan() { <$float>::NAN } else { *x };
                }
            };
        }
        match self.dtype {
            DType::F16 => tidy!(f16),
            DType::F32 => tidy!(f32),
            DType::F64 => tidy!(f64),
            _ => debug_assert!(self.dtype.kind() != Kind::Float, "every float type is listed"),
        }
    }
}

impl Kernel for Folded {
    fn state_bytes(&self) -> usize {
        self.size
    }

    unsafe fn across(&self, values: *const u8, kept: usize, rows: usize, cols: usize, states: *mut u8) {
        let n = rows * cols;
        for k in 0..kept {
            // SAFETY: the caller's promise.
            unsafe { self.halve(values.add(k * n * self.size), n, states.add(k * self.size)) };
        }
    }

    unsafe fn down(&self, values: *const u8, rows: usize, pitch: usize, kept: usize, states: *mut u8) {
        let mut first = 0;
        while first < kept {
            let width = (STRIP / self.size).min(kept - first);
            let start = first * self.size;
            // SAFETY: the strip lies in the leaf.
            unsafe { self.stack(values.add(start), rows, pitch, width, states.add(start)) };
            first += width;
        }
    }

    unsafe fn globalize(&self, _states: *mut u8, _kept: usize, _leaf: &Region, _reduced_shape: &[usize]) {}

    unsafe fn join(&self, left: *mut u8, right: *const u8, kept: usize, _n_left: u64, _n_right: u64) {
        let mut room = Room::<STRIP>::EMPTY;
        let mut first = 0;
        while first < kept {
            let width = (STRIP / self.size).min(kept - first);
            // SAFETY: the caller's promise; the room is apart from both.
            unsafe {
                let (left, right) = (left.add(first * self.size), right.add(first * self.size));
                self.combine(width, Strip::contiguous(left), Strip::contiguous(right), room.start());
                self.copy(width, room.start(), left);
            }
            first += width;
        }
    }

    unsafe fn finalize(&self, states: *const u8, kept: usize, n: u64, out: *mut u8) {
        // SAFETY: the caller's promise; with `n` zero there are no states.
        unsafe {
            match &self.identity {
                _ if n > 0 => self.copy(kept, states, out),
                Some(identity) => (0..kept).for_each(|k| self.copy(1, identity.as_ptr(), out.add(k * self.size))),
                None => out.write_bytes(0, kept * self.size),
            }
            self.tidy(out, kept);
        }
    }
}
