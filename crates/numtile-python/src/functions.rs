//! The functions of the compiled module, on which the Python package is built.

use std::path::PathBuf;
use std::sync::Arc;

use numpy::{PyArray1, PyArrayMethods, PyUntypedArray};
use pyo3::exceptions::{PyIndexError, PyNotImplementedError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyTuple};

use crate::array::{Array, Value, apply, build_all, compute_all};
use crate::engine::{
    Along, CallOutput, Config, DType, Expr, Function, Op, OpenOptions, Order, Purpose, ReduceOp, Scalar, Source, expr,
    machine_code, view,
};
use crate::error::{self, OrRaise};
use crate::plan::PlanDescription;
use crate::session::Shown;
use crate::user_function::{self, UserFunction};
use crate::{convert, numpy_source, session};

type Object<'a, 'py> = Option<&'a Bound<'py, PyAny>>;

/// Names and numbers of operands of the elementwise operations.
#[pyfunction]
fn operations() -> Vec<(&'static str, usize)> {
    Op::ALL.iter().map(|op| (op.name(), op.arity())).collect()
}

/// The elementwise operation with NumPy's name `name` on operands.
#[pyfunction]
#[pyo3(signature = (name, *operands))]
fn map(py: Python<'_>, name: &str, operands: &Bound<'_, PyTuple>) -> PyResult<Array> {
    apply(py, convert::operation(name)?, &convert::operands(operands)?)
}

/// The reduction with this name over axes. `dtype` is NumPy's, `ddof` matters to `var` and `std` alone.
#[pyfunction]
#[pyo3(signature = (name, a, axis=None, dtype=None, keepdims=None, ddof=0.0))]
fn reduce(
    name: &str,
    a: &Bound<'_, PyAny>,
    axis: Object<'_, '_>,
    dtype: Object<'_, '_>,
    keepdims: Object<'_, '_>,
    ddof: f64,
) -> PyResult<Array> {
    let op = reduction(name)?;
    let (value, dtype) = (convert::symbolic(a)?, convert::optional_dtype(dtype)?);
    let axes = convert::reduced_axes(axis, op, value.expr.ndim())?;
    let keepdims = keepdims.map_or(Ok(false), |keepdims| keepdims.is_truthy())?;
    value.build(a.py(), |expr| expr::reduce(expr, op, axes.as_deref(), keepdims, dtype, ddof))
}

/// The reduction with this name of the elements with equal labels along axes, for each of some groups.
#[pyfunction]
#[pyo3(signature = (name, labels, a, axis, groups, dtype=None, ddof=0.0))]
fn group_reduce(
    name: &str,
    labels: &Bound<'_, PyAny>,
    a: &Bound<'_, PyAny>,
    axis: Object<'_, '_>,
    groups: usize,
    dtype: Object<'_, '_>,
    ddof: f64,
) -> PyResult<Array> {
    let op = reduction(name)?;
    let (axes, dtype) = (convert::axes(axis)?, convert::optional_dtype(dtype)?);
    build_all(a.py(), &[convert::symbolic(a)?, convert::symbolic(labels)?], |exprs| {
        expr::group_reduce(&exprs[0], &exprs[1], op, axes.as_deref(), groups, dtype, ddof)
    })
}

/// How many of the labels name each of some groups.
#[pyfunction]
fn group_count(labels: &Bound<'_, PyAny>, groups: usize) -> PyResult<Array> {
    convert::symbolic(labels)?.build(labels.py(), |labels| expr::group_count(labels, groups))
}

fn reduction(name: &str) -> PyResult<ReduceOp> {
    ReduceOp::from_name(name).ok_or_else(|| PyIndexError::new_err(format!("numtile has no reduction '{name}'")))
}

/// Anything array-like as an `Array`; NumPy arrays are not copied.
#[pyfunction]
#[pyo3(signature = (a, dtype=None))]
fn asarray<'py>(a: &Bound<'py, PyAny>, dtype: Object<'_, 'py>) -> PyResult<Bound<'py, PyAny>> {
    let dtype = convert::optional_dtype(dtype)?;
    if dtype.is_none() && a.cast::<Array>().is_ok() {
        return Ok(a.clone());
    }
    let value = convert::symbolic(a)?;
    match dtype {
        Some(dtype) if dtype != value.expr.dtype() => wrap(a.py(), value.with(expr::cast(&value.expr, dtype))),
        _ if a.cast::<Array>().is_ok() => Ok(a.clone()),
        _ => wrap(a.py(), value),
    }
}

