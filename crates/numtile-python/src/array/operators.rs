//! Operators: each builds a larger expression. In-place ones put it in the same Python object.

use pyo3::basic::CompareOp;
use pyo3::exceptions::{PyNotImplementedError, PyTypeError, PyValueError};
use pyo3::prelude::*;
use smallvec::SmallVec;

use super::{Array, Value};
use crate::convert::{self, Given};
use crate::engine::{Expr, Op, Operand, expr};
use crate::error::{self, OrRaise};

/// The operation `op` on operands; masks are counted first if their shapes do not show whether they broadcast.
pub(crate) fn apply(py: Python<'_>, op: Op, given: &[Given]) -> PyResult<Array> {
    let live = given.iter().any(|given| given.live);
    let operands: Operands = given.iter().map(|given| given.operand.clone()).collect();
    let made = match make(op, &operands) {
        Err(numtile::Error::Uncounted) => {
            make(op, &given.iter().map(|given| given.counted(py)).collect::<PyResult<Operands>>()?)
        }
        made => made,
    };
    Ok(Array::of(Value { expr: made.or_raise(py)?, live }))
}

/// As many as any operation has.
type Operands = SmallVec<[Operand; 3]>;

fn make(op: Op, operands: &[Operand]) -> numtile::Result<Expr> {
    match (op, operands) {
        (Op::Power, [base, exponent]) => power(base, exponent),
        _ => expr::map(op, operands),
    }
}

const NEGATIVE_POWER: &str = "Integers to negative integer powers are not allowed.";

fn power(base: &Operand, exponent: &Operand) -> numtile::Result<Expr> {
    if let (Operand::Array(array), Operand::Int(..0)) = (base, exponent)
        && matches!(array.dtype().kind(), numtile::Kind::Signed | numtile::Kind::Bool)
        && array.size() > 0
    {
        let is_known = array.is_known();
        return Err(if is_known { numtile::Error::value(NEGATIVE_POWER) } else { numtile::Error::Uncounted });
    }
    expr::power(base, exponent)
}

type Outcome<'py> = PyResult<Bound<'py, PyAny>>;

/// `self op other`, or `NotImplemented` so that Python asks `other`.
fn forward<'py>(array: &Bound<'py, Array>, op: Op, other: &Bound<'py, PyAny>) -> Outcome<'py> {
    match convert::operand(other)? {
        Some(right) => new(array.py(), op, &[array.get().value().into(), right]),
        None => Ok(array.py().NotImplemented().into_bound(array.py())),
    }
}

/// `other op self`.
fn reflected<'py>(array: &Bound<'py, Array>, op: Op, other: &Bound<'py, PyAny>) -> Outcome<'py> {
    match convert::operand(other)? {
        Some(left) => new(array.py(), op, &[left, array.get().value().into()]),
        None => Ok(array.py().NotImplemented().into_bound(array.py())),
    }
}

fn unary<'py>(array: &Bound<'py, Array>, op: Op) -> Outcome<'py> {
    new(array.py(), op, &[array.get().value().into()])
}

fn new<'py>(py: Python<'py>, op: Op, given: &[Given]) -> Outcome<'py> {
    Ok(Bound::new(py, apply(py, op, given)?)?.into_any())
}

/// `self op= other`: computed as NumPy would, then cast back to the array's type if that is a cast of the same kind.
fn in_place(array: &Bound<'_, Array>, op: Op, other: &Bound<'_, PyAny>) -> PyResult<()> {
    let py = array.py();
    let mut before = array.get().value();
    let right = convert::operand_or_type_error(other)?;
    let mut after = apply(py, op, &[before.clone().into(), right])?.value();
    if after.expr.shape() != before.expr.shape() {
        (before, after) = (before.counted(py)?, after.counted(py)?);
    }
    let (from, to) = (after.expr.dtype(), before.expr.dtype());
    if !from.casts_same_kind(to) {
        return Err(error::output_casting(py, op.name(), from.name(), to.name()));
    }
    if after.expr.shape() != before.expr.shape() {
        return Err(PyValueError::new_err(format!(
            "non-broadcastable output operand with shape {} doesn't match the broadcast shape {}",
            numtile::shape::display(before.expr.shape()),
            numtile::shape::display(after.expr.shape())
        )));
    }
    array.get().replace(after.with(expr::cast(&after.expr, to)));
    Ok(())
}

fn no_matmul() -> PyErr {
    PyNotImplementedError::new_err(
        "numtile has no matrix multiplication yet: compute smaller operands with nt.compute and multiply them in NumPy",
    )
}

fn no_modulo(modulo: Option<&Bound<'_, PyAny>>) -> PyResult<()> {
    match modulo.filter(|modulo| !modulo.is_none()) {
        Some(_) => Err(PyTypeError::new_err("pow() with a modulus is not supported for arrays")),
        None => Ok(()),
    }
}

