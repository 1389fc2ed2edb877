//! Reshapes: which axes belong together, and how far the boxes reach that a box is made of.
//!
//! A reshape falls into groups of neighbouring axes that have the same number of elements on both sides: `(6, 4, 5)` to
//! `(6, 20)` leaves the first axis alone and flattens the others.

use std::cmp::Ordering;
use std::ops::Range;

use numtile_core::shape::PerAxis;

/// Neighbouring axes with the same number of elements on both sides.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Group {
    /// Those of the reshaped array.
    pub outer: Range<usize>,
    /// Those of the array below.
    pub inner: Range<usize>,
}

/// The groups of two shapes with as many elements, none of them empty.
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

/// The lengths, at most, of the boxes of an array of shape `inner` that a box of these lengths is made of when the array
/// has the shape `outer`. Neither shape is empty.
///
/// The boxes of a group are parts of runs of C order: one is longer than 1 along an axis only where it covers those behind
/// it whole.
pub fn reach(lengths: &[usize], outer: &[usize], inner: &[usize]) -> PerAxis<usize> {
    let mut reach: PerAxis<usize> = inner.into();
    for group in groups(outer, inner) {
        let count = lengths[group.outer].iter().fold(1usize, |n, &length| n.saturating_mul(length));
        let mut behind = 1usize;
        for axis in group.inner.rev() {
            reach[axis] = (count / behind).clamp(1, inner[axis]);
            behind = behind.saturating_mul(inner[axis]);
        }
    }
    reach
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

    #[test]
    fn groups_are_as_small_as_can_be() {
        let of = |outer: &[usize], inner: &[usize]| -> Vec<(Range<usize>, Range<usize>)> {
            groups(outer, inner).into_iter().map(|g| (g.outer, g.inner)).collect()
        };
        assert_eq!(of(&[6, 20], &[6, 4, 5]), [(0..1, 0..1), (1..2, 1..3)]);
        assert_eq!(of(&[24], &[2, 3, 4]), [(0..1, 0..3)]);
        assert_eq!(of(&[4, 6], &[6, 4]), [(0..2, 0..2)]);
        assert_eq!(of(&[3, 1, 1], &[1, 3]), [(0..1, 0..2), (1..2, 2..2), (2..3, 2..2)]);
        assert_eq!(of(&[], &[1, 1]), [(0..0, 0..1), (0..0, 1..2)]);
        assert_eq!(of(&[], &[]), []);
    }

    #[test]
    fn boxes_reach_as_far_as_their_elements_do() {
        let of = |lengths: &[usize], outer: &[usize], inner: &[usize]| reach(lengths, outer, inner).to_vec();
        assert_eq!(of(&[2, 7], &[6, 20], &[6, 4, 5]), [2, 1, 5]);
        assert_eq!(of(&[2, 13], &[6, 20], &[6, 4, 5]), [2, 2, 5]);
        assert_eq!(of(&[3], &[24], &[2, 3, 4]), [1, 1, 3]);
        assert_eq!(of(&[24], &[24], &[2, 3, 4]), [2, 3, 4]);
        assert_eq!(of(&[4, 1], &[4, 6], &[6, 4]), [1, 4]);
        assert_eq!(of(&[], &[], &[1, 1]), [1, 1]);
    }
}
