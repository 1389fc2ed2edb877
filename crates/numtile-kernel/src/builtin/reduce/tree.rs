//! The order of additions inside one leaf. Its bits are a promise: see `docs/reductions.md`.
//!
//! Everything here adds *components* in float64: a real element is one component, a complex element two, and a complex
//! tree is the real tree with lanes twice as wide. A [`Term`] turns a component into the `K` numbers that are added up
//! in `K` equal trees (one for a sum; the deviation and its square for a variance).

// Loops over lanes run through several arrays at once, with indices.
#![allow(clippy::needless_range_loop)]

use std::mem::MaybeUninit;

use super::real::Real;

/// Elements that one lane-wise run of additions covers, across.
pub(super) const BLOCK: usize = 64;
/// Lanes of a block.
pub(super) const LANES: usize = 8;
/// Rows that are added in order, down.
pub(super) const GROUP: usize = 4;
/// The start of every sum: adding it changes nothing, not even the sign of a zero.
pub(super) const START: f64 = -0.0;

/// Columns that go down together: their partial sums stay in the first-level cache.
pub(super) const STRIP: usize = 512;
/// Levels of partial sums that a leaf can need; 4096 blocks of one element each are the most there can be.
const LEVELS: usize = 13;
/// Levels down: room for 4 · 2^8 rows.
const DOWN_LEVELS: usize = 8;

/// What is added up: `K` numbers made of one component.
pub(super) trait Term<const K: usize>: Copy {
    /// The numbers for the component `x`; `place` is its lane (across) or its column in the strip (down).
    fn of(&self, x: f64, place: usize) -> [f64; K];
}

/// The component itself.
#[derive(Clone, Copy)]
pub(super) struct Plain;

impl Term<1> for Plain {
    #[inline(always)]
    fn of(&self, x: f64, _place: usize) -> [f64; 1] {
        [x]
    }
}

/// Sums in the making: for each of the `K` trees, one per lane.
type Lanes<const K: usize, const L: usize> = [[f64; L]; K];

#[inline(always)]
fn add<const K: usize, const L: usize>(mut left: Lanes<K, L>, right: &Lanes<K, L>) -> Lanes<K, L> {
    for k in 0..K {
        for j in 0..L {
            left[k][j] += right[k][j];
        }
    }
    left
}

/// The aligned binary tree over a sequence that arrives one piece after another: a binary counter of partial sums.
///
/// At each level the pieces 2i and 2i+1 are added; an odd last one passes through unchanged.
struct Counter<const K: usize, const L: usize> {
    levels: [MaybeUninit<Lanes<K, L>>; LEVELS],
    count: usize,
}

impl<const K: usize, const L: usize> Counter<K, L> {
    #[inline(always)]
    fn new() -> Self {
        // Nothing is written here: most leaves are small.
        Counter { levels: [MaybeUninit::uninit(); LEVELS], count: 0 }
    }

    /// Adds the sum of the next 2^level pieces; the count so far is a multiple of that.
    #[inline(always)]
    fn push(&mut self, mut sum: Lanes<K, L>, level: usize) {
        let mut at = level;
        while self.count >> at & 1 == 1 {
            // SAFETY: a set bit of the count says that its level was written.
            sum = add(unsafe { self.levels[at].assume_init() }, &sum);
            at += 1;
        }
        self.levels[at].write(sum);
        self.count += 1 << level;
    }

    /// The root.
    #[inline(always)]
    fn finish(self) -> Lanes<K, L> {
        let mut rest = self.count;
        if rest == 0 {
            return [[START; L]; K];
        }
        // SAFETY: set bits of the count name the levels that were written.
        let mut sum = unsafe { self.levels[rest.trailing_zeros() as usize].assume_init() };
        rest &= rest - 1;
        while rest != 0 {
            // SAFETY: as above.
            sum = add(unsafe { self.levels[rest.trailing_zeros() as usize].assume_init() }, &sum);
            rest &= rest - 1;
        }
        sum
    }
}

