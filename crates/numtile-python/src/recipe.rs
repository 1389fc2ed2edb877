//! Expressions that are built again and again: their steps are read once.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use numpy::{PyUntypedArray, PyUntypedArrayMethods};
use pyo3::exceptions::{PyKeyError, PyTypeError};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList, PyString, PyTuple};
use smallvec::SmallVec;

use crate::array::{Array, Value, apply};
use crate::convert::{self, Given, PerOperand};
use crate::engine::{
    Access, Context, DType, Expr, HostArray, Kind, Layout, Op, Operand, Run, Scalar, Source, Way, expr, memory_source,
};
use crate::error::OrRaise;
use crate::{numpy_source, result, session};

/// How an expression is built of variables, and what is known of it for arrays that were met before.
///
/// Made of the names of variables and a list of steps, where these are elementwise operations alone: the number of a name,
/// a tuple with a Python number, or a tuple of an operation's name and how many of the latest values it takes. Called with
/// two scopes, it returns the last value, or `None` where it has no steps and others must build the expression; they can
/// `remember` what they built. A `LookupError` says that a name is in neither scope, a `TypeError` that a variable, or an
/// operation on numbers alone, is not for it.
///
/// For arrays of types and layouts that were met before, the expression is not even built: what was found out last time,
/// its program or its plan, serves again when somebody looks.
#[pyclass(frozen, module = "numtile._engine")]
pub(crate) struct Recipe {
    names: Vec<Py<PyString>>,
    steps: Option<Vec<Step>>,
    ready: Mutex<Vec<Arc<Ready>>>,
}

enum Step {
    Argument(usize),
    Number(Operand),
    Operation(Op, usize),
}

/// A recipe for arrays of these types.
struct Ready {
    types: SmallVec<[DType; 4]>,
    /// How the arrays lie; contiguous and of one shape, whatever that is, where nothing is said.
    layouts: Option<Vec<Layout>>,
    way: Way,
    /// Which argument each array is that the way asks for.
    inputs: SmallVec<[usize; 8]>,
    /// The expression, on placeholders for the arguments.
    expr: Expr,
    placeholders: SmallVec<[Expr; 4]>,
}

/// Combinations of types and layouts that a recipe keeps ready.
const MOST_READY: usize = 16;
/// Elements up to which computing by a plan takes no longer than giving up the GIL for it would.
const MOST_ELEMENTS: usize = 32_768;

/// The arguments of a recipe.
type Arguments<'py> = SmallVec<[Bound<'py, PyAny>; 4]>;

#[pymethods]
impl Recipe {
    #[new]
    fn new(names: Vec<Py<PyString>>, steps: Option<&Bound<'_, PyList>>) -> PyResult<Recipe> {
        let read = |steps: &Bound<'_, PyList>| steps.iter().map(|step| Step::of(&step)).collect::<PyResult<_>>();
        Ok(Recipe { names, steps: steps.map(read).transpose()?, ready: Mutex::default() })
    }

    fn __call__(&self, local: &Bound<'_, PyAny>, outer: &Bound<'_, PyAny>) -> PyResult<Option<Array>> {
        let py = local.py();
        let find = |name: &Py<PyString>| {
            let name = name.bind(py);
            let found = look_up(local, name)?.map_or_else(|| look_up(outer, name), |found| Ok(Some(found)))?;
            found.ok_or_else(|| PyKeyError::new_err(name.clone().unbind()))
        };
        let arguments = self.names.iter().map(find).collect::<PyResult<Arguments<'_>>>()?;
        if let Some(arrays) = native_arrays(&arguments)
            && let Some(call) = self.ready_for(&arrays)?
        {
            return Ok(Some(Array::of_call(call)));
        }
        let Some(steps) = &self.steps else { return Ok(None) };
        let given = arguments.iter().map(convert::operand_or_type_error).collect::<PyResult<PerOperand>>()?;
        let value = build(py, steps, &given)?;
        let sources = given.iter().map(|given| match &given.operand {
            Operand::Array(expr) => Some(expr.clone()),
            _ => None,
        });
        self.keep(sources.collect(), &value.expr).or_raise(py)?;
        Ok(Some(Array::of(value)))
    }

