//! How a reshape maps boxes.

use std::cmp::Ordering;
use std::ops::Range;

use numtile_core::shape::PerAxis;

/// Neighbouring axes with the same number of elements on both sides.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Group {
    /// The axes on the outside.
    pub outer: Range<usize>,
    /// The axes of what is reshaped.
    pub inner: Range<usize>,
}

/// The groups that a reshape of `inner` to `outer` falls into.
pub fn groups(outer: &[usize], inner: &[usize]) -> Vec<Group> {
    let mut found = Vec::new();
    let (mut i, mut j) = (0, 0);
    while i < outer.len() || j < inner.len() {
        let (first_i, first_j) = (i, j);
        let (mut have, mut want) = (take(outer, &mut i), take(inner, &mut j));
        while have != want {
            match have.cmp(&want) {
                Ordering::Less => have *= take(outer, &mut i),
                _ => want *= take(inner, &mut j),
            }
        }
        found.push(Group { outer: first_i..i, inner: first_j..j });
    }
    found
}

/// The next length, or one behind the last.
fn take(lengths: &[usize], at: &mut usize) -> usize {
    let length = lengths.get(*at).copied().unwrap_or(1);
    *at = (*at + 1).min(lengths.len());
    length
}

/// What a box of these lengths of the outside looks at inside: how many boxes, and the lengths of one.
pub fn boxes(outer: &[usize], inner: &[usize], lengths: &[usize]) -> (u64, PerAxis<usize>) {
    let mut count = 1u64;
    let mut bx = PerAxis::from_elem(1, inner.len());
    for group in groups(outer, inner) {
        let (runs, length) = runs(&outer[group.outer.clone()], &lengths[group.outer.clone()]);
        count = count.saturating_mul(runs);
        let mut left = length;
        for axis in group.inner.rev() {
            bx[axis] = left.clamp(1, inner[axis].max(1));
            left = left.div_ceil(inner[axis].max(1));
        }
    }
    (count, bx)
}

/// The runs of C order in a box of an array, and the length of one.
fn runs(shape: &[usize], lengths: &[usize]) -> (u64, usize) {
    let mut length = 1usize;
    for axis in (0..shape.len()).rev() {
        length = length.saturating_mul(lengths[axis]);
        if lengths[axis] < shape[axis] {
            return (lengths[..axis].iter().fold(1u64, |n, &len| n.saturating_mul(len as u64)), length);
        }
    }
    (1, length)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn boxes_of_flat_runs() {
        let seen = |outer: &[usize], inner: &[usize], lengths: &[usize]| {
            let (count, bx) = boxes(outer, inner, lengths);
            (count, bx.to_vec())
        };
        assert_eq!(seen(&[24], &[4, 6], &[12]), (1, vec![2, 6]));
        assert_eq!(seen(&[24], &[4, 6], &[3]), (1, vec![1, 3]));
        assert_eq!(seen(&[6, 20], &[6, 4, 5], &[2, 20]), (1, vec![2, 4, 5]));
        assert_eq!(seen(&[8, 3], &[24], &[4, 2]), (4, vec![2]));
    }
}
