//! From an accumulator of one group to loops over rows, runs and states, compiled for an instruction set.

// Loops over columns run through several arrays at once, with indices.
#![allow(clippy::needless_range_loop)]

use std::hint::select_unpredictable;
use std::ops::Range;

use crate::isa::Isa;

/// How a label is written before values meet their groups: twice the group, and one more for its first element of the
/// leaf. Elements that belong to no group have a negative one.
#[derive(Clone, Copy)]
#[repr(transparent)]
pub(super) struct Code(i64);

impl Code {
    /// The code of an element of `group`.
    pub fn of(group: usize, is_first: bool) -> Code {
        Code((group as i64) << 1 | i64::from(is_first))
    }

    /// The code as a number.
    pub fn bits(self) -> i64 {
        self.0
    }

    /// The group and whether this is its first element; `None` for elements that are left out.
    #[inline(always)]
    fn group(self) -> Option<(usize, bool)> {
        (self.0 >= 0).then_some(((self.0 >> 1) as usize, self.0 & 1 == 1))
    }
}

/// What is kept of the elements of one group: `K` words. A group without elements has no state.
pub(super) trait Accumulate<const K: usize>: Send + Sync + 'static {
    /// The element of the values.
    type Elem: Copy;
    /// A word of the state: plain data, of at most 8 bytes' alignment.
    type Word: Copy;
    /// Whether [`settle`](Accumulate::settle) changes anything.
    const SETTLES: bool = false;

    /// The state of one element.
    fn first(&self, x: Self::Elem) -> [Self::Word; K];

    /// The state with one more element.
    fn next(&self, state: [Self::Word; K], x: Self::Elem) -> [Self::Word; K];

    /// The state of a leaf that is complete, in which the group has `n` elements, ready to be joined.
    fn settle(&self, state: [Self::Word; K], _n: u64) -> [Self::Word; K] {
        state
    }

    /// The state of two neighbours with so many elements, `left` first.
    fn join(&self, left: [Self::Word; K], right: [Self::Word; K], n_left: u64, n_right: u64) -> [Self::Word; K];

    /// Writes the results of groups of `n` elements each, one after the other.
    ///
    /// # Safety
    /// `out` must be aligned and valid for writing as many elements of the output type as there are states.
    unsafe fn write(&self, states: impl Iterator<Item = [Self::Word; K]>, n: u64, out: *mut u8);
}

/// Where the words of the states lie among each other, in words.
#[derive(Clone, Copy)]
pub(super) struct Steps {
    /// From one group to the next.
    pub group: usize,
    /// From one kept element to the next.
    pub kept: usize,
    /// From one word of a state to the next.
    pub word: usize,
}

/// States of all groups for some kept elements.
#[derive(Clone, Copy)]
pub(super) struct Cells {
    /// The first word.
    pub start: *mut u8,
    /// Groups.
    pub groups: usize,
    /// Kept elements.
    pub kept: usize,
    /// Whether the states of a group lie side by side for all kept elements, not those of a kept element for all groups.
    pub by_group: bool,
}

impl Cells {
    /// The steps for states of `words` words.
    pub fn steps(&self, words: usize) -> Steps {
        if self.by_group {
            Steps { group: words * self.kept, kept: 1, word: self.kept }
        } else {
            Steps { group: words, kept: words * self.groups, word: 1 }
        }
    }
}

/// An accumulator with its types erased.
pub(super) trait Kernel: Send + Sync {
    /// Bytes of one state.
    fn state_bytes(&self) -> usize;
    /// Adds rows of `width` values, one per code, to states from kept element `first` on; the cells are by group.
    unsafe fn rows(&self, values: *const u8, codes: &[Code], width: usize, cells: Cells, first: usize);
    /// Adds `runs` runs of values, one value per code, to the states from kept element `first` on; the cells are not by
    /// group.
    unsafe fn runs(&self, values: *const u8, codes: &[Code], runs: usize, cells: Cells, first: usize);
    /// Completes a leaf.
    unsafe fn settle(&self, cells: Cells, counts: &[u64]);
    /// Joins neighbours.
    unsafe fn join(&self, left: Cells, right: Cells, n_left: &[u64], n_right: &[u64]);
    /// Writes the results of a group of `n` elements for some kept elements, one after the other.
    unsafe fn write(&self, cells: Cells, group: usize, kept: Range<usize>, n: u64, out: *mut u8);
}

/// An accumulator compiled for an instruction set.
pub(super) struct Instance<A, const K: usize> {
    pub algorithm: A,
    pub isa: Isa,
}

/// Columns whose states are in registers together.
const COLUMNS: usize = 8;

impl<A: Accumulate<K>, const K: usize> Instance<A, K> {
    const WORDS: () =
        assert!(align_of::<A::Word>() <= 8 && K * size_of::<A::Word>() <= 128, "states are a few plain words");

    #[inline(always)]
    unsafe fn load<const N: usize>(at: *const A::Word, word: usize) -> [[A::Word; N]; K] {
        // SAFETY: the caller has N states side by side, whose words are `word` words apart.
        std::array::from_fn(|k| unsafe { at.add(k * word).cast::<[A::Word; N]>().read() })
    }

