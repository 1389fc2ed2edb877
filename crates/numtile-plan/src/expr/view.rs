//! Views: index maps that never copy.

use numtile_core::layout::Layout;
use numtile_core::shape::{self, MAX_NDIM, PerAxis, normalize_axes};
use numtile_core::{Error, Result, Shape};
use smallvec::SmallVec;

use super::node::{Expr, Kind};

/// An affine map from the indices of a view to those of its input.
///
/// Input axis `a` starts at `start[a]`; view axis `j` moves along one input axis by a step, or along none.
#[derive(Clone, PartialEq, Eq, Debug, Hash)]
pub struct View {
    /// The input index of the view's element zero, per input axis.
    pub start: PerAxis<usize>,
    /// What each view axis moves along.
    pub axes: PerAxis<ViewAxis>,
}

/// What one axis of a view does.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
pub enum ViewAxis {
    /// Moves along an input axis.
    Along {
        /// The input axis.
        axis: usize,
        /// Input elements per view element; negative runs back.
        step: i64,
    },
    /// A new or broadcast axis.
    New,
}

impl View {
    /// The view that changes nothing.
    pub fn identity(ndim: usize) -> View {
        let axes = (0..ndim).map(|axis| ViewAxis::Along { axis, step: 1 }).collect();
        View { start: SmallVec::from_elem(0, ndim), axes }
    }

    /// Right-aligned broadcasting of `from` to `to`, which must be compatible.
    pub fn broadcast(from: &[usize], to: &[usize]) -> View {
        let lead = to.len() - from.len();
        let axes = (0..to.len())
            .map(|j| match j.checked_sub(lead) {
                Some(axis) if from[axis] == to[j] => ViewAxis::Along { axis, step: 1 },
                _ => ViewAxis::New,
            })
            .collect();
        View { start: SmallVec::from_elem(0, from.len()), axes }
    }

    /// True when the view changes nothing of an input with `ndim` axes of the same shape.
    pub fn is_identity(&self) -> bool {
        *self == View::identity(self.start.len())
    }

    /// `self` seen through `outer`: first `outer` maps its indices to ours, then we map them to the input's.
    pub fn then(&self, outer: &View) -> View {
        let mut start = self.start.clone();
        for (j, &at) in outer.start.iter().enumerate() {
            if let ViewAxis::Along { axis, step } = self.axes[j] {
                start[axis] = (start[axis] as i64 + step * at as i64) as usize;
            }
        }
        let axes = outer
            .axes
            .iter()
            .map(|&outer_axis| match outer_axis {
                ViewAxis::New => ViewAxis::New,
                ViewAxis::Along { axis: j, step: outer_step } => match self.axes[j] {
                    ViewAxis::New => ViewAxis::New,
                    ViewAxis::Along { axis, step } => ViewAxis::Along { axis, step: step * outer_step },
                },
            })
            .collect();
        View { start, axes }
    }

    /// The layout of the view, of shape `shape`, over an input that lies at `input`.
    pub fn layout(&self, input: &Layout, shape: &[usize]) -> Layout {
        let strides = self
            .axes
            .iter()
            .map(|&axis| match axis {
                ViewAxis::New => 0,
                ViewAxis::Along { axis, step } => input.strides[axis] * step,
            })
            .collect();
        // The start of an empty view may lie outside the input; it is never read.
        Layout { offset: input.byte_at(&self.start), shape: shape.into(), strides }
    }

