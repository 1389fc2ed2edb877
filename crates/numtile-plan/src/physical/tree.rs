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
}