fn comparison(how: CompareOp) -> Op {
    match how {
        CompareOp::Lt => Op::Less,
        CompareOp::Le => Op::LessEqual,
        CompareOp::Eq => Op::Equal,
        CompareOp::Ne => Op::NotEqual,
        CompareOp::Gt => Op::Greater,
        CompareOp::Ge => Op::GreaterEqual,
    }
}

/// The pair that `divmod` returns.
fn quotient_and_remainder<'py>(
    array: &Bound<'py, Array>,
    by: fn(&Bound<'py, Array>, Op, &Bound<'py, PyAny>) -> Outcome<'py>,
    other: &Bound<'py, PyAny>,
) -> Outcome<'py> {
    let quotient = by(array, Op::FloorDivide, other)?;
    if quotient.is(array.py().NotImplemented()) {
        return Ok(quotient);
    }
    Ok((quotient, by(array, Op::Remainder, other)?).into_pyobject(array.py())?.into_any())
}

#[pymethods]
impl Array {
    fn __add__<'py>(slf: &Bound<'py, Self>, other: &Bound<'py, PyAny>) -> Outcome<'py> {
        forward(slf, Op::Add, other)
    }

    fn __radd__<'py>(slf: &Bound<'py, Self>, other: &Bound<'py, PyAny>) -> Outcome<'py> {
        reflected(slf, Op::Add, other)
    }

    fn __iadd__(slf: &Bound<'_, Self>, other: &Bound<'_, PyAny>) -> PyResult<()> {
        in_place(slf, Op::Add, other)
    }

    fn __sub__<'py>(slf: &Bound<'py, Self>, other: &Bound<'py, PyAny>) -> Outcome<'py> {
        forward(slf, Op::Subtract, other)
    }

    fn __rsub__<'py>(slf: &Bound<'py, Self>, other: &Bound<'py, PyAny>) -> Outcome<'py> {
        reflected(slf, Op::Subtract, other)
    }

    fn __isub__(slf: &Bound<'_, Self>, other: &Bound<'_, PyAny>) -> PyResult<()> {
        in_place(slf, Op::Subtract, other)
    }

    fn __mul__<'py>(slf: &Bound<'py, Self>, other: &Bound<'py, PyAny>) -> Outcome<'py> {
        forward(slf, Op::Multiply, other)
    }

    fn __rmul__<'py>(slf: &Bound<'py, Self>, other: &Bound<'py, PyAny>) -> Outcome<'py> {
        reflected(slf, Op::Multiply, other)
    }

    fn __imul__(slf: &Bound<'_, Self>, other: &Bound<'_, PyAny>) -> PyResult<()> {
        in_place(slf, Op::Multiply, other)
    }

    fn __truediv__<'py>(slf: &Bound<'py, Self>, other: &Bound<'py, PyAny>) -> Outcome<'py> {
        forward(slf, Op::Divide, other)
    }

    fn __rtruediv__<'py>(slf: &Bound<'py, Self>, other: &Bound<'py, PyAny>) -> Outcome<'py> {
        reflected(slf, Op::Divide, other)
    }

    fn __itruediv__(slf: &Bound<'_, Self>, other: &Bound<'_, PyAny>) -> PyResult<()> {
        in_place(slf, Op::Divide, other)
    }

    fn __floordiv__<'py>(slf: &Bound<'py, Self>, other: &Bound<'py, PyAny>) -> Outcome<'py> {
        forward(slf, Op::FloorDivide, other)
    }

    fn __rfloordiv__<'py>(slf: &Bound<'py, Self>, other: &Bound<'py, PyAny>) -> Outcome<'py> {
        reflected(slf, Op::FloorDivide, other)
    }

    fn __ifloordiv__(slf: &Bound<'_, Self>, other: &Bound<'_, PyAny>) -> PyResult<()> {
        in_place(slf, Op::FloorDivide, other)
    }

    fn __mod__<'py>(slf: &Bound<'py, Self>, other: &Bound<'py, PyAny>) -> Outcome<'py> {
        forward(slf, Op::Remainder, other)
    }

    fn __rmod__<'py>(slf: &Bound<'py, Self>, other: &Bound<'py, PyAny>) -> Outcome<'py> {
        reflected(slf, Op::Remainder, other)
    }

    fn __imod__(slf: &Bound<'_, Self>, other: &Bound<'_, PyAny>) -> PyResult<()> {
        in_place(slf, Op::Remainder, other)
    }

    fn __and__<'py>(slf: &Bound<'py, Self>, other: &Bound<'py, PyAny>) -> Outcome<'py> {
        forward(slf, Op::BitwiseAnd, other)
    }

    fn __rand__<'py>(slf: &Bound<'py, Self>, other: &Bound<'py, PyAny>) -> Outcome<'py> {
        reflected(slf, Op::BitwiseAnd, other)
    }

    fn __iand__(slf: &Bound<'_, Self>, other: &Bound<'_, PyAny>) -> PyResult<()> {
        in_place(slf, Op::BitwiseAnd, other)
    }

