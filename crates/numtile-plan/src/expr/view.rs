//! Views: index maps that never copy.

use numtile_core::layout::Layout;
use numtile_core::shape::{self, MAX_NDIM, PerAxis, normalize_axes, normalize_axis};
use numtile_core::{Error, Region, Result, Shape};
use smallvec::SmallVec;

use super::node::{Expr, Kind};

/// An affine map from the indices of a view to those of its input.
///
/// View index `i` is input index `start + Σ moves`: a move says that one step along a view axis is so many elements
/// along an input axis. A view axis without moves is new or broadcast; two axes that move along one input axis are
/// windows over it; an axis that moves along two is a diagonal.
#[derive(Clone, PartialEq, Eq, Debug, Hash)]
pub struct View {
    /// The input index of the view's element zero, per input axis.
    pub start: PerAxis<usize>,
    /// The number of axes of the view.
    pub ndim: usize,
    /// How the axes move, ordered by view axis and then by input axis; no pair twice, no step of zero.
    pub moves: Moves,
}

/// The moves of a view, inline for the usual number of them.
pub type Moves = SmallVec<[Move; 5]>;

/// What one step along an axis of a view does to one index of its input.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
pub struct Move {
    /// The axis of the view.
    pub axis: usize,
    /// The axis of the input.
    pub along: usize,
    /// Input elements per view element; negative runs back.
    pub step: i64,
}

impl View {
    /// The view that changes nothing.
    pub fn identity(ndim: usize) -> View {
        View::from_zero(ndim, (0..ndim).map(Some))
    }

    /// The view whose axes are these input axes, or new ones, each from its beginning in steps of one.
    fn from_zero(input_ndim: usize, axes: impl Iterator<Item = Option<usize>>) -> View {
        let (mut ndim, mut moves) = (0, Moves::new());
        for along in axes {
            moves.extend(along.map(|along| Move { axis: ndim, along, step: 1 }));
            ndim += 1;
        }
        View { start: SmallVec::from_elem(0, input_ndim), ndim, moves }
    }

    /// Right-aligned broadcasting of `from` to `to`, which must be compatible.
    pub fn broadcast(from: &[usize], to: &[usize]) -> View {
        let lead = to.len() - from.len();
        let along = |axis: usize| axis.checked_sub(lead).filter(|&along| from[along] == to[axis]);
        View::from_zero(from.len(), (0..to.len()).map(along))
    }

    /// True when the view changes nothing of an input of the same shape.
    pub fn is_identity(&self) -> bool {
        let in_place = |(n, m): (usize, &Move)| (m.axis, m.along, m.step) == (n, n, 1);
        self.ndim == self.start.len()
            && self.moves.len() == self.ndim
            && self.moves.iter().enumerate().all(in_place)
            && self.start.iter().all(|&at| at == 0)
    }

    /// True for the axes along which the view varies.
    pub fn varies(&self) -> PerAxis<bool> {
        let mut varies = PerAxis::from_elem(false, self.ndim);
        self.moves.iter().for_each(|m| varies[m.axis] = true);
        varies
    }

    /// `self` seen through `outer`: first `outer` maps its indices to ours, then we map them to the input's.
    pub fn then(&self, outer: &View) -> View {
        let mut start = self.start.clone();
        for m in &self.moves {
            start[m.along] = (start[m.along] as i64 + m.step * outer.start[m.axis] as i64) as usize;
        }
        let moves = outer.moves.iter().flat_map(|o| {
            let ours = self.moves.iter().filter(|m| m.axis == o.along);
            ours.map(|m| Move { axis: o.axis, along: m.along, step: m.step * o.step })
        });
        View { start, ndim: outer.ndim, moves: in_order(moves.collect()) }
    }

    /// What the view does to some axes of its input alone; `place` says which they are and what they are called.
    pub fn part(&self, input_ndim: usize, place: impl Fn(usize) -> Option<usize>) -> View {
        let mut start = SmallVec::from_elem(0, input_ndim);
        for (along, &at) in self.start.iter().enumerate() {
            if let Some(along) = place(along) {
                start[along] = at;
            }
        }
        let moves = self.moves.iter().filter_map(|m| place(m.along).map(|along| Move { along, ..*m }));
        View { start, ndim: self.ndim, moves: in_order(moves.collect()) }
    }

