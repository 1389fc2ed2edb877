//! Sums, means and products of groups.

use std::marker::PhantomData;
use std::sync::Arc;

use numtile_core::DType;
use numtile_core::dtype::{Bool8, Kind};

use super::super::integer::{Integer, write_cut};
use super::super::mean::Exact;
use super::super::product::times;
use super::super::quotient::quotient;
use super::super::real::{Real, write_rounded};
use super::instance::{Accumulate, Instance, Kernel};
use crate::isa::Isa;

/// The sum of `input` elements, where there is one.
pub(super) fn sum(input: DType, output: DType, isa: Isa) -> Option<Arc<dyn Kernel>> {
    if input.kind() < Kind::Float {
        return output.is_integer().then(|| integers(input, Fold::Sum, output, isa));
    }
    floats(input, output, false, isa)
}

/// The product of `input` elements, where there is one.
pub(super) fn product(input: DType, output: DType, isa: Isa) -> Option<Arc<dyn Kernel>> {
    match input {
        _ if input.kind() < Kind::Float => output.is_integer().then(|| integers(input, Fold::Product, output, isa)),
        DType::F32 => Some(Arc::new(Instance { algorithm: Product::<f32, 1> { output, elem: PhantomData }, isa })),
        DType::F64 => Some(Arc::new(Instance { algorithm: Product::<f64, 1> { output, elem: PhantomData }, isa })),
        DType::C64 => Some(Arc::new(Instance { algorithm: Product::<f32, 2> { output, elem: PhantomData }, isa })),
        DType::C128 => Some(Arc::new(Instance { algorithm: Product::<f64, 2> { output, elem: PhantomData }, isa })),
        _ => None,
    }
}

/// The mean of `input` elements, where there is one.
pub(super) fn mean(input: DType, output: DType, isa: Isa) -> Option<Arc<dyn Kernel>> {
    fn narrow<T: Integer>(isa: Isa) -> Option<Arc<dyn Kernel>> {
        Some(Arc::new(Instance { algorithm: NarrowMean::<T>(PhantomData), isa }))
    }
    match input {
        DType::Bool => narrow::<Bool8>(isa),
        DType::I8 => narrow::<i8>(isa),
        DType::I16 => narrow::<i16>(isa),
        DType::I32 => narrow::<i32>(isa),
        DType::U8 => narrow::<u8>(isa),
        DType::U16 => narrow::<u16>(isa),
        DType::U32 => narrow::<u32>(isa),
        DType::I64 => Some(Arc::new(Instance { algorithm: WideMean::<i64>(PhantomData), isa })),
        DType::U64 => Some(Arc::new(Instance { algorithm: WideMean::<u64>(PhantomData), isa })),
        _ => floats(input, output, true, isa),
    }
}

/// Sums of floats, divided by their number or not. Those of float64 keep what rounding takes from them.
fn floats(input: DType, output: DType, divided: bool, isa: Isa) -> Option<Arc<dyn Kernel>> {
    fn of<R: Real, const C: usize, const K: usize>(output: DType, divided: bool, isa: Isa) -> Arc<dyn Kernel> {
        Arc::new(Instance { algorithm: FloatSum::<R, C, K> { output, divided, elem: PhantomData }, isa })
    }
    match input {
        DType::F32 => Some(of::<f32, 1, 1>(output, divided, isa)),
        DType::F64 => Some(of::<f64, 1, 2>(output, divided, isa)),
        DType::C64 => Some(of::<f32, 2, 2>(output, divided, isa)),
        DType::C128 => Some(of::<f64, 2, 4>(output, divided, isa)),
        _ => None,
    }
}

fn integers(input: DType, fold: Fold, output: DType, isa: Isa) -> Arc<dyn Kernel> {
    fn of<T: Integer>(fold: Fold, output: DType, isa: Isa) -> Arc<dyn Kernel> {
        match fold {
            Fold::Sum => Arc::new(Instance { algorithm: Wrapping::<T, false> { output, elem: PhantomData }, isa }),
            Fold::Product => Arc::new(Instance { algorithm: Wrapping::<T, true> { output, elem: PhantomData }, isa }),
        }
    }
    match input {
        DType::Bool => of::<Bool8>(fold, output, isa),
        DType::I8 => of::<i8>(fold, output, isa),
        DType::I16 => of::<i16>(fold, output, isa),
        DType::I32 => of::<i32>(fold, output, isa),
        DType::U8 => of::<u8>(fold, output, isa),
        DType::U16 => of::<u16>(fold, output, isa),
        DType::U32 => of::<u32>(fold, output, isa),
        _ => of::<u64>(fold, output, isa),
    }
}

