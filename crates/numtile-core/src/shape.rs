//! Shapes, broadcasting and axes.

use smallvec::SmallVec;

use crate::error::{Error, Result};

/// NumPy's limit on the number of dimensions.
pub const MAX_NDIM: usize = 64;

/// A vector with one entry per dimension, inline for the usual numbers of them.
pub type PerAxis<T> = SmallVec<[T; 5]>;

/// The lengths of an array's axes.
pub type Shape = PerAxis<usize>;

/// The bit that makes a length a symbol. No number has it: arrays have fewer than 2^63 elements.
const SYMBOL: usize = 1 << (usize::BITS - 1);

/// The symbol for a length that is not known before something is computed, such as how many elements a mask selects.
/// Equal hashes, and practically only those, give equal symbols, so that lengths that must be equal compare equal.
pub fn symbol(hash: u128) -> usize {
    SYMBOL | (hash as usize)
}

/// True for a length that stands for a number which is not known yet.
pub fn is_symbol(length: usize) -> bool {
    length & SYMBOL != 0
}

/// True when every length is a number.
pub fn is_known(shape: &[usize]) -> bool {
    !shape.iter().any(|&length| is_symbol(length))
}

/// The number of elements, or an error where it does not fit the address space of files (2^63 - 1). Symbols count as
/// one: the number is checked again when it is known.
pub fn element_count(shape: &[usize]) -> Result<usize> {
    if shape.contains(&0) {
        return Ok(0);
    }
    let mut known = shape.iter().filter(|&&length| !is_symbol(length));
    known.try_fold(1usize, |n, &len| n.checked_mul(len).filter(|&n| n <= i64::MAX as usize)).ok_or_else(|| {
        Error::value(format!("array is too big: the shape {} has more than 2^63 elements", display(shape)))
    })
}

/// NumPy's broadcast of several shapes, with NumPy's error; [`Error::Uncounted`] where it depends on what a symbol
/// stands for.
pub fn broadcast(shapes: &[&[usize]]) -> Result<Shape> {
    let ndim = shapes.iter().map(|s| s.len()).max().unwrap_or(0);
    let mut out: Shape = SmallVec::from_elem(1, ndim);
    for shape in shapes {
        let lead = ndim - shape.len();
        for (have, &len) in out[lead..].iter_mut().zip(shape.iter()) {
            if *have == 1 {
                *have = len;
            } else if len != 1 && len != *have {
                if !shapes.iter().all(|shape| is_known(shape)) {
                    return Err(Error::Uncounted);
                }
                let all: Vec<String> = shapes.iter().map(|s| display(s)).collect();
                return Err(Error::value(format!(
                    "operands could not be broadcast together with shapes {}",
                    all.join(" ")
                )));
            }
        }
    }
    Ok(out)
}

/// A possibly negative axis as an index below `ndim`.
pub fn normalize_axis(axis: i64, ndim: usize) -> Result<usize> {
    let wrapped = if axis < 0 { axis.saturating_add(ndim as i64) } else { axis };
    if wrapped < 0 || wrapped >= ndim as i64 {
        return Err(Error::Axis { axis, ndim });
    }
    Ok(wrapped as usize)
}

/// Several possibly negative axes, each named once, in ascending order.
pub fn normalize_axes(axes: &[i64], ndim: usize) -> Result<PerAxis<usize>> {
    let mut out: PerAxis<usize> = axes.iter().map(|&a| normalize_axis(a, ndim)).collect::<Result<_>>()?;
    out.sort_unstable();
    if out.windows(2).any(|w| w[0] == w[1]) {
        return Err(Error::value("duplicate value in 'axis'"));
    }
    Ok(out)
}

/// The shape as Python writes a tuple: `()`, `(3,)`, `(3,4)`. Symbols are shown as `count`.
pub fn display(shape: &[usize]) -> String {
    let text = |&length: &usize| if is_symbol(length) { "count".to_string() } else { length.to_string() };
    match shape {
        [one] => format!("({},)", text(one)),
        many => format!("({})", many.iter().map(text).collect::<Vec<_>>().join(",")),
    }
}

/// Strides in elements of a C-contiguous array.
pub fn c_strides(shape: &[usize]) -> PerAxis<isize> {
    let mut strides: PerAxis<isize> = SmallVec::from_elem(1, shape.len());
    let mut step = 1isize;
    for axis in (0..shape.len()).rev() {
        strides[axis] = step;
        step = step.saturating_mul(shape[axis].max(1) as isize);
    }
    strides
}

/// Strides in elements of a Fortran-contiguous array.
pub fn f_strides(shape: &[usize]) -> PerAxis<isize> {
    let mut strides: PerAxis<isize> = SmallVec::from_elem(1, shape.len());
    let mut step = 1isize;
    for axis in 0..shape.len() {
        strides[axis] = step;
        step = step.saturating_mul(shape[axis].max(1) as isize);
    }
    strides
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn broadcasting() {
        assert_eq!(broadcast(&[&[3, 1], &[4]]).unwrap().as_slice(), [3, 4]);
        assert_eq!(broadcast(&[&[0, 1], &[4]]).unwrap().as_slice(), [0, 4]);
        assert_eq!(broadcast(&[]).unwrap().as_slice(), [0usize; 0]);
        let error = broadcast(&[&[3], &[4]]).unwrap_err().to_string();
        assert_eq!(error, "operands could not be broadcast together with shapes (3,) (4,)");
    }

    #[test]
    fn axes() {
        assert_eq!(normalize_axes(&[-1, 0], 3).unwrap().as_slice(), [0, 2]);
        assert!(normalize_axes(&[0, -3], 3).is_err());
        assert!(matches!(normalize_axis(3, 3), Err(Error::Axis { axis: 3, ndim: 3 })));
        assert!(normalize_axis(i64::MIN, 3).is_err());
    }

    #[test]
    fn counts() {
        assert_eq!(element_count(&[]).unwrap(), 1);
        assert_eq!(element_count(&[usize::MAX, 0]).unwrap(), 0);
        assert!(element_count(&[1 << 62, 2]).is_err());
    }

    #[test]
    fn symbols_broadcast_like_numbers() {
        let (n, m) = (symbol(7), symbol(8));
        assert!(is_symbol(n) && !is_symbol(i64::MAX as usize) && n != m);
        assert_eq!(broadcast(&[&[n, 1], &[3]]).unwrap().as_slice(), [n, 3]);
        assert_eq!(broadcast(&[&[n], &[n], &[1]]).unwrap().as_slice(), [n]);
        assert!(broadcast(&[&[n], &[m]]).is_err() && broadcast(&[&[n], &[2]]).is_err());
        assert_eq!(display(&[n, 3]), "(count,3)");
        assert_eq!(element_count(&[n, 3]).unwrap(), 3);
    }
}
