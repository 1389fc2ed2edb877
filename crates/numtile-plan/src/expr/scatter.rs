//! Arrays with some of their rows replaced.

use std::sync::Arc;

use numtile_core::hash::QuickMap;
use numtile_core::shape::{self, is_symbol, symbol};
use numtile_core::{Access, DType, Error, Result, Shape, Source};
use numtile_kernel::Op;

use super::map::{Operand, map};
use super::node::{Expr, Kind};
use super::select::{Selection, check_mask, flattened};
use super::view;

/// Where rows go.
#[derive(Clone, Debug)]
pub enum Places {
    /// To these positions of the first axis: an int64 array in memory, unique and ascending.
    Positions(Arc<dyn Source>),
    /// Where a mask is true, in its order.
    Mask(Selection),
}

/// `array` with `rows` in place of those at `positions` of its first axis. The rows have the array's type.
///
/// # Errors
/// `ValueError` where the shapes do not match.
pub fn scatter(array: &Expr, positions: Arc<dyn Source>, rows: &Expr) -> Result<Expr> {
    let layout = positions.layout();
    let is_plain = positions.dtype() == DType::I64 && !positions.is_swapped() && layout.is_c_contiguous(8);
    if !is_plain || !matches!(positions.access(), Access::Memory(_)) || layout.ndim() != 1 || layout.offset != 0 {
        return Err(Error::internal("positions to scatter to are a plain int64 array in memory"));
    }
    if !array.is_known() || !rows.is_known() {
        return Err(Error::Uncounted);
    }
    check_rest(array, rows)?;
    if rows.shape()[0] != layout.shape[0] {
        return Err(Error::value(format!("cannot put {} values at {} positions", rows.shape()[0], layout.shape[0])));
    }
    if layout.shape[0] == 0 {
        return Ok(array.clone());
    }
    let identity = positions.identity();
    let inputs = [array.clone(), rows.clone()];
    Ok(Expr::new(Kind::Scatter(Places::Positions(positions)), inputs, array.shape(), array.dtype(), &[identity]))
}

/// `array` with `rows`, in C order, where `mask` over its first axes is true. There are as many rows as the mask
/// selects, or one for all; rows broadcast to those of the array. `live` says that the mask reads memory that may change.
///
/// # Errors
/// `IndexError` where the mask does not match, `ValueError` where the rows do not.
pub fn place(array: &Expr, mask: &Expr, rows: &Expr, live: bool) -> Result<Expr> {
    check_mask(array, mask, 0)?;
    let (front, mask) = flattened(array, mask, 0)?;
    let rows = &stretched(rows, &front, &mask)?;
    let placed = match spread(rows, &mask, front.shape()) {
        Some(everywhere) => choose(&mask, &everywhere, &front)?,
        None => {
            let inputs = [front.clone(), rows.clone(), mask];
            let kind = Kind::Scatter(Places::Mask(Selection::uncounted(live)));
            Expr::new(kind, inputs, front.shape(), front.dtype(), &[])
        }
    };
    if placed.shape() == array.shape() {
        return Ok(placed);
    }
    if !placed.is_known() {
        return Err(Error::Uncounted);
    }
    let shape: Vec<i64> = array.shape().iter().map(|&length| length as i64).collect();
    view::reshape(&placed, &shape)
}

/// True where a number of rows is to be placed, which may not be as many as the mask selects.
pub fn places_number(placed: &Expr) -> bool {
    let node = if matches!(placed.kind(), Kind::Reshape) { &placed.inputs()[0] } else { placed };
    match (node.kind(), node.inputs()) {
        (Kind::Scatter(Places::Mask(_)), [_, rows, _]) => !is_symbol(rows.shape()[0]),
        _ => false,
    }
}

/// Rows broadcast to those of the array.
fn stretched(rows: &Expr, front: &Expr, mask: &Expr) -> Result<Expr> {
    let misfit = || {
        let result: Shape = [symbol(mask.hash128())].iter().chain(&front.shape()[1..]).copied().collect();
        Error::value(format!(
            "shape mismatch: value array of shape {} could not be broadcast to indexing result of shape {}",
            shape::display(rows.shape()),
            shape::display(&result)
        ))
    };
    if rows.ndim() > front.ndim() {
        return Err(misfit());
    }
    let rows = view::expand_dims(rows, &(0..(front.ndim() - rows.ndim()) as i64).collect::<Vec<_>>())?;
    let mut to = Shape::from(front.shape());
    to[0] = rows.shape()[0];
    view::broadcast_to(&rows, &to).map_err(|error| if let Error::Value(_) = error { misfit() } else { error })
}

fn check_rest(array: &Expr, rows: &Expr) -> Result<()> {
    let fits = array.dtype() == rows.dtype() && array.ndim() > 0 && rows.ndim() == array.ndim();
    if fits && array.shape()[1..] == rows.shape()[1..] {
        return Ok(());
    }
    Err(Error::internal(format!("{rows:?} are no rows of {array:?}")))
}

/// NumPy's check of an assignment through a mask.
pub(super) fn check_rows(rows: &Expr, selected: usize) -> Result<()> {
    match rows.shape()[0] == selected {
        true => Ok(()),
        false => Err(Error::value(format!(
            "NumPy boolean array indexing assignment cannot assign {} input values to the {selected} output values \
             where the mask is true",
            rows.shape()[0]
        ))),
    }
}

/// The mask chooses between rows.
fn choose(mask: &Expr, rows: &Expr, otherwise: &Expr) -> Result<Expr> {
    let behind: Vec<i64> = (1..otherwise.ndim() as i64).collect();
    let mask = view::expand_dims(mask, &behind)?;
    map(Op::Where, &[&mask, rows, otherwise].map(|expr| Operand::Array(expr.clone())))
}

/// What `rows` is the selection of by this mask, where that is as good to compute: a row for all, or arithmetic on
/// selections by the mask itself. `x[m] = x[m] + 1` is `where(m, x + 1, x)` and needs no count.
fn spread(rows: &Expr, mask: &Expr, shape: &[usize]) -> Option<Expr> {
    if rows.shape()[0] == 1 {
        return Some(rows.clone());
    }
    let symbol = rows.shape()[0];
    if !is_symbol(symbol) {
        return None;
    }
    let mut done: QuickMap<u128, Expr> = QuickMap::default();
    for node in Expr::post_order_where(std::slice::from_ref(rows), |node| node.shape().first() == Some(&symbol)) {
        let everywhere = match node.kind() {
            Kind::Select(_) if node.inputs()[1].hash128() == mask.hash128() => node.inputs()[0].clone(),
            Kind::Map(op) if !op.may_fail() => spread_map(&node, &done, shape)?,
            _ => return None,
        };
        done.insert(node.hash128(), everywhere);
    }
    done.remove(&rows.hash128()).filter(|everywhere| everywhere.shape() == shape)
}

/// An elementwise node on what its inputs are the selections of. Inputs that are the same for every row stay.
fn spread_map(node: &Expr, done: &QuickMap<u128, Expr>, shape: &[usize]) -> Option<Expr> {
    let same_everywhere = |input: &Expr| {
        input.is_known() && (input.ndim() < shape.len() || input.ndim() == shape.len() && input.shape()[0] == 1)
    };
    let inputs = node
        .inputs()
        .iter()
        .map(|input| done.get(&input.hash128()).or(Some(input).filter(|input| same_everywhere(input))).cloned())
        .collect::<Option<Vec<Expr>>>()?;
    let mut spread = Shape::from(node.shape());
    spread[0] = *shape.first()?;
    (node.ndim() == shape.len()).then(|| node.with_inputs(inputs, spread))
}
