//! What a ufunc calls: elementwise operations on operands, and nothing else.

use pyo3::exceptions::PyNotImplementedError;
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
    /// The operations; an `Err` holds the name of one that the engine does not have.
    operations: Result<Vec<Op>, String>,
    arity: usize,
}

impl Elementwise {
    fn operations(&self) -> PyResult<&[Op]> {
        match &self.operations {
            Ok(operations) => Ok(operations),
            Err(name) => Err(PyNotImplementedError::new_err(format!("numtile does not compute '{name}' yet"))),
        }
    }
}

#[pymethods]
impl Elementwise {
    #[new]
    fn new(operations: Vec<String>, arity: usize) -> Elementwise {
        let operations = operations.into_iter().map(|name| Op::from_name(&name).ok_or(name)).collect();
        Elementwise { operations, arity }
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
        let given = operands
            .iter()
            .map(|operand| convert::operand_or_type_error(&operand))
            .collect::<PyResult<convert::PerOperand>>()?;
        let built = |&op: &Op| Ok(Bound::new(py, apply(py, op, &given)?)?.into_any());
        match slf.get().operations()? {
            [op] => built(op),
            several => Ok(PyTuple::new(py, several.iter().map(built).collect::<PyResult<Vec<_>>>()?)?.into_any()),
        }
    }
}