    /// How far each view axis moves per step, where input axes move by `strides`.
    pub fn strides(&self, strides: &[i64]) -> PerAxis<i64> {
        let mut out = PerAxis::from_elem(0, self.ndim);
        self.moves.iter().for_each(|m| out[m.axis] += strides[m.along] * m.step);
        out
    }

    /// The layout of the view, of shape `shape`, over an input that lies at `input`.
    pub fn layout(&self, input: &Layout, shape: &[usize]) -> Layout {
        // The start of an empty view may lie outside the input; it is never read.
        Layout { offset: input.byte_at(&self.start), shape: shape.into(), strides: self.strides(&input.strides) }
    }

    /// The lengths of the smallest box of the input that holds what a box of these lengths of the view looks at.
    pub fn reach(&self, lengths: &[usize]) -> PerAxis<usize> {
        let mut out: PerAxis<usize> = PerAxis::from_elem(1, self.start.len());
        for m in &self.moves {
            let far = lengths[m.axis].saturating_sub(1).saturating_mul(m.step.unsigned_abs() as usize);
            out[m.along] = out[m.along].saturating_add(far);
        }
        out
    }

    /// The smallest box of the input that holds what a box of the view looks at.
    pub fn image(&self, region: &Region) -> Region {
        let mut start = self.start.clone();
        for m in &self.moves {
            let lowest = if m.step < 0 { region.end(m.axis).saturating_sub(1) } else { region.start[m.axis] };
            start[m.along] = (start[m.along] as i64 + m.step * lowest as i64) as usize;
        }
        Region { start, shape: self.reach(&region.shape) }
    }

    /// How many neighbours of the input, in C order, follow one another in the view; at least one.
    pub fn run(&self, shape: &[usize], input: &[usize]) -> usize {
        let mut run = 1;
        for (axis, along) in (0..self.ndim).rev().zip((0..input.len()).rev()) {
            let is_in_order = self.moves.iter().filter(|m| m.axis == axis || m.along == along).collect::<Vec<_>>()
                == [&Move { axis, along, step: 1 }];
            if !is_in_order {
                break;
            }
            run *= shape[axis].max(1);
            if shape[axis] != input[along] {
                break;
            }
        }
        run
    }

    /// Words for the structural hash.
    fn words(&self) -> SmallVec<[u64; 20]> {
        let starts = self.start.iter().map(|&at| at as u64);
        starts.chain(self.moves.iter().flat_map(|m| [m.axis as u64, m.along as u64, m.step as u64])).collect()
    }
}

/// Moves in their canonical form.
fn in_order(mut moves: Moves) -> Moves {
    let place = |m: &Move| (m.axis, m.along);
    if !moves.is_sorted_by(|a, b| place(a) < place(b)) {
        moves.sort_unstable_by_key(place);
        moves.dedup_by(|next, kept| {
            let same = place(next) == place(kept);
            kept.step += if same { next.step } else { 0 };
            same
        });
    }
    moves.retain(|m| m.step != 0);
    moves
}

/// One item of a basic index.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Index {
    /// One position; the axis disappears.
    At(i64),
    /// Python's slice.
    Range {
        /// First position; from the far end when negative.
        start: Option<i64>,
        /// One past the last position.
        stop: Option<i64>,
        /// The step, not zero.
        step: i64,
    },
    /// A new axis of length one.
    NewAxis,
    /// As many full slices as are missing.
    Ellipsis,
}

impl Index {
    /// True for a slice of a whole axis, whatever its length.
    fn is_whole(self) -> bool {
        matches!(self, Index::Range { start: None | Some(0), stop: None | Some(i64::MAX), step: 1 })
    }
}

/// A view of `expr`, or `expr` itself where nothing changes.
fn viewed(expr: &Expr, view: View, shape: Shape) -> Expr {
    if view.is_identity() && shape.as_slice() == expr.shape() {
        return expr.clone();
    }
    let words = view.words();
    Expr::new(Kind::View(Box::new(view)), [expr.clone()], shape, expr.dtype(), &words)
}