#[derive(Clone, Copy)]
enum Fold {
    Sum,
    Product,
}

/// A sum or a product modulo 2^64, cut to the width of the output.
struct Wrapping<T, const PRODUCT: bool> {
    output: DType,
    elem: PhantomData<T>,
}

impl<T, const PRODUCT: bool> Wrapping<T, PRODUCT> {
    #[inline(always)]
    fn both(a: u64, b: u64) -> u64 {
        if PRODUCT { a.wrapping_mul(b) } else { a.wrapping_add(b) }
    }
}

impl<T: Integer, const PRODUCT: bool> Accumulate<1> for Wrapping<T, PRODUCT> {
    type Elem = T;
    type Word = u64;

    #[inline(always)]
    fn first(&self, x: T) -> [u64; 1] {
        [T::wrapped(x.widen())]
    }

    #[inline(always)]
    fn next(&self, [state]: [u64; 1], x: T) -> [u64; 1] {
        [Self::both(state, T::wrapped(x.widen()))]
    }

    #[inline(always)]
    fn join(&self, [left]: [u64; 1], [right]: [u64; 1], _n_left: u64, _n_right: u64) -> [u64; 1] {
        [Self::both(left, right)]
    }

    unsafe fn write(&self, states: impl Iterator<Item = [u64; 1]>, _n: u64, out: *mut u8) {
        let item = self.output.size();
        for (k, state) in states.enumerate() {
            // SAFETY: the caller's promise.
            unsafe { write_cut(self.output, &state, 1, 0, out.add(k * item)) }
        }
    }
}

/// `a + b` as the nearest float64 and what is missing; no number where the sum is none.
#[inline(always)]
fn two_sum(a: f64, b: f64) -> (f64, f64) {
    let sum = a + b;
    let second = sum - a;
    (sum, (a - (sum - second)) + (b - second))
}

/// A sum in float64 of elements of `C` components. With `K` = 2 `C` words, the second half of which adds up what
/// rounding took from the first: in a leaf elements come one after the other, and there can be many of one group.
struct FloatSum<R, const C: usize, const K: usize> {
    output: DType,
    divided: bool,
    elem: PhantomData<R>,
}

impl<R, const C: usize, const K: usize> FloatSum<R, C, K> {
    #[inline(always)]
    fn plus(mut state: [f64; K], x: [f64; C]) -> [f64; K] {
        for c in 0..C {
            if K > C {
                let (sum, low) = two_sum(state[c], x[c]);
                state[c] = sum;
                state[C + c] += low;
            } else {
                state[c] += x[c];
            }
        }
        state
    }

    /// The sum of a component with what was taken from it. Where the sum is infinite or no number, the rest is none.
    #[inline(always)]
    fn total(state: &[f64; K], c: usize) -> f64 {
        let low = if K > C { state[C + c] } else { 0.0 };
        // Nothing is added to a sum that is exact: it may be −0.0.
        if low.is_finite() && low != 0.0 { state[c] + low } else { state[c] }
    }
}

impl<R: Real, const C: usize, const K: usize> Accumulate<K> for FloatSum<R, C, K> {
    type Elem = [R; C];
    type Word = f64;

    #[inline(always)]
    fn first(&self, x: [R; C]) -> [f64; K] {
        std::array::from_fn(|k| if k < C { x[k].wide() } else { 0.0 })
    }

    #[inline(always)]
    fn next(&self, state: [f64; K], x: [R; C]) -> [f64; K] {
        Self::plus(state, x.map(Real::wide))
    }

    #[inline(always)]
    fn join(&self, left: [f64; K], right: [f64; K], _n_left: u64, _n_right: u64) -> [f64; K] {
        let mut joined = Self::plus(left, std::array::from_fn(|c| right[c]));
        for k in C..K {
            joined[k] += right[k];
        }
        joined
    }

