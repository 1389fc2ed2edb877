//! Reductions whose order does not matter: integer sums, least elements, truth values.
//!
//! A [`Fold`] turns each element into a lane value and picks one of two lane values (or adds them); the operation is
//! commutative and associative bit for bit, so lanes may be laid over the leaf as is fastest. (Columns are folded from
//! top to bottom all the same, unless they are few.)

use std::mem::MaybeUninit;

/// A commutative, associative operation over lane values made of elements.
pub(super) trait Fold {
    /// The element.
    type Elem: Copy;
    /// What is folded.
    type Lane: Copy;
    /// The identity.
    const START: Self::Lane;

    /// The lane value of one element.
    fn lane(&self, x: Self::Elem) -> Self::Lane;

    /// The operation.
    fn pick(&self, a: Self::Lane, b: Self::Lane) -> Self::Lane;
}

/// Columns that go down together.
const STRIP: usize = 256;
/// Rows per pass over a strip.
const GROUP: usize = 8;

/// Folds `n` elements that lie together. The compiler lays lanes over this loop where it recognises the operation, as
/// it does for all integers.
///
/// # Safety
/// `values` must be valid for reading `n` elements.
#[inline(always)]
pub(super) unsafe fn flat<F: Fold>(fold: &F, values: *const F::Elem, n: usize) -> F::Lane {
    let mut out = F::START;
    for i in 0..n {
        // SAFETY: i is below n.
        out = fold.pick(out, fold.lane(unsafe { *values.add(i) }));
    }
    out
}

/// Folds each of `kept` columns of `rows` rows and hands the results to `done`, column by column.
///
/// # Safety
/// `values` must be valid for reading `rows` rows of `kept` elements, `pitch` apart.
#[inline(always)]
pub(super) unsafe fn columns<F: Fold>(
    fold: &F,
    values: *const F::Elem,
    rows: usize,
    pitch: usize,
    kept: usize,
    mut done: impl FnMut(usize, F::Lane),
) {
    if kept <= FEW && pitch == kept && rows >= 2 * STACK {
        // SAFETY: the caller's promise.
        return unsafe { stacked(fold, values, rows, kept, done) };
    }
    let mut first = 0;
    while first < kept {
        let width = STRIP.min(kept - first);
        let mut lanes = [MaybeUninit::<F::Lane>::uninit(); STRIP];
        // SAFETY: the strip lies in the leaf, and `strip` writes the lanes of all its columns.
        unsafe {
            strip::<F>(fold, values.add(first), rows, pitch, width, &mut lanes);
            for (column, lane) in lanes[..width].iter().enumerate() {
                done(first + column, lane.assume_init());
            }
        }
        first += width;
    }
}

/// So few columns do not fill a vector.
const FEW: usize = 7;
/// Rows that are laid side by side then.
const STACK: usize = 32;

/// Few columns: rows side by side make many, whose lanes are folded at the end.
#[inline(always)]
unsafe fn stacked<F: Fold>(
    fold: &F,
    values: *const F::Elem,
    rows: usize,
    kept: usize,
    mut done: impl FnMut(usize, F::Lane),
) {
    let (steps, width) = (rows / STACK, kept * STACK);
    let mut lanes = [MaybeUninit::<F::Lane>::uninit(); STRIP];
    // SAFETY: STACK rows of FEW columns fit a strip; the remaining rows are below `rows`.
    unsafe {
        strip::<F>(fold, values, steps, width, width, &mut lanes);
        for column in 0..kept {
            let mut out = F::START;
            for row in 0..STACK {
                out = fold.pick(out, lanes[row * kept + column].assume_init());
            }
            for row in steps * STACK..rows {
                out = fold.pick(out, fold.lane(*values.add(row * kept + column)));
            }
            done(column, out);
        }
    }
}

type StripLanes<F> = [MaybeUninit<<F as Fold>::Lane>; STRIP];

#[inline(always)]
unsafe fn strip<F: Fold>(
    fold: &F,
    values: *const F::Elem,
    rows: usize,
    pitch: usize,
    width: usize,
    lanes: &mut StripLanes<F>,
) {
    for group in 0..rows.div_ceil(GROUP).max(1) {
        let part = Part { first: group * GROUP, rows: GROUP.min(rows - group * GROUP), pitch };
        // SAFETY: the part lies in the leaf.
        unsafe {
            match size_of::<F::Lane>() {
                1 => part.fold::<F, 64>(fold, values, width, lanes),
                2 => part.fold::<F, 32>(fold, values, width, lanes),
                4 => part.fold::<F, 16>(fold, values, width, lanes),
                _ => part.fold::<F, 8>(fold, values, width, lanes),
            }
        }
    }
}

/// A few rows of a strip.
struct Part {
    first: usize,
    rows: usize,
    pitch: usize,
}

impl Part {
    #[inline(always)]
    unsafe fn fold<F: Fold, const W: usize>(
        &self,
        fold: &F,
        values: *const F::Elem,
        width: usize,
        lanes: &mut StripLanes<F>,
    ) {
        let mut column = 0;
        // SAFETY: every column is below the width.
        unsafe {
            while width - column >= W {
                self.fold_columns::<F, W>(fold, values, column, lanes);
                column += W;
            }
            while width - column >= 8 {
                self.fold_columns::<F, 8>(fold, values, column, lanes);
                column += 8;
            }
            while column < width {
                self.fold_columns::<F, 1>(fold, values, column, lanes);
                column += 1;
            }
        }
    }

    #[inline(always)]
    unsafe fn fold_columns<F: Fold, const W: usize>(
        &self,
        fold: &F,
        values: *const F::Elem,
        column: usize,
        lanes: &mut StripLanes<F>,
    ) {
        let mut sums = [F::START; W];
        if self.first > 0 {
            for j in 0..W {
                // SAFETY: the part before this one wrote the lane.
                sums[j] = unsafe { lanes[column + j].assume_init() };
            }
        }
        for row in 0..self.rows {
            for (j, sum) in sums.iter_mut().enumerate() {
                // SAFETY: the caller has these rows and columns.
                let x = unsafe { *values.add((self.first + row) * self.pitch + column + j) };
                *sum = fold.pick(*sum, fold.lane(x));
            }
        }
        for j in 0..W {
            lanes[column + j].write(sums[j]);
        }
    }
}
