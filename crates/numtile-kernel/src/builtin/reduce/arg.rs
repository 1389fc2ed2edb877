//! Where the least and greatest elements are: the first NaN, or else the smallest index among equals.

use std::sync::Arc;

use half::f16;
use num_complex::Complex;
use numtile_core::dtype::Bool8;
use numtile_core::{DType, Region};

use super::extrema::Least;
use super::first::{self, Best};
use super::fold::Fold;
use super::instance::{Algorithm, Kernel, instance};
use super::order::{Lane, Ordered};
use crate::isa::Isa;

/// Where the least element is.
pub(super) fn least(input: DType, output: DType, isa: Isa) -> Option<Arc<dyn Kernel>> {
    if output == DType::I64 { kernel(input, false, isa) } else { None }
}

/// Where the greatest element is.
pub(super) fn greatest(input: DType, output: DType, isa: Isa) -> Option<Arc<dyn Kernel>> {
    if output == DType::I64 { kernel(input, true, isa) } else { None }
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
    instance(Arg::<T>(Least { mask: T::Lane::mask(greatest, unsigned) }), isa)
}

/// Leaves shorter than this are searched in one go.
const SHORT: usize = 24;
/// Elements whose comparisons with the best value are collected before any is looked at.
const RUN: usize = 64;

struct Arg<T: Ordered>(Least<T>);

impl<T: Ordered> Arg<T> {
    /// The value first, by lanes, then the first place where it stands.
    #[inline(always)]
    unsafe fn by_value(&self, values: *const T, n: usize) -> Best<T::Lane> {
        // SAFETY: the caller has n elements.
        unsafe {
            let lane = self.0.flat(values, n);
            let is_best = |i: usize| self.0.lane(*values.add(i)).same(lane);
            let mut first = 0;
            while n - first >= RUN {
                if (0..RUN).fold(false, |found, i| found | is_best(first + i)) {
                    break;
                }
                first += RUN;
            }
            while first + 1 < n && !is_best(first) {
                first += 1;
            }
            Best { lane, at: first as u64 }
        }
    }
}

impl<T: Ordered> Algorithm for Arg<T> {
    type Elem = T;
    type State = Best<T::Lane>;

    #[inline(always)]
    unsafe fn across(&self, values: *const T, kept: usize, rows: usize, cols: usize, states: *mut Best<T::Lane>) {
        let n = rows * cols;
        for k in 0..kept {
            // SAFETY: the caller's promise.
            unsafe {
                let leaf = values.add(k * n);
                let short = n < SHORT || !T::Lane::COMMUTES;
                states.add(k).write(if short { first::flat(&self.0, leaf, n) } else { self.by_value(leaf, n) });
            }
        }
    }

    #[inline(always)]
    unsafe fn down(&self, values: *const T, rows: usize, pitch: usize, kept: usize, states: *mut Best<T::Lane>) {
        // SAFETY: the caller's promise.
        unsafe { first::all_columns(&self.0, values, rows, pitch, kept, |column, best| states.add(column).write(best)) }
    }

    fn globalize(&self, states: &mut [Best<T::Lane>], leaf: &Region, reduced_shape: &[usize]) {
        for state in states {
            let (mut local, mut flat, mut step) = (state.at, 0u64, 1u64);
            for axis in (0..reduced_shape.len()).rev() {
                let len = leaf.shape[axis].max(1) as u64;
                flat += (leaf.start[axis] as u64 + local % len) * step;
                local /= len;
                step = step.wrapping_mul(reduced_shape[axis] as u64);
            }
            state.at = flat;
        }
    }

    fn join(&self, left: Best<T::Lane>, right: Best<T::Lane>, _n_left: u64, _n_right: u64) -> Best<T::Lane> {
        left.or(right)
    }

    unsafe fn finalize(&self, states: &[Best<T::Lane>], kept: usize, _n: u64, out: *mut u8) {
        for k in 0..kept {
            let at = states.get(k).map_or(0, |best| best.at as i64);
            // SAFETY: the caller's promise; the output type is int64.
            unsafe { out.cast::<i64>().add(k).write(at) };
        }
    }
}
