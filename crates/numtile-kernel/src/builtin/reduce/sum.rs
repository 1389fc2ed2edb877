//! Sums.

use std::marker::PhantomData;
use std::sync::Arc;

use numtile_core::DType;
use numtile_core::dtype::{Bool8, Kind};

use super::instance::{Algorithm, Kernel, instance};
use super::integer::{Integer, wrapping_columns, wrapping_sum, write_cut};
use super::real::{Real, write_components};
use super::tree::{self, Across, Columns, Down, Plain, STRIP};
use super::widened::widened;
use crate::isa::Isa;

/// The sum of `input` elements as `output`, where there is one.
pub(super) fn kernel(input: DType, output: DType, isa: Isa) -> Option<Arc<dyn Kernel>> {
    match input.kind() {
        Kind::Bool | Kind::Signed | Kind::Unsigned if output.is_integer() => {}
        Kind::Float if output.is_float() => {}
        Kind::Complex if output.is_complex() => {}
        _ => return None,
    }
    match input {
        DType::Bool => integers::<Bool8>(output, isa),
        DType::I8 => integers::<i8>(output, isa),
        DType::I16 => integers::<i16>(output, isa),
        DType::I32 => integers::<i32>(output, isa),
        DType::U8 => integers::<u8>(output, isa),
        DType::U16 => integers::<u16>(output, isa),
        DType::U32 => integers::<u32>(output, isa),
        DType::I64 | DType::U64 => integers::<u64>(output, isa),
        DType::F16 => Some(widened(input, floats::<f64, 8, 1>(output, isa)?, isa)),
        DType::F32 => floats::<f32, 8, 1>(output, isa),
        DType::F64 => floats::<f64, 8, 1>(output, isa),
        DType::C64 => floats::<f32, 16, 2>(output, isa),
        DType::C128 => floats::<f64, 16, 2>(output, isa),
    }
}

fn integers<T: Integer>(output: DType, isa: Isa) -> Option<Arc<dyn Kernel>> {
    instance(IntegerSum::<T> { output, elem: PhantomData }, isa)
}

fn floats<R: Real, const L: usize, const C: usize>(output: DType, isa: Isa) -> Option<Arc<dyn Kernel>> {
    instance(FloatSum::<R, L, C> { output, elem: PhantomData }, isa)
}

/// The sum modulo 2^64, cut to the width of the output.
struct IntegerSum<T> {
    output: DType,
    elem: PhantomData<T>,
}

impl<T: Integer> Algorithm for IntegerSum<T> {
    type Elem = T;
    type State = u64;

    #[inline(always)]
    unsafe fn across(&self, values: *const T, kept: usize, rows: usize, cols: usize, states: *mut u64) {
        let n = rows * cols;
        for k in 0..kept {
            // SAFETY: the caller's promise.
            unsafe { states.add(k).write(wrapping_sum(values.add(k * n), n)) };
        }
    }

    #[inline(always)]
    unsafe fn down(&self, values: *const T, rows: usize, pitch: usize, kept: usize, states: *mut u64) {
        // SAFETY: the caller's promise.
        unsafe { wrapping_columns(values, rows, pitch, kept, |column, sum| states.add(column).write(sum)) }
    }

    fn join(&self, left: u64, right: u64, _n_left: u64, _n_right: u64) -> u64 {
        left.wrapping_add(right)
    }

    unsafe fn finalize(&self, states: &[u64], kept: usize, _n: u64, out: *mut u8) {
        // SAFETY: the caller's promise.
        unsafe { write_cut(self.output, states, kept, 0, out) }
    }
}

/// The tree over components of type `R` in float64: `C` of them per element, `L` = 8 `C` lanes.
struct FloatSum<R, const L: usize, const C: usize> {
    output: DType,
    elem: PhantomData<R>,
}

impl<R: Real, const L: usize, const C: usize> Algorithm for FloatSum<R, L, C> {
    type Elem = R;
    type State = [f64; C];

    #[inline(always)]
    unsafe fn across(&self, values: *const R, kept: usize, rows: usize, cols: usize, states: *mut [f64; C]) {
        // SAFETY: the caller's promise, for each of the four.
        unsafe {
            match (rows, cols) {
                (1, 1) => return tree::single_rows::<R, L, 1>(values, kept, states.cast()),
                (1, 2) => return tree::single_rows::<R, L, 2>(values, kept, states.cast()),
                (1, 3) => return tree::single_rows::<R, L, 3>(values, kept, states.cast()),
                (1, 4) => return tree::single_rows::<R, L, 4>(values, kept, states.cast()),
                _ => {}
            }
        }
        let n = rows * cols * C;
        for k in 0..kept {
            // SAFETY: the caller's promise.
            unsafe {
                let leaf = Across { values: values.add(k * n), readable: (kept - k) * n, rows, cols };
                let [sum] = leaf.sums::<_, 1, L>(Plain);
                states.add(k).write(std::array::from_fn(|c| sum[c]));
            }
        }
    }

    #[inline(always)]
    unsafe fn down(&self, values: *const R, rows: usize, pitch: usize, kept: usize, states: *mut [f64; C]) {
        let (pitch, components, states) = (pitch * C, kept * C, states.cast::<f64>());
        let mut first = 0;
        while first < components {
            let width = STRIP.min(components - first);
            let mut sums: Columns<1> = [[std::mem::MaybeUninit::uninit(); STRIP]];
            // SAFETY: the strip lies in the leaf; a state is the sums of its columns.
            unsafe {
                Down { values: values.add(first), pitch, rows, width }.sums(Plain, &mut sums);
                std::ptr::copy_nonoverlapping(sums[0].as_ptr().cast::<f64>(), states.add(first), width);
            }
            first += width;
        }
    }

    fn join(&self, left: [f64; C], right: [f64; C], _n_left: u64, _n_right: u64) -> [f64; C] {
        std::array::from_fn(|c| left[c] + right[c])
    }

    unsafe fn finalize(&self, states: &[[f64; C]], kept: usize, _n: u64, out: *mut u8) {
        // SAFETY: the caller's promise.
        unsafe { write_components(self.output, states, kept, [0.0; C], out) }
    }
}