/// Basic indexing, `x[...]` with integers, slices, `np.newaxis` and one ellipsis.
///
/// # Errors
/// `IndexError` in NumPy's words; [`Error::Uncounted`] for a part of an axis of unknown length.
pub fn index(expr: &Expr, items: &[Index]) -> Result<Expr> {
    let ndim = expr.ndim();
    let consumed = items.iter().filter(|i| matches!(i, Index::At(_) | Index::Range { .. })).count();
    if items.iter().filter(|i| matches!(i, Index::Ellipsis)).count() > 1 {
        return Err(Error::Index("an index can only have a single ellipsis ('...')".into()));
    }
    if consumed > ndim {
        return Err(Error::Index(format!(
            "too many indices for array: array is {ndim}-dimensional, but {consumed} were indexed"
        )));
    }
    let view = View { start: SmallVec::new(), ndim: 0, moves: SmallVec::new() };
    let mut out = Indexed { view, shape: SmallVec::new() };
    let full = Index::Range { start: None, stop: None, step: 1 };
    let mut seen_ellipsis = false;
    for &item in items {
        match item {
            Index::Ellipsis => {
                seen_ellipsis = true;
                for _ in consumed..ndim {
                    out.push(full, expr.shape())?;
                }
            }
            other => out.push(other, expr.shape())?,
        }
    }
    if !seen_ellipsis {
        for _ in consumed..ndim {
            out.push(full, expr.shape())?;
        }
    }
    check_ndim(out.shape.len())?;
    Ok(viewed(expr, out.view, out.shape))
}

struct Indexed {
    view: View,
    shape: Shape,
}

impl Indexed {
    fn push(&mut self, item: Index, input: &[usize]) -> Result<()> {
        let axis = self.view.start.len();
        match item {
            Index::NewAxis => {
                self.view.ndim += 1;
                self.shape.push(1);
            }
            Index::At(_) if shape::is_symbol(input[axis]) => return Err(Error::Uncounted),
            Index::At(at) => {
                let len = input[axis];
                let wrapped = if at < 0 { at.saturating_add(len as i64) } else { at };
                if wrapped < 0 || wrapped >= len as i64 {
                    return Err(Error::Index(format!("index {at} is out of bounds for axis {axis} with size {len}")));
                }
                self.view.start.push(wrapped as usize);
            }
            Index::Range { start, stop, step } => {
                let (first, count) = match item.is_whole() {
                    true => (0, input[axis]),
                    false => slice_indices(start, stop, step, input[axis])?,
                };
                self.view.start.push(first);
                self.view.moves.push(Move { axis: self.view.ndim, along: axis, step });
                self.view.ndim += 1;
                self.shape.push(count);
            }
            Index::Ellipsis => {}
        }
        Ok(())
    }
}

/// Python's `slice.indices` as a first position and a count.
///
/// # Errors
/// `ValueError` for a step of zero; [`Error::Uncounted`] for an axis of unknown length.
pub fn slice_indices(start: Option<i64>, stop: Option<i64>, step: i64, len: usize) -> Result<(usize, usize)> {
    if step == 0 {
        return Err(Error::value("slice step cannot be zero"));
    }
    if shape::is_symbol(len) {
        return Err(Error::Uncounted);
    }
    let len = len as i64;
    let (low, high) = if step > 0 { (0, len) } else { (-1, len - 1) };
    let place = |at: i64| if at < 0 { at.saturating_add(len).max(low) } else { at.min(high) };
    let start = start.map_or(if step > 0 { low } else { high }, place);
    let stop = stop.map_or(if step > 0 { high } else { low }, place);
    let span = if step > 0 { stop.saturating_sub(start) } else { start.saturating_sub(stop) };
    let count = if span <= 0 { 0 } else { (span as u64).div_ceil(step.unsigned_abs()) };
    Ok((start.max(0) as usize, count as usize))
}

/// Axes in another order: view axis `j` is input axis `axes[j]`.
pub fn transpose(expr: &Expr, axes: &[usize]) -> Result<Expr> {
    let mut sorted = axes.to_vec();
    sorted.sort_unstable();
    if sorted.len() != expr.ndim() || sorted.iter().enumerate().any(|(i, &axis)| i != axis) {
        return Err(Error::value(if axes.len() == expr.ndim() {
            "repeated axis in transpose"
        } else {
            "axes don't match array"
        }));
    }
    let view = View::from_zero(expr.ndim(), axes.iter().copied().map(Some));
    let shape = axes.iter().map(|&axis| expr.shape()[axis]).collect();
    Ok(viewed(expr, view, shape))
}

