//! Where the elements of an array lie in a range of bytes: an offset and a stride per axis.
//!
//! Memory and plain files are both described this way, so that slices, transposes, broadcasts and most reshapes of
//! either are arithmetic on a few numbers.

use smallvec::SmallVec;

use crate::error::{Error, Result};
use crate::shape::{self, PerAxis, Shape};

/// Strided placement of an array, in bytes.
#[derive(Clone, PartialEq, Eq, Debug, Hash)]
pub struct Layout {
    /// The byte at which the element with all indices zero starts.
    pub offset: i64,
    /// Lengths of the axes.
    pub shape: Shape,
    /// Bytes from one element to the next on each axis; zero where an axis is broadcast, negative where it runs back.
    pub strides: PerAxis<i64>,
}

impl Layout {
    /// A C-contiguous array that starts at byte `offset`.
    pub fn c_order(offset: i64, shape: &[usize], item: usize) -> Layout {
        Layout::contiguous(offset, shape, item, shape::c_strides(shape))
    }

    /// A Fortran-contiguous array that starts at byte `offset`.
    pub fn f_order(offset: i64, shape: &[usize], item: usize) -> Layout {
        Layout::contiguous(offset, shape, item, shape::f_strides(shape))
    }

    fn contiguous(offset: i64, shape: &[usize], item: usize, strides: PerAxis<isize>) -> Layout {
        let strides = strides.iter().map(|&s| (s as i64).saturating_mul(item as i64)).collect();
        Layout { offset, shape: shape.into(), strides }
    }

    /// The number of axes.
    pub fn ndim(&self) -> usize {
        self.shape.len()
    }

    /// The number of elements.
    pub fn count(&self) -> usize {
        self.shape.iter().product()
    }

    /// The byte of the element at `index`.
    pub fn byte_at(&self, index: &[usize]) -> i64 {
        self.offset + index.iter().zip(&self.strides).map(|(&i, &s)| i as i64 * s).sum::<i64>()
    }

    /// The first byte and one past the last byte that any element of `item` bytes touches; `None` when empty.
    pub fn span(&self, item: usize) -> Option<(i64, i64)> {
        if self.shape.contains(&0) {
            return None;
        }
        let (mut low, mut high) = (self.offset, self.offset);
        for (&len, &stride) in self.shape.iter().zip(&self.strides) {
            let reach = (len as i64 - 1).saturating_mul(stride);
            if reach < 0 {
                low = low.saturating_add(reach);
            } else {
                high = high.saturating_add(reach);
            }
        }
        Some((low, high.saturating_add(item as i64)))
    }

    /// True when the elements lie one after the other in C order.
    pub fn is_c_contiguous(&self, item: usize) -> bool {
        let mut expected = item as i64;
        for axis in (0..self.ndim()).rev() {
            if self.shape[axis] != 1 {
                if self.strides[axis] != expected {
                    return self.shape.contains(&0);
                }
                expected *= self.shape[axis] as i64;
            }
        }
        true
    }

    /// The sub-box that starts at `start` with lengths `shape`.
    pub fn sub_box(&self, start: &[usize], shape: &[usize]) -> Layout {
        Layout { offset: self.byte_at(start), shape: shape.into(), strides: self.strides.clone() }
    }

    /// The same elements in the same C order under another shape, if strides can say it without a copy.
    ///
    /// # Errors
    /// [`Error::Value`] when the shapes differ in their number of elements.
    pub fn reshape(&self, shape: &[usize]) -> Result<Option<Layout>> {
        if shape::element_count(shape)? != self.count() {
            return Err(Error::value(format!(
                "cannot reshape array of size {} into shape {}",
                self.count(),
                shape::display(shape)
            )));
        }
        if self.count() == 0 {
            return Ok(Some(Layout {
                offset: self.offset,
                shape: shape.into(),
                strides: SmallVec::from_elem(0, shape.len()),
            }));
        }
        let old: Vec<(usize, i64)> =
            self.shape.iter().copied().zip(self.strides.iter().copied()).filter(|&(len, _)| len != 1).collect();
        let mut strides: PerAxis<i64> = SmallVec::from_elem(0, shape.len());
        let (mut i, mut j) = (0, 0);
        // Grow a group of old axes and a group of new ones until their products meet.
        while i < old.len() {
            let (first, group_start) = (i, j);
            let mut have = old[i].0;
            let mut want = 1;
            i += 1;
            while want != have || (j < shape.len() && shape[j] == 1) {
                if want < have || (want == have && j < shape.len() && shape[j] == 1) {
                    want *= shape[j];
                    j += 1;
                } else {
                    have *= old[i].0;
                    i += 1;
                }
            }
            // The old axes of the group must follow one another in memory like one axis.
            if old[first..i].windows(2).any(|w| w[0].1 != w[1].1 * w[1].0 as i64) {
                return Ok(None);
            }
            let mut stride = old[i - 1].1;
            for axis in (group_start..j).rev() {
                strides[axis] = stride;
                stride *= shape[axis] as i64;
            }
        }
        Ok(Some(Layout { offset: self.offset, shape: shape.into(), strides }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reshape_without_a_copy() {
        let c = Layout::c_order(8, &[4, 6], 8);
        assert_eq!(c.reshape(&[2, 2, 1, 6]).unwrap().unwrap(), {
            let mut want = Layout::c_order(8, &[2, 2, 1, 6], 8);
            want.strides[2] = 48;
            want
        });
        assert!(c.reshape(&[24]).unwrap().is_some());
        let t = Layout { offset: 0, shape: [6, 4].as_slice().into(), strides: [8, 48].as_slice().into() };
        assert!(t.reshape(&[24]).unwrap().is_none());
        assert!(t.reshape(&[3, 2, 4]).unwrap().is_some());
        assert!(t.reshape(&[5]).is_err());
        let scalar = Layout::c_order(0, &[], 8);
        assert_eq!(scalar.reshape(&[1, 1]).unwrap().unwrap().shape.as_slice(), [1, 1]);
    }

    #[test]
    fn spans() {
        let back = Layout { offset: 40, shape: [6].as_slice().into(), strides: [-8].as_slice().into() };
        assert_eq!(back.span(8), Some((0, 48)));
        assert_eq!(Layout::c_order(0, &[0], 8).span(8), None);
    }
}
