//! Choosing the shape of tiles.
//!
//! A tile is what is read, computed and written in one go. For each order in which some array of the pass lies in
//! storage, the largest tile along that order that fits the allowance is a candidate. Where arrays lie in different orders, or are
//! read with a fringe, candidates are improved by trading length along one axis for length along another, for as long as that is cheaper: so a
//! transpose moves squares. The cheapest by estimated transfer wins. Reductions ask for tiles that are whole leaves.

use std::sync::Arc;

use numtile_core::shape::PerAxis;
use numtile_core::{Layout, Shape};

use super::operand::with_fringe;
use super::touched::Moved;
use super::{reshape, touched};
use crate::expr::view::View;

/// Writing a run of contiguous bytes costs as much as writing this many bytes more: a system call, and pages that are written
/// in part. Every tile costs as much.
const RUN_COST: u64 = 64 << 10;
/// Reading one costs less: pages of which a part is needed are still there when the next tile needs the other.
const READ_COST: u64 = 16 << 10;

/// How an array of the pass is laid out in storage, for the cost of cutting it.
#[derive(Clone, Debug)]
pub struct Traffic {
    /// Bytes from one element to the next along each axis of the iteration space; zero where it does not vary.
    pub strides: PerAxis<i64>,
    /// Bytes per element.
    pub item: usize,
    /// How much longer than a tile what it touches is along each axis.
    pub extra: PerAxis<usize>,
    /// It is read, not written.
    pub is_read: bool,
    /// The array is the reshape of another: the strides say how the reshaped array would lie in C order.
    pub reshaped: Option<Arc<Reshaped>>,
}

/// An array that is seen under another shape.
#[derive(Clone, Debug)]
pub struct Reshaped {
    /// From the iteration space to the array under its new shape.
    view: View,
    /// The shapes.
    outer: Shape,
    inner: Shape,
    /// How it lies under its own.
    traffic: Traffic,
}

impl Traffic {
    /// An array that is written tile by tile.
    pub fn write(strides: PerAxis<i64>, item: usize) -> Traffic {
        Traffic { is_read: false, ..Traffic::read(strides, item) }
    }

    /// An array of which a tile reads its own elements.
    pub fn read(strides: PerAxis<i64>, item: usize) -> Traffic {
        let extra = PerAxis::from_elem(0, strides.len());
        Traffic { strides, item, extra, is_read: true, reshaped: None }
    }

    /// The array of shape `inner` under the shape `outer`.
    pub fn reshaped(self, inner: &[usize], outer: &[usize]) -> Traffic {
        let strides = Layout::c_order(0, outer, self.item).strides;
        let view = View::identity(outer.len());
        let item = self.item;
        let reshaped = Reshaped { view, outer: outer.into(), inner: inner.into(), traffic: self };
        Traffic { reshaped: Some(Arc::new(reshaped)), ..Traffic::read(strides, item) }
    }

    /// The array seen through a view, by tiles with a fringe.
    pub fn seen(self, view: &View, extra: &[usize]) -> Traffic {
        let reshaped = self.reshaped.as_deref().map(|reshaped| {
            let mut reshaped = reshaped.clone();
            reshaped.view = reshaped.view.then(view);
            Arc::new(reshaped)
        });
        Traffic { strides: view.strides(&self.strides), extra: extra.into(), reshaped, ..self }
    }

    /// What moving a tile takes.
    pub fn moved(&self, tile: &[usize]) -> Moved {
        let tile = with_fringe(tile, &self.extra);
        match &self.reshaped {
            Some(reshaped) => reshaped.moved(&tile),
            None => touched::moved(&self.strides, self.item, &tile, self.is_read),
        }
    }
}

impl Reshaped {
    fn moved(&self, tile: &[usize]) -> Moved {
        let lengths: PerAxis<usize> =
            self.view.reach(tile).iter().zip(&self.outer).map(|(&reach, &len)| reach.min(len).max(1)).collect();
        let (boxes, bx) = reshape::boxes(&self.outer, &self.inner, &lengths);
        let Moved { bytes, runs } = self.traffic.moved(&bx);
        Moved { bytes: boxes.saturating_mul(bytes), runs: boxes.saturating_mul(runs) }
    }
}

/// What limits the choice.
pub struct Constraints<'a> {
    /// The iteration space.
    pub shape: &'a [usize],
    /// Tile lengths must be multiples of these (or reach the end of the axis).
    pub align: &'a [usize],
    /// What is read and written.
    pub traffic: &'a [Traffic],
    /// Bytes one tile may need.
    pub allowance: u64,
    /// Bytes that a tile of this shape needs; grows with every length.
    pub need: &'a dyn Fn(&[usize]) -> u64,
}