/// The first `count` runs of `length` neighbours along an axis, which becomes two: the run, and the place in it.
pub fn runs(expr: &Expr, axis: usize, count: usize, length: usize) -> Result<Expr> {
    check_ndim(expr.ndim() + 1)?;
    let mut view = View::from_zero(expr.ndim(), (0..=axis).chain(axis..expr.ndim()).map(Some));
    view.moves[axis].step = length as i64;
    let mut shape = Shape::from(expr.shape());
    shape[axis] = length;
    shape.insert(axis, count);
    Ok(viewed(expr, view, shape))
}

/// NumPy's `broadcast_to`.
pub fn broadcast_to(expr: &Expr, to: &[usize]) -> Result<Expr> {
    check_ndim(to.len())?;
    shape::element_count(to)?;
    let fits = to.len() >= expr.ndim()
        && expr.shape().iter().rev().zip(to.iter().rev()).all(|(&from, &to)| from == to || from == 1);
    if !(fits || expr.is_known() && shape::is_known(to)) {
        return Err(Error::Uncounted);
    }
    if !fits {
        return Err(Error::value(format!(
            "operands could not be broadcast together with remapped shapes [original->remapped]: {} and requested shape {}",
            shape::display(expr.shape()),
            shape::display(to)
        )));
    }
    Ok(viewed(expr, View::broadcast(expr.shape(), to), to.into()))
}

/// New axes of length one at these positions of the result.
pub fn expand_dims(expr: &Expr, axes: &[i64]) -> Result<Expr> {
    let ndim = expr.ndim() + axes.len();
    check_ndim(ndim)?;
    let axes = normalize_axes(axes, ndim).map_err(|e| match e {
        Error::Value(_) => Error::value("repeated axis"),
        other => other,
    })?;
    let mut input = 0..expr.ndim();
    let places: PerAxis<Option<usize>> =
        (0..ndim).map(|axis| if axes.contains(&axis) { None } else { input.next() }).collect();
    let shape = places.iter().map(|along| along.map_or(1, |along| expr.shape()[along])).collect();
    Ok(viewed(expr, View::from_zero(expr.ndim(), places.into_iter()), shape))
}

/// Without axes of length one: all of them, or those named.
pub fn squeeze(expr: &Expr, axes: Option<&[i64]>) -> Result<Expr> {
    let drop: PerAxis<usize> = match axes {
        None => (0..expr.ndim()).filter(|&axis| expr.shape()[axis] == 1).collect(),
        Some(axes) => normalize_axes(axes, expr.ndim())?,
    };
    if axes.is_none() && !expr.is_known() || drop.iter().any(|&axis| shape::is_symbol(expr.shape()[axis])) {
        return Err(Error::Uncounted);
    }
    if drop.iter().any(|&axis| expr.shape()[axis] != 1) {
        return Err(Error::value("cannot select an axis to squeeze out which has size not equal to one"));
    }
    let keep: PerAxis<usize> = (0..expr.ndim()).filter(|axis| !drop.contains(axis)).collect();
    let shape = keep.iter().map(|&axis| expr.shape()[axis]).collect();
    Ok(viewed(expr, View::from_zero(expr.ndim(), keep.into_iter().map(Some)), shape))
}

/// Reversed along the named axes, or along all.
pub fn flip(expr: &Expr, axes: Option<&[i64]>) -> Result<Expr> {
    let axes: PerAxis<usize> = match axes {
        None => (0..expr.ndim()).collect(),
        Some(axes) => normalize_axes(axes, expr.ndim())?,
    };
    let reversed = Index::Range { start: None, stop: None, step: -1 };
    let whole = Index::Range { start: None, stop: None, step: 1 };
    let items: Vec<Index> = (0..expr.ndim()).map(|axis| if axes.contains(&axis) { reversed } else { whole }).collect();
    index(expr, &items)
}

