//! The first of the best elements and where it is.

use super::extrema::Least;
use super::fold::Fold;
use super::order::{Lane, Ordered};

/// The best value so far and where it is.
#[derive(Clone, Copy)]
#[repr(C, align(8))]
pub(super) struct Best<L> {
    pub lane: L,
    pub at: u64,
}

impl<L: Lane> Best<L> {
    /// The better of two; the one with the smaller position if neither is.
    #[inline(always)]
    pub fn or(self, other: Best<L>) -> Best<L> {
        let loses = other.lane.before(self.lane) | (other.lane.same(self.lane) & (other.at < self.at));
        if loses { other } else { self }
    }
}

/// Columns that elements in a row are dealt out to, so that their comparisons do not wait for each other.
const LANES: usize = 4;

/// The first of `n` elements.
///
/// # Safety
/// `values` must be valid for reading `n` elements.
#[inline(always)]
pub(super) unsafe fn flat<T: Ordered>(least: &Least<T>, values: *const T, n: usize) -> Best<T::Lane> {
    // Right even if every element is equal to LAST.
    let mut best = Best { lane: T::Lane::LAST, at: 0 };
    let rows = if n < 2 * LANES { 0 } else { n / LANES };
    // SAFETY: the caller has n elements.
    unsafe {
        if rows > 0 {
            columns::<T, LANES>(least, values, rows, LANES, |column, found| {
                best = best.or(Best { lane: found.lane, at: found.at * LANES as u64 + column as u64 });
            });
        }
        for i in rows * LANES..n {
            let lane = least.lane(*values.add(i));
            let better = lane.before(best.lane);
            best = Best { lane: if better { lane } else { best.lane }, at: if better { i as u64 } else { best.at } };
        }
    }
    best
}

/// The first of each of `W` columns, from top to bottom.
///
/// # Safety
/// `values` must be valid for reading `rows` rows of `W` elements, `pitch` apart.
#[inline(always)]
pub(super) unsafe fn columns<T: Ordered, const W: usize>(
    least: &Least<T>,
    values: *const T,
    rows: usize,
    pitch: usize,
    mut done: impl FnMut(usize, Best<T::Lane>),
) {
    let mut best = [T::Lane::LAST; W];
    let mut at = [T::Lane::index(0); W];
    for row in 0..rows {
        let index = T::Lane::index(row);
        for j in 0..W {
            // SAFETY: the caller has these rows and columns.
            let x = least.lane(unsafe { *values.add(row * pitch + j) });
            // An element equal to LAST in row 0 is not better, but the index is right then as well.
            let better = x.before(best[j]);
            best[j] = if better { x } else { best[j] };
            at[j] = if better { index } else { at[j] };
        }
    }
    for j in 0..W {
        done(j, Best { lane: best[j], at: T::Lane::position(at[j]) });
    }
}

/// The first of each of `kept` columns.
///
/// # Safety
/// `values` must be valid for reading `rows` rows of `kept` elements, `pitch` apart; `rows` is at most 256.
#[inline(always)]
pub(super) unsafe fn all_columns<T: Ordered>(
    least: &Least<T>,
    values: *const T,
    rows: usize,
    pitch: usize,
    kept: usize,
    mut done: impl FnMut(usize, Best<T::Lane>),
) {
    let mut column = 0;
    // SAFETY: every column is below `kept`.
    unsafe {
        // More of the narrow lanes fit a register.
        while size_of::<T::Lane>() <= 2 && kept - column >= 64 {
            columns::<T, 64>(least, values.add(column), rows, pitch, |j, best| done(column + j, best));
            column += 64;
        }
        while kept - column >= 16 {
            columns::<T, 16>(least, values.add(column), rows, pitch, |j, best| done(column + j, best));
            column += 16;
        }
        while kept - column >= 4 {
            columns::<T, 4>(least, values.add(column), rows, pitch, |j, best| done(column + j, best));
            column += 4;
        }
        while column < kept {
            columns::<T, 1>(least, values.add(column), rows, pitch, |j, best| done(column + j, best));
            column += 1;
        }
    }
}
