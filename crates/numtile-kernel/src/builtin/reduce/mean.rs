//! Means: a sum, divided once.

use std::marker::PhantomData;
use std::sync::Arc;

use numtile_core::dtype::Kind;
use numtile_core::{DType, Region};

use super::instance::{Algorithm, Kernel, instance};
use super::integer::{Integer, exact_columns, exact_sum};
use super::quotient::quotient;
use super::real::write_rounded;
use super::sum;
use crate::isa::Isa;

/// The mean of `input` elements as `output`, where there is one.
pub(super) fn kernel(input: DType, output: DType, isa: Isa) -> Option<Arc<dyn Kernel>> {
    match input.kind() {
        Kind::Bool | Kind::Signed | Kind::Unsigned if output == DType::F64 => match input {
            DType::I64 => instance(WideMean::<i64>(PhantomData), isa),
            DType::U64 => instance(WideMean::<u64>(PhantomData), isa),
            _ => Some(Arc::new(NarrowMean { sums: sum::kernel(input, DType::I64, isa)? })),
        },
        Kind::Float | Kind::Complex => {
            let sums = sum::kernel(input, output, isa)?;
            Some(Arc::new(FloatMean { sums, output, components: output.size() / output.real().size() }))
        }
        _ => None,
    }
}

/// An exact sum of 128 bits; two words, because states are 8-byte aligned.
#[derive(Clone, Copy)]
#[repr(transparent)]
pub(super) struct Exact(pub [u64; 2]);

impl Exact {
    #[inline(always)]
    pub fn plus(self, other: i128) -> Exact {
        i128::from(self).wrapping_add(other).into()
    }
}

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

/// Writes the means of exact sums; NaN where there is nothing.
///
/// # Safety
/// `out` must be valid for `kept` float64.
unsafe fn write_quotients(sums: &[Exact], kept: usize, n: u64, out: *mut u8) {
    for k in 0..kept {
        let mean = sums.get(k).map_or(f64::NAN, |&sum| quotient(sum.into(), n));
        // SAFETY: the caller's promise.
        unsafe { out.cast::<f64>().add(k).write(mean) };
    }
}

/// The exact sum of 64-bit integers, divided and rounded once.
struct WideMean<T>(PhantomData<T>);

impl<T: Integer> Algorithm for WideMean<T> {
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
    unsafe fn down(&self, values: *const T, rows: usize, pitch: usize, kept: usize, states: *mut Exact) {
        // SAFETY: the caller's promise: there are `kept` states.
        unsafe {
            for k in 0..kept {
                states.add(k).write(0.into());
            }
            exact_columns(values, rows, pitch, kept, |column, sum| {
                let state = states.add(column);
                state.write(state.read().plus(sum));
            });
        }
    }

    fn join(&self, left: Exact, right: Exact, _n_left: u64, _n_right: u64) -> Exact {
        left.plus(right.into())
    }

    unsafe fn finalize(&self, states: &[Exact], kept: usize, n: u64, out: *mut u8) {
        // SAFETY: the caller's promise; the output type is float64.
        unsafe { write_quotients(states, kept, n, out) }
    }
}

/// The mean of narrower integers: the 64-bit sum of a leaf is exact, so its kernel serves; only sums of leaves may not
/// fit, so states are wider.
struct NarrowMean {
    sums: Arc<dyn Kernel>,
}

impl NarrowMean {
    /// The leaf left its sums in the first half of the states: spread them, from the last one on.
    unsafe fn spread(states: *mut u8, kept: usize) {
        for k in (0..kept).rev() {
            // SAFETY: a state is two words, so word k lies at or before state k, and later words were read already.
            unsafe {
                let sum = states.cast::<i64>().add(k).read();
                states.cast::<Exact>().add(k).write(i128::from(sum).into());
            }
        }
    }
}

impl Kernel for NarrowMean {
    fn state_bytes(&self) -> usize {
        size_of::<Exact>()
    }

    unsafe fn across(&self, values: *const u8, kept: usize, rows: usize, cols: usize, states: *mut u8) {
        // SAFETY: the caller's promise.
        unsafe {
            self.sums.across(values, kept, rows, cols, states);
            Self::spread(states, kept);
        }
    }

    unsafe fn down(&self, values: *const u8, rows: usize, pitch: usize, kept: usize, states: *mut u8) {
        // SAFETY: the caller's promise.
        unsafe {
            self.sums.down(values, rows, pitch, kept, states);
            Self::spread(states, kept);
        }
    }

    unsafe fn globalize(&self, _states: *mut u8, _kept: usize, _leaf: &Region, _reduced_shape: &[usize]) {}

    unsafe fn join(&self, left: *mut u8, right: *const u8, kept: usize, _n_left: u64, _n_right: u64) {
        let (left, right) = (left.cast::<Exact>(), right.cast::<Exact>());
        for k in 0..kept {
            // SAFETY: the caller's promise.
            unsafe { left.add(k).write(left.add(k).read().plus(right.add(k).read().into())) };
        }
    }

    unsafe fn finalize(&self, states: *const u8, kept: usize, n: u64, out: *mut u8) {
        // SAFETY: the caller's promise: with `n` zero there may be no states.
        unsafe {
            let sums = if n == 0 || kept == 0 { &[] } else { std::slice::from_raw_parts(states.cast(), kept) };
            write_quotients(sums, kept, n, out);
        }
    }
}

/// The sum in float64, divided in float64 and rounded to the output.
struct FloatMean {
    sums: Arc<dyn Kernel>,
    output: DType,
    components: usize,
}

impl Kernel for FloatMean {
    fn state_bytes(&self) -> usize {
        self.sums.state_bytes()
    }

    unsafe fn across(&self, values: *const u8, kept: usize, rows: usize, cols: usize, states: *mut u8) {
        // SAFETY: the caller's promise.
        unsafe { self.sums.across(values, kept, rows, cols, states) }
    }

    unsafe fn down(&self, values: *const u8, rows: usize, pitch: usize, kept: usize, states: *mut u8) {
        // SAFETY: the caller's promise.
        unsafe { self.sums.down(values, rows, pitch, kept, states) }
    }

    unsafe fn globalize(&self, _states: *mut u8, _kept: usize, _leaf: &Region, _reduced_shape: &[usize]) {}

    unsafe fn join(&self, left: *mut u8, right: *const u8, kept: usize, n_left: u64, n_right: u64) {
        // SAFETY: the caller's promise.
        unsafe { self.sums.join(left, right, kept, n_left, n_right) }
    }

    unsafe fn finalize(&self, states: *const u8, kept: usize, n: u64, out: *mut u8) {
        let mean = |component: usize| {
            if n == 0 {
                return f64::NAN;
            }
            // SAFETY: the caller's promise; the states of a float sum are its components.
            unsafe { states.cast::<f64>().add(component).read() / n as f64 }
        };
        // SAFETY: the caller's promise; a complex element is two of its real type.
        unsafe { write_rounded(self.output.real(), out, (0..kept * self.components).map(mean)) };
    }
}