    #[inline(always)]
    unsafe fn store<const N: usize>(at: *mut A::Word, word: usize, states: [[A::Word; N]; K]) {
        for (k, words) in states.into_iter().enumerate() {
            // SAFETY: as above.
            unsafe { at.add(k * word).cast::<[A::Word; N]>().write(words) };
        }
    }

    /// `N` neighbouring states, each made by `make` from its number.
    #[inline(always)]
    fn made<const N: usize>(
        mut states: [[A::Word; N]; K],
        make: impl Fn(usize, [A::Word; K]) -> [A::Word; K],
    ) -> [[A::Word; N]; K] {
        for j in 0..N {
            let made = make(j, std::array::from_fn(|k| states[k][j]));
            for k in 0..K {
                states[k][j] = made[k];
            }
        }
        states
    }

    /// A row of the first elements of a group: nothing is read of the states.
    #[inline(always)]
    unsafe fn begin<const N: usize>(&self, values: *const A::Elem, at: *mut A::Word, word: usize) {
        // SAFETY: the caller has N values and states.
        unsafe {
            let x = values.cast::<[A::Elem; N]>().read();
            let firsts: [[A::Word; K]; N] = std::array::from_fn(|j| self.algorithm.first(x[j]));
            Self::store::<N>(at, word, std::array::from_fn(|k| std::array::from_fn(|j| firsts[j][k])));
        }
    }

    #[inline(always)]
    unsafe fn advance<const N: usize>(&self, values: *const A::Elem, at: *mut A::Word, word: usize) {
        // SAFETY: the caller has N values and states.
        unsafe {
            let x = values.cast::<[A::Elem; N]>().read();
            let states = Self::load::<N>(at, word);
            Self::store::<N>(at, word, Self::made(states, |j, state| self.algorithm.next(state, x[j])));
        }
    }

    #[inline(always)]
    unsafe fn row(&self, values: *const A::Elem, width: usize, at: *mut A::Word, word: usize, is_first: bool) {
        let mut j = 0;
        // SAFETY: every column is below the width.
        unsafe {
            if is_first {
                while width - j >= COLUMNS {
                    self.begin::<COLUMNS>(values.add(j), at.add(j), word);
                    j += COLUMNS;
                }
                while j < width {
                    self.begin::<1>(values.add(j), at.add(j), word);
                    j += 1;
                }
            } else {
                while width - j >= COLUMNS {
                    self.advance::<COLUMNS>(values.add(j), at.add(j), word);
                    j += COLUMNS;
                }
                while j < width {
                    self.advance::<1>(values.add(j), at.add(j), word);
                    j += 1;
                }
            }
        }
    }

    #[inline(always)]
    unsafe fn all_rows(&self, values: *const A::Elem, codes: &[Code], width: usize, cells: Cells, first: usize) {
        let steps = cells.steps(K);
        let start = cells.start.cast::<A::Word>().wrapping_add(first);
        for (row, code) in codes.iter().enumerate() {
            if let Some((group, is_first)) = code.group() {
                // SAFETY: the caller has the row, and states of every group for its columns.
                unsafe {
                    self.row(values.add(row * width), width, start.add(group * steps.group), steps.word, is_first);
                }
            }
        }
    }

    #[inline(always)]
    unsafe fn all_runs(&self, values: *const A::Elem, codes: &[Code], runs: usize, cells: Cells, first: usize) {
        let steps = cells.steps(K);
        for run in 0..runs {
            // SAFETY: the caller has the run, and states of every group for it.
            unsafe {
                let values = values.add(run * codes.len());
                let states = cells.start.cast::<A::Word>().add((first + run) * steps.kept).cast::<[A::Word; K]>();
                for (i, code) in codes.iter().enumerate() {
                    if let Some((group, is_first)) = code.group() {
                        let (x, state) = (*values.add(i), states.add(group));
                        // Where there are many groups nobody could predict which element is a first one, so both states
                        // are made. What is read instead of a state then is what the memory happened to hold.
                        let (first, next) = (self.algorithm.first(x), self.algorithm.next(*state, x));
                        *state = std::array::from_fn(|k| select_unpredictable(is_first, first[k], next[k]));
                    }
                }
            }
        }
    }

    /// Joins the states of one group for `width` kept elements that lie side by side.
    #[inline(always)]
    unsafe fn join_row(
        &self,
        left: *mut A::Word,
        right: *const A::Word,
        width: usize,
        word: usize,
        (n_left, n_right): (u64, u64),
    ) {
        let mut j = 0;
        // SAFETY: every column is below the width.
        unsafe {
            while width - j >= COLUMNS {
                self.join_columns::<COLUMNS>(left.add(j), right.add(j), word, (n_left, n_right));
                j += COLUMNS;
            }
            while j < width {
                self.join_columns::<1>(left.add(j), right.add(j), word, (n_left, n_right));
                j += 1;
            }
        }
    }