/// NumPy's `diagonal`: element `i` of the new last axis is at `i` on `axis1` and at `i + offset` on `axis2`.
///
/// # Errors
/// `ValueError` for fewer than two axes and for one axis named twice, `AxisError` for one that does not exist.
pub fn diagonal(expr: &Expr, offset: i64, axis1: i64, axis2: i64) -> Result<Expr> {
    let ndim = expr.ndim();
    if ndim < 2 {
        return Err(Error::value("diag requires an array of at least two dimensions"));
    }
    let (rows, cols) = (normalize_axis(axis1, ndim)?, normalize_axis(axis2, ndim)?);
    if rows == cols {
        return Err(Error::value("axis1 and axis2 cannot be the same"));
    }
    if [rows, cols].iter().any(|&axis| shape::is_symbol(expr.shape()[axis])) {
        return Err(Error::Uncounted);
    }
    let keep = (0..ndim).filter(|&axis| axis != rows && axis != cols);
    let mut view = View::from_zero(ndim, keep.clone().map(Some).chain([None]));
    let mut shape: Shape = keep.map(|axis| expr.shape()[axis]).collect();
    let (down, right) = (expr.shape()[rows], expr.shape()[cols]);
    let shift = usize::try_from(offset.unsigned_abs()).unwrap_or(usize::MAX);
    (view.start[rows], view.start[cols]) = if offset < 0 { (shift.min(down), 0) } else { (0, shift.min(right)) };
    shape.push((down - view.start[rows]).min(right - view.start[cols]));
    let (first, second) = (rows.min(cols), rows.max(cols));
    view.moves.extend([first, second].map(|along| Move { axis: ndim - 2, along, step: 1 }));
    Ok(viewed(expr, view, shape))
}

/// NumPy's `sliding_window_view`: windows of length `window[k]` along `axes[k]`, on new axes behind the others. An axis
/// named twice has windows over its windows.
///
/// # Errors
/// `ValueError` where a window is longer than its axis.
pub fn windows(expr: &Expr, window: &[usize], axes: &[usize]) -> Result<Expr> {
    let ndim = expr.ndim();
    check_ndim(ndim + window.len())?;
    if axes.iter().any(|&axis| shape::is_symbol(expr.shape()[axis])) {
        return Err(Error::Uncounted);
    }
    let mut shape = Shape::from(expr.shape());
    for (&len, &axis) in window.iter().zip(axes) {
        shape[axis] = (shape[axis] + 1)
            .checked_sub(len)
            .filter(|&places| places > 0 || len == 0)
            .ok_or_else(|| Error::value("window shape cannot be larger than input array shape"))?;
    }
    shape.extend_from_slice(window);
    shape::element_count(&shape)?;
    Ok(viewed(expr, View::from_zero(ndim, (0..ndim).chain(axes.iter().copied()).map(Some)), shape))
}

/// NumPy's `reshape` in C order; one length may be −1.
pub fn reshape(expr: &Expr, to: &[i64]) -> Result<Expr> {
    check_ndim(to.len())?;
    if !expr.is_known() {
        return if expr.ndim() == 1 && to == [-1] { Ok(expr.clone()) } else { Err(Error::Uncounted) };
    }
    let shape = infer_shape(expr.size(), to)?;
    if shape.as_slice() == expr.shape() {
        return Ok(expr.clone());
    }
    Ok(Expr::new(Kind::Reshape, [expr.clone()], shape, expr.dtype(), &[]))
}

fn infer_shape(size: usize, to: &[i64]) -> Result<Shape> {
    let cannot = || {
        let to = to.iter().map(i64::to_string).collect::<Vec<_>>().join(",");
        let comma = if to.contains(',') { "" } else { "," };
        Error::value(format!("cannot reshape array of size {size} into shape ({to}{comma})"))
    };
    if to.iter().filter(|&&len| len < 0).count() > 1 {
        return Err(Error::value("can only specify one unknown dimension"));
    }
    if to.iter().any(|&len| len < -1) {
        return Err(cannot());
    }
    let known: Vec<usize> = to.iter().filter(|&&len| len >= 0).map(|&len| len as usize).collect();
    let known = shape::element_count(&known)?;
    let unknown = match to.contains(&-1) {
        false if known == size => 0,
        true if known > 0 && size.is_multiple_of(known) => size / known,
        _ => return Err(cannot()),
    };
    Ok(to.iter().map(|&len| if len < 0 { unknown } else { len as usize }).collect())
}

fn check_ndim(ndim: usize) -> Result<()> {
    if ndim > MAX_NDIM {
        return Err(Error::value(format!("maximum supported dimension for an ndarray is {MAX_NDIM}, found {ndim}")));
    }
    Ok(())
}
