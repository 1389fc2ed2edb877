//! Products.
//!
//! A product of `n` factors rounds `n - 1` times in whatever order it is formed, so the order is the simplest that keeps
//! vectors busy. It starts with the first factor, not with 1: one times an infinite complex number is not that number.

use std::marker::PhantomData;
use std::sync::Arc;

use numtile_core::DType;
use numtile_core::dtype::{Bool8, Kind};

use super::fold::{self, Fold};
use super::instance::{Algorithm, Kernel, instance};
use super::integer::{Integer, write_cut};
use super::real::write_components;
use super::widened::widened;
use crate::isa::Isa;

/// The product of `input` elements as `output`, where there is one.
pub(super) fn kernel(input: DType, output: DType, isa: Isa) -> Option<Arc<dyn Kernel>> {
    match input.kind() {
        Kind::Float if output.is_float() => Some(widened(input, instance(FloatProduct::<1> { output }, isa)?, isa)),
        Kind::Complex if output.is_complex() => Some(widened(input, instance(FloatProduct::<2> { output }, isa)?, isa)),
        Kind::Bool | Kind::Signed | Kind::Unsigned if output.is_integer() => integers(input, output, isa),
        _ => None,
    }
}

fn integers(input: DType, output: DType, isa: Isa) -> Option<Arc<dyn Kernel>> {
    match input {
        DType::Bool => of::<Bool8>(output, isa),
        DType::I8 => of::<i8>(output, isa),
        DType::I16 => of::<i16>(output, isa),
        DType::I32 => of::<i32>(output, isa),
        DType::U8 => of::<u8>(output, isa),
        DType::U16 => of::<u16>(output, isa),
        DType::U32 => of::<u32>(output, isa),
        _ => of::<u64>(output, isa),
    }
}

fn of<T: Integer>(output: DType, isa: Isa) -> Option<Arc<dyn Kernel>> {
    instance(IntegerProduct::<T> { output, factors: Factors(PhantomData) }, isa)
}

/// Integers multiplied modulo 2^64.
struct Factors<T>(PhantomData<T>);

impl<T: Integer> Fold for Factors<T> {
    type Elem = T;
    type Lane = u64;
    const START: u64 = 1;
    #[inline(always)]
    fn lane(&self, x: T) -> u64 {
        T::wrapped(x.widen())
    }
    #[inline(always)]
    fn pick(&self, a: u64, b: u64) -> u64 {
        a.wrapping_mul(b)
    }
}

/// The product modulo 2^64, cut to the width of the output.
struct IntegerProduct<T> {
    output: DType,
    factors: Factors<T>,
}

impl<T: Integer> Algorithm for IntegerProduct<T> {
    type Elem = T;
    type State = u64;

    #[inline(always)]
    unsafe fn across(&self, values: *const T, kept: usize, rows: usize, cols: usize, states: *mut u64) {
        let n = rows * cols;
        for k in 0..kept {
            // SAFETY: the caller's promise.
            unsafe { states.add(k).write(fold::flat(&self.factors, values.add(k * n), n)) };
        }
    }

    #[inline(always)]
    unsafe fn down(&self, values: *const T, rows: usize, pitch: usize, kept: usize, states: *mut u64) {
        // SAFETY: the caller's promise.
        unsafe {
            fold::columns(&self.factors, values, rows, pitch, kept, |column, product| states.add(column).write(product))
        }
    }

    fn join(&self, left: u64, right: u64, _n_left: u64, _n_right: u64) -> u64 {
        left.wrapping_mul(right)
    }

    unsafe fn finalize(&self, states: &[u64], kept: usize, _n: u64, out: *mut u8) {
        // SAFETY: the caller's promise.
        unsafe { write_cut(self.output, states, kept, 1, out) }
    }
}

/// Lanes of a leaf across.
const LANES: usize = 8;
/// Columns that go down together: their products stay in the first-level cache.
const STRIP: usize = 256;

/// `a * b` for one component, and for two of them, `(ac - bd, ad + bc)`.
#[inline(always)]
pub(super) fn times<const C: usize>(a: [f64; C], b: [f64; C]) -> [f64; C] {
    std::array::from_fn(|c| match (C, c) {
        (1, _) => a[0] * b[0],
        (_, 0) => a[0] * b[0] - a[1] * b[1],
        _ => a[0] * b[1] + a[1] * b[0],
    })
}

/// Real (`C` = 1) or complex (`C` = 2) numbers multiplied in float64.
struct FloatProduct<const C: usize> {
    output: DType,
}

impl<const C: usize> FloatProduct<C> {
    /// Lane `j` multiplies the elements `j`, `j + 8`, … in that order; lanes are joined by halves. Fewer than eight
    /// elements are multiplied in order.
    #[inline(always)]
    unsafe fn flat(values: *const [f64; C], n: usize) -> [f64; C] {
        // SAFETY: the caller has `n` elements, at least one.
        let at = |i: usize| unsafe { values.add(i).read() };
        if n < LANES {
            return (1..n).fold(at(0), |product, i| times(product, at(i)));
        }
        let mut lanes: [[f64; C]; LANES] = std::array::from_fn(at);
        for step in 1..n / LANES {
            for (j, lane) in lanes.iter_mut().enumerate() {
                *lane = times(*lane, at(step * LANES + j));
            }
        }
        for (j, lane) in lanes.iter_mut().enumerate().take(n % LANES) {
            *lane = times(*lane, at(n / LANES * LANES + j));
        }
        let mut half = LANES / 2;
        while half > 0 {
            for j in 0..half {
                lanes[j] = times(lanes[j], lanes[j + half]);
            }
            half /= 2;
        }
        lanes[0]
    }
}

impl<const C: usize> Algorithm for FloatProduct<C> {
    type Elem = [f64; C];
    type State = [f64; C];

    #[inline(always)]
    unsafe fn across(&self, values: *const [f64; C], kept: usize, rows: usize, cols: usize, states: *mut [f64; C]) {
        let n = rows * cols;
        for k in 0..kept {
            // SAFETY: the caller's promise; a leaf has at least one element.
            unsafe { states.add(k).write(Self::flat(values.add(k * n), n)) };
        }
    }

    /// Every column is multiplied from top to bottom.
    #[inline(always)]
    unsafe fn down(&self, values: *const [f64; C], rows: usize, pitch: usize, kept: usize, states: *mut [f64; C]) {
        let mut first = 0;
        while first < kept {
            let width = STRIP.min(kept - first);
            // SAFETY: the strip lies in the leaf, which has at least one row; the first one initialises the states,
            // which are apart from the values.
            unsafe {
                std::ptr::copy_nonoverlapping(values.add(first), states.add(first), width);
                let products = std::slice::from_raw_parts_mut(states.add(first), width);
                for row in 1..rows {
                    let factors = std::slice::from_raw_parts(values.add(row * pitch + first), width);
                    for (product, &factor) in products.iter_mut().zip(factors) {
                        *product = times(*product, factor);
                    }
                }
            }
            first += width;
        }
    }

    fn join(&self, left: [f64; C], right: [f64; C], _n_left: u64, _n_right: u64) -> [f64; C] {
        times(left, right)
    }

    unsafe fn finalize(&self, states: &[[f64; C]], kept: usize, _n: u64, out: *mut u8) {
        let one = std::array::from_fn(|c| if c == 0 { 1.0 } else { 0.0 });
        // SAFETY: the caller's promise.
        unsafe { write_components(self.output, states, kept, one, out) }
    }
}
