//! The boxes of the reduction tree: which elements form a leaf.
//!
//! The tree depends on the shape and the reduced axes alone. When the last axis is reduced, leaves hold up to 4096
//! elements; otherwise up to 256 for every kept element. See `docs/reductions.md`.

use numtile_core::shape::PerAxis;

/// How a reduction walks over its input.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Direction {
    /// The last axis is reduced: a leaf is a run or box of neighbours.
    Across,
    /// The last axis is kept: a leaf is a stack of rows, added column by column.
    Down,
}

/// The direction of a reduction over `axes` of an array with `ndim` axes.
pub fn direction(axes: &[usize], ndim: usize) -> Direction {
    if axes.last() == Some(&(ndim - 1)) { Direction::Across } else { Direction::Down }
}

/// Leaf lengths along the reduced axes, in their order.
pub fn leaf_edges(direction: Direction, reduced: usize) -> PerAxis<usize> {
    let tail: &[usize] = match (direction, reduced) {
        (Direction::Across, 1) => &[4096],
        (Direction::Across, 2) => &[64, 64],
        (Direction::Across, 3) => &[16, 16, 16],
        (Direction::Across, _) => &[8, 8, 8, 8],
        (Direction::Down, 1) => &[256],
        (Direction::Down, 2) => &[16, 16],
        (Direction::Down, 3) => &[8, 8, 4],
        (Direction::Down, _) => &[4, 4, 4, 4],
    };
    let mut edges = PerAxis::from_elem(1, reduced.saturating_sub(tail.len()));
    edges.extend_from_slice(tail);
    edges
}

/// Leaf lengths of a grouped reduction along the reduced axes of these lengths: a leaf has eight elements of each group on
/// average, so that joining the states of all groups is less work than adding the elements. Powers of two all.
pub fn grouped_leaf_edges(direction: Direction, lengths: &[usize], groups: usize) -> PerAxis<usize> {
    let mut edges = leaf_edges(direction, lengths.len());
    let wanted = groups.saturating_mul(8);
    let inside = |edges: &[usize]| {
        edges.iter().zip(lengths).fold(1usize, |n, (&edge, &length)| n.saturating_mul(edge.min(length)))
    };
    while inside(&edges) < wanted {
        // The shortest edge grows first, of equal ones the last.
        let open = (0..edges.len()).rev().filter(|&j| edges[j] < lengths[j]).min_by_key(|&j| edges[j]);
        let Some(shortest) = open else { break };
        edges[shortest] *= 2;
    }
    edges
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn leaves() {
        assert_eq!(direction(&[0, 2], 3), Direction::Across);
        assert_eq!(direction(&[0, 1], 3), Direction::Down);
        assert_eq!(leaf_edges(Direction::Across, 6).as_slice(), [1, 1, 8, 8, 8, 8]);
        assert_eq!(leaf_edges(Direction::Down, 1).as_slice(), [256]);
    }

    #[test]
    fn leaves_hold_some_elements_of_each_group() {
        let edges = |direction, lengths: &[usize], groups| grouped_leaf_edges(direction, lengths, groups).to_vec();
        assert_eq!(edges(Direction::Down, &[100_000], 12), [256]);
        assert_eq!(edges(Direction::Down, &[100_000], 366), [4096]);
        assert_eq!(edges(Direction::Down, &[1000], 366), [1024]);
        assert_eq!(edges(Direction::Across, &[1 << 30], 1 << 20), [1 << 23]);
        assert_eq!(edges(Direction::Across, &[3, 1 << 20], 100), [64, 512]);
        assert_eq!(edges(Direction::Across, &[1 << 20, 1 << 20], 10_000), [256, 512]);
        assert_eq!(edges(Direction::Across, &[0], 10_000), [4096]);
    }
}