    /// Keeps what is known of an expression that was built of these arguments, if they are arrays in memory.
    fn remember(&self, arguments: Vec<Bound<'_, PyAny>>, built: &Bound<'_, Array>) -> PyResult<()> {
        let source = |argument: &Bound<'_, PyAny>| argument.cast::<Array>().ok().map(|array| array.get().expr());
        let sources = arguments.iter().map(source).collect();
        self.keep(sources, &built.get().expr()).or_raise(built.py())
    }
}

/// The value of a list of steps.
fn build(py: Python<'_>, steps: &[Step], arguments: &[Given]) -> PyResult<Value> {
    let mut values: SmallVec<[Given; 8]> = SmallVec::new();
    for step in steps {
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

impl Recipe {
    /// The value for variables in one dictionary, if they are arrays of types and layouts that were met before.
    pub(crate) fn at_once(&self, variables: &Bound<'_, PyDict>) -> PyResult<Option<Array>> {
        let py = variables.py();
        let mut arguments: Arguments<'_> = SmallVec::new();
        for name in &self.names {
            let Some(argument) = variables.get_item(name.bind(py))? else { return Ok(None) };
            arguments.push(argument);
        }
        let Some(arrays) = native_arrays(&arguments) else { return Ok(None) };
        Ok(self.ready_for(&arrays)?.map(Array::of_call))
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Arc<Ready>>> {
        self.ready.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn ready_for(&self, arrays: &[Native<'_, '_>]) -> PyResult<Option<Arc<Call>>> {
        let ready = self.lock().iter().find(|ready| ready.is_for(arrays)).cloned();
        let Some(ready) = ready else { return Ok(None) };
        let call = Call::new(ready, arrays)?;
        // A number that cannot change is remembered where the expression is.
        Ok((call.live || !call.shape.is_empty()).then_some(call))
    }

    /// Keeps what is known of an expression of these sources, if they are all it reads and lie in memory.
    fn keep(&self, sources: Option<Vec<Expr>>, expr: &Expr) -> numtile::Result<()> {
        let Some(sources) = sources.filter(|_| expr.size() > 0) else { return Ok(()) };
        let Some(places) = sources.iter().map(native_memory).collect::<Option<Vec<_>>>() else { return Ok(()) };
        let Some((way, read)) = session::context().way(expr)? else { return Ok(()) };
        let argument = |identity: u64| places.iter().position(|place| place.identity() == identity);
        let Some(inputs) = read.into_iter().map(argument).collect::<Option<_>>() else { return Ok(()) };
        let layouts = match way {
            Way::Direct(_) if places.iter().all(|place| is_packed(&**place, places[0].layout())) => None,
            Way::Direct(_) => return Ok(()),
            Way::Rows(..) | Way::Total(_) | Way::Planned { .. } => {
                Some(places.iter().map(|place| place.layout().clone()).collect())
            }
        };
        let types: SmallVec<[DType; 4]> = sources.iter().map(Expr::dtype).collect();
        let placeholders: SmallVec<[Expr; 4]> = types.iter().map(|&dtype| placeholder(dtype)).collect();
        let known: Vec<(Expr, Expr)> = sources.into_iter().zip(placeholders.iter().cloned()).collect();
        let expr = expr::on_others(expr, &known, layouts.is_none().then_some(&[0]));
        let mut ready = self.lock();
        if ready.len() == MOST_READY {
            ready.clear();
        }
        ready.push(Arc::new(Ready { types, layouts, way, inputs, expr, placeholders }));
        Ok(())
    }
}

/// The array in memory that an expression is, if it has axes and native elements.
fn native_memory(expr: &Expr) -> Option<Arc<dyn Source>> {
    match expr.kind() {
        Kind::Source(source) if expr.ndim() > 0 && !source.is_swapped() => {
            matches!(source.access(), Access::Memory(_)).then(|| source.clone())
        }
        _ => None,
    }
}

/// Whether an array has the shape of the first one, and its elements lie one after another.
fn is_packed(source: &dyn Source, first: &Layout) -> bool {
    let layout = source.layout();
    layout.offset == 0 && layout.shape == first.shape && layout.is_c_contiguous(source.dtype().size())
}

/// An array of NumPy's with axes.
type Native<'a, 'py> = &'a Bound<'py, PyUntypedArray>;

/// The arguments as arrays; `None` where any is something else.
fn native_arrays<'a, 'py>(arguments: &'a [Bound<'py, PyAny>]) -> Option<SmallVec<[Native<'a, 'py>; 4]>> {
    let array =
        |argument: &'a Bound<'py, PyAny>| argument.cast_exact::<PyUntypedArray>().ok().filter(|array| array.ndim() > 0);
    arguments.iter().map(array).collect()
}

impl Ready {
    fn is_for(&self, arrays: &[Native<'_, '_>]) -> bool {
        if !self.types.iter().zip(arrays).all(|(&dtype, array)| numpy_source::is_of(array, dtype)) {
            return false;
        }
        let is_direct = || session::context().is_direct() && arrays.iter().all(|each| numpy_source::is_packed(each));
        match &self.layouts {
            None => {
                let shape = arrays.first().map_or(&[][..], |first| first.shape());
                !shape.contains(&0) && arrays.iter().all(|each| each.shape() == shape) && is_direct()
            }
            Some(layouts) => {
                let lies_so = |(layout, each): (&Layout, &Native<'_, '_>)| {
                    let strides = each.strides().iter().map(|&stride| stride as i64);
                    *layout.shape == *each.shape() && layout.strides.iter().copied().eq(strides)
                };
                layouts.iter().zip(arrays).all(lies_so) && (matches!(self.way, Way::Planned { .. }) || is_direct())
            }
        }
    }
}

/// An array without elements that stands for another of its type.
fn placeholder(dtype: DType) -> Expr {
    let layout = Layout::c_order(0, &[0], dtype.size());
    // SAFETY: nothing is read of an array without elements.
    expr::source(unsafe { memory_source(std::ptr::null(), layout, dtype, false, Box::new(()), "placeholder") })
}

/// What came out.
enum Computed {
    Array(HostArray),
    Number(Scalar),
}

/// A recipe with arrays for which it is ready: what an `Array` stands for until more than its elements is needed.
pub(crate) struct Call {
    ready: Arc<Ready>,
    /// The arrays, and their first elements.
    arrays: SmallVec<[Py<PyAny>; 4]>,
    starts: SmallVec<[*const u8; 4]>,
    /// Of the result.
    shape: SmallVec<[usize; 4]>,
    /// Of the first array.
    elements: usize,
    live: bool,
}

// SAFETY: the addresses are only read from, and the arrays that own what lies there can be kept and dropped on any thread.
unsafe impl Send for Call {}
// SAFETY: as above; nothing changes.
unsafe impl Sync for Call {}

impl Call {
    fn new(ready: Arc<Ready>, arrays: &[Native<'_, '_>]) -> PyResult<Arc<Call>> {
        let mut live = false;
        for each in arrays {
            live = live || numpy_source::may_be_written(each)?;
        }
        let first = arrays.first().map_or(&[][..], |first| first.shape());
        let shape = match (&ready.layouts, &ready.way) {
            (None, Way::Direct(_)) => first,
            _ => ready.expr.shape(),
        };
        let elements = first.iter().product();
        Ok(Arc::new(Call {
            arrays: arrays.iter().map(|&each| each.clone().into_any().unbind()).collect(),
            starts: arrays.iter().map(|each| numpy_source::data(each)).collect(),
            shape: shape.into(),
            elements,
            live,
            ready,
        }))
    }

    /// The same as an expression.
    pub(crate) fn value(&self, py: Python<'_>) -> Value {
        let Ready { types, layouts, expr, placeholders, .. } = &*self.ready;
        let source = |number: usize| {
            let (dtype, keep_alive) = (types[number], Box::new(self.arrays[number].clone_ref(py)));
            let layout = match layouts {
                Some(layouts) => layouts[number].clone(),
                None => Layout::c_order(0, &self.shape, dtype.size()),
            };
            // SAFETY: NumPy promises that an array's elements stay in memory that it keeps alive, and the source holds a
            // reference to the array for as long as it exists.
            expr::source(unsafe { memory_source(self.starts[number], layout, dtype, false, keep_alive, "numpy array") })
        };
        let known: Vec<(Expr, Expr)> =
            placeholders.iter().enumerate().map(|(number, each)| (each.clone(), source(number))).collect();
        let shape = layouts.is_none().then_some(&*self.shape);
        Value { expr: expr::on_others(expr, &known, shape), live: self.live }
    }

    /// The elements.
    pub(crate) fn compute<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyUntypedArray>> {
        match self.computed(py)? {
            Computed::Array(array) => result::to_numpy(py, array),
            Computed::Number(number) => result::from_scalar(py, number),
        }
    }

    /// The elements, or the only one as a scalar of NumPy's where there are no axes.
    pub(crate) fn compute_or_scalar<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        match self.computed(py)? {
            Computed::Array(array) => result::scalar_if_0d(result::to_numpy(py, array)?),
            Computed::Number(number) => result::numpy_scalar(py, number),
        }
    }

    fn computed(&self, py: Python<'_>) -> PyResult<Computed> {
        let context = session::context();
        let is_small = match &self.ready.way {
            Way::Direct(_) | Way::Total(_) => context.is_small(self.elements),
            Way::Rows(..) => context.is_small(self.shape.iter().product()),
            Way::Planned { elements, .. } => *elements <= MOST_ELEMENTS,
        };
        let computed = if is_small {
            self.run(&context, &Run::default()).or_raise(py)?
        } else {
            session::run(py, None, |context, run| self.run(context, run))?
        };
        if let Some(computed) = computed {
            return Ok(computed);
        }
        // Another budget since, say.
        let exprs = [self.value(py).expr];
        let mut results = session::run(py, None, |context, run| context.compute(&exprs, run))?;
        let result = results.pop().ok_or_else(|| numtile::Error::internal("an evaluation gave no result"));
        result.or_raise(py).map(Computed::Array)
    }

    fn run(&self, context: &Context, run: &Run<'_>) -> numtile::Result<Option<Computed>> {
        let Ready { way, inputs, expr, .. } = &*self.ready;
        let starts: SmallVec<[*const u8; 8]> = inputs.iter().map(|&number| self.starts[number]).collect();
        // SAFETY: the arrays are of the types of the inputs and lie as those did for which the way was found: contiguous
        // and aligned, or by the same layouts. They are kept here.
        unsafe {
            match way {
                Way::Direct(program) => {
                    let array = context.run_direct(program, &starts, None, &self.shape, expr.dtype(), run)?;
                    Ok(Some(Computed::Array(array)))
                }
                Way::Rows(program, rows) => {
                    let array = context.run_direct(program, &starts, Some(rows), &self.shape, expr.dtype(), run)?;
                    Ok(Some(Computed::Array(array)))
                }
                Way::Total(total) => {
                    context.run_total(total, &starts, self.elements, run).map(Computed::Number).map(Some)
                }
                Way::Planned { structure, .. } => {
                    let array = context.run_planned(*structure, &starts, &self.shape, expr.dtype(), run)?;
                    Ok(array.map(Computed::Array))
                }
            }
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
