//! Walking over a mask from leaf to leaf.

use numtile_core::{Error, Result};
use numtile_plan::expr::Counts;

/// A walk over the elements of a flattened mask, piece by piece, that knows how many were selected before.
///
/// Leaves that select nothing are stepped over. At the end of every leaf the walk checks that the mask still selects as
/// many as were counted: a source in memory may have been written to meanwhile.
pub struct MaskWalk<'a> {
    counts: &'a Counts,
    piece: usize,
    at: usize,
    selected: usize,
}

impl<'a> MaskWalk<'a> {
    /// A walk from the start of a leaf on, for a box of so many rows.
    pub fn new(counts: &'a Counts, leaf: usize, rows: usize) -> MaskWalk<'a> {
        let at = leaf * counts.leaf();
        MaskWalk { counts, piece: counts.piece(rows), at, selected: counts.before(leaf) }
    }

    /// Elements selected before the next piece.
    pub fn selected(&self) -> usize {
        self.selected
    }

    /// The longest piece there can be.
    pub fn longest(&self) -> usize {
        self.piece
    }

    /// The start and the length of the next piece in which something is selected. It has no leaf behind its first one for
    /// which `is_wanted` is false.
    pub fn next(&mut self, is_wanted: impl Fn(usize) -> bool) -> Option<(usize, usize)> {
        let (length, leaf) = (self.counts.length(), self.counts.leaf());
        if self.at.is_multiple_of(leaf) {
            while self.at < length && self.is_empty(self.at / leaf) {
                self.at += leaf;
            }
        }
        if self.at >= length {
            return None;
        }
        let to_end_of_leaf = leaf - self.at % leaf;
        let mut piece = to_end_of_leaf.min(self.piece);
        let goes_on = |leaf: usize| !self.is_empty(leaf) && is_wanted(leaf);
        while piece + leaf <= self.piece && self.at + piece < length && goes_on((self.at + piece) / leaf) {
            piece += leaf;
        }
        Some((self.at, piece.min(length - self.at)))
    }

    fn is_empty(&self, leaf: usize) -> bool {
        self.counts.before(leaf) == self.counts.before(leaf + 1)
    }

    /// Moves past a piece of this length in which so many elements were selected.
    ///
    /// # Errors
    /// `SourceChanged` when that is not what was counted.
    pub fn pass(&mut self, length: usize, selected: usize) -> Result<()> {
        self.at += length;
        self.selected += selected;
        let is_boundary = self.at.is_multiple_of(self.counts.leaf()) || self.at >= self.counts.length();
        if is_boundary && self.selected != self.counts.before(self.at.div_ceil(self.counts.leaf())) {
            return Err(Error::mask_changed());
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pieces(walk: &mut MaskWalk<'_>, selected: impl Fn(usize, usize) -> usize) -> Vec<(usize, usize)> {
        let mut out = Vec::new();
        while let Some((start, length)) = walk.next(|_| true) {
            walk.pass(length, selected(start, length)).unwrap();
            out.push((start, length));
        }
        out
    }

    #[test]
    fn empty_leaves_are_stepped_over() {
        let counts = Counts::new(6 * 4096 - 96, [0, 1, 1, 0, 0, 1]);
        let selected =
            |start: usize, length: usize| counts.before((start + length).div_ceil(4096)) - counts.before(start / 4096);
        assert_eq!(pieces(&mut MaskWalk::new(&counts, 0, 1), selected), [(4096, 4096), (8192, 4096), (20480, 4000)]);
        assert_eq!(pieces(&mut MaskWalk::new(&counts, 2, 10_000), selected), [(8192, 4096), (20480, 4000)]);
        assert_eq!(pieces(&mut MaskWalk::new(&counts, 0, 10_000), selected), [(4096, 8192), (20480, 4000)]);
    }

    #[test]
    fn a_changed_mask_is_noticed() {
        let counts = Counts::new(5000, [3, 2]);
        let mut walk = MaskWalk::new(&counts, 0, 1);
        assert_eq!(walk.next(|leaf| leaf < 1), Some((0, 4096)));
        walk.pass(4096, 3).unwrap();
        assert_eq!(walk.next(|_| true), Some((4096, 904)));
        assert!(matches!(walk.pass(904, 1), Err(Error::SourceChanged { .. })));
    }
}
