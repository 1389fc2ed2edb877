//! Looking at an array computes it.

use std::collections::HashMap;

use numpy::{PyUntypedArray, PyUntypedArrayMethods};
use pyo3::basic::CompareOp;
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyComplex, PyFloat, PyInt, PyString, PyTuple};

use super::{Array, Value};
use crate::engine::{Expr, HostArray, Kind, Scalar, expr};
use crate::error::OrRaise;
use crate::session::Shown;
use crate::{numpy_source, result, session};

/// `print(x)` computes what reads at most this much.
const SHOWN: u64 = 64 << 20;

/// The arrays as NumPy arrays, computed in one evaluation.
pub(crate) fn compute_all<'py>(
    py: Python<'py>,
    arrays: &[Bound<'py, Array>],
    shown: Option<Shown>,
) -> PyResult<Vec<Bound<'py, PyUntypedArray>>> {
    if let ([array], None) = (arrays, &shown)
        && let Some(result) = small(array)?
    {
        return Ok(vec![result]);
    }
    together(py, arrays, shown)
}

/// The same for arrays that are more than small.
fn together<'py>(
    py: Python<'py>,
    arrays: &[Bound<'py, Array>],
    shown: Option<Shown>,
) -> PyResult<Vec<Bound<'py, PyUntypedArray>>> {
    let before: Vec<Value> = arrays.iter().map(|array| array.get().value()).collect();
    if let Some(known) = before.iter().map(|value| constant(&value.expr)).collect::<Option<Vec<Scalar>>>() {
        return known.into_iter().map(|scalar| result::from_scalar(py, scalar)).collect();
    }
    let exprs: Vec<Expr> = before.iter().map(|value| value.expr.clone()).collect();
    let results: Vec<HostArray> = session::run(py, shown, |context, run| context.compute(&exprs, run))?;
    let computed = results.into_iter().map(|one| result::to_numpy(py, one)).collect::<PyResult<Vec<_>>>()?;
    for ((array, before), computed) in arrays.iter().zip(&before).zip(&computed) {
        remember(array, before, computed)?;
    }
    Ok(computed)
}

/// The value of an expression that is known without an evaluation.
fn constant(expr: &Expr) -> Option<Scalar> {
    match expr.kind() {
        Kind::Constant(scalar) => Some(*scalar),
        _ => None,
    }
}

/// Replaces the expression of a zero-dimensional array by its value, so that looking twice computes once.
///
/// Not when memory that somebody may write to is upstream: such arrays are read anew each time.
fn remember(array: &Bound<'_, Array>, before: &Value, computed: &Bound<'_, PyUntypedArray>) -> PyResult<()> {
    let is_worth_it = computed.ndim() == 0 && constant(&before.expr).is_none();
    if before.live || !is_worth_it {
        return Ok(());
    }
    let value = expr::constant(numpy_source::only_element(computed.as_any())?);
    // Another thread may have put something else there meanwhile.
    if array.get().expr().hash128() == before.expr.hash128() {
        array.get().replace(before.with(value));
    }
    Ok(())
}

/// The array as a NumPy array.
pub(super) fn look<'py>(array: &Bound<'py, Array>) -> PyResult<Bound<'py, PyUntypedArray>> {
    if let Some(result) = small(array)? {
        return Ok(result);
    }
    let mut computed = together(array.py(), std::slice::from_ref(array), None)?;
    match computed.pop() {
        Some(one) => Ok(one),
        None => Err(crate::error::raise(array.py(), numtile::Error::internal("an evaluation gave no result"))),
    }
}

/// The array as a NumPy array if computing it takes no longer than giving up the GIL for it would.
fn small<'py>(array: &Bound<'py, Array>) -> PyResult<Option<Bound<'py, PyUntypedArray>>> {
    let py = array.py();
    if let Some(call) = array.get().call() {
        return call.compute(py).map(Some);
    }
    let expr = array.get().expr();
    if constant(&expr).is_some() || expr.ndim() == 0 {
        return Ok(None);
    }
    let computed = session::context().compute_small(&expr).or_raise(py)?;
    computed.map(|result| result::to_numpy(py, result)).transpose()
}

