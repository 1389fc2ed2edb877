//! Expressions that are built again and again: their steps are read once.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use numpy::{PyUntypedArray, PyUntypedArrayMethods};
use pyo3::exceptions::{PyKeyError, PyTypeError};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList, PyString, PyTuple};
use smallvec::SmallVec;

use crate::array::{Array, Value, apply};
use crate::convert::{self, Given, PerOperand};
use crate::engine::{DType, Expr, Layout, Op, Operand, Small, expr, memory_source};
use crate::error::OrRaise;
use crate::{numpy_source, result, session};

/// Elementwise operations in the order in which they are built.
///
/// Made of the names of variables and a list of steps: the number of a name, a tuple with a Python number, or a tuple of an
/// operation's name and how many of the latest values it takes. Called with two scopes, it returns the last value. A
/// `LookupError` says that a name is in neither, a `TypeError` that a variable, or an operation on numbers alone, is not
/// for it.
///
/// Small arrays of types that were met before are not even built: the program of last time runs on them when somebody
/// looks.
#[pyclass(frozen, module = "numtile._engine")]
pub(crate) struct Recipe {
    names: Vec<Py<PyString>>,
    steps: Vec<Step>,
    ready: Mutex<Vec<Arc<Ready>>>,
}

enum Step {
    Argument(usize),
    Number(Operand),
    Operation(Op, usize),
}

/// A recipe for small arrays of one shape and these types.
struct Ready {
    types: SmallVec<[DType; 4]>,
    program: Small,
    /// Which argument each input of the program is.
    inputs: SmallVec<[usize; 8]>,
    /// The expression, on placeholders for the arguments.
    expr: Expr,
    placeholders: SmallVec<[Expr; 4]>,
}

/// Combinations of types that a recipe keeps ready.
const MOST_READY: usize = 16;

/// The arguments of a recipe.
type Arguments<'py> = SmallVec<[Bound<'py, PyAny>; 4]>;

#[pymethods]
impl Recipe {
    #[new]
    fn new(names: Vec<Py<PyString>>, steps: &Bound<'_, PyList>) -> PyResult<Recipe> {
        let steps = steps.iter().map(|step| Step::of(&step)).collect::<PyResult<_>>()?;
        Ok(Recipe { names, steps, ready: Mutex::default() })
    }

    fn __call__(slf: &Bound<'_, Self>, local: &Bound<'_, PyAny>, outer: &Bound<'_, PyAny>) -> PyResult<Array> {
        let py = slf.py();
        let find = |name: &Py<PyString>| {
            let name = name.bind(py);
            let found = look_up(local, name)?.map_or_else(|| look_up(outer, name), |found| Ok(Some(found)))?;
            found.ok_or_else(|| PyKeyError::new_err(name.clone().unbind()))
        };
        let arguments = slf.get().names.iter().map(find).collect::<PyResult<Arguments<'_>>>()?;
        let arrays = small_arrays(&arguments);
        if let Some(arrays) = &arrays
            && let Some(ready) = slf.get().ready_for(arrays)
        {
            return Ok(Array::of_call(Call::new(ready, arrays)?));
        }
        let given = arguments.iter().map(convert::operand_or_type_error).collect::<PyResult<PerOperand>>()?;
        let value = slf.get().build(py, &given)?;
        if let Some(arrays) = arrays {
            slf.get().remember(&arrays, &given, &value.expr).or_raise(py)?;
        }
        Ok(Array::of(value))
    }
}