    /// Words for the structural hash.
    fn words(&self) -> Vec<u64> {
        let mut words: Vec<u64> = self.start.iter().map(|&s| s as u64).collect();
        for &axis in &self.axes {
            match axis {
                ViewAxis::New => words.push(u64::MAX),
                ViewAxis::Along { axis, step } => words.extend([axis as u64, step as u64]),
            }
        }
        words
    }
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

/// A view of `expr`, or `expr` itself where nothing changes.
fn viewed(expr: &Expr, view: View, shape: Shape) -> Expr {
    if view.is_identity() && shape.as_slice() == expr.shape() {
        return expr.clone();
    }
    let words = view.words();
    Expr::new(Kind::View(view), [expr.clone()], shape, expr.dtype(), &words)
}

/// Basic indexing, `x[...]` with integers, slices, `np.newaxis` and one ellipsis.
///
/// # Errors
/// `IndexError` in NumPy's words.
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
    let mut out = Indexed { view: View { start: SmallVec::new(), axes: SmallVec::new() }, shape: SmallVec::new() };
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
                self.view.axes.push(ViewAxis::New);
                self.shape.push(1);
            }
            Index::At(at) => {
                let len = input[axis];
                let wrapped = if at < 0 { at.saturating_add(len as i64) } else { at };
                if wrapped < 0 || wrapped >= len as i64 {
                    return Err(Error::Index(format!("index {at} is out of bounds for axis {axis} with size {len}")));
                }
                self.view.start.push(wrapped as usize);
            }
            Index::Range { start, stop, step } => {
                let (first, count) = slice_indices(start, stop, step, input[axis])?;
                self.view.start.push(first);
                self.view.axes.push(ViewAxis::Along { axis, step });
                self.shape.push(count);
            }
            Index::Ellipsis => {}
        }
        Ok(())
    }
}

/// Python's `slice.indices` as a first position and a count.
fn slice_indices(start: Option<i64>, stop: Option<i64>, step: i64, len: usize) -> Result<(usize, usize)> {
    if step == 0 {
        return Err(Error::value("slice step cannot be zero"));
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
    let view = View {
        start: SmallVec::from_elem(0, expr.ndim()),
        axes: axes.iter().map(|&axis| ViewAxis::Along { axis, step: 1 }).collect(),
    };
    let shape = axes.iter().map(|&axis| expr.shape()[axis]).collect();
    Ok(viewed(expr, view, shape))
}

/// NumPy's `broadcast_to`.
pub fn broadcast_to(expr: &Expr, to: &[usize]) -> Result<Expr> {
    check_ndim(to.len())?;
    shape::element_count(to)?;
    let fits = to.len() >= expr.ndim()
        && expr.shape().iter().rev().zip(to.iter().rev()).all(|(&from, &to)| from == to || from == 1);
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
    let (mut view_axes, mut shape) = (PerAxis::new(), Shape::new());
    for j in 0..ndim {
        match if axes.contains(&j) { None } else { input.next() } {
            Some(axis) => {
                view_axes.push(ViewAxis::Along { axis, step: 1 });
                shape.push(expr.shape()[axis]);
            }
            None => {
                view_axes.push(ViewAxis::New);
                shape.push(1);
            }
        }
    }
    let view = View { start: SmallVec::from_elem(0, expr.ndim()), axes: view_axes };
    Ok(viewed(expr, view, shape))
}

/// Without axes of length one: all of them, or those named.
pub fn squeeze(expr: &Expr, axes: Option<&[i64]>) -> Result<Expr> {
    let drop: PerAxis<usize> = match axes {
        None => (0..expr.ndim()).filter(|&axis| expr.shape()[axis] == 1).collect(),
        Some(axes) => normalize_axes(axes, expr.ndim())?,
    };
    if drop.iter().any(|&axis| expr.shape()[axis] != 1) {
        return Err(Error::value("cannot select an axis to squeeze out which has size not equal to one"));
    }
    let keep = (0..expr.ndim()).filter(|axis| !drop.contains(axis));
    let (axes, shape) =
        keep.map(|axis| (ViewAxis::Along { axis, step: 1 }, expr.shape()[axis])).unzip::<_, _, Vec<_>, Vec<_>>();
    let view = View { start: SmallVec::from_elem(0, expr.ndim()), axes: axes.into_iter().collect() };
    Ok(viewed(expr, view, shape.into_iter().collect()))
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

/// NumPy's `reshape` in C order; one length may be −1.
pub fn reshape(expr: &Expr, to: &[i64]) -> Result<Expr> {
    check_ndim(to.len())?;
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