/// The array as NumPy would return it: a scalar when it has no dimensions.
pub(crate) fn look_or_scalar<'py>(array: &Bound<'py, Array>) -> PyResult<Bound<'py, PyAny>> {
    match array.get().call() {
        Some(call) => call.compute_or_scalar(array.py()),
        None => result::scalar_if_0d(look(array)?),
    }
}

/// The only element as a Python object, for the conversions of zero-dimensional arrays.
fn element<'py>(array: &Bound<'py, Array>) -> PyResult<Bound<'py, PyAny>> {
    if array.get().expr().ndim() != 0 {
        return Err(PyTypeError::new_err("only 0-dimensional arrays can be converted to Python scalars"));
    }
    look_or_scalar(array)
}

/// How many bytes of sources an evaluation would read, at most and roughly.
fn bytes_read(root: &Expr) -> u64 {
    let mut needed: HashMap<u128, usize> = HashMap::from([(root.hash128(), root.size())]);
    let mut bytes = 0u64;
    // Users come before what they use, so that a node's need is complete when it is its turn.
    for expr in Expr::post_order(std::slice::from_ref(root)).iter().rev() {
        let need = needed.get(&expr.hash128()).copied().unwrap_or(0).min(expr.size());
        if let Kind::Source(_) = expr.kind() {
            bytes = bytes.saturating_add(need as u64 * expr.dtype().size() as u64);
        }
        for (place, input) in expr.inputs().iter().enumerate() {
            let share = match expr.kind() {
                Kind::Reduce(_) => need.saturating_mul(input.size() / expr.size().max(1)),
                Kind::Gather { .. } if place == 0 => input.size(),
                Kind::Select(_) | Kind::Group(_) if need > 0 => input.size(),
                Kind::Call(call) if !call.is_pointwise() => input.size(),
                _ => need,
            };
            let total = needed.entry(input.hash128()).or_default();
            *total = total.saturating_add(share).min(input.size());
        }
    }
    bytes
}

/// What `repr` and `str` show instead of the elements of an array that is expensive to look at.
fn summary(expr: &Expr, bytes: u64) -> String {
    format!(
        "<numtile.Array: shape {}, dtype {}{}; not computed, it would read {}>",
        numtile::shape::display(expr.shape()),
        expr.dtype(),
        if expr.is_known() { format!(", {}", human(expr.nbytes())) } else { String::new() },
        human(bytes)
    )
}

/// A number of bytes for people, in decimal units.
fn human(bytes: u64) -> String {
    const UNITS: [&str; 7] = ["bytes", "kB", "MB", "GB", "TB", "PB", "EB"];
    let (mut value, mut unit) = (bytes as f64, 0);
    while value >= 999.5 && unit + 1 < UNITS.len() {
        value /= 1000.0;
        unit += 1;
    }
    let digits = if unit == 0 || value >= 99.5 {
        0
    } else if value >= 9.95 {
        1
    } else {
        2
    };
    format!("{value:.digits$} {}", UNITS[unit])
}

/// Text for the array by one of NumPy's functions, or a summary when looking would cost too much.
fn text<'py>(
    array: &Bound<'py, Array>,
    render: impl FnOnce(Bound<'py, PyUntypedArray>) -> PyResult<String>,
) -> PyResult<String> {
    let mut expr = array.get().expr();
    let bytes = bytes_read(&expr);
    if bytes <= SHOWN {
        expr = array.get().counted(array.py())?.expr;
    }
    if bytes > SHOWN || expr.nbytes() > SHOWN {
        return Ok(summary(&expr, bytes));
    }
    render(look(array)?)
}

fn array_repr(computed: Bound<'_, PyUntypedArray>) -> PyResult<String> {
    static REPR: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    let text = REPR.import(computed.py(), "numpy", "array_repr")?.call1((computed,))?.extract::<String>()?;
    // As long as NumPy's own word, so that the columns stay aligned.
    Ok(text.replacen("array(", "Array(", 1))
}

#[pymethods]
impl Array {
    /// Computes the array and returns it as a NumPy array, or as a NumPy scalar when it has no dimensions.
    fn compute<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyAny>> {
        look_or_scalar(slf)
    }

    /// Computes the array into nested Python lists, or a Python number when it has no dimensions.
    fn tolist<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyAny>> {
        look(slf)?.call_method0("tolist")
    }