    unsafe fn write(&self, states: impl Iterator<Item = [f64; K]>, n: u64, out: *mut u8) {
        let divisor = n as f64;
        let results = states.flat_map(|state| {
            let totals: [f64; C] = std::array::from_fn(|c| Self::total(&state, c));
            totals.map(|total| if self.divided { total / divisor } else { total })
        });
        // SAFETY: the caller's promise; a complex element is two of its real type.
        unsafe { write_rounded(self.output.real(), out, results) };
    }
}

/// Real (`C` = 1) or complex (`C` = 2) numbers multiplied in float64, in their order.
struct Product<R, const C: usize> {
    output: DType,
    elem: PhantomData<R>,
}

impl<R: Real, const C: usize> Accumulate<C> for Product<R, C> {
    type Elem = [R; C];
    type Word = f64;

    #[inline(always)]
    fn first(&self, x: [R; C]) -> [f64; C] {
        x.map(Real::wide)
    }

    #[inline(always)]
    fn next(&self, state: [f64; C], x: [R; C]) -> [f64; C] {
        times(state, x.map(Real::wide))
    }

    #[inline(always)]
    fn join(&self, left: [f64; C], right: [f64; C], _n_left: u64, _n_right: u64) -> [f64; C] {
        times(left, right)
    }

    unsafe fn write(&self, states: impl Iterator<Item = [f64; C]>, _n: u64, out: *mut u8) {
        // SAFETY: the caller's promise; a complex element is two of its real type.
        unsafe { write_rounded(self.output.real(), out, states.flatten()) };
    }
}

/// Exact sums, divided and rounded once.
///
/// # Safety
/// `out` must be aligned and valid for writing as many float64.
unsafe fn write_quotients(sums: impl Iterator<Item = [u64; 2]>, n: u64, out: *mut u8) {
    for (k, sum) in sums.enumerate() {
        // SAFETY: the caller's promise.
        unsafe { out.cast::<f64>().add(k).write(quotient(Exact(sum).into(), n)) };
    }
}

/// The mean of 64-bit integers, from a sum of 128 bits.
struct WideMean<T>(PhantomData<T>);

impl<T: Integer> WideMean<T> {
    #[inline(always)]
    fn wide(x: T) -> i128 {
        (i128::from(x.upper()) << 32) + i128::from(x.lower())
    }
}

impl<T: Integer> Accumulate<2> for WideMean<T> {
    type Elem = T;
    type Word = u64;

    #[inline(always)]
    fn first(&self, x: T) -> [u64; 2] {
        Exact::from(Self::wide(x)).0
    }

    #[inline(always)]
    fn next(&self, state: [u64; 2], x: T) -> [u64; 2] {
        Exact(state).plus(Self::wide(x)).0
    }

    #[inline(always)]
    fn join(&self, left: [u64; 2], right: [u64; 2], _n_left: u64, _n_right: u64) -> [u64; 2] {
        Exact(left).plus(Exact(right).into()).0
    }

    unsafe fn write(&self, states: impl Iterator<Item = [u64; 2]>, n: u64, out: *mut u8) {
        // SAFETY: the caller's promise; the output type is float64.
        unsafe { write_quotients(states, n, out) };
    }
}

/// The mean of narrower integers. In a leaf 64 bits hold the sum, of which at most 2^31 elements are added.
struct NarrowMean<T>(PhantomData<T>);

impl<T: Integer> Accumulate<2> for NarrowMean<T> {
    type Elem = T;
    type Word = u64;
    const SETTLES: bool = true;

    #[inline(always)]
    fn first(&self, x: T) -> [u64; 2] {
        [T::wrapped(x.widen()), 0]
    }

    #[inline(always)]
    fn next(&self, [sum, high]: [u64; 2], x: T) -> [u64; 2] {
        [sum.wrapping_add(T::wrapped(x.widen())), high]
    }

    fn settle(&self, [sum, _]: [u64; 2], _n: u64) -> [u64; 2] {
        Exact::from(i128::from(sum as i64)).0
    }

    #[inline(always)]
    fn join(&self, left: [u64; 2], right: [u64; 2], _n_left: u64, _n_right: u64) -> [u64; 2] {
        Exact(left).plus(Exact(right).into()).0
    }

    unsafe fn write(&self, states: impl Iterator<Item = [u64; 2]>, n: u64, out: *mut u8) {
        // SAFETY: the caller's promise; the output type is float64.
        unsafe { write_quotients(states, n, out) };
    }
}
