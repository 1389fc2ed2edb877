//! Running values of any operation of the table: its elementwise kernel, row by row.

use std::mem::MaybeUninit;
use std::sync::Arc;

use numtile_core::DType;

use super::{Kernel, Stretch};
use crate::flags::Flags;
use crate::isa::Isa;
use crate::kernels;
use crate::op::Op;
use crate::strip::Strip;
use crate::types::{Operand, Signature, resolve};

/// Bytes of one row of neighbours that go through the kernel at once.
const ROW: usize = 2048;
/// Sequences that go side by side where they lie in different slices: as many as have cache lines that do not push one
/// another out.
const SIDE_BY_SIDE: usize = 8;

/// The running value of a binary operation on `dtype`, in the order of the elements.
pub(super) fn kernel(op: Op, dtype: DType, isa: Isa) -> Option<Arc<dyn Kernel>> {
    let types = Signature::uniform(dtype, dtype);
    // The running value is an operand again, so the loop must be of one type.
    if op.arity() != 2 || resolve(op, &[Operand::Typed(dtype); 2]).ok()? != types {
        return None;
    }
    Some(Arc::new(Elementwise { kernel: op.kernel(&types, isa)?, item: dtype.size() }))
}

/// A state is the running value itself, padded to 8 bytes.
struct Elementwise {
    kernel: kernels::Kernel,
    item: usize,
}

/// Scratch for one row, aligned for every element.
#[repr(C, align(64))]
struct Row([MaybeUninit<u8>; ROW]);

impl Row {
    const NEW: Row = Row([MaybeUninit::uninit(); ROW]);

    fn start(&mut self) -> *mut u8 {
        self.0.as_mut_ptr().cast()
    }
}

/// Sequences that go side by side: where the first begins, and how many bytes there are to the next and to the next row.
struct Lanes {
    start: *mut u8,
    count: usize,
    apart: usize,
    row: usize,
}

impl Kernel for Elementwise {
    fn state_bytes(&self) -> usize {
        self.item.next_multiple_of(8)
    }

    unsafe fn resume(&self, carries: *const u8, count: usize, states: *mut u8) {
        // SAFETY: the caller has as many carries and room for as many states.
        unsafe { spread(carries, self.item, states, self.state_bytes(), count, self.item) };
    }

    unsafe fn run(&self, values: *mut u8, stretch: &Stretch, states: *mut u8, fresh: bool) -> Flags {
        let Stretch { outer, pitch, length, inner } = *stretch;
        let (item, state) = (self.item, self.state_bytes());
        let mut flags = Flags::NONE;
        let row = inner * item;
        let step = if inner == 1 { SIDE_BY_SIDE } else { ROW / item };
        // Neighbours in a row, or where a row is one element the same place of several slices.
        let (sets, members, apart) = if inner == 1 { (1, outer, pitch * item) } else { (outer, inner, item) };
        for set in 0..sets {
            for first in (0..members).step_by(step) {
                let start = values.wrapping_add(set * pitch * item + first * apart);
                let lanes = Lanes { start, count: step.min(members - first), apart, row };
                let states = states.wrapping_add((set * members + first) * state);
                // SAFETY: these lanes are sequences of the stretch, and the states are theirs.
                flags |= unsafe { self.lanes(&lanes, length, states, fresh) };
            }
        }
        flags
    }

    unsafe fn carries(&self, states: *const u8, count: usize, carries: *mut u8) {
        // SAFETY: as in `resume`.
        unsafe { spread(states, self.state_bytes(), carries, self.item, count, self.item) };
    }
}

impl Elementwise {
    /// Some sequences, row by row.
    ///
    /// # Safety
    /// As [`Scanner::run`](super::Scanner::run), for these sequences.
    unsafe fn lanes(&self, lanes: &Lanes, length: usize, states: *mut u8, fresh: bool) -> Flags {
        let (mut one, mut other, mut gathered) = (Row::NEW, Row::NEW, Row::NEW);
        let (mut before, mut after, gathered) = (one.start(), other.start(), gathered.start());
        let Lanes { start, count, apart, row } = *lanes;
        let (item, state) = (self.item, self.state_bytes());
        let in_place = apart == item || count == 1;
        let mut flags = Flags::NONE;
        // SAFETY: the rows have room for `count` elements; the places and states are the caller's.
        unsafe {
            match fresh {
                true => spread(start, apart, before, item, count, item),
                false => spread(states, state, before, item, count, item),
            }
            for at in usize::from(fresh)..length {
                let place = start.wrapping_add(at * row);
                if !in_place {
                    spread(place, apart, gathered, item, count, item);
                }
                let x = if in_place { place } else { gathered };
                let args = [Strip::contiguous(before), Strip::contiguous(x), Strip::NONE];
                flags |= (self.kernel)(count, &args, after);
                spread(after, item, place, apart, count, item);
                std::mem::swap(&mut before, &mut after);
            }
            spread(before, item, states, state, count, item);
        }
        flags
    }
}

/// Copies `count` elements of `item` bytes that lie `from_step` bytes apart to places `to_step` bytes apart.
///
/// # Safety
/// The elements must be readable and the places writable; the two must not overlap.
unsafe fn spread(from: *const u8, from_step: usize, to: *mut u8, to_step: usize, count: usize, item: usize) {
    // SAFETY: the caller's promise.
    unsafe {
        match item {
            1 => spread_of::<1>(from, from_step, to, to_step, count),
            2 => spread_of::<2>(from, from_step, to, to_step, count),
            4 => spread_of::<4>(from, from_step, to, to_step, count),
            8 => spread_of::<8>(from, from_step, to, to_step, count),
            _ => spread_of::<16>(from, from_step, to, to_step, count),
        }
    }
}

/// # Safety
/// As [`spread`], for elements of `N` bytes.
#[inline(always)]
unsafe fn spread_of<const N: usize>(from: *const u8, from_step: usize, to: *mut u8, to_step: usize, count: usize) {
    // SAFETY: the caller's promise.
    unsafe {
        if count > 1 && from_step == N && to_step == N {
            return std::ptr::copy_nonoverlapping(from, to, count * N);
        }
        for at in 0..count {
            let element = from.add(at * from_step).cast::<[u8; N]>().read();
            to.add(at * to_step).cast::<[u8; N]>().write(element);
        }
    }
}