impl Recipe {
    fn build(&self, py: Python<'_>, arguments: &[Given]) -> PyResult<Value> {
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
            Some(Given { operand: Operand::Array(expr), live }) => Ok(Value { expr, live }),
            _ => Err(not_for_it()),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Arc<Ready>>> {
        self.ready.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn ready_for(&self, arrays: &[Contiguous<'_, '_>]) -> Option<Arc<Ready>> {
        let types = arrays.iter().map(|array| array.dtype);
        self.lock().iter().find(|ready| ready.types.iter().copied().eq(types.clone())).cloned()
    }

    /// Keeps the program of an expression that was built for these arrays.
    fn remember(&self, arrays: &[Contiguous<'_, '_>], given: &[Given], expr: &Expr) -> numtile::Result<()> {
        let Some((program, sources)) = session::context().small_program(expr)? else { return Ok(()) };
        let is = |given: &Given, source: &Expr| matches!(&given.operand, Operand::Array(expr) if expr.hash128() == source.hash128());
        let inputs = sources.iter().map(|source| given.iter().position(|given| is(given, source)));
        let Some(inputs) = inputs.collect::<Option<_>>() else { return Ok(()) };
        let mut ready = self.lock();
        if ready.len() == MOST_READY {
            ready.clear();
        }
        let placeholders: SmallVec<[Expr; 4]> = arrays.iter().map(|array| placeholder(array.dtype)).collect();
        let known = given.iter().zip(&placeholders).filter_map(|(given, placeholder)| match &given.operand {
            Operand::Array(expr) => Some((expr.clone(), placeholder.clone())),
            _ => None,
        });
        let expr = expr::elementwise_on(expr, &known.collect::<Vec<_>>(), &[0]);
        let types = arrays.iter().map(|array| array.dtype).collect();
        ready.push(Arc::new(Ready { types, program, inputs, expr, placeholders }));
        Ok(())
    }
}

/// An array of NumPy's whose elements lie one after another, in native byte order and aligned.
struct Contiguous<'a, 'py> {
    array: &'a Bound<'py, PyUntypedArray>,
    dtype: DType,
}

/// The arguments as small arrays of one shape; `None` where any is something else.
fn small_arrays<'a, 'py>(arguments: &'a [Bound<'py, PyAny>]) -> Option<SmallVec<[Contiguous<'a, 'py>; 4]>> {
    let arrays = arguments.iter().map(|argument| {
        let array = argument.cast_exact::<PyUntypedArray>().ok()?;
        Some(Contiguous { array, dtype: numpy_source::native_contiguous(array)? })
    });
    let arrays = arrays.collect::<Option<SmallVec<[Contiguous<'_, '_>; 4]>>>()?;
    let shape = arrays.first()?.array.shape();
    let is_small = !shape.is_empty() && session::context().is_small(shape.iter().product());
    (is_small && arrays.iter().all(|each| each.array.shape() == shape)).then_some(arrays)
}

/// An array without elements that stands for another of its type.
fn placeholder(dtype: DType) -> Expr {
    let layout = Layout::c_order(0, &[0], dtype.size());
    // SAFETY: nothing is read of an array without elements.
    expr::source(unsafe { memory_source(std::ptr::null(), layout, dtype, false, Box::new(()), "placeholder") })
}

/// A recipe with small arrays for which it is ready: what an `Array` stands for until more than its elements is needed.
pub(crate) struct Call {
    ready: Arc<Ready>,
    /// The arrays, and their first elements.
    arrays: SmallVec<[Py<PyAny>; 4]>,
    starts: SmallVec<[*const u8; 4]>,
    shape: SmallVec<[usize; 4]>,
    live: bool,
}

// SAFETY: the addresses are only read from, and the arrays that own what lies there can be kept and dropped on any thread.
unsafe impl Send for Call {}
// SAFETY: as above; nothing changes.
unsafe impl Sync for Call {}

impl Call {
    fn new(ready: Arc<Ready>, arrays: &[Contiguous<'_, '_>]) -> PyResult<Call> {
        let mut live = false;
        for each in arrays {
            live |= numpy_source::may_be_written(each.array)?;
        }
        Ok(Call {
            ready,
            arrays: arrays.iter().map(|each| each.array.clone().into_any().unbind()).collect(),
            starts: arrays.iter().map(|each| numpy_source::data(each.array)).collect(),
            shape: arrays.first().map_or_else(SmallVec::new, |first| first.array.shape().into()),
            live,
        })
    }

    /// The same as an expression.
    pub(crate) fn value(&self, py: Python<'_>) -> Value {
        let Ready { types, expr, placeholders, .. } = &*self.ready;
        let source = |number: usize| {
            let (dtype, keep_alive) = (types[number], Box::new(self.arrays[number].clone_ref(py)));
            let layout = Layout::c_order(0, &self.shape, dtype.size());
            // SAFETY: NumPy promises that an array's elements stay in memory that it keeps alive, and the source holds a
            // reference to the array for as long as it exists.
            expr::source(unsafe { memory_source(self.starts[number], layout, dtype, false, keep_alive, "numpy array") })
        };
        let known: Vec<(Expr, Expr)> =
            placeholders.iter().enumerate().map(|(number, each)| (each.clone(), source(number))).collect();
        Value { expr: expr::elementwise_on(expr, &known, &self.shape), live: self.live }
    }

    /// The elements.
    pub(crate) fn compute<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyUntypedArray>> {
        let Ready { program, inputs, expr, .. } = &*self.ready;
        let starts: SmallVec<[*const u8; 8]> = inputs.iter().map(|&number| self.starts[number]).collect();
        // SAFETY: the arrays are of the types of the inputs, contiguous and aligned, have this shape, and are kept here.
        let result = unsafe { session::context().run_small(program, &starts, &self.shape, expr.dtype()) };
        result::to_numpy(py, result.or_raise(py)?)
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
