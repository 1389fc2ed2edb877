//! Expressions that are built again and again: their steps are read once.

use pyo3::exceptions::{PyKeyError, PyTypeError};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList, PyString, PyTuple};
use smallvec::SmallVec;

use crate::array::{Array, apply};
use crate::convert::{self, Given, PerOperand};
use crate::engine::{Op, Operand};

/// Elementwise operations in the order in which they are built.
///
/// Made of the names of variables and a list of steps: the number of a name, a tuple with a Python number, or a tuple of an
/// operation's name and how many of the latest values it takes. Called with two scopes, it returns the last value. A
/// `LookupError` says that a name is in neither, a `TypeError` that a variable, or an operation on numbers alone, is not
/// for it.
#[pyclass(frozen, module = "numtile._engine")]
pub(crate) struct Recipe {
    names: Vec<Py<PyString>>,
    steps: Vec<Step>,
}

enum Step {
    Argument(usize),
    Number(Operand),
    Operation(Op, usize),
}

#[pymethods]
impl Recipe {
    #[new]
    fn new(names: Vec<Py<PyString>>, steps: &Bound<'_, PyList>) -> PyResult<Recipe> {
        Ok(Recipe { names, steps: steps.iter().map(|step| Step::of(&step)).collect::<PyResult<_>>()? })
    }

    fn __call__(&self, local: &Bound<'_, PyAny>, outer: &Bound<'_, PyAny>) -> PyResult<Array> {
        let py = local.py();
        let find = |name: &Py<PyString>| {
            let name = name.bind(py);
            let found = look_up(local, name)?.map_or_else(|| look_up(outer, name), |found| Ok(Some(found)))?;
            convert::operand_or_type_error(&found.ok_or_else(|| PyKeyError::new_err(name.clone().unbind()))?)
        };
        let arguments = self.names.iter().map(find).collect::<PyResult<PerOperand>>()?;
        let mut values: SmallVec<[Given; 8]> = SmallVec::new();
        for step in &self.steps {
            let value = match step {
                Step::Argument(number) => arguments.get(*number).cloned().ok_or_else(not_for_it)?,
                Step::Number(number) => Given { operand: number.clone(), live: false },
                Step::Operation(op, count) => {
                    let first = values.len().checked_sub(*count).ok_or_else(not_for_it)?;
                    if !values[first..].iter().any(|given| matches!(given.operand, Operand::Array(_))) {
                        return Err(not_for_it());
                    }
                    let made = apply(py, *op, &values[first..])?.value();
                    values.truncate(first);
                    made.into()
                }
            };
            values.push(value);
        }
        match values.pop() {
            Some(Given { operand: Operand::Array(expr), live }) => Ok(Array::of(crate::array::Value { expr, live })),
            _ => Err(not_for_it()),
        }
    }
}

impl Step {
    fn of(step: &Bound<'_, PyAny>) -> PyResult<Step> {
        let Ok(tuple) = step.cast::<PyTuple>() else { return Ok(Step::Argument(step.extract()?)) };
        if tuple.len() == 2 {
            let op = convert::operation(tuple.get_item(0)?.extract()?)?;
            return Ok(Step::Operation(op, tuple.get_item(1)?.extract()?));
        }
        Ok(Step::Number(convert::operand_or_type_error(&tuple.get_item(0)?)?.operand))
    }
}

fn look_up<'py>(scope: &Bound<'py, PyAny>, name: &Bound<'py, PyString>) -> PyResult<Option<Bound<'py, PyAny>>> {
    match scope.cast_exact::<PyDict>() {
        Ok(dict) => dict.get_item(name),
        Err(_) => {
            if scope.contains(name)? {
                scope.get_item(name).map(Some)
            } else {
                Ok(None)
            }
        }
    }
}

fn not_for_it() -> PyErr {
    PyTypeError::new_err("a recipe is for arrays, and for numbers beside them")
}