/// Anything array-like as an `Array` of a type, converted as assignment to one of that type converts it.
#[pyfunction]
fn converted(value: &Bound<'_, PyAny>, dtype: &Bound<'_, PyAny>) -> PyResult<Array> {
    let given = convert::operand_or_type_error(value)?;
    Ok(Array::of(crate::array::converted(given, convert::dtype(dtype)?).or_raise(value.py())?))
}

fn wrap(py: Python<'_>, value: Value) -> PyResult<Bound<'_, PyAny>> {
    Ok(Bound::new(py, Array::of(value))?.into_any())
}

/// A value that depends on no memory of the user.
fn fresh(expr: Expr) -> Array {
    Array::of(Value { expr, live: false })
}

/// An array of one repeated value.
#[pyfunction]
fn full(shape: &Bound<'_, PyAny>, value: &Bound<'_, PyAny>, dtype: &Bound<'_, PyAny>) -> PyResult<Array> {
    let shape = convert::shape(shape)?;
    let scalar = convert::scalar(value, convert::dtype(dtype)?)?;
    Ok(fresh(expr::full(&shape, scalar).or_raise(value.py())?))
}

/// `count` elements from `start` on, as far apart as `start` and `next`.
#[pyfunction]
fn arange(
    start: &Bound<'_, PyAny>,
    next: &Bound<'_, PyAny>,
    count: usize,
    dtype: &Bound<'_, PyAny>,
) -> PyResult<Array> {
    let dtype = convert::dtype(dtype)?;
    let (start, next): (Scalar, Scalar) = (convert::scalar(start, dtype)?, convert::scalar(next, dtype)?);
    Ok(fresh(expr::arange(start, next, count)))
}

/// `num` evenly spaced elements from `start` to `stop`.
#[pyfunction]
fn linspace(
    py: Python<'_>,
    start: f64,
    stop: f64,
    num: usize,
    endpoint: bool,
    dtype: &Bound<'_, PyAny>,
) -> PyResult<Array> {
    Ok(fresh(expr::linspace(start, stop, num, endpoint, convert::dtype(dtype)?).or_raise(py)?))
}

/// The elements where a mask over some axes from `axis` on is true, along one axis in their place.
#[pyfunction]
fn select(a: &Bound<'_, PyAny>, mask: &Bound<'_, PyAny>, axis: usize) -> PyResult<Array> {
    let (value, mask) = (convert::symbolic(a)?, convert::symbolic(mask)?);
    let live = mask.live;
    build_all(a.py(), &[value, mask], |exprs| expr::select(&exprs[0], &exprs[1], axis, live))
}

/// The array with rows, in C order, where a mask over its first axes is true: as many as it selects, or one for all.
#[pyfunction]
fn place(a: &Bound<'_, PyAny>, mask: &Bound<'_, PyAny>, rows: &Bound<'_, PyAny>) -> PyResult<Array> {
    let (value, mask, rows) = (convert::symbolic(a)?, convert::symbolic(mask)?, convert::symbolic(rows)?);
    let live = mask.live;
    let placed = build_all(a.py(), &[value, mask, rows], |exprs| expr::place(&exprs[0], &exprs[1], &exprs[2], live))?;
    // A wrong number of rows is an error of this line, so the mask is counted now.
    let is_checked = expr::places_number(&placed.value().expr);
    Ok(match is_checked.then(|| placed.value().resolved(a.py())).transpose()? {
        Some(counted) if !live => Array::of(counted),
        _ => placed,
    })
}

/// The array with other rows at ascending positions of its first axis.
#[pyfunction]
fn scatter_rows(a: &Bound<'_, PyAny>, index: &Bound<'_, PyAny>, rows: &Bound<'_, PyAny>) -> PyResult<Array> {
    let (value, rows) = (convert::value(a)?, convert::value(rows)?);
    let positions = positions(index, value.expr.shape().first().copied().unwrap_or(0))?;
    let scattered = expr::scatter(&value.expr, positions, &rows.expr).or_raise(a.py())?;
    Ok(Array::of(Value { expr: scattered, live: value.live || rows.live }))
}

/// The array flattened in C order, with values at these ascending positions.
#[pyfunction]
fn scatter(a: &Bound<'_, PyAny>, index: &Bound<'_, PyAny>, values: &Bound<'_, PyAny>) -> PyResult<Array> {
    let (value, values) = (convert::value(a)?, convert::value(values)?);
    let flat = view::reshape(&value.expr, &[-1]).or_raise(a.py())?;
    let values = values.with(expr::cast(&values.expr, flat.dtype()));
    let positions = positions(index, flat.size())?;
    let scattered = expr::scatter(&flat, positions, &values.expr).or_raise(a.py())?;
    Ok(Array::of(Value { expr: scattered, live: value.live || values.live }))
}

/// Positions to scatter to, checked: a private copy, so that they stay as they are.
fn positions(index: &Bound<'_, PyAny>, length: usize) -> PyResult<Arc<dyn Source>> {
    let py = index.py();
    let numpy = py.import("numpy")?;
    let copy = numpy.call_method1("array", (index, convert::numpy_dtype(py, DType::I64)?))?;
    let copy = copy.cast_into::<PyArray1<i64>>().map_err(|_| PyValueError::new_err("positions have one axis"))?;
    let ascending = copy.readonly();
    let places = ascending.as_slice()?;
    if !places.is_sorted_by(|a, b| a < b) {
        return Err(PyValueError::new_err("positions to scatter to must be ascending, each once"));
    }
    let outside = places.first().into_iter().chain(places.last()).find(|&&at| at < 0 || at >= length as i64);
    if let Some(at) = outside {
        let message = format!("index {at} is out of bounds for axis 0 with size {length}");
        return Err(PyIndexError::new_err(message));
    }
    numpy_source::plain(&copy.as_any().clone().cast_into::<PyUntypedArray>()?)
}

/// The elements at positions given by an integer array along an axis, which its axes replace.
#[pyfunction]
fn take(a: &Bound<'_, PyAny>, index: &Bound<'_, PyAny>, axis: i64) -> PyResult<Array> {
    let values = [convert::symbolic(a)?, convert::symbolic(index)?];
    build_all(a.py(), &values, |exprs| expr::take(&exprs[0], &exprs[1], axis))
}

/// The array repeated along axes of length one.
#[pyfunction]
fn broadcast_to(a: &Bound<'_, PyAny>, shape: &Bound<'_, PyAny>) -> PyResult<Array> {
    let (value, shape) = (convert::value(a)?, convert::shape(shape)?);
    Ok(Array::of(value.with(view::broadcast_to(&value.expr, &shape).or_raise(a.py())?)))
}

/// The array with new axes of length one.
#[pyfunction]
fn expand_dims(a: &Bound<'_, PyAny>, axis: &Bound<'_, PyAny>) -> PyResult<Array> {
    let (value, axes) = (convert::symbolic(a)?, convert::axes(Some(axis))?.unwrap_or_default());
    value.build(a.py(), |expr| view::expand_dims(expr, &axes))
}

/// The array reversed along axes.
#[pyfunction]
#[pyo3(signature = (a, axis=None))]
fn flip(a: &Bound<'_, PyAny>, axis: Object<'_, '_>) -> PyResult<Array> {
    let (value, axes) = (convert::symbolic(a)?, convert::axes(axis)?);
    value.build(a.py(), |expr| view::flip(expr, axes.as_deref()))
}

/// The elements of two axes at equal positions, `offset` apart, along a new last axis.
#[pyfunction]
fn diagonal(a: &Bound<'_, PyAny>, offset: i64, axis1: i64, axis2: i64) -> PyResult<Array> {
    let value = convert::value(a)?;
    Ok(Array::of(value.with(view::diagonal(&value.expr, offset, axis1, axis2).or_raise(a.py())?)))
}

/// Sliding windows of these lengths along these axes, on new axes behind the others.
#[pyfunction]
fn windows(a: &Bound<'_, PyAny>, window_shape: Vec<usize>, axes: Vec<i64>) -> PyResult<Array> {
    let value = convert::value(a)?;
    let ndim = value.expr.ndim();
    let axes = axes.iter().map(|&axis| numtile::shape::normalize_axis(axis, ndim)).collect::<numtile::Result<Vec<_>>>();
    let windows = axes.and_then(|axes| view::windows(&value.expr, &window_shape, &axes));
    Ok(Array::of(value.with(windows.or_raise(a.py())?)))
}

fn parts(arrays: &Bound<'_, PyAny>) -> PyResult<(Vec<Expr>, bool)> {
    let values = arrays.try_iter()?.map(|item| convert::value(&item?)).collect::<PyResult<Vec<Value>>>()?;
    let live = values.iter().any(|value| value.live);
    Ok((values.into_iter().map(|value| value.expr).collect(), live))
}

/// Arrays joined along an axis.
#[pyfunction]
fn concatenate(arrays: &Bound<'_, PyAny>, axis: i64) -> PyResult<Array> {
    let (exprs, live) = parts(arrays)?;
    Ok(Array::of(Value { expr: expr::concatenate(&exprs, axis).or_raise(arrays.py())?, live }))
}

/// Arrays joined along a new axis.
#[pyfunction]
fn stack(arrays: &Bound<'_, PyAny>, axis: i64) -> PyResult<Array> {
    let (exprs, live) = parts(arrays)?;
    Ok(Array::of(Value { expr: expr::stack(&exprs, axis).or_raise(arrays.py())?, live }))
}

/// The running values of the binary operation `name` along an axis, in loops of one type.
#[pyfunction]
fn scan(name: &str, a: &Bound<'_, PyAny>, axis: i64, dtype: &Bound<'_, PyAny>) -> PyResult<Array> {
    let op = Op::from_name(name)
        .ok_or_else(|| PyNotImplementedError::new_err(format!("numtile has no {name}.accumulate yet")))?;
    let (value, dtype) = (convert::value(a)?, convert::dtype(dtype)?);
    Ok(Array::of(value.with(expr::scan(&value.expr, op, axis, dtype).or_raise(a.py())?)))
}

/// What a box needs of an argument per axis: all of it, or what it has along an axis, with so many before and behind.
type Needs = Vec<Option<(usize, usize, usize)>>;

/// The outputs of a Python callable on arrays, called box by box. For each array it is said what a box needs of it; each
/// output has a shape, a type, and a length of blocks per axis, 0 for any.
#[pyfunction]
fn call(
    py: Python<'_>,
    name: String,
    callable: Py<PyAny>,
    arrays: &Bound<'_, PyAny>,
    needs: Vec<Needs>,
    outputs: Vec<(Vec<usize>, Bound<'_, PyAny>, Vec<usize>)>,
) -> PyResult<Vec<Array>> {
    let (exprs, live) = parts(arrays)?;
    let along = |each: &Option<(usize, usize, usize)>| match *each {
        None => Along::Whole,
        Some((axis, before, after)) => Along::Output { axis, before, after },
    };
    let arguments: Vec<_> = needs.iter().map(|axes| axes.iter().map(along).collect()).collect();
    let output = |(shape, dtype, block): &(Vec<usize>, Bound<'_, PyAny>, Vec<usize>)| {
        let (shape, block) = (shape.as_slice().into(), block.as_slice().into());
        Ok(CallOutput { shape, dtype: convert::dtype(dtype)?, block })
    };
    let outputs = outputs.iter().map(output).collect::<PyResult<Vec<_>>>()?;
    let function: Arc<dyn Function> = Arc::new(UserFunction::new(name, callable));
    let made = expr::call(&function, &exprs, &arguments, &outputs).or_raise(py)?;
    Ok(made.into_iter().map(|expr| Array::of(Value { expr, live })).collect())
}

/// Opens an array in a file without reading its data.
#[pyfunction]
#[pyo3(signature = (path, dtype=None, shape=None, offset=0, order="C"))]
fn open(
    py: Python<'_>,
    path: PathBuf,
    dtype: Object<'_, '_>,
    shape: Object<'_, '_>,
    offset: u64,
    order: &str,
) -> PyResult<Array> {
    let stored: Option<(DType, bool)> =
        dtype.filter(|dtype| !dtype.is_none()).map(convert::stored_dtype).transpose()?;
    let order = match order {
        "C" => Order::C,
        "F" => Order::F,
        other => return Err(PyValueError::new_err(format!("order must be 'C' or 'F' (got '{other}')"))),
    };
    let options = OpenOptions {
        dtype: stored.map(|(dtype, _)| dtype),
        swapped: stored.is_some_and(|(_, swapped)| swapped),
        shape: shape.filter(|shape| !shape.is_none()).map(convert::shape).transpose()?,
        offset,
        order,
    };
    let source = py.detach(|| numtile::open(&path, &options)).or_raise(py)?;
    Ok(fresh(expr::source(source)))
}

/// Who shows the progress of one evaluation: a callable that starts a display, and after how many seconds.
type ShownBy = Option<(Py<PyAny>, f64)>;

fn shown(by: ShownBy) -> Option<Shown> {
    by.map(|(start, after)| Shown::new(start, after))
}

/// Several arrays as NumPy arrays, computed together.
#[pyfunction]
#[pyo3(name = "compute_all", signature = (arrays, progress=None))]
fn compute_several<'py>(
    py: Python<'py>,
    arrays: Vec<Bound<'py, Array>>,
    progress: ShownBy,
) -> PyResult<Vec<Bound<'py, PyAny>>> {
    let computed = compute_all(py, &arrays, shown(progress))?;
    computed.into_iter().map(crate::result::scalar_if_0d).collect()
}