    /// Computes one element and returns it as a Python number.
    #[pyo3(signature = (*args))]
    fn item<'py>(slf: &Bound<'py, Self>, args: &Bound<'py, PyTuple>) -> PyResult<Bound<'py, PyAny>> {
        if args.is_empty() {
            if slf.get().counted(slf.py())?.expr.size() != 1 {
                return Err(PyValueError::new_err("can only convert an array of size 1 to a Python scalar"));
            }
            return look(slf)?.call_method0("item");
        }
        let key = if args.len() == 1 { args.get_item(0)? } else { args.clone().into_any() };
        let ndim = slf.get().expr().ndim();
        let (from, dims) = match key.cast::<PyTuple>() {
            Ok(tuple) => (slf.clone().into_any(), tuple.len()),
            Err(_) => (slf.call_method1("reshape", (-1,))?, ndim),
        };
        if dims != ndim {
            return Err(PyValueError::new_err("incorrect number of indices for array"));
        }
        from.get_item(key)?.call_method0("item")
    }

    fn __bool__(slf: &Bound<'_, Self>) -> PyResult<bool> {
        match slf.get().counted(slf.py())?.expr.size() {
            1 => look(slf)?.call_method0("item")?.is_truthy(),
            0 => Err(PyValueError::new_err(
                "The truth value of an empty array is ambiguous. Use `array.size > 0` to check that an array is not \
                 empty.",
            )),
            _ => Err(PyValueError::new_err(
                "The truth value of an array with more than one element is ambiguous. Use a.any() or a.all()",
            )),
        }
    }

    fn __int__<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyAny>> {
        slf.py().get_type::<PyInt>().call1((element(slf)?,))
    }

    fn __float__<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyAny>> {
        slf.py().get_type::<PyFloat>().call1((element(slf)?,))
    }

    fn __complex__<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyAny>> {
        slf.py().get_type::<PyComplex>().call1((element(slf)?,))
    }

    fn __index__<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyAny>> {
        let expr = slf.get().expr();
        if expr.ndim() != 0 || !expr.dtype().is_integer() {
            return Err(PyTypeError::new_err("only integer scalar arrays can be converted to a scalar index"));
        }
        look(slf)?.call_method0("item")
    }

    #[pyo3(signature = (ndigits=None))]
    fn __round__<'py>(slf: &Bound<'py, Self>, ndigits: Option<&Bound<'py, PyAny>>) -> PyResult<Bound<'py, PyAny>> {
        if slf.get().expr().ndim() != 0 {
            return Err(PyTypeError::new_err("type numtile.Array doesn't define __round__ method: use numtile.round"));
        }
        static ROUND: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
        ROUND.import(slf.py(), "builtins", "round")?.call1((element(slf)?, ndigits))
    }

    fn __format__(slf: &Bound<'_, Self>, spec: &Bound<'_, PyString>) -> PyResult<String> {
        if slf.get().expr().ndim() == 0 {
            return element(slf)?.call_method1("__format__", (spec,))?.extract();
        }
        if !spec.is_empty()? {
            return Err(PyTypeError::new_err("unsupported format string passed to numtile.Array.__format__"));
        }
        Self::__str__(slf)
    }

    fn __hash__(slf: &Bound<'_, Self>) -> PyResult<isize> {
        if slf.get().expr().ndim() != 0 {
            return Err(PyTypeError::new_err("unhashable type: 'numtile.Array'"));
        }
        element(slf)?.hash()
    }

    fn __contains__(slf: &Bound<'_, Self>, item: &Bound<'_, PyAny>) -> PyResult<bool> {
        let equal = slf.rich_compare(item, CompareOp::Eq)?;
        if equal.cast::<Array>().is_err() {
            return equal.is_truthy();
        }
        equal.call_method0("any")?.is_truthy()
    }

    fn __repr__(slf: &Bound<'_, Self>) -> PyResult<String> {
        text(slf, array_repr)
    }

    fn __str__(slf: &Bound<'_, Self>) -> PyResult<String> {
        text(slf, |computed| Ok(result::scalar_if_0d(computed)?.str()?.to_string()))
    }
}
