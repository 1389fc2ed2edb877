//! `nt.evaluate` and `nt.compute`: what is called most often is done here as far as it is short, the rest in Python.

use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyDict, PyString, PyTuple};

use crate::array::{Array, look_or_scalar};
use crate::recipe::Recipe;

/// The array that an expression describes, lazily like everything else; in ``out`` if that is given.
///
/// Names are looked up in ``local_dict`` and ``global_dict``, by default the caller's variables: arrays of numtile and
/// NumPy, and numbers. There are the operators ``+ - * / // % ** << >> & | ^ ~``, comparisons, numtile's elementwise
/// functions and reductions (``sum(a, axis=0)``), ``where``, and the names of element types as conversions::
///
///     a, b = nt.open("a.npy"), nt.open("b.npy")
///     nt.save("c.npy", nt.evaluate("where(a > b, sqrt(a), 2*b)"))
///
/// Raises ``SyntaxError`` for text that is no expression, ``NameError`` for unknown names, ``ValueError`` for what is
/// not available in expressions, each naming the column. Errors of the operations themselves are those of the same
/// operations in Python, with a note of the column.
#[pyfunction]
#[pyo3(
    signature = (ex, local_dict=None, global_dict=None, out=None, order=None, casting=None),
    text_signature = "(ex, local_dict=None, global_dict=None, out=None, order='K', casting='same_kind')"
)]
pub(crate) fn evaluate<'py>(
    py: Python<'py>,
    ex: &Bound<'py, PyAny>,
    local_dict: Option<Bound<'py, PyAny>>,
    global_dict: Option<Bound<'py, PyAny>>,
    out: Option<&Bound<'py, PyAny>>,
    order: Option<&Bound<'py, PyAny>>,
    casting: Option<&Bound<'py, PyAny>>,
) -> PyResult<Bound<'py, PyAny>> {
    // Results in C order have every order that anybody asks for.
    let _ = order;
    let local = match local_dict {
        Some(local) => local,
        None => caller(py)?.getattr("f_locals")?,
    };
    if out.is_none()
        && let Some(array) = at_once(ex, &local)
    {
        return Ok(Bound::new(py, array)?.into_any());
    }
    let outer = match global_dict {
        Some(outer) => outer,
        None => caller(py)?.getattr("f_globals")?,
    };
    static AT_LENGTH: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    let at_length = AT_LENGTH.import(py, "numtile._evaluate", "at_length")?;
    match casting {
        Some(casting) => at_length.call1((ex, local, outer, out, casting)),
        None => at_length.call1((ex, local, outer, out)),
    }
}

/// The value of a text that was met before, of arrays like those that it was met with. What goes wrong here goes wrong
/// again at length, where the error says where it came up.
fn at_once(ex: &Bound<'_, PyAny>, local: &Bound<'_, PyAny>) -> Option<Array> {
    static RECIPES: PyOnceLock<Py<PyDict>> = PyOnceLock::new();
    let (text, local) = (ex.cast_exact::<PyString>().ok()?, local.cast_exact::<PyDict>().ok()?);
    let recipe = RECIPES.import(ex.py(), "numtile._evaluate", "AT_ONCE").ok()?.get_item(text).ok()??;
    recipe.cast_exact::<Recipe>().ok()?.get().at_once(local).ok()?
}

/// The frame of the Python code that calls.
fn caller(py: Python<'_>) -> PyResult<Bound<'_, PyAny>> {
    static GET_FRAME: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    GET_FRAME.import(py, "sys", "_getframe")?.call0()
}

/// The arrays as NumPy arrays (those without dimensions as NumPy scalars), computed in one evaluation.
///
/// One argument gives one result, several give a tuple; what they have in common is read and computed once::
///
///     mean, low, high = nt.compute(x.mean(), x.min(), x.max())      # one pass over x
///
/// ``progress`` is as in :class:`numtile.config`, for this call alone.
#[pyfunction]
#[pyo3(signature = (*arrays, progress=None))]
pub(crate) fn compute<'py>(
    arrays: &Bound<'py, PyTuple>,
    progress: Option<&Bound<'py, PyAny>>,
) -> PyResult<Bound<'py, PyAny>> {
    if arrays.len() == 1
        && progress.is_none()
        && let Ok(array) = arrays.get_borrowed_item(0)?.cast::<Array>()
    {
        return look_or_scalar(&array);
    }
    static TOGETHER: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    TOGETHER.import(arrays.py(), "numtile._io", "compute_together")?.call1((arrays, progress))
}
