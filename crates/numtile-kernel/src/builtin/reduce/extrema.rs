//! Least and greatest elements.

use std::sync::Arc;

use half::f16;
use num_complex::Complex;
use numtile_core::DType;
use numtile_core::dtype::Bool8;

use super::first;
use super::fold::{self, Fold};
use super::instance::{Algorithm, Kernel, instance};
use super::order::{Lane, Ordered};
use crate::isa::Isa;

/// The least element.
pub(super) fn least(input: DType, output: DType, isa: Isa) -> Option<Arc<dyn Kernel>> {
    if input == output { kernel(input, false, isa) } else { None }
}

/// The greatest element.
pub(super) fn greatest(input: DType, output: DType, isa: Isa) -> Option<Arc<dyn Kernel>> {
    if input == output { kernel(input, true, isa) } else { None }
}

fn kernel(input: DType, greatest: bool, isa: Isa) -> Option<Arc<dyn Kernel>> {
    match input {
        DType::Bool => of::<Bool8>(greatest, false, isa),
        DType::I8 => of::<i8>(greatest, false, isa),
        DType::I16 => of::<i16>(greatest, false, isa),
        DType::I32 => of::<i32>(greatest, false, isa),
        DType::I64 => of::<i64>(greatest, false, isa),
        DType::U8 => of::<i8>(greatest, true, isa),
        DType::U16 => of::<i16>(greatest, true, isa),
        DType::U32 => of::<i32>(greatest, true, isa),
        DType::U64 => of::<i64>(greatest, true, isa),
        DType::F16 => of::<f16>(greatest, false, isa),
        DType::F32 => of::<f32>(greatest, false, isa),
        DType::F64 => of::<f64>(greatest, false, isa),
        DType::C64 => of::<Complex<f32>>(greatest, false, isa),
        DType::C128 => of::<Complex<f64>>(greatest, false, isa),
    }
}

fn of<T: Ordered>(greatest: bool, unsigned: bool, isa: Isa) -> Option<Arc<dyn Kernel>> {
    instance(Extremum::<T>(Least { mask: T::Lane::mask(greatest, unsigned) }), isa)
}

/// A lane in whole words.
#[derive(Clone, Copy)]
#[repr(C, align(8))]
struct Cell<L>(L);

/// The least lane.
pub(super) struct Least<T: Ordered> {
    /// What makes the wanted element the least one.
    pub mask: <T::Lane as Lane>::Mask,
}

impl<T: Ordered> Fold for Least<T> {
    type Elem = T;
    type Lane = T::Lane;
    const START: T::Lane = T::Lane::LAST;
    #[inline(always)]
    fn lane(&self, x: T) -> T::Lane {
        x.lane().flip(self.mask)
    }
    #[inline(always)]
    fn pick(&self, a: T::Lane, b: T::Lane) -> T::Lane {
        a.pick(b)
    }
}

impl<T: Ordered> Least<T> {
    /// The least lane of `n` elements that lie together.
    ///
    /// # Safety
    /// `values` must be valid for reading `n` elements.
    #[inline(always)]
    pub unsafe fn flat(&self, values: *const T, n: usize) -> T::Lane {
        // SAFETY: the caller's promise.
        unsafe {
            if T::Lane::COMMUTES {
                T::Lane::least(n, |i| self.lane(*values.add(i)))
            } else {
                first::flat(self, values, n).lane
            }
        }
    }
}

struct Extremum<T: Ordered>(Least<T>);

impl<T: Ordered> Extremum<T> {
    /// Leaves of so few elements, the channels of a picture say, that the compiler lays lanes over many leaves.
    ///
    /// # Safety
    /// `values` must be valid for reading `kept * N` elements, `states` for writing `kept` states.
    #[inline(always)]
    unsafe fn few<const N: usize>(&self, values: *const T, kept: usize, states: *mut Cell<T::Lane>) {
        for k in 0..kept {
            let mut lane = T::Lane::LAST;
            for j in 0..N {
                // SAFETY: the caller's promise.
                lane = lane.pick(self.0.lane(unsafe { *values.add(k * N + j) }));
            }
            // SAFETY: as above.
            unsafe { states.add(k).write(Cell(lane)) };
        }
    }
}

impl<T: Ordered> Algorithm for Extremum<T> {
    type Elem = T;
    type State = Cell<T::Lane>;

    #[inline(always)]
    unsafe fn across(&self, values: *const T, kept: usize, rows: usize, cols: usize, states: *mut Cell<T::Lane>) {
        let n = rows * cols;
        // SAFETY: the caller's promise.
        unsafe {
            match n {
                2 if T::Lane::COMMUTES => self.few::<2>(values, kept, states),
                3 if T::Lane::COMMUTES => self.few::<3>(values, kept, states),
                4 if T::Lane::COMMUTES => self.few::<4>(values, kept, states),
                _ => {
                    for k in 0..kept {
                        states.add(k).write(Cell(self.0.flat(values.add(k * n), n)));
                    }
                }
            }
        }
    }

    #[inline(always)]
    unsafe fn down(&self, values: *const T, rows: usize, pitch: usize, kept: usize, states: *mut Cell<T::Lane>) {
        let write = |column: usize, lane| {
            // SAFETY: the caller has a state for each column.
            unsafe { states.add(column).write(Cell(lane)) }
        };
        // SAFETY: the caller's promise.
        unsafe {
            if T::Lane::COMMUTES {
                fold::columns(&self.0, values, rows, pitch, kept, write);
            } else {
                // Where equal values have different bits the first of them counts.
                first::all_columns(&self.0, values, rows, pitch, kept, |column, best| write(column, best.lane));
            }
        }
    }

    fn join(&self, left: Cell<T::Lane>, right: Cell<T::Lane>, _n_left: u64, _n_right: u64) -> Cell<T::Lane> {
        Cell(left.0.pick(right.0))
    }

    unsafe fn finalize(&self, states: &[Cell<T::Lane>], kept: usize, _n: u64, out: *mut u8) {
        for k in 0..kept {
            let lane = states.get(k).map_or(T::Lane::LAST, |cell| cell.0);
            // SAFETY: the caller's promise; the output type is the input type.
            unsafe { out.cast::<T>().add(k).write(T::element(lane.flip(self.0.mask))) };
        }
    }
}