/// A leaf whose last axis is reduced. `L` is [`LANES`] for real, twice that for complex elements.
#[derive(Clone, Copy)]
pub(super) struct Across<R> {
    /// The first component.
    pub values: *const R,
    /// Components that may be read from `values` on: those of this leaf and of what follows it.
    pub readable: usize,
    /// Rows of the leaf.
    pub rows: usize,
    /// Elements per row.
    pub cols: usize,
}

impl<R: Real> Across<R> {
    /// The sums of the leaf: for each tree the components of one element.
    ///
    /// # Safety
    /// `values` must be valid for reading `readable` components, at least those of the leaf.
    #[inline(always)]
    pub unsafe fn sums<T: Term<K>, const K: usize, const L: usize>(&self, term: T) -> [[f64; 2]; K] {
        // SAFETY: the caller's promise, handed on.
        let lanes: Lanes<K, L> = unsafe {
            match (self.rows, self.cols) {
                (rows, cols) if cols * (L / LANES) <= NARROW && rows <= FEW => return self.narrow::<T, K, L>(&term),
                (rows, cols) if cols % BLOCK == 0 => self.whole_blocks(&term, rows * cols),
                (1, cols) if cols < BLOCK => self.block(&term, 0, cols),
                _ => self.ragged_rows(&term),
            }
        };
        fold(lanes)
    }

    /// Rows so short that each lane has one element of each at most: the lanes are columns, and the compiler knows how
    /// many.
    #[inline(always)]
    unsafe fn narrow<T: Term<K>, const K: usize, const L: usize>(&self, term: &T) -> [[f64; 2]; K] {
        // SAFETY: the rows are as wide as the match says.
        unsafe {
            match self.cols * (L / LANES) {
                1 => fold::<K, L>(pad(narrow::<R, T, K, 1, 1>(term, self.values, self.rows))),
                2 => fold::<K, L>(pad(narrow::<R, T, K, 2, 1>(term, self.values, self.rows))),
                3 => fold::<K, L>(pad(narrow::<R, T, K, 3, 1>(term, self.values, self.rows))),
                _ => fold::<K, L>(pad(narrow::<R, T, K, 4, 1>(term, self.values, self.rows))),
            }
        }
    }

    /// Rows of whole blocks: one run of blocks without a seam.
    #[inline(always)]
    unsafe fn whole_blocks<T: Term<K>, const K: usize, const L: usize>(
        &self,
        term: &T,
        elements: usize,
    ) -> Lanes<K, L> {
        let step = BLOCK * (L / LANES);
        let blocks = elements / BLOCK;
        let mut counter = Counter::new();
        // Two blocks at a time: twice as many independent chains of additions.
        for pair in 0..blocks / 2 {
            // SAFETY: the blocks lie in the leaf.
            let (left, right) = unsafe {
                let at = self.values.add(2 * pair * step);
                (whole_block::<R, T, K, L>(term, at), whole_block::<R, T, K, L>(term, at.add(step)))
            };
            counter.push(add(left, &right), 1);
        }
        if blocks % 2 == 1 {
            // SAFETY: as above.
            counter.push(unsafe { whole_block(term, self.values.add((blocks - 1) * step)) }, 0);
        }
        counter.finish()
    }

    /// Rows of any length, block by block.
    #[inline(always)]
    unsafe fn ragged_rows<T: Term<K>, const K: usize, const L: usize>(&self, term: &T) -> Lanes<K, L> {
        let mut counter = Counter::new();
        for row in 0..self.rows {
            let first = row * self.cols;
            let mut done = 0;
            while self.cols - done >= BLOCK {
                // SAFETY: the block lies in the row.
                counter.push(unsafe { whole_block(term, self.values.add((first + done) * (L / LANES))) }, 0);
                done += BLOCK;
            }
            if done < self.cols {
                // SAFETY: as above.
                counter.push(unsafe { self.block(term, first + done, self.cols - done) }, 0);
            }
        }
        counter.finish()
    }

