//! `x[key]`: basic indices are views; one integer array in the key is a `take`.

use numpy::PyUntypedArray;
use pyo3::exceptions::{PyIndexError, PyNotImplementedError, PyTypeError};
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyEllipsis, PyInt, PyList, PySlice, PyTuple};

use super::{Array, Value};
use crate::convert;
use crate::engine::{DType, Expr, Index, expr, view};
use crate::error::OrRaise;

const INVALID: &str = "only integers, slices (`:`), ellipsis (`...`), numpy.newaxis (`None`) and integer or boolean \
                       arrays are valid indices";

/// Index arrays up to this size are checked against the axis at once, so that mistakes show on the user's own line.
const CHECKED_AT_ONCE: usize = 1 << 16;

/// One item of a key.
enum Item<'py> {
    Basic(Index),
    /// An integer array, and the object it was given as.
    Gather(Value, Bound<'py, PyAny>),
    /// A boolean array.
    Mask(Value),
}

/// A key of basic indices only, or a single mask: what can be assigned to.
pub(super) enum Target {
    Box(Vec<Index>),
    Mask(Value),
}

/// The items of a key that can be assigned to.
pub(super) fn target(key: &Bound<'_, PyAny>) -> PyResult<Target> {
    let mut items = parse(key)?;
    if let [Item::Mask(_)] = items.as_slice()
        && let Some(Item::Mask(mask)) = items.pop()
    {
        return Ok(Target::Mask(mask));
    }
    let basic = items.into_iter().map(|item| match item {
        Item::Basic(index) => Ok(index),
        Item::Gather(..) | Item::Mask(_) => Err(PyNotImplementedError::new_err(
            "numtile cannot assign to an integer array of positions yet: use integers and slices, or a mask of the \
             array's own shape",
        )),
    });
    Ok(Target::Box(basic.collect::<PyResult<_>>()?))
}

/// `x[key]`.
fn get(py: Python<'_>, value: &Value, key: &Bound<'_, PyAny>) -> PyResult<Value> {
    let items = parse(key)?;
    if items.iter().any(|item| matches!(item, Item::Mask(_))) {
        return Err(PyNotImplementedError::new_err(
            "numtile has no boolean mask selection yet: the shape of x[mask] is not known before computing. \
             Use nt.where(mask, x, other), or reduce with it",
        ));
    }
    let whole = Index::Range { start: None, stop: None, step: 1 };
    let basic: Vec<Index> = items
        .iter()
        .map(|item| match item {
            Item::Basic(index) => *index,
            _ => whole,
        })
        .collect();
    let viewed = view::index(&value.expr, &basic).or_raise(py)?;
    let mut gathers = items.iter().enumerate().filter_map(|(place, item)| match item {
        Item::Gather(index, object) => Some((place, index, object)),
        _ => None,
    });
    let Some((place, index, object)) = gathers.next() else { return Ok(value.with(viewed)) };
    if gathers.next().is_some() {
        return Err(PyNotImplementedError::new_err(
            "numtile takes one integer array in a key: index step by step, or combine the positions first",
        ));
    }
    let axis = axis_of(place, &basic, value.expr.ndim());
    check_bounds(object, &index.expr, viewed.shape()[axis], indexed_axis(place, &basic, value.expr.ndim()))?;
    let taken = expr::take(&viewed, &index.expr, axis as i64).or_raise(py)?;
    let placed = if is_split(place, &items) { to_front(&taken, axis, index.expr.ndim()).or_raise(py)? } else { taken };
    Ok(Value { expr: placed, live: value.live || index.live })
}

/// The axis of the view on which the item at `place` stands.
fn axis_of(place: usize, basic: &[Index], ndim: usize) -> usize {
    let consumed = basic.iter().filter(|item| matches!(item, Index::At(_) | Index::Range { .. })).count();
    basic[..place]
        .iter()
        .map(|item| match item {
            Index::At(_) => 0,
            Index::Range { .. } | Index::NewAxis => 1,
            Index::Ellipsis => ndim - consumed,
        })
        .sum()
}

/// The axis of the array itself that the item at `place` stands for.
fn indexed_axis(place: usize, basic: &[Index], ndim: usize) -> usize {
    let consumed = basic.iter().filter(|item| matches!(item, Index::At(_) | Index::Range { .. })).count();
    basic[..place]
        .iter()
        .map(|item| match item {
            Index::At(_) | Index::Range { .. } => 1,
            Index::NewAxis => 0,
            Index::Ellipsis => ndim - consumed,
        })
        .sum()
}

