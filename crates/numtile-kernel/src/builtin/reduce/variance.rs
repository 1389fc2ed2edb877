//! Variance and standard deviation: mean and sum of squared deviations, two passes per leaf, joined by Chan's formula.
//!
//! A complex variance is the sum of the variances of the two components, so components never meet before the end.

use std::mem::MaybeUninit;
use std::sync::Arc;

use numtile_core::DType;
use numtile_core::dtype::Kind;

use super::instance::{Algorithm, Kernel, instance};
use super::real::write_rounded;
use super::tree::{Across, Columns, Down, Plain, STRIP, Term};
use super::widened::widened;
use crate::isa::Isa;

/// The variance of `input` elements as the float type `output`, or its square root.
pub(super) fn kernel(input: DType, output: DType, ddof: f64, root: bool, isa: Isa) -> Option<Arc<dyn Kernel>> {
    if !output.is_float() {
        return None;
    }
    let end = End { output, ddof, root };
    // Every type widens to float64 before anything else happens to it.
    let wide = match input.kind() {
        Kind::Complex => instance(Variance::<16, 2> { end }, isa),
        _ => instance(Variance::<8, 1> { end }, isa),
    };
    Some(widened(input, wide?, isa))
}

/// What becomes of the last state.
pub(super) struct End {
    /// The type of the result.
    pub output: DType,
    /// Degrees of freedom taken off.
    pub ddof: f64,
    /// True for the standard deviation.
    pub root: bool,
}

impl End {
    /// Writes the results of `n` elements each from the sums of their squared deviations.
    ///
    /// # Safety
    /// `out` must be aligned and valid for writing as many elements of the output type.
    pub unsafe fn write<const C: usize>(&self, out: *mut u8, n: u64, sums: impl Iterator<Item = [f64; C]>) {
        let divisor = n as f64 - self.ddof;
        // As NumPy: never negative, and NaN if ddof is.
        let divisor = if divisor < 0.0 { 0.0 } else { divisor };
        let results = sums.map(|m2| {
            let variance = m2.iter().sum::<f64>() / divisor;
            if self.root { variance.sqrt() } else { variance }
        });
        // SAFETY: the caller's promise.
        unsafe { write_rounded(self.output, out, results) };
    }
}

/// Mean and sum of squared deviations from it, per component.
#[derive(Clone, Copy)]
#[repr(C)]
pub(super) struct Moments<const C: usize> {
    /// The mean.
    pub mean: [f64; C],
    /// What rounding took from the mean. Without it leaves far from zero would seem further apart, or closer, than they
    /// are.
    pub low: [f64; C],
    /// The sum of squared deviations.
    pub m2: [f64; C],
}

impl<const C: usize> Moments<C> {
    const NONE: Self = Moments { mean: [0.0; C], low: [0.0; C], m2: [0.0; C] };

    /// Chan's formula. The mean moves from the left one by the right one's share of the distance, which cannot leave
    /// the two; nothing is multiplied by a count, so nothing overflows that the variance itself does not.
    #[inline(always)]
    pub fn join(self, right: Self, n_left: u64, n_right: u64) -> Self {
        if n_right == 0 {
            return self;
        }
        if n_left == 0 {
            return right;
        }
        let (l, r) = (n_left as f64, n_right as f64);
        let share = r / (l + r);
        let mut out = Moments::NONE;
        for c in 0..C {
            let distance = (right.mean[c] - self.mean[c]) + (right.low[c] - self.low[c]);
            (out.mean[c], out.low[c]) = exact_sum(self.mean[c], self.low[c] + distance * share);
            out.m2[c] = self.m2[c] + right.m2[c] + distance * distance * (l * share);
        }
        out
    }
}

/// Deviations from a mean and their squares.
#[derive(Clone, Copy)]
struct Deviation<'a> {
    /// The mean of each place.
    means: &'a [f64],
}

impl Term<2> for Deviation<'_> {
    #[inline(always)]
    fn of(&self, x: f64, place: usize) -> [f64; 2] {
        // SAFETY: there are as many means as lanes or columns, wherever a deviation is made.
        let d = x - unsafe { *self.means.get_unchecked(place) };
        [d, d * d]
    }
}