    /// The block of `len` < 64 elements that starts at element `first`.
    #[inline(always)]
    unsafe fn block<T: Term<K>, const K: usize, const L: usize>(
        &self,
        term: &T,
        first: usize,
        len: usize,
    ) -> Lanes<K, L> {
        let width = L / LANES;
        let (whole, rest) = (len / LANES, len % LANES * width);
        let mut sums = [[START; L]; K];
        for i in 0..whole {
            // SAFETY: the block has `whole` runs of eight elements.
            unsafe { step(term, &mut sums, self.values.add(first * width + i * L)) };
        }
        if rest > 0 {
            let at = first * width + whole * L;
            // SAFETY: eight elements are read in place only where so many can be read; otherwise the rest is copied.
            unsafe {
                if at + L <= self.readable {
                    last_step(term, &mut sums, self.values.add(at), rest);
                } else {
                    let mut copy = [*self.values.add(at); L];
                    std::ptr::copy_nonoverlapping(self.values.add(at), copy.as_mut_ptr(), rest);
                    last_step(term, &mut sums, copy.as_ptr(), rest);
                }
            }
        }
        sums
    }
}

/// The sums of `kept` leaves of a single row of `COLS` elements each, `L / LANES` components per element.
///
/// # Safety
/// `values` must be valid for reading the rows, `sums` for writing an element's components for each.
#[inline(always)]
pub(super) unsafe fn single_rows<R: Real, const L: usize, const COLS: usize>(
    values: *const R,
    kept: usize,
    sums: *mut f64,
) {
    let width = L / LANES;
    for k in 0..kept {
        // The compiler sees which lanes have no element, and leaves them out.
        let mut lanes = [[START; L]];
        // SAFETY: the caller's promise.
        unsafe {
            for j in 0..COLS * width {
                lanes[0][j] += (*values.add(k * COLS * width + j)).wide();
            }
            let [sum] = fold(lanes);
            for (c, &component) in sum[..width].iter().enumerate() {
                sums.add(k * width + c).write(component);
            }
        }
    }
}

/// Columns that a function of their own is worth.
const NARROW: usize = 4;
/// Groups of narrow rows that are kept at a time.
const FEW: usize = 512;

/// The binary tree over groups of `G` rows of `P` components that touch. At most [`FEW`] groups.
#[inline(always)]
unsafe fn narrow<R: Real, T: Term<K>, const K: usize, const P: usize, const G: usize>(
    term: &T,
    values: *const R,
    rows: usize,
) -> Lanes<K, P> {
    let mut sums: [MaybeUninit<Lanes<K, P>>; FEW] = [MaybeUninit::uninit(); FEW];
    let mut count = rows.div_ceil(G).max(1);
    for group in 0..count {
        let mut sum = [[START; P]; K];
        // SAFETY: the rows are there, the last group has the rest of them.
        unsafe {
            let at = values.add(group * G * P);
            if (group + 1) * G <= rows {
                for row in 0..G {
                    add_row(term, &mut sum, at.add(row * P), 0);
                }
            } else {
                for row in 0..rows - group * G {
                    add_row(term, &mut sum, at.add(row * P), 0);
                }
            }
        }
        sums[group].write(sum);
    }
    while count > 1 {
        for pair in 0..count / 2 {
            // SAFETY: `count` sums were written, and pairs are read before what they leave room for is overwritten.
            let (left, right) = unsafe { (sums[2 * pair].assume_init(), sums[2 * pair + 1].assume_init()) };
            sums[pair].write(add(left, &right));
        }
        if count % 2 == 1 {
            sums[count / 2] = sums[count - 1];
        }
        count = count.div_ceil(2);
    }
    // SAFETY: there is always a first sum.
    unsafe { sums[0].assume_init() }
}

/// The other lanes have no element.
#[inline(always)]
fn pad<const K: usize, const P: usize, const L: usize>(columns: Lanes<K, P>) -> Lanes<K, L> {
    let mut lanes = [[START; L]; K];
    for k in 0..K {
        lanes[k][..P].copy_from_slice(&columns[k]);
    }
    lanes
}

