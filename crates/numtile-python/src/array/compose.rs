//! Operations that NumPy composes of others: `clip` and `round`.

use pyo3::prelude::*;
use pyo3::types::PyInt;

use super::{Array, Value, apply};
use crate::convert::{self, Given};
use crate::engine::{DType, Op, Operand, expr};

/// The least and the greatest value of an integer type.
fn range(dtype: DType) -> (i128, i128) {
    let bits = 8 * dtype.size() as u32;
    match dtype.kind() {
        numtile::Kind::Signed => (-(1i128 << (bits - 1)), (1i128 << (bits - 1)) - 1),
        _ => (0, (1i128 << bits) - 1),
    }
}

/// A bound of `clip`; none when it is absent, or a Python integer that no element can exceed.
fn bound(
    limit: Option<&Bound<'_, PyAny>>,
    dtype: DType,
    is_idle: fn(i128, (i128, i128)) -> bool,
) -> PyResult<Option<Given>> {
    let Some(limit) = limit.filter(|limit| !limit.is_none()) else { return Ok(None) };
    let is_python_int = limit.is_exact_instance_of::<PyInt>();
    if dtype.is_integer() && is_python_int && is_idle(convert::integer(limit)?, range(dtype)) {
        return Ok(None);
    }
    convert::operand_or_type_error(limit).map(Some)
}

/// NumPy's `clip`: `minimum(maximum(x, low), high)` in the common type of all three.
pub(super) fn clip(
    py: Python<'_>,
    value: Value,
    low: Option<&Bound<'_, PyAny>>,
    high: Option<&Bound<'_, PyAny>>,
) -> PyResult<Array> {
    let dtype = value.expr.dtype();
    let low = bound(low, dtype, |limit, (least, _)| limit <= least)?;
    let high = bound(high, dtype, |limit, (_, greatest)| limit >= greatest)?;
    match (low, high) {
        (None, None) => apply(py, Op::Positive, vec![value.into()]),
        (Some(low), None) => apply(py, Op::Maximum, vec![value.into(), low]),
        (None, Some(high)) => apply(py, Op::Minimum, vec![value.into(), high]),
        (Some(low), Some(high)) => {
            let raised = apply(py, Op::Maximum, vec![value.into(), low])?.value();
            apply(py, Op::Minimum, vec![raised.into(), high])
        }
    }
}

/// NumPy's `round`: scaled by a power of ten, rounded to the even neighbour, scaled back.
pub(super) fn round(py: Python<'_>, value: Value, decimals: i64) -> PyResult<Array> {
    let dtype = value.expr.dtype();
    if dtype.is_integer() {
        return if decimals >= 0 { Ok(Array::of(value)) } else { round_integers(py, value, decimals) };
    }
    if decimals == 0 {
        return apply(py, Op::Rint, vec![value.into()]);
    }
    if dtype.is_complex() {
        let real = apply(py, Op::Real, vec![value.clone().into()])?.value();
        let imag = apply(py, Op::Imag, vec![value.into()])?.value();
        let (real, imag) = (scaled(py, real, decimals)?.value(), scaled(py, imag, decimals)?.value());
        return apply(py, Op::Complex, vec![real.into(), imag.into()]);
    }
    scaled(py, value, decimals)
}

fn scaled(py: Python<'_>, value: Value, decimals: i64) -> PyResult<Array> {
    let (there, back) = if decimals > 0 { (Op::Multiply, Op::Divide) } else { (Op::Divide, Op::Multiply) };
    let scale = || Given { operand: Operand::Float(power_of_ten(decimals)), live: false };
    let large = apply(py, there, vec![value.into(), scale()])?.value();
    let rounded = apply(py, Op::Rint, vec![large.into()])?.value();
    apply(py, back, vec![rounded.into(), scale()])
}

/// Integers round in float64, as in NumPy, and come back to their own type.
fn round_integers(py: Python<'_>, value: Value, decimals: i64) -> PyResult<Array> {
    let dtype = value.expr.dtype();
    let wide = value.with(expr::cast(&value.expr, DType::F64));
    let rounded = scaled(py, wide, decimals)?.value();
    Ok(Array::of(rounded.with(expr::cast(&rounded.expr, dtype))))
}

/// Ten to the number of decimals without its sign; exact up to 10^22.
fn power_of_ten(decimals: i64) -> f64 {
    let exponent = decimals.unsigned_abs().min(400);
    format!("1e{exponent}").parse().unwrap_or(f64::INFINITY)
}