/// What deviations from a rounded mean say: the rest of the mean, and the squared deviations from the whole of it.
#[inline(always)]
pub(super) fn corrected(sum: f64, squares: f64, n: f64) -> (f64, f64) {
    let low = sum / n;
    let correction = sum * sum / n;
    if !correction.is_finite() {
        // Deviations that are themselves too large to square: the squares say so.
        return (0.0, squares);
    }
    let m2 = squares - correction;
    // Rounding may leave less than nothing. A NaN stays.
    (low, if m2 < 0.0 { 0.0 } else { m2 })
}

/// `a + b` as the nearest float64 and what is missing.
#[inline(always)]
pub(super) fn exact_sum(a: f64, b: f64) -> (f64, f64) {
    let sum = a + b;
    let second = sum - a;
    let low = (a - (sum - second)) + (b - second);
    (sum, if low.is_finite() { low } else { 0.0 })
}

struct Variance<const L: usize, const C: usize> {
    end: End,
}

impl<const L: usize, const C: usize> Algorithm for Variance<L, C> {
    type Elem = f64;
    type State = Moments<C>;

    #[inline(always)]
    unsafe fn across(&self, values: *const f64, kept: usize, rows: usize, cols: usize, states: *mut Moments<C>) {
        let (n, count) = (rows * cols * C, (rows * cols) as f64);
        for k in 0..kept {
            // SAFETY: the caller's promise; there is a mean for each of the L lanes.
            unsafe {
                let leaf = Across { values: values.add(k * n), readable: (kept - k) * n, rows, cols };
                let [sum] = leaf.sums::<_, 1, L>(Plain);
                let mean: [f64; C] = std::array::from_fn(|c| sum[c] / count);
                let means: [f64; L] = std::array::from_fn(|lane| mean[lane % C]);
                let [sums, squares] = leaf.sums::<_, 2, L>(Deviation { means: &means });
                let rest: [_; C] = std::array::from_fn(|c| corrected(sums[c], squares[c], count));
                states.add(k).write(Moments { mean, low: rest.map(|r| r.0), m2: rest.map(|r| r.1) });
            }
        }
    }

    #[inline(always)]
    unsafe fn down(&self, values: *const f64, rows: usize, pitch: usize, kept: usize, states: *mut Moments<C>) {
        let (pitch, components, count) = (pitch * C, kept * C, rows as f64);
        let mut first = 0;
        while first < components {
            let width = STRIP.min(components - first);
            // SAFETY: the strip lies in the leaf; `sums` writes all its columns.
            unsafe {
                let strip = Down { values: values.add(first), pitch, rows, width };
                let mut totals: Columns<1> = [[MaybeUninit::uninit(); STRIP]];
                strip.sums(Plain, &mut totals);
                let means = std::slice::from_raw_parts_mut(totals[0].as_mut_ptr().cast::<f64>(), width);
                means.iter_mut().for_each(|mean| *mean /= count);
                let mut deviations: Columns<2> = [[MaybeUninit::uninit(); STRIP]; 2];
                strip.sums(Deviation { means }, &mut deviations);
                for (column, &mean) in means.iter().enumerate() {
                    let [sums, squares] = deviations.each_ref().map(|d| d[column].assume_init());
                    let (state, c) = (states.add((first + column) / C), (first + column) % C);
                    let (low, m2) = corrected(sums, squares, count);
                    (&raw mut (*state).mean).cast::<f64>().add(c).write(mean);
                    (&raw mut (*state).low).cast::<f64>().add(c).write(low);
                    (&raw mut (*state).m2).cast::<f64>().add(c).write(m2);
                }
            }
            first += width;
        }
    }

    fn join(&self, left: Moments<C>, right: Moments<C>, n_left: u64, n_right: u64) -> Moments<C> {
        left.join(right, n_left, n_right)
    }

    unsafe fn finalize(&self, states: &[Moments<C>], kept: usize, n: u64, out: *mut u8) {
        let sums = (0..kept).map(|k| states.get(k).unwrap_or(&Moments::NONE).m2);
        // SAFETY: the caller's promise.
        unsafe { self.end.write(out, n, sums) };
    }
}