/// Adds one component to each lane.
#[inline(always)]
unsafe fn step<R: Real, T: Term<K>, const K: usize, const L: usize>(term: &T, sums: &mut Lanes<K, L>, at: *const R) {
    for j in 0..L {
        // SAFETY: the caller has L components at `at`.
        let numbers = term.of(unsafe { *at.add(j) }.wide(), j);
        for k in 0..K {
            sums[k][j] += numbers[k];
        }
    }
}

/// Adds one component to each of the first `len` lanes. The others are read too, and left alone.
#[inline(always)]
unsafe fn last_step<R: Real, T: Term<K>, const K: usize, const L: usize>(
    term: &T,
    sums: &mut Lanes<K, L>,
    at: *const R,
    len: usize,
) {
    for j in 0..L {
        // SAFETY: the caller has L components at `at`.
        let numbers = term.of(unsafe { *at.add(j) }.wide(), j);
        for k in 0..K {
            sums[k][j] += if j < len { numbers[k] } else { START };
        }
    }
}

#[inline(always)]
unsafe fn whole_block<R: Real, T: Term<K>, const K: usize, const L: usize>(term: &T, at: *const R) -> Lanes<K, L> {
    let mut sums = [[START; L]; K];
    for i in 0..BLOCK / LANES {
        // SAFETY: a whole block is BLOCK / LANES times L components.
        unsafe { step(term, &mut sums, at.add(i * L)) };
    }
    sums
}

/// Lanes to one element: 0+4, 1+5, 2+6, 3+7, then 0+2, 1+3, then 0+1 (a complex lane is two components).
#[inline(always)]
fn fold<const K: usize, const L: usize>(mut lanes: Lanes<K, L>) -> [[f64; 2]; K] {
    let mut out = [[START; 2]; K];
    for k in 0..K {
        let mut half = L / 2;
        while half >= L / LANES {
            for j in 0..half {
                lanes[k][j] += lanes[k][j + half];
            }
            half /= 2;
        }
        out[k][..L / LANES].copy_from_slice(&lanes[k][..L / LANES]);
    }
    out
}

/// A strip of at most [`STRIP`] component columns of a leaf whose last axis is kept.
#[derive(Clone, Copy)]
pub(super) struct Down<R> {
    /// The component in the first row and column.
    pub values: *const R,
    /// Components from one row to the next.
    pub pitch: usize,
    /// Rows of the leaf.
    pub rows: usize,
    /// Columns of the strip.
    pub width: usize,
}

/// One number per column of a strip, for each of `K` trees.
pub(super) type Columns<const K: usize> = [[MaybeUninit<f64>; STRIP]; K];

impl<R: Real> Down<R> {
    /// The sums of the columns, written to the first `width` entries of `out`.
    ///
    /// # Safety
    /// `values` must be valid for reading all rows of the strip, and `width` at most [`STRIP`].
    #[inline(always)]
    pub unsafe fn sums<T: Term<K>, const K: usize>(&self, term: T, out: &mut Columns<K>) {
        if self.pitch == self.width && self.width <= NARROW && self.rows <= FEW * GROUP {
            // SAFETY: the rows touch.
            return unsafe { self.narrow(&term, out) };
        }
        let mut levels: [Columns<K>; DOWN_LEVELS] = [[[MaybeUninit::uninit(); STRIP]; K]; DOWN_LEVELS];
        let last = self.rows.div_ceil(GROUP).max(1) - 1;
        for number in 0..=last {
            // A partial sum waits at every set bit of the number of groups so far. A group joins those of the trailing
            // bits and waits in their place; the last one joins all of them.
            let trailing = number & !(number + 1);
            let level = trailing.trailing_ones() as usize;
            let group = Group {
                first: number * GROUP,
                rows: GROUP.min(self.rows - number * GROUP),
                joins: if number == last { number } else { trailing },
            };
            // SAFETY: the caller's promise; the levels joined were written by earlier groups.
            unsafe {
                if number == last {
                    self.group(&term, &group, &levels, out);
                } else {
                    let (waiting, rest) = levels.split_at_mut(level);
                    self.group(&term, &group, waiting, &mut rest[0]);
                }
            }
        }
    }

