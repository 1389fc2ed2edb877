//! Choosing the shape of tiles.
//!
//! A tile is what is read, computed and written in one go. For each order in which some array of the pass lies in
//! storage, the largest tile along that order that fits the allowance is a candidate; the cheapest by estimated
//! transfer wins. Reductions ask for tiles that are whole leaves.

use numtile_core::shape::PerAxis;

use super::touched;

/// A run of contiguous bytes costs as much as reading this many bytes more: a system call, and a seek or a cache miss
/// of the storage behind it.
const RUN_COST: u64 = 64 << 10;

/// How an array of the pass is laid out in storage, for the cost of cutting it.
#[derive(Clone, Debug)]
pub struct Traffic {
    /// Bytes from one element to the next along each axis of the iteration space; zero where it does not vary.
    pub strides: PerAxis<i64>,
    /// Bytes per element.
    pub item: usize,
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
    for order in candidate_orders(constraints) {
        let tile = grow(constraints, &order);
        let cost = cost(constraints, &tile);
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
fn cost(constraints: &Constraints<'_>, tile: &[usize]) -> u64 {
    let boxes = |axis: usize| constraints.shape[axis].div_ceil(tile[axis].max(1)).max(1) as u64;
    let tiles: u64 = (0..tile.len()).map(boxes).fold(1, u64::saturating_mul);
    let per_tile = |traffic: &Traffic| {
        let bytes = tile_bytes(traffic, tile);
        bytes.saturating_add(runs(traffic, tile).saturating_mul(RUN_COST))
    };
    let traffic: u64 = constraints.traffic.iter().map(per_tile).fold(0, u64::saturating_add);
    tiles.saturating_mul(traffic.saturating_add(RUN_COST))
}

/// Bytes of one array that a tile touches.
pub fn tile_bytes(traffic: &Traffic, tile: &[usize]) -> u64 {
    touched::count(&traffic.strides, tile).saturating_mul(traffic.item as u64)
}

/// Contiguous runs of one array that a tile touches.
fn runs(traffic: &Traffic, tile: &[usize]) -> u64 {
    let mut expected = traffic.item as i64;
    let mut runs = 1u64;
    for each in touched::progressions(&traffic.strides, tile).iter().rev() {
        if each.stride == expected && runs == 1 {
            expected = expected.saturating_mul(each.length as i64);
        } else {
            runs = runs.saturating_mul(each.length as u64);
        }
    }
    runs
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
        let c = [Traffic { strides: [8000, 8].as_slice().into(), item: 8 }];
        assert_eq!(choose(&constraints(&[10_000, 1000], &[1, 1], &c, &need)).tile.as_slice(), [131, 1000]);
        let f = [Traffic { strides: [8, 80_000].as_slice().into(), item: 8 }];
        assert_eq!(choose(&constraints(&[10_000, 1000], &[1, 1], &f, &need)).tile.as_slice(), [10_000, 13]);
    }

    #[test]
    fn leaves_stay_whole() {
        let need = |tile: &[usize]| tile.iter().product::<usize>() as u64 * 8;
        let c = [Traffic { strides: [800_000, 8].as_slice().into(), item: 8 }];
        let tiling = choose(&constraints(&[1000, 100_000], &[256, 1], &c, &need));
        assert_eq!(tiling.tile.as_slice(), [256, 512]);
    }
}