/// A tile shape and the order in which tiles follow one another (last axis fastest).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tiling {
    /// Lengths of a tile.
    pub tile: PerAxis<usize>,
    /// The order of axes, outermost first.
    pub order: PerAxis<usize>,
}

/// The smallest tile that the alignment permits.
pub fn smallest(shape: &[usize], align: &[usize]) -> PerAxis<usize> {
    shape.iter().zip(align).map(|(&len, &align)| align.min(len).max(1)).collect()
}

/// The cheapest tiling whose tiles fit the allowance; the smallest tile if none does.
pub fn choose(constraints: &Constraints<'_>) -> Tiling {
    let mut best: Option<(u64, Tiling)> = None;
    let orders = candidate_orders(constraints);
    // Tiles that follow storage are best, unless arrays lie in different orders, or a fringe is read with each.
    let trades =
        orders.len() > 1 || constraints.traffic.iter().any(|traffic| traffic.extra.iter().any(|&extra| extra > 0));
    for order in orders {
        let mut tile = grow(constraints, &order);
        if trades {
            tile = improve(constraints, tile);
        }
        let tile = balance(constraints, &tile);
        let cost = cost(constraints.shape, constraints.traffic, &tile);
        if best.as_ref().is_none_or(|(least, _)| cost < *least) {
            best = Some((cost, Tiling { tile, order }));
        }
    }
    best.map(|(_, tiling)| tiling).unwrap_or_else(|| Tiling {
        tile: smallest(constraints.shape, constraints.align),
        order: (0..constraints.shape.len()).collect(),
    })
}

/// C order, and the storage order of everything that is read or written.
fn candidate_orders(constraints: &Constraints<'_>) -> Vec<PerAxis<usize>> {
    let ndim = constraints.shape.len();
    let mut orders: Vec<PerAxis<usize>> = vec![(0..ndim).collect()];
    for traffic in constraints.traffic {
        let order = storage_order(&traffic.strides);
        if !orders.contains(&order) {
            orders.push(order);
        }
    }
    orders
}

/// Axes by descending stride; axes without one keep their place at the outside.
pub fn storage_order(strides: &[i64]) -> PerAxis<usize> {
    let mut order: PerAxis<usize> = (0..strides.len()).collect();
    order.sort_by_key(|&axis| match strides[axis] {
        0 => 0,
        stride => u64::MAX - stride.unsigned_abs(),
    });
    order
}

/// Starts from the smallest tile and lengthens the axes from the innermost outwards as far as the allowance lets.
fn grow(constraints: &Constraints<'_>, order: &[usize]) -> PerAxis<usize> {
    let mut tile = smallest(constraints.shape, constraints.align);
    for &axis in order.iter().rev() {
        let (len, step) = (constraints.shape[axis], constraints.align[axis].max(1));
        let fits = |steps: usize| {
            let mut trial = tile.clone();
            trial[axis] = (steps * step).min(len.max(1));
            (constraints.need)(&trial) <= constraints.allowance
        };
        let most = len.div_ceil(step).max(1);
        let steps = largest(1, most, fits);
        tile[axis] = (steps * step).min(len.max(1));
        if steps < most {
            break;
        }
    }
    tile
}

/// Doubles one axis and halves another, or only doubles one, as long as that makes the tile cheaper.
fn improve(constraints: &Constraints<'_>, mut tile: PerAxis<usize>) -> PerAxis<usize> {
    let axes = tile.len();
    let price = |tile: &[usize]| cost(constraints.shape, constraints.traffic, tile);
    let mut least = price(&tile);
    loop {
        let trades = (0..axes).flat_map(|longer| (0..=axes).map(move |shorter| (longer, shorter)));
        let better = trades
            .filter(|(longer, shorter)| longer != shorter)
            .filter_map(|(longer, shorter)| traded(constraints, &tile, longer, shorter))
            .filter(|trial| (constraints.need)(trial) <= constraints.allowance)
            .map(|trial| (price(&trial), trial))
            .min_by_key(|(cost, _)| *cost);
        match better {
            Some((cost, trial)) if cost < least => (least, tile) = (cost, trial),
            _ => return tile,
        }
    }
}