/// NumPy puts the axes of index arrays first when slices stand between them and the integers of the key.
fn is_split(place: usize, items: &[Item<'_>]) -> bool {
    let is_at = |item: &Item<'_>| matches!(item, Item::Basic(Index::At(_)));
    let first = items.iter().position(is_at).unwrap_or(place).min(place);
    let last = items.iter().rposition(is_at).unwrap_or(place).max(place);
    items[first..=last].iter().any(|item| matches!(item, Item::Basic(index) if !matches!(index, Index::At(_))))
}

/// Moves `count` axes that start at `axis` to the front.
fn to_front(expr: &Expr, axis: usize, count: usize) -> numtile::Result<Expr> {
    let mut axes: Vec<usize> = (axis..axis + count).collect();
    axes.extend((0..expr.ndim()).filter(|at| !(axis..axis + count).contains(at)));
    view::transpose(expr, &axes)
}

fn check_bounds(object: &Bound<'_, PyAny>, index: &Expr, length: usize, axis: usize) -> PyResult<()> {
    if index.size() == 0 || index.size() > CHECKED_AT_ONCE || object.cast::<Array>().is_ok() {
        return Ok(());
    }
    let array = object.py().import("numpy")?.call_method1("asarray", (object,))?;
    for extreme in ["min", "max"] {
        let at: i128 = array.call_method0(extreme)?.extract()?;
        if at < -(length as i128) || at >= length as i128 {
            let message = format!("index {at} is out of bounds for axis {axis} with size {length}");
            return Err(PyIndexError::new_err(message));
        }
    }
    Ok(())
}

fn parse<'py>(key: &Bound<'py, PyAny>) -> PyResult<Vec<Item<'py>>> {
    match key.cast::<PyTuple>() {
        Ok(tuple) => tuple.iter().map(|item| parse_item(&item)).collect(),
        Err(_) => Ok(vec![parse_item(key)?]),
    }
}

fn parse_item<'py>(item: &Bound<'py, PyAny>) -> PyResult<Item<'py>> {
    if item.is_none() {
        return Ok(Item::Basic(Index::NewAxis));
    }
    if item.cast::<PyEllipsis>().is_ok() {
        return Ok(Item::Basic(Index::Ellipsis));
    }
    if let Ok(slice) = item.cast::<PySlice>() {
        return Ok(Item::Basic(range(slice)?));
    }
    let is_integer = item.cast::<PyInt>().is_ok() && item.cast::<PyBool>().is_err();
    if is_integer {
        return Ok(Item::Basic(Index::At(convert::index_or_type_error(item)?)));
    }
    parse_array(item)
}

fn parse_array<'py>(item: &Bound<'py, PyAny>) -> PyResult<Item<'py>> {
    let py = item.py();
    let is_array = item.cast::<Array>().is_ok() || item.cast::<PyUntypedArray>().is_ok();
    let is_list = item.cast::<PyList>().is_ok();
    let is_truth =
        item.cast::<PyBool>().is_ok() || matches!(item.get_type().name()?.to_string().as_str(), "bool" | "bool_");
    if !is_array && !is_list && !is_truth {
        return match convert::index_value(item) {
            Ok(Some(at)) => Ok(Item::Basic(Index::At(at))),
            _ if item.hasattr("__array__")? && !item.hasattr("__float__")? => gather(item.clone()),
            _ => Err(PyIndexError::new_err(INVALID)),
        };
    }
    if is_list && item.len()? == 0 {
        let numpy = py.import("numpy")?;
        return gather(numpy.call_method1("empty", (0, numpy.getattr("intp")?))?);
    }
    gather(item.clone())
}

fn gather(object: Bound<'_, PyAny>) -> PyResult<Item<'_>> {
    let value = convert::value(&object)?;
    match value.expr.dtype() {
        DType::Bool => Ok(Item::Mask(value)),
        dtype if dtype.is_integer() => Ok(Item::Gather(value, object)),
        _ if object.cast::<PyList>().is_ok() || value.expr.ndim() == 0 => Err(PyIndexError::new_err(INVALID)),
        _ => Err(PyIndexError::new_err("arrays used as indices must be of integer (or boolean) type")),
    }
}

/// A slice with its open ends at the far ends of all integers, where clipping to the axis brings them to its ends.
fn range(slice: &Bound<'_, PySlice>) -> PyResult<Index> {
    let (mut start, mut stop, mut step) = (0, 0, 0);
    // SAFETY: the object is a slice, and the three places are valid for writing.
    let outcome = unsafe { pyo3::ffi::PySlice_Unpack(slice.as_ptr(), &mut start, &mut stop, &mut step) };
    if outcome < 0 {
        return Err(PyErr::fetch(slice.py()));
    }
    Ok(Index::Range { start: Some(start as i64), stop: Some(stop as i64), step: step as i64 })
}

/// Iterates over the first axis; each step is a lazy `x[i]`.
#[pyclass(module = "numtile._engine")]
pub(crate) struct Rows {
    value: Value,
    next: usize,
}

#[pymethods]
impl Rows {
    fn __iter__(slf: PyRef<'_, Self>) -> PyRef<'_, Self> {
        slf
    }

    fn __next__(&mut self, py: Python<'_>) -> PyResult<Option<Array>> {
        if self.next >= self.value.expr.shape()[0] {
            return Ok(None);
        }
        let row = view::index(&self.value.expr, &[Index::At(self.next as i64)]).or_raise(py)?;
        self.next += 1;
        Ok(Some(Array::of(self.value.with(row))))
    }

    fn __length_hint__(&self) -> usize {
        self.value.expr.shape()[0].saturating_sub(self.next)
    }
}

#[pymethods]
impl Array {
    fn __getitem__(&self, key: &Bound<'_, PyAny>) -> PyResult<Array> {
        Ok(Array::of(get(key.py(), &self.value(), key)?))
    }

    fn __iter__(&self) -> PyResult<Rows> {
        let value = self.value();
        if value.expr.ndim() == 0 {
            return Err(PyTypeError::new_err("iteration over a 0-d array"));
        }
        Ok(Rows { value, next: 0 })
    }
}