    #[inline(always)]
    unsafe fn join_columns<const N: usize>(
        &self,
        left: *mut A::Word,
        right: *const A::Word,
        word: usize,
        (n_left, n_right): (u64, u64),
    ) {
        // SAFETY: the caller has N states on both sides.
        unsafe {
            let others = Self::load::<N>(right, word);
            let joined = Self::made(Self::load::<N>(left, word), |j, state| {
                self.algorithm.join(state, std::array::from_fn(|k| others[k][j]), n_left, n_right)
            });
            Self::store::<N>(left, word, joined);
        }
    }

    #[inline(always)]
    unsafe fn join_all(&self, left: Cells, right: Cells, n_left: &[u64], n_right: &[u64]) {
        let steps = left.steps(K);
        let (to, from) = (left.start.cast::<A::Word>(), right.start.cast::<A::Word>().cast_const());
        // Side by side lie the states of a group, or of a kept element.
        let (outer, width) = if left.by_group { (1, left.kept) } else { (left.kept, 1) };
        for k in 0..outer {
            for (group, counts) in n_left.iter().copied().zip(n_right.iter().copied()).enumerate() {
                let at = k * steps.kept + group * steps.group;
                // SAFETY: the caller has these states on both sides, written where there are elements.
                unsafe {
                    match counts {
                        (_, 0) => {}
                        (0, _) => std::ptr::copy_nonoverlapping(from.add(at), to.add(at), width * K),
                        counts => self.join_row(to.add(at), from.add(at), width, steps.word, counts),
                    }
                }
            }
        }
    }
}

impl<A: Accumulate<K>, const K: usize> Kernel for Instance<A, K> {
    fn state_bytes(&self) -> usize {
        let () = Self::WORDS;
        K * size_of::<A::Word>()
    }

    unsafe fn rows(&self, values: *const u8, codes: &[Code], width: usize, cells: Cells, first: usize) {
        // SAFETY: the caller's promise; whoever made the instance saw that the machine has the instructions.
        unsafe {
            match self.isa {
                #[cfg(target_arch = "x86_64")]
                Isa::Avx2 | Isa::Avx512 => avx2::rows(self, values.cast(), codes, width, cells, first),
                _ => self.all_rows(values.cast(), codes, width, cells, first),
            }
        }
    }

    unsafe fn runs(&self, values: *const u8, codes: &[Code], runs: usize, cells: Cells, first: usize) {
        // SAFETY: the caller's promise. One element at a time: vectors would not help.
        unsafe { self.all_runs(values.cast(), codes, runs, cells, first) }
    }

    unsafe fn settle(&self, cells: Cells, counts: &[u64]) {
        if !A::SETTLES {
            return;
        }
        let steps = cells.steps(K);
        for (group, &n) in counts.iter().enumerate().filter(|(_, n)| **n > 0) {
            for k in 0..cells.kept {
                // SAFETY: the caller has these states, written where there are elements.
                unsafe {
                    let at = cells.start.cast::<A::Word>().add(group * steps.group + k * steps.kept);
                    let settled =
                        Self::made(Self::load::<1>(at, steps.word), |_, state| self.algorithm.settle(state, n));
                    Self::store::<1>(at, steps.word, settled);
                }
            }
        }
    }

    unsafe fn join(&self, left: Cells, right: Cells, n_left: &[u64], n_right: &[u64]) {
        // SAFETY: the caller's promise; the instructions are there.
        unsafe {
            match self.isa {
                #[cfg(target_arch = "x86_64")]
                Isa::Avx2 | Isa::Avx512 => avx2::join(self, left, right, n_left, n_right),
                _ => self.join_all(left, right, n_left, n_right),
            }
        }
    }

    unsafe fn write(&self, cells: Cells, group: usize, kept: Range<usize>, n: u64, out: *mut u8) {
        let steps = cells.steps(K);
        let states = kept.map(|k| {
            // SAFETY: the caller has these states.
            let words = unsafe {
                let at = cells.start.cast::<A::Word>().add(group * steps.group + k * steps.kept);
                Self::load::<1>(at, steps.word)
            };
            words.map(|[word]| word)
        });
        // SAFETY: the caller has room for their results.
        unsafe { self.algorithm.write(states, n, out) }
    }
}

#[cfg(target_arch = "x86_64")]
mod avx2 {
    use super::{Accumulate, Cells, Code, Instance};

    #[target_feature(enable = "avx2,fma")]
    pub(super) unsafe fn rows<A: Accumulate<K>, const K: usize>(
        instance: &Instance<A, K>,
        values: *const A::Elem,
        codes: &[Code],
        width: usize,
        cells: Cells,
        first: usize,
    ) {
        // SAFETY: the caller's promise.
        unsafe { instance.all_rows(values, codes, width, cells, first) }
    }

    #[target_feature(enable = "avx2,fma")]
    pub(super) unsafe fn join<A: Accumulate<K>, const K: usize>(
        instance: &Instance<A, K>,
        left: Cells,
        right: Cells,
        n_left: &[u64],
        n_right: &[u64],
    ) {
        // SAFETY: the caller's promise.
        unsafe { instance.join_all(left, right, n_left, n_right) }
    }
}
