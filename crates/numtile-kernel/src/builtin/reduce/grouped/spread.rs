//! Variances and standard deviations of groups.
//!
//! In a leaf, deviations are measured from the first element of the group. Its square is at most the sum of the squared
//! deviations from the mean, so what cancels when the mean becomes known is at most a factor of about the number of
//! elements, and next to nothing for most data. Leaves join by Chan's formula, as those of whole variances do.

use std::marker::PhantomData;
use std::sync::Arc;

use numtile_core::DType;

use super::super::real::Real;
use super::super::variance::{End, Moments, corrected, exact_sum};
use super::instance::{Accumulate, Instance, Kernel};
use crate::isa::Isa;

/// The variance of `input` elements as the float type `output`, or its square root, where there is one.
pub(super) fn kernel(input: DType, output: DType, ddof: f64, root: bool, isa: Isa) -> Option<Arc<dyn Kernel>> {
    fn of<R: Real, const C: usize, const K: usize>(end: End, isa: Isa) -> Option<Arc<dyn Kernel>> {
        Some(Arc::new(Instance { algorithm: Variance::<R, C, K> { end, elem: PhantomData }, isa }))
    }
    let end = End { output, ddof, root };
    match input {
        _ if !output.is_float() => None,
        DType::F32 => of::<f32, 1, 3>(end, isa),
        DType::F64 => of::<f64, 1, 3>(end, isa),
        DType::C64 => of::<f32, 2, 6>(end, isa),
        DType::C128 => of::<f64, 2, 6>(end, isa),
        _ => None,
    }
}

/// `K` = 3 `C` words. In a leaf: the first element, the sum of deviations from it, and that of their squares. Settled:
/// [`Moments`].
struct Variance<R, const C: usize, const K: usize> {
    end: End,
    elem: PhantomData<R>,
}

impl<R, const C: usize, const K: usize> Variance<R, C, K> {
    #[inline(always)]
    fn moments(state: [f64; K]) -> Moments<C> {
        let part = |number: usize| std::array::from_fn(|c| state[number * C + c]);
        Moments { mean: part(0), low: part(1), m2: part(2) }
    }

    #[inline(always)]
    fn words(moments: Moments<C>) -> [f64; K] {
        std::array::from_fn(|k| match k / C {
            0 => moments.mean[k % C],
            1 => moments.low[k % C],
            _ => moments.m2[k % C],
        })
    }
}

impl<R: Real, const C: usize, const K: usize> Accumulate<K> for Variance<R, C, K> {
    type Elem = [R; C];
    type Word = f64;
    const SETTLES: bool = true;

    #[inline(always)]
    fn first(&self, x: [R; C]) -> [f64; K] {
        let start = x.map(Real::wide);
        // Zero, or no number where the element is infinite or none.
        let deviation = start.map(|x| x - std::convert::identity(x));
        std::array::from_fn(|k| if k < C { start[k] } else { deviation[k % C] })
    }

    #[inline(always)]
    fn next(&self, mut state: [f64; K], x: [R; C]) -> [f64; K] {
        for c in 0..C {
            let deviation = x[c].wide() - state[c];
            state[C + c] += deviation;
            state[2 * C + c] += deviation * deviation;
        }
        state
    }

    fn settle(&self, state: [f64; K], n: u64) -> [f64; K] {
        let Moments { mean: start, low: sums, m2: squares } = Self::moments(state);
        let mut settled = Moments { mean: [f64::NAN; C], low: [0.0; C], m2: [f64::NAN; C] };
        for c in 0..C {
            if sums[c].is_finite() {
                let (shift, m2) = corrected(sums[c], squares[c], n as f64);
                (settled.mean[c], settled.low[c]) = exact_sum(start[c], shift);
                settled.m2[c] = m2;
            }
        }
        Self::words(settled)
    }

    #[inline(always)]
    fn join(&self, left: [f64; K], right: [f64; K], n_left: u64, n_right: u64) -> [f64; K] {
        Self::words(Self::moments(left).join(Self::moments(right), n_left, n_right))
    }

    unsafe fn write(&self, states: impl Iterator<Item = [f64; K]>, n: u64, out: *mut u8) {
        // SAFETY: the caller's promise.
        unsafe { self.end.write(out, n, states.map(|state| Self::moments(state).m2)) };
    }
}