    /// A leaf of few columns.
    #[inline(always)]
    unsafe fn narrow<T: Term<K>, const K: usize>(&self, term: &T, out: &mut Columns<K>) {
        // SAFETY: the rows are as wide as the match says.
        unsafe {
            match self.width {
                1 => put(out, narrow::<R, T, K, 1, GROUP>(term, self.values, self.rows)),
                2 => put(out, narrow::<R, T, K, 2, GROUP>(term, self.values, self.rows)),
                3 => put(out, narrow::<R, T, K, 3, GROUP>(term, self.values, self.rows)),
                _ => put(out, narrow::<R, T, K, 4, GROUP>(term, self.values, self.rows)),
            }
        }
    }

    /// One group of rows, all columns of the strip.
    #[inline(always)]
    unsafe fn group<T: Term<K>, const K: usize>(
        &self,
        term: &T,
        group: &Group,
        waiting: &[Columns<K>],
        to: &mut Columns<K>,
    ) {
        let mut column = 0;
        // SAFETY: every column is below `width`.
        unsafe {
            // As many columns at a time as there are registers for.
            if K == 1 {
                while self.width - column >= 16 {
                    self.columns::<T, K, 16>(term, group, column, waiting, to);
                    column += 16;
                }
            }
            while self.width - column >= 8 {
                self.columns::<T, K, 8>(term, group, column, waiting, to);
                column += 8;
            }
            if self.width - column >= 4 {
                self.columns::<T, K, 4>(term, group, column, waiting, to);
                column += 4;
            }
            while column < self.width {
                self.columns::<T, K, 1>(term, group, column, waiting, to);
                column += 1;
            }
        }
    }

    /// One group of rows, `W` columns.
    #[inline(always)]
    unsafe fn columns<T: Term<K>, const K: usize, const W: usize>(
        &self,
        term: &T,
        group: &Group,
        column: usize,
        waiting: &[Columns<K>],
        to: &mut Columns<K>,
    ) {
        let mut sums = [[START; W]; K];
        // SAFETY: the rows and columns lie in the leaf.
        unsafe {
            let at = self.values.add(group.first * self.pitch + column);
            if group.rows == GROUP {
                for row in 0..GROUP {
                    add_row(term, &mut sums, at.add(row * self.pitch), column);
                }
            } else {
                for row in 0..group.rows {
                    add_row(term, &mut sums, at.add(row * self.pitch), column);
                }
            }
        }
        let mut joins = group.joins;
        while joins != 0 {
            let left = &waiting[joins.trailing_zeros() as usize];
            for k in 0..K {
                for (j, sum) in sums[k].iter_mut().enumerate() {
                    // SAFETY: earlier groups wrote these columns of the level.
                    *sum += unsafe { left[k][column + j].assume_init() };
                }
            }
            joins &= joins - 1;
        }
        for k in 0..K {
            for j in 0..W {
                to[k][column + j].write(sums[k][j]);
            }
        }
    }
}

#[inline(always)]
fn put<const K: usize, const P: usize>(out: &mut Columns<K>, columns: Lanes<K, P>) {
    for k in 0..K {
        for column in 0..P {
            out[k][column].write(columns[k][column]);
        }
    }
}

/// Consecutive rows that are added in order, and the waiting partial sums that come before them.
struct Group {
    first: usize,
    rows: usize,
    /// One bit per level of partial sums to join.
    joins: usize,
}

/// Adds one row of `W` columns.
#[inline(always)]
unsafe fn add_row<R: Real, T: Term<K>, const K: usize, const W: usize>(
    term: &T,
    sums: &mut [[f64; W]; K],
    at: *const R,
    column: usize,
) {
    for j in 0..W {
        // SAFETY: the caller has W components at `at`.
        let numbers = term.of(unsafe { *at.add(j) }.wide(), column + j);
        for k in 0..K {
            sums[k][j] += numbers[k];
        }
    }
}
