//! Boxes of an index space.

use crate::shape::PerAxis;

/// A box: where it starts on each axis, and how long it is there.
#[derive(Clone, PartialEq, Eq, Debug, Hash)]
pub struct Region {
    /// First index on each axis.
    pub start: PerAxis<usize>,
    /// Length on each axis.
    pub shape: PerAxis<usize>,
}

impl Region {
    /// The whole of an array.
    pub fn whole(shape: &[usize]) -> Region {
        Region { start: PerAxis::from_elem(0, shape.len()), shape: shape.into() }
    }

    /// The number of elements.
    pub fn count(&self) -> usize {
        self.shape.iter().product()
    }

    /// One past the last index on an axis.
    pub fn end(&self, axis: usize) -> usize {
        self.start[axis] + self.shape[axis]
    }

    /// The common part of two boxes of the same space, if it is not empty.
    pub fn intersect(&self, other: &Region) -> Option<Region> {
        let mut out = self.clone();
        for axis in 0..self.shape.len() {
            let start = self.start[axis].max(other.start[axis]);
            let end = self.end(axis).min(other.end(axis));
            if start >= end {
                return None;
            }
            out.start[axis] = start;
            out.shape[axis] = end - start;
        }
        Some(out)
    }
}

/// A regular cutting of a shape into boxes: boxes of `tile` lengths, ragged at the far ends.
///
/// Boxes are numbered in the order given by `order` (first entry outermost), so that a plan over billions of tiles is
/// still a few numbers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grid {
    shape: PerAxis<usize>,
    tile: PerAxis<usize>,
    order: PerAxis<usize>,
}

impl Grid {
    /// A grid over `shape` with boxes of `tile`, numbered with `order`'s last axis fastest.
    pub fn new(shape: &[usize], tile: &[usize], order: &[usize]) -> Grid {
        let tile = shape.iter().zip(tile).map(|(&s, &t)| t.clamp(1, s.max(1))).collect();
        Grid { shape: shape.into(), tile, order: order.into() }
    }

    /// The lengths of a whole box.
    pub fn tile(&self) -> &[usize] {
        &self.tile
    }

    /// The shape that is cut.
    pub fn shape(&self) -> &[usize] {
        &self.shape
    }

    /// Boxes along one axis (at least one, so that zero-dimensional and empty shapes need no special case).
    pub fn boxes(&self, axis: usize) -> usize {
        self.shape[axis].div_ceil(self.tile[axis]).max(1)
    }

    /// The number of boxes; zero when the shape is empty.
    pub fn len(&self) -> usize {
        if self.shape.contains(&0) {
            return 0;
        }
        (0..self.shape.len()).map(|axis| self.boxes(axis)).product()
    }

    /// True when there is no box.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The box with this number.
    pub fn region(&self, mut number: usize) -> Region {
        let mut region = Region::whole(&self.shape);
        for &axis in self.order.iter().rev() {
            let boxes = self.boxes(axis);
            let start = (number % boxes) * self.tile[axis];
            number /= boxes;
            region.start[axis] = start;
            region.shape[axis] = self.tile[axis].min(self.shape[axis] - start);
        }
        region
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_grid_covers_its_shape_once() {
        let grid = Grid::new(&[5, 7], &[2, 3], &[1, 0]);
        assert_eq!(grid.len(), 9);
        let mut seen = [[0; 7]; 5];
        for number in 0..grid.len() {
            let region = grid.region(number);
            for row in &mut seen[region.start[0]..region.end(0)] {
                for cell in &mut row[region.start[1]..region.end(1)] {
                    *cell += 1;
                }
            }
        }
        assert!(seen.iter().flatten().all(|&n| n == 1));
        assert_eq!(grid.region(1).start.as_slice(), [2, 0], "axis 0 runs fastest");
    }

    #[test]
    fn empty_and_zero_dimensional_grids() {
        assert_eq!(Grid::new(&[], &[], &[]).len(), 1);
        assert_eq!(Grid::new(&[0, 3], &[1, 1], &[0, 1]).len(), 0);
    }
}
