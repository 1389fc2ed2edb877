//! Expressions without inputs: sources, constants and sequences.

use std::sync::Arc;

use numtile_core::{DType, Result, Scalar, Source};

use super::node::{Expr, Kind};
use super::view;

/// An arithmetic sequence that is never stored.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Iota {
    /// `start + i·(next − start)` in the element type, as NumPy's `arange` fills its array.
    Arange {
        /// The first element.
        start: Scalar,
        /// The second one.
        next: Scalar,
    },
    /// `i·step + start` in float64, then cast; the last element is `last` exactly if given.
    Linspace {
        /// The first element.
        start: f64,
        /// The difference of neighbours.
        step: f64,
        /// The end point, where it belongs to the sequence.
        last: Option<(u64, f64)>,
    },
}

/// The expression of an array that exists already.
pub fn source(source: Arc<dyn Source>) -> Expr {
    let (shape, dtype, identity) = (source.layout().shape.clone(), source.dtype(), source.identity());
    Expr::new(Kind::Source(source), [], shape, dtype, &[identity])
}

/// A zero-dimensional constant.
pub fn constant(value: Scalar) -> Expr {
    Expr::new(Kind::Constant(value), [], numtile_core::Shape::new(), value.dtype(), &scalar_words(value))
}

/// An array of one repeated value.
pub fn full(shape: &[usize], value: Scalar) -> Result<Expr> {
    view::broadcast_to(&constant(value), shape)
}

/// `count` elements `start`, `next`, ... without storage; both have the sequence's type.
pub fn arange(start: Scalar, next: Scalar, count: usize) -> Expr {
    let mut words = scalar_words(start).to_vec();
    words.extend(scalar_words(next));
    Expr::new(Kind::Iota(Iota::Arange { start, next }), [], [count].as_slice(), start.dtype(), &words)
}

/// NumPy's `linspace`: `num` evenly spaced values from `start` to `stop`, the end included if `endpoint`.
pub fn linspace(start: f64, stop: f64, num: usize, endpoint: bool, dtype: DType) -> Result<Expr> {
    let intervals = if endpoint { num.saturating_sub(1) } else { num };
    let step = if intervals == 0 { 0.0 } else { (stop - start) / intervals as f64 };
    let last = (endpoint && num > 1).then(|| (num as u64 - 1, stop));
    let words = [start.to_bits(), step.to_bits(), u64::from(last.is_some()), stop.to_bits()];
    let iota = Iota::Linspace { start, step, last };
    let line = Expr::new(Kind::Iota(iota), [], [num].as_slice(), DType::F64, &words);
    if dtype.is_integer() {
        // NumPy rounds towards minus infinity before the cast.
        let floor = super::map::map(numtile_kernel::Op::Floor, &[super::map::Operand::Array(line)])?;
        return Ok(super::map::cast(&floor, dtype));
    }
    Ok(super::map::cast(&line, dtype))
}

fn scalar_words(value: Scalar) -> [u64; 2] {
    let mut wide = [0u8; 16];
    wide[..value.bytes().len()].copy_from_slice(value.bytes());
    let wide = u128::from_le_bytes(wide);
    [wide as u64, (wide >> 64) as u64]
}
