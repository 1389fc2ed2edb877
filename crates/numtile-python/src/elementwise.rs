//! What a ufunc calls: elementwise operations on operands, and nothing else.

use pyo3::prelude::*;
use pyo3::types::{PyDict, PyTuple};

use crate::array::apply;
use crate::convert;
use crate::engine::Op;

/// The fast way into a ufunc, its base class.
///
/// A call with as many operands as the operations take, and nothing more, builds the expressions at once: an `Array`, or
/// a tuple of them where there are several operations. Any other call goes on to the method `_call` of the subclass.
#[pyclass(frozen, subclass, module = "numtile._engine")]
pub(crate) struct Elementwise {
    operations: Vec<Op>,
    arity: usize,
}

#[pymethods]
impl Elementwise {
    #[new]
    fn new(operations: Vec<String>, arity: usize) -> PyResult<Elementwise> {
        let operations = operations.iter().map(|name| convert::operation(name)).collect::<PyResult<_>>()?;
        Ok(Elementwise { operations, arity })
    }

    #[pyo3(signature = (*args, **kwargs))]
    fn __call__<'py>(
        slf: &Bound<'py, Self>,
        args: &Bound<'py, PyTuple>,
        kwargs: Option<&Bound<'py, PyDict>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        if kwargs.is_none() && args.len() == slf.get().arity {
            return Elementwise::apply(slf, args);
        }
        slf.call_method("_call", args, kwargs)
    }

    /// The operations on operands.
    #[pyo3(name = "_apply", signature = (*operands))]
    fn apply<'py>(slf: &Bound<'py, Self>, operands: &Bound<'py, PyTuple>) -> PyResult<Bound<'py, PyAny>> {
        let py = slf.py();
        let given = convert::operands(operands)?;
        let built = |&op: &Op| Ok(Bound::new(py, apply(py, op, &given)?)?.into_any());
        match slf.get().operations.as_slice() {
            [op] => built(op),
            several => Ok(PyTuple::new(py, several.iter().map(built).collect::<PyResult<Vec<_>>>()?)?.into_any()),
        }
    }
}