/// Several arrays written to files, computed together.
#[pyfunction]
#[pyo3(signature = (targets, progress=None))]
fn save(py: Python<'_>, targets: Vec<(PathBuf, Bound<'_, Array>)>, progress: ShownBy) -> PyResult<()> {
    let targets: Vec<(PathBuf, Expr)> = targets.into_iter().map(|(path, array)| (path, array.get().expr())).collect();
    session::run(py, shown(progress), |context, run| context.save(&targets, run))
}

/// The plan for computing several arrays together, into memory or into files; with `rehearse` its memory is rehearsed.
#[pyfunction]
fn explain(py: Python<'_>, arrays: Vec<Bound<'_, Array>>, save: bool, rehearse: bool) -> PyResult<PlanDescription> {
    let exprs: Vec<Expr> = arrays.iter().map(|array| array.get().expr()).collect();
    let purpose = Purpose { save, rehearse };
    let plan = session::run(py, None, |context, run| context.explain(&exprs, purpose, run))?;
    Ok(PlanDescription::new(Arc::new(plan)))
}

/// Who holds what of the memory budget.
#[pyfunction]
fn memory(py: Python<'_>) -> PyResult<Bound<'_, PyDict>> {
    let context = session::context();
    let (usage, (scratch, scratch_limit)) = (context.memory(), context.scratch());
    let table = PyDict::new(py);
    table.set_item("limit", usage.limit)?;
    table.set_item("reserved", usage.reserved)?;
    table.set_item("peak_reserved", usage.peak_reserved)?;
    table.set_item("peak_live", usage.peak_live)?;
    table.set_item("by_owner", usage.by_owner)?;
    table.set_item("cached", usage.cached)?;
    table.set_item("delivered", usage.delivered)?;
    table.set_item("delivered_buffers", usage.delivered_buffers)?;
    table.set_item("scratch", scratch)?;
    table.set_item("scratch_limit", Some(scratch_limit).filter(|&limit| limit != u64::MAX))?;
    Ok(table)
}

/// Changes the memory budget in bytes and the number of threads.
#[pyfunction]
#[pyo3(signature = (memory=None, threads=None, scratch=None, scratch_limit=None))]
fn configure(
    py: Python<'_>,
    memory: Option<u64>,
    threads: Option<usize>,
    scratch: Option<PathBuf>,
    scratch_limit: Option<u64>,
) -> PyResult<()> {
    session::configure(py, Config { memory, threads, scratch, scratch_limit })
}

/// The memory budget in bytes, the number of threads, and the most bytes of scratch.
#[pyfunction]
fn configuration() -> (u64, usize, u64) {
    let context = session::context();
    let ((memory, threads), (_, scratch_limit)) = (context.config(), context.scratch());
    (memory, threads, scratch_limit)
}

/// The directory for scratch.
#[pyfunction]
fn scratch_directory(py: Python<'_>) -> PyResult<PathBuf> {
    session::context().scratch_directory().map_err(|error| error::raise(py, error))
}

/// Bytes of scratch in use.
#[pyfunction]
fn scratch_in_use() -> u64 {
    session::context().scratch().0
}

/// Gives freed memory that is kept for reuse back to the operating system.
#[pyfunction]
fn trim() {
    session::context().trim();
}

/// What the latest evaluation did.
#[pyfunction]
fn last_run(py: Python<'_>) -> PyResult<Option<Bound<'_, PyDict>>> {
    let Some(report) = session::context().last_run() else { return Ok(None) };
    let table = PyDict::new(py);
    table.set_item("projected_peak", report.projected_peak)?;
    table.set_item("measured_peak", report.measured_peak)?;
    table.set_item("seconds", report.seconds)?;
    table.set_item("bytes_read", report.bytes_read)?;
    table.set_item("bytes_written", report.bytes_written)?;
    table.set_item("bytes_minimum", report.bytes_minimum())?;
    table.set_item("scratch_peak", report.scratch_peak)?;
    let plans = report.plans.into_iter().map(|plan| Bound::new(py, PlanDescription::new(plan)));
    table.set_item("plans", plans.collect::<PyResult<Vec<_>>>()?)?;
    Ok(Some(table))
}

/// Stops every evaluation that is running now; each raises `CancelledError`.
#[pyfunction]
fn cancel() {
    session::cancel();
}

/// Sets who shows progress: a callable that starts a display for one evaluation, and after how many seconds of work.
#[pyfunction]
#[pyo3(signature = (progress))]
fn show_progress(progress: ShownBy) {
    session::show_progress(shown(progress));
}

/// Makes tiles of these lengths instead of the planner's choice: tests show that results do not depend on it.
#[pyfunction]
fn _force_tile(tile: Option<Vec<usize>>) {
    session::context().force_tile(tile);
}

/// Pieces of machine code made since the process started, and how many the system did not allow: tests tell by it
/// whether expressions are compiled or interpreted.
#[pyfunction]
fn _machine_code() -> (u64, u64) {
    let code = machine_code();
    (code.made, code.refused)
}

/// Puts the functions into the module.
pub(crate) fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    for function in [
        wrap_pyfunction!(operations, module)?,
        wrap_pyfunction!(map, module)?,
        wrap_pyfunction!(reduce, module)?,
        wrap_pyfunction!(group_reduce, module)?,
        wrap_pyfunction!(group_count, module)?,
        wrap_pyfunction!(asarray, module)?,
        wrap_pyfunction!(converted, module)?,
        wrap_pyfunction!(full, module)?,
        wrap_pyfunction!(arange, module)?,
        wrap_pyfunction!(linspace, module)?,
        wrap_pyfunction!(select, module)?,
        wrap_pyfunction!(place, module)?,
        wrap_pyfunction!(scatter, module)?,
        wrap_pyfunction!(scatter_rows, module)?,
        wrap_pyfunction!(take, module)?,
        wrap_pyfunction!(broadcast_to, module)?,
        wrap_pyfunction!(expand_dims, module)?,
        wrap_pyfunction!(flip, module)?,
        wrap_pyfunction!(diagonal, module)?,
        wrap_pyfunction!(windows, module)?,
        wrap_pyfunction!(concatenate, module)?,
        wrap_pyfunction!(stack, module)?,
        wrap_pyfunction!(scan, module)?,
        wrap_pyfunction!(call, module)?,
        wrap_pyfunction!(user_function::end_functions, module)?,
        wrap_pyfunction!(open, module)?,
        wrap_pyfunction!(compute_several, module)?,
        wrap_pyfunction!(crate::evaluate::compute, module)?,
        wrap_pyfunction!(crate::evaluate::evaluate, module)?,
        wrap_pyfunction!(save, module)?,
        wrap_pyfunction!(explain, module)?,
        wrap_pyfunction!(memory, module)?,
        wrap_pyfunction!(configure, module)?,
        wrap_pyfunction!(configuration, module)?,
        wrap_pyfunction!(scratch_directory, module)?,
        wrap_pyfunction!(scratch_in_use, module)?,
        wrap_pyfunction!(trim, module)?,
        wrap_pyfunction!(last_run, module)?,
        wrap_pyfunction!(cancel, module)?,
        wrap_pyfunction!(show_progress, module)?,
        wrap_pyfunction!(_force_tile, module)?,
        wrap_pyfunction!(_machine_code, module)?,
    ] {
        module.add_function(function)?;
    }
    Ok(())
}