    fn __or__<'py>(slf: &Bound<'py, Self>, other: &Bound<'py, PyAny>) -> Outcome<'py> {
        forward(slf, Op::BitwiseOr, other)
    }

    fn __ror__<'py>(slf: &Bound<'py, Self>, other: &Bound<'py, PyAny>) -> Outcome<'py> {
        reflected(slf, Op::BitwiseOr, other)
    }

    fn __ior__(slf: &Bound<'_, Self>, other: &Bound<'_, PyAny>) -> PyResult<()> {
        in_place(slf, Op::BitwiseOr, other)
    }

    fn __xor__<'py>(slf: &Bound<'py, Self>, other: &Bound<'py, PyAny>) -> Outcome<'py> {
        forward(slf, Op::BitwiseXor, other)
    }

    fn __rxor__<'py>(slf: &Bound<'py, Self>, other: &Bound<'py, PyAny>) -> Outcome<'py> {
        reflected(slf, Op::BitwiseXor, other)
    }

    fn __ixor__(slf: &Bound<'_, Self>, other: &Bound<'_, PyAny>) -> PyResult<()> {
        in_place(slf, Op::BitwiseXor, other)
    }

    fn __lshift__<'py>(slf: &Bound<'py, Self>, other: &Bound<'py, PyAny>) -> Outcome<'py> {
        forward(slf, Op::LeftShift, other)
    }

    fn __rlshift__<'py>(slf: &Bound<'py, Self>, other: &Bound<'py, PyAny>) -> Outcome<'py> {
        reflected(slf, Op::LeftShift, other)
    }

    fn __ilshift__(slf: &Bound<'_, Self>, other: &Bound<'_, PyAny>) -> PyResult<()> {
        in_place(slf, Op::LeftShift, other)
    }

    fn __rshift__<'py>(slf: &Bound<'py, Self>, other: &Bound<'py, PyAny>) -> Outcome<'py> {
        forward(slf, Op::RightShift, other)
    }

    fn __rrshift__<'py>(slf: &Bound<'py, Self>, other: &Bound<'py, PyAny>) -> Outcome<'py> {
        reflected(slf, Op::RightShift, other)
    }

    fn __irshift__(slf: &Bound<'_, Self>, other: &Bound<'_, PyAny>) -> PyResult<()> {
        in_place(slf, Op::RightShift, other)
    }

    fn __pow__<'py>(
        slf: &Bound<'py, Self>,
        other: &Bound<'py, PyAny>,
        modulo: Option<&Bound<'py, PyAny>>,
    ) -> Outcome<'py> {
        no_modulo(modulo)?;
        forward(slf, Op::Power, other)
    }

    fn __rpow__<'py>(
        slf: &Bound<'py, Self>,
        other: &Bound<'py, PyAny>,
        modulo: Option<&Bound<'py, PyAny>>,
    ) -> Outcome<'py> {
        no_modulo(modulo)?;
        reflected(slf, Op::Power, other)
    }

    fn __ipow__(slf: &Bound<'_, Self>, other: &Bound<'_, PyAny>, modulo: Option<&Bound<'_, PyAny>>) -> PyResult<()> {
        no_modulo(modulo)?;
        in_place(slf, Op::Power, other)
    }

    fn __divmod__<'py>(slf: &Bound<'py, Self>, other: &Bound<'py, PyAny>) -> Outcome<'py> {
        quotient_and_remainder(slf, forward, other)
    }

    fn __rdivmod__<'py>(slf: &Bound<'py, Self>, other: &Bound<'py, PyAny>) -> Outcome<'py> {
        quotient_and_remainder(slf, reflected, other)
    }

    fn __matmul__<'py>(_slf: &Bound<'py, Self>, _other: &Bound<'py, PyAny>) -> Outcome<'py> {
        Err(no_matmul())
    }

    fn __rmatmul__<'py>(_slf: &Bound<'py, Self>, _other: &Bound<'py, PyAny>) -> Outcome<'py> {
        Err(no_matmul())
    }

    fn __imatmul__(_slf: &Bound<'_, Self>, _other: &Bound<'_, PyAny>) -> PyResult<()> {
        Err(no_matmul())
    }

    fn __neg__<'py>(slf: &Bound<'py, Self>) -> Outcome<'py> {
        unary(slf, Op::Negative)
    }

    fn __pos__<'py>(slf: &Bound<'py, Self>) -> Outcome<'py> {
        unary(slf, Op::Positive)
    }

    fn __abs__<'py>(slf: &Bound<'py, Self>) -> Outcome<'py> {
        unary(slf, Op::Absolute)
    }

    fn __invert__<'py>(slf: &Bound<'py, Self>) -> Outcome<'py> {
        unary(slf, Op::Invert)
    }

    fn __richcmp__<'py>(slf: &Bound<'py, Self>, other: &Bound<'py, PyAny>, how: CompareOp) -> Outcome<'py> {
        forward(slf, comparison(how), other)
    }
}
