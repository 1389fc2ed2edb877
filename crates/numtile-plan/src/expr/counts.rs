//! How many elements a mask selects, and where they lie.

use numtile_core::Result;
use numtile_kernel::builtin::reduce::ReduceOp;

use super::node::Expr;
use super::reduce::reduce;
use super::view::{self, Index};

/// Elements of a mask that are counted together, unless the table of counts would be too long.
const LEAF: usize = 4096;
/// Leaves at most: a table takes 4 MB at most, beside the budget as a small result is.
const MOST_LEAVES: usize = 1 << 19;

/// For each leaf of a flattened mask, how many elements are selected before it.
///
/// It finds the leaf in which any selected element lies, so that a box of a selection is computed from the leaves it
/// comes from, and it says which leaves select nothing, so that those are not even read.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Counts {
    length: usize,
    leaf: usize,
    /// One entry per leaf, and the total.
    before: Vec<u64>,
}

impl Counts {
    /// What to compute for [`Counts::new`]: the sums of the mask's whole leaves, and of the rest.
    pub fn expressions(mask: &Expr) -> Result<Vec<Expr>> {
        let flat = view::reshape(mask, &[-1])?;
        let leaf = leaf_length(flat.size());
        let whole = flat.size() / leaf;
        let cut = |start: Option<i64>, stop| view::index(&flat, &[Index::Range { start, stop, step: 1 }]);
        let end = (whole * leaf) as i64;
        let mut sums = Vec::new();
        if whole > 0 {
            let leaves = view::reshape(&cut(None, Some(end))?, &[whole as i64, leaf as i64])?;
            sums.push(sum(&leaves, 1)?);
        }
        if !flat.size().is_multiple_of(leaf) {
            sums.push(sum(&cut(Some(end), None)?, 0)?);
        }
        Ok(sums)
    }

    /// The counts of a mask of `length` elements whose leaves select so many.
    pub fn new(length: usize, leaves: impl IntoIterator<Item = u64>) -> Counts {
        let mut before = vec![0];
        let mut total = 0;
        for selected in leaves {
            total += selected;
            before.push(total);
        }
        Counts { length, leaf: leaf_length(length), before }
    }

    /// Elements of the mask.
    pub fn length(&self) -> usize {
        self.length
    }

    /// Elements of a leaf; the last one may be shorter.
    pub fn leaf(&self) -> usize {
        self.leaf
    }

    /// Elements of the mask to look at in one go for a box of so many selected rows: whole leaves, unless those are far
    /// longer.
    pub fn piece(&self, rows: usize) -> usize {
        let rows = rows.max(LEAF);
        let unit = if self.leaf <= rows { self.leaf } else { LEAF };
        rows.div_ceil(unit).saturating_mul(unit).min(self.length)
    }

    /// Elements selected in all.
    pub fn total(&self) -> usize {
        self.before.last().map_or(0, |&total| total as usize)
    }

    /// Elements selected before a leaf; `leaf` may be one past the last.
    pub fn before(&self, leaf: usize) -> usize {
        self.before[leaf.min(self.before.len() - 1)] as usize
    }

    /// The leaf that holds selected element number `number`.
    pub fn leaf_of(&self, number: usize) -> usize {
        self.before.partition_point(|&before| before <= number as u64).saturating_sub(1)
    }
}

fn leaf_length(length: usize) -> usize {
    length.div_ceil(MOST_LEAVES).next_power_of_two().max(LEAF)
}

fn sum(mask: &Expr, axis: i64) -> Result<Expr> {
    reduce(mask, ReduceOp::Sum, Some(&[axis]), false, None, 0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn elements_are_found_in_their_leaves() {
        let counts = Counts::new(5 * LEAF, [0, 2, 0, 3, 0]);
        assert_eq!((counts.total(), counts.leaf()), (5, LEAF));
        assert_eq!([0, 1, 2, 4].map(|number| counts.leaf_of(number)), [1, 1, 3, 3]);
        assert_eq!([0, 1, 2, 3, 4, 5].map(|leaf| counts.before(leaf)), [0, 0, 2, 2, 5, 5]);
        assert_eq!(Counts::new(0, []).total(), 0);
    }

    #[test]
    fn tables_stay_short() {
        for length in [0, 1, LEAF, LEAF * MOST_LEAVES, LEAF * MOST_LEAVES + 1, 1 << 50] {
            let leaf = leaf_length(length);
            assert!(leaf.is_power_of_two() && length.div_ceil(leaf) <= MOST_LEAVES, "{length}");
        }
    }
}
