//! Selection by a mask: arrays whose length depends on data.
//!
//! How many elements a mask selects is not known when the expression is built. The length is a symbol until then: equal
//! masks have equal symbols, so selections by one mask meet in elementwise operations without counting. Before anything
//! is computed, masks are counted and [`resolve`] puts numbers in place of the symbols.

use std::sync::{Arc, OnceLock};

use numtile_core::hash::QuickMap;
use numtile_core::shape::{is_symbol, symbol};
use numtile_core::{DType, Error, Result, Shape};

use super::counts::Counts;
use super::node::{Expr, Kind};
use super::scatter::{Places, check_rows};
use super::{reduce, view};

/// What is known of the mask of a selection.
#[derive(Clone, Debug)]
pub struct Selection {
    /// True when the mask reads memory that somebody may still write to: what was counted holds for one evaluation.
    live: bool,
    /// True when the shapes above are the counted ones.
    is_counted: bool,
    /// The counts, shared by all that this node is part of; kept from an earlier evaluation unless the mask is live.
    counts: Arc<OnceLock<Arc<Counts>>>,
}

impl Selection {
    /// By a mask that is not counted yet.
    pub(super) fn uncounted(live: bool) -> Selection {
        Selection { live, is_counted: false, counts: Arc::default() }
    }

    fn counted(&self, counts: &Arc<Counts>) -> Selection {
        let kept = if self.live { Arc::default() } else { self.counts.clone() };
        // Where it is set already, it is set to the same.
        let _ = kept.set(counts.clone());
        Selection { live: self.live, is_counted: true, counts: kept }
    }

    /// The counts that shapes are built on.
    pub fn counts(&self) -> Option<&Arc<Counts>> {
        self.counts.get().filter(|_| self.is_counted)
    }

    /// True when the mask must be counted before an evaluation.
    pub(super) fn must_count(&self) -> bool {
        self.live || !self.is_counted
    }
}

/// The elements of `array` where `mask` is true, as NumPy's `array[:, ..., mask]` with `axis` colons: the axes that the
/// mask covers become one. A mask without axes adds one. `live` says that the mask reads memory that may change.
///
/// # Errors
/// `IndexError` in NumPy's words where the shapes do not match or the mask is not boolean; [`Error::Uncounted`] where
/// that depends on what a symbol stands for.
pub fn select(array: &Expr, mask: &Expr, axis: usize, live: bool) -> Result<Expr> {
    check_mask(array, mask, axis)?;
    let (front, mask) = flattened(array, mask, axis)?;
    let mut shape = Shape::from(front.shape());
    shape[0] = symbol(mask.hash128());
    let dtype = array.dtype();
    let selected = Expr::new(Kind::Select(Selection::uncounted(live)), [front, mask], shape, dtype, &[]);
    let order: Vec<usize> = (1..=axis).chain([0]).chain(axis + 1..selected.ndim()).collect();
    view::transpose(&selected, &order)
}

/// NumPy's check of a mask over some axes from `axis` on.
pub(super) fn check_mask(array: &Expr, mask: &Expr, axis: usize) -> Result<()> {
    if mask.dtype() != DType::Bool {
        return Err(Error::Index("arrays used as masks must be of boolean type".into()));
    }
    let covered = array.shape().get(axis..axis + mask.ndim()).ok_or_else(|| {
        let (ndim, indexed) = (array.ndim(), axis + mask.ndim());
        Error::Index(format!("too many indices for array: array is {ndim}-dimensional, but {indexed} were indexed"))
    })?;
    match covered.iter().zip(mask.shape()).position(|(a, m)| a != m) {
        None => Ok(()),
        Some(_) if !(array.is_known() && mask.is_known()) => Err(Error::Uncounted),
        Some(at) => Err(Error::Index(format!(
            "boolean index did not match indexed array along axis {}; size of axis is {} but size of corresponding \
             boolean axis is {}",
            axis + at,
            covered[at],
            mask.shape()[at]
        ))),
    }
}

/// The array with the axes that the mask covers in front as one, and the mask with one axis.
pub(super) fn flattened(array: &Expr, mask: &Expr, axis: usize) -> Result<(Expr, Expr)> {
    let (array, mask) = match mask.ndim() {
        0 => (view::expand_dims(array, &[axis as i64])?, view::expand_dims(mask, &[0])?),
        _ => (array.clone(), mask.clone()),
    };
    let covered = axis..axis + mask.ndim();
    let order: Vec<usize> = covered.clone().chain((0..array.ndim()).filter(|a| !covered.contains(a))).collect();
    let front = view::transpose(&array, &order)?;
    if mask.ndim() == 1 {
        return Ok((front, mask));
    }
    if !front.is_known() {
        return Err(Error::Uncounted);
    }
    let mut shape = vec![mask.size() as i64];
    shape.extend(front.shape()[mask.ndim()..].iter().map(|&length| length as i64));
    Ok((view::reshape(&front, &shape)?, view::reshape(&mask, &[-1])?))
}