/// A tile twice as long along one axis and half as long along another (none when `shorter` is no axis); `None` where it
/// cannot be.
fn traded(constraints: &Constraints<'_>, tile: &[usize], longer: usize, shorter: usize) -> Option<PerAxis<usize>> {
    let mut trial = PerAxis::from_slice(tile);
    let (step, len) = (constraints.align[longer].max(1), constraints.shape[longer].max(1));
    if tile[longer] >= len {
        return None;
    }
    trial[longer] = (tile[longer].div_ceil(step) * 2 * step).min(len);
    if shorter < tile.len() {
        let step = constraints.align[shorter].max(1);
        let steps = tile[shorter].div_ceil(step);
        if steps < 2 {
            return None;
        }
        trial[shorter] = steps.div_ceil(2) * step;
    }
    Some(trial)
}

/// As many tiles along each axis, all about as long: the last one would be shorter otherwise, and the others need more.
fn balance(constraints: &Constraints<'_>, tile: &[usize]) -> PerAxis<usize> {
    (0..tile.len())
        .map(|axis| {
            let (len, step) = (constraints.shape[axis].max(1), constraints.align[axis].max(1));
            let boxes = len.div_ceil(tile[axis].max(1)).max(1);
            (len.div_ceil(boxes).div_ceil(step) * step).min(tile[axis]).max(1)
        })
        .collect()
}

/// The largest number in `low..=high` for which `holds`; `low` if none.
fn largest(low: usize, high: usize, holds: impl Fn(usize) -> bool) -> usize {
    if holds(high) {
        return high;
    }
    let (mut good, mut bad) = (low, high);
    while bad - good > 1 {
        let middle = good + (bad - good) / 2;
        if holds(middle) { good = middle } else { bad = middle }
    }
    good
}

/// Bytes and runs that cutting the space into such tiles moves.
pub fn cost(shape: &[usize], traffic: &[Traffic], tile: &[usize]) -> u64 {
    if traffic.is_empty() || shape.contains(&0) {
        return 0;
    }
    let boxes = |axis: usize| shape[axis].div_ceil(tile[axis].max(1)).max(1) as u64;
    let tiles: u64 = (0..tile.len()).map(boxes).fold(1, u64::saturating_mul);
    let per_tile = |traffic: &Traffic| {
        let Moved { bytes, runs } = traffic.moved(tile);
        bytes.saturating_add(runs.saturating_mul(if traffic.is_read { READ_COST } else { RUN_COST }))
    };
    let moved: u64 = traffic.iter().map(per_tile).fold(0, u64::saturating_add);
    tiles.saturating_mul(moved.saturating_add(RUN_COST))
}

/// Bytes of the elements of one array that a tile touches.
pub fn tile_bytes(traffic: &Traffic, tile: &[usize]) -> u64 {
    touched::count(&traffic.strides, &with_fringe(tile, &traffic.extra)).saturating_mul(traffic.item as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn constraints<'a>(
        shape: &'a [usize],
        align: &'a [usize],
        traffic: &'a [Traffic],
        need: &'a dyn Fn(&[usize]) -> u64,
    ) -> Constraints<'a> {
        Constraints { shape, align, traffic, allowance: 1 << 20, need }
    }

    #[test]
    fn tiles_follow_storage() {
        let need = |tile: &[usize]| tile.iter().product::<usize>() as u64 * 8;
        let c = [Traffic::read([8000, 8].as_slice().into(), 8)];
        assert_eq!(choose(&constraints(&[10_000, 1000], &[1, 1], &c, &need)).tile.as_slice(), [130, 1000]);
        let f = [Traffic::read([8, 80_000].as_slice().into(), 8)];
        assert_eq!(choose(&constraints(&[10_000, 1000], &[1, 1], &f, &need)).tile.as_slice(), [10_000, 13]);
    }

    #[test]
    fn transposes_move_squares() {
        let need = |tile: &[usize]| tile.iter().product::<usize>() as u64 * 8;
        let there = Traffic::read([80_000, 8].as_slice().into(), 8);
        let back = Traffic::write([8, 80_000].as_slice().into(), 8);
        let tile = choose(&constraints(&[10_000, 10_000], &[1, 1], &[there, back], &need)).tile;
        assert!(
            (300..1300).contains(&tile[0]) && (100..400).contains(&tile[1]),
            "longer runs for what is written: {tile:?}"
        );
    }

    #[test]
    fn leaves_stay_whole() {
        let need = |tile: &[usize]| tile.iter().product::<usize>() as u64 * 8;
        let c = [Traffic::read([800_000, 8].as_slice().into(), 8)];
        let tiling = choose(&constraints(&[1000, 100_000], &[256, 1], &c, &need));
        assert_eq!(tiling.tile.as_slice(), [256, 511]);
    }
}
