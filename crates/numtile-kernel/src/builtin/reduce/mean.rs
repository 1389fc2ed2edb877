//! Means: a sum, divided once.

use std::marker::PhantomData;
use std::sync::Arc;

use half::f16;
use numtile_core::DType;
use numtile_core::dtype::{Bool8, Kind};

use super::instance::{Algorithm, Kernel, instance};
use super::integer::{Integer, exact_columns, exact_sum};
use super::quotient::quotient;
use super::real::{Real, write_rounded};
use super::sum::FloatSum;
use crate::isa::Isa;

/// The mean of `input` elements as `output`, where there is one.
pub(super) fn kernel(input: DType, output: DType, isa: Isa) -> Option<Arc<dyn Kernel>> {
    match input.kind() {
        Kind::Bool | Kind::Signed | Kind::Unsigned if output == DType::F64 => {}
        Kind::Float if output.is_float() => {}
        Kind::Complex if output.is_complex() => {}
        _ => return None,
    }
    match input {
        DType::Bool => instance(IntegerMean::<Bool8>(PhantomData), isa),
        DType::I8 => instance(IntegerMean::<i8>(PhantomData), isa),
        DType::I16 => instance(IntegerMean::<i16>(PhantomData), isa),
        DType::I32 => instance(IntegerMean::<i32>(PhantomData), isa),
        DType::I64 => instance(IntegerMean::<i64>(PhantomData), isa),
        DType::U8 => instance(IntegerMean::<u8>(PhantomData), isa),
        DType::U16 => instance(IntegerMean::<u16>(PhantomData), isa),
        DType::U32 => instance(IntegerMean::<u32>(PhantomData), isa),
        DType::U64 => instance(IntegerMean::<u64>(PhantomData), isa),
        DType::F16 => floats::<f16, 8, 1>(output, isa),
        DType::F32 => floats::<f32, 8, 1>(output, isa),
        DType::F64 => floats::<f64, 8, 1>(output, isa),
        DType::C64 => floats::<f32, 16, 2>(output, isa),
        DType::C128 => floats::<f64, 16, 2>(output, isa),
    }
}

fn floats<R: Real, const L: usize, const C: usize>(output: DType, isa: Isa) -> Option<Arc<dyn Kernel>> {
    instance(FloatMean(FloatSum::<R, L, C> { output, elem: PhantomData }), isa)
}

/// An exact sum of 128 bits; two words, because states are 8-byte aligned.
#[derive(Clone, Copy)]
#[repr(transparent)]
struct Exact([u64; 2]);

impl From<i128> for Exact {
    #[inline(always)]
    fn from(value: i128) -> Exact {
        Exact([value as u64, (value >> 64) as u64])
    }
}

impl From<Exact> for i128 {
    #[inline(always)]
    fn from(Exact([low, high]): Exact) -> i128 {
        i128::from(high as i64) << 64 | i128::from(low)
    }
}

/// The exact sum, divided and rounded once.
struct IntegerMean<T>(PhantomData<T>);

impl<T: Integer> Algorithm for IntegerMean<T> {
    type Elem = T;
    type State = Exact;

    #[inline(always)]
    unsafe fn across(&self, values: *const T, kept: usize, rows: usize, cols: usize, states: *mut Exact) {
        let n = rows * cols;
        for k in 0..kept {
            // SAFETY: the caller's promise.
            unsafe { states.add(k).write(exact_sum(values.add(k * n), n).into()) };
        }
    }

    #[inline(always)]
    unsafe fn down(&self, values: *const T, rows: usize, kept: usize, states: *mut Exact) {
        // SAFETY: the caller's promise: there are `kept` states.
        unsafe {
            for k in 0..kept {
                states.add(k).write(0.into());
            }
            exact_columns(values, rows, kept, |column, sum| {
                let state = states.add(column);
                state.write((i128::from(state.read()) + sum).into());
            });
        }
    }

    fn join(&self, left: Exact, right: Exact, _n_left: u64, _n_right: u64) -> Exact {
        i128::from(left).wrapping_add(i128::from(right)).into()
    }

    unsafe fn finalize(&self, states: &[Exact], kept: usize, n: u64, out: *mut u8) {
        for k in 0..kept {
            let mean = states.get(k).map_or(f64::NAN, |&sum| quotient(sum.into(), n));
            // SAFETY: the caller's promise; the output type is float64.
            unsafe { out.cast::<f64>().add(k).write(mean) };
        }
    }
}

/// The sum in float64, divided in float64 and rounded to the output.
struct FloatMean<R, const L: usize, const C: usize>(FloatSum<R, L, C>);

impl<R: Real, const L: usize, const C: usize> Algorithm for FloatMean<R, L, C> {
    type Elem = R;
    type State = [f64; C];

    #[inline(always)]
    unsafe fn across(&self, values: *const R, kept: usize, rows: usize, cols: usize, states: *mut [f64; C]) {
        // SAFETY: the caller's promise.
        unsafe { self.0.across(values, kept, rows, cols, states) }
    }

    #[inline(always)]
    unsafe fn down(&self, values: *const R, rows: usize, kept: usize, states: *mut [f64; C]) {
        // SAFETY: the caller's promise.
        unsafe { self.0.down(values, rows, kept, states) }
    }

    fn join(&self, left: [f64; C], right: [f64; C], n_left: u64, n_right: u64) -> [f64; C] {
        self.0.join(left, right, n_left, n_right)
    }

    unsafe fn finalize(&self, states: &[[f64; C]], kept: usize, n: u64, out: *mut u8) {
        let means = states.as_flattened().iter().map(|sum| sum / n as f64);
        let none = std::iter::repeat_n(f64::NAN, if n == 0 { kept * C } else { 0 });
        // SAFETY: the caller's promise; a complex element is two of its real type.
        unsafe { write_rounded(self.0.output.real(), out, means.chain(none)) };
    }
}