/// Expressions in which counts have taken the place of symbols, and the masks that must be counted for that first.
pub struct Resolution {
    /// The expressions; complete when `uncounted` is empty.
    pub exprs: Vec<Expr>,
    /// Distinct masks.
    pub uncounted: Vec<Expr>,
}

/// Puts counts in place of symbols, as far as they are known: `counted` holds those of this evaluation by the hash of
/// the mask. A mask that itself depends on a selection is asked for once that one is counted.
///
/// # Errors
/// What building with the true lengths brings, such as an extremum of nothing.
pub fn resolve(exprs: &[Expr], counted: &QuickMap<u128, Arc<Counts>>) -> Result<Resolution> {
    let mut resolver =
        Resolver { counted, done: QuickMap::default(), lengths: QuickMap::default(), uncounted: Vec::new() };
    for node in Expr::post_order_where(exprs, Expr::counts) {
        if let Some(resolved) = resolver.node(&node)? {
            resolver.done.insert(node.hash128(), resolved);
        }
    }
    let exprs = exprs.iter().filter_map(|expr| resolver.resolved(expr)).collect();
    Ok(Resolution { exprs, uncounted: resolver.uncounted })
}

/// The masks of live selections whose counts entered a shape some time ago, with those counts.
pub fn counted_before(exprs: &[Expr]) -> Vec<(Expr, Arc<Counts>)> {
    Expr::post_order_where(exprs, Expr::counts)
        .iter()
        .filter_map(|node| {
            let (selection, mask) = masked(node)?;
            selection.counts().filter(|_| selection.live).map(|counts| (mask.clone(), counts.clone()))
        })
        .collect()
}

/// The selection and the mask of a node that has one.
fn masked(node: &Expr) -> Option<(&Selection, &Expr)> {
    match (node.kind(), node.inputs()) {
        (Kind::Select(selection), [_, mask]) => Some((selection, mask)),
        (Kind::Scatter(Places::Mask(selection)), [_, _, mask]) => Some((selection, mask)),
        _ => None,
    }
}

struct Resolver<'a> {
    counted: &'a QuickMap<u128, Arc<Counts>>,
    done: QuickMap<u128, Expr>,
    /// Numbers by symbol.
    lengths: QuickMap<usize, usize>,
    uncounted: Vec<Expr>,
}

impl Resolver<'_> {
    /// A node with numbers for symbols; none while something below it is uncounted.
    fn resolved(&self, node: &Expr) -> Option<Expr> {
        if node.counts() { self.done.get(&node.hash128()).cloned() } else { Some(node.clone()) }
    }

    fn node(&mut self, node: &Expr) -> Result<Option<Expr>> {
        let Some(inputs) = node.inputs().iter().map(|input| self.resolved(input)).collect::<Option<Vec<Expr>>>() else {
            return Ok(None);
        };
        match masked(node) {
            Some((selection, mask)) if !selection.is_counted => self.selection(node, selection, mask, inputs),
            _ => self.rebuilt(node, inputs).map(Some),
        }
    }

    fn selection(
        &mut self,
        node: &Expr,
        selection: &Selection,
        mask: &Expr,
        inputs: Vec<Expr>,
    ) -> Result<Option<Expr>> {
        let Some(counting) = inputs.last() else { return Err(Error::internal("a selection without a mask")) };
        let known = selection.counts.get().or_else(|| self.counted.get(&counting.hash128()));
        let Some(counts) = known.cloned() else {
            if self.uncounted.iter().all(|other| other.hash128() != counting.hash128()) {
                self.uncounted.push(counting.clone());
            }
            return Ok(None);
        };
        self.lengths.insert(symbol(mask.hash128()), counts.total());
        let selection = selection.counted(&counts);
        let kind = match node.kind() {
            Kind::Select(_) => Kind::Select(selection),
            _ => {
                check_rows(&inputs[1], counts.total())?;
                Kind::Scatter(Places::Mask(selection))
            }
        };
        let (hash, shape) = (node.hash128(), self.numbers(node.shape())?);
        Ok(Some(Expr::new(kind, inputs, shape, node.dtype(), &[hash as u64, (hash >> 64) as u64])))
    }

    fn rebuilt(&self, node: &Expr, inputs: Vec<Expr>) -> Result<Expr> {
        let is_same = inputs.iter().zip(node.inputs()).all(|(new, old)| new.hash128() == old.hash128());
        if is_same && node.is_known() {
            return Ok(node.clone());
        }
        if let Kind::Reduce(reduction) = node.kind() {
            reduce::check_not_empty(&inputs[0], reduction.op, &reduction.axes)?;
        }
        Ok(node.with_inputs(inputs, self.numbers(node.shape())?))
    }

    fn numbers(&self, shape: &[usize]) -> Result<Shape> {
        let number = |&length: &usize| match is_symbol(length) {
            true => self.lengths.get(&length).copied().ok_or_else(|| Error::internal("a length that nothing counts")),
            false => Ok(length),
        };
        let shape = shape.iter().map(number).collect::<Result<Shape>>()?;
        numtile_core::shape::element_count(&shape)?;
        Ok(shape)
    }
}
