//! What a box of an iteration space touches of an array in a file: what is read for a tile, each byte once.
//!
//! Usually the axes of the box lie one inside the other, and the box touches as many elements as it has points. The
//! axes of sliding windows overlap: `w` windows of `n` elements touch `w + n - 1` elements, not `w · n`.

use numtile_core::memory::PAGE;
use numtile_core::region::Grid;
use numtile_core::shape::PerAxis;
use smallvec::SmallVec;

use super::memory::READ_SCRATCH;
use super::operand::with_fringe;
use super::tiling::storage_order;

/// Evenly spaced elements along which one axis of a box moves, or several that overlap.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Progression {
    /// The number of elements.
    pub length: usize,
    /// Bytes from one to the next; positive.
    pub stride: i64,
    /// The axes that move along it, and by how many of its elements per step (backwards where their stride is negative).
    pub axes: SmallVec<[(usize, usize); 2]>,
}

/// What a box of these lengths touches: progressions one inside the other, outermost first. Axes of length one and
/// those along which the array does not vary are in none.
pub fn progressions(strides: &[i64], lengths: &[usize]) -> PerAxis<Progression> {
    let mut found: PerAxis<Progression> = PerAxis::new();
    for &axis in storage_order(strides).iter().rev() {
        let (stride, length) = (strides[axis].saturating_abs(), lengths[axis]);
        if stride == 0 || length == 1 {
            continue;
        }
        match found.last_mut().filter(|inner| overlaps(inner, stride)) {
            Some(inner) => {
                let by = (stride / inner.stride) as usize;
                inner.length = inner.length.saturating_add(by.saturating_mul(length.saturating_sub(1)));
                inner.axes.push((axis, by));
            }
            None => found.push(Progression { length, stride, axes: [(axis, 1)].as_slice().into() }),
        }
    }
    found.reverse();
    found
}

/// True when steps of `stride` stay inside a progression and land on elements of it. They must be multiples of the
/// steps that are in it already, or a shorter box could touch more than a longer one.
fn overlaps(inner: &Progression, stride: i64) -> bool {
    let longest = inner.axes.last().map_or(1, |&(_, by)| by as i64) * inner.stride;
    let span = inner.stride.saturating_mul(inner.length.saturating_sub(1) as i64);
    stride % longest == 0 && stride <= span
}

/// The number of elements that a box of these lengths touches.
pub fn count(strides: &[i64], lengths: &[usize]) -> u64 {
    progressions(strides, lengths).iter().fold(1, |n, each| n.saturating_mul(each.length as u64))
}

/// Short runs near each other are cheaper read together with what lies between them: a page of that takes no longer than
/// another call.
pub fn worth_sieving(stride: usize, run: usize) -> bool {
    stride <= READ_SCRATCH / 4 && (stride <= PAGE || stride - run <= PAGE / 2) && run <= READ_SCRATCH / 4
}

/// Runs that a box consists of, and what is moved for it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Moved {
    /// Bytes, those between the runs that are read together included.
    pub bytes: u64,
    /// Contiguous runs.
    pub runs: u64,
}

/// What moving a box of elements of `item` bytes takes. Only reads can take what lies between runs with them.
pub fn moved(strides: &[i64], item: usize, lengths: &[usize], is_read: bool) -> Moved {
    let parts = progressions(strides, lengths);
    let mut run = item as u64;
    let mut outer = parts.iter().rev().peekable();
    while let Some(part) = outer.next_if(|part| part.stride as u64 == run) {
        run = run.saturating_mul(part.length as u64);
    }
    if is_read
        && let Some(part) =
            outer.next_if(|part| worth_sieving(part.stride as usize, usize::try_from(run).unwrap_or(usize::MAX)))
    {
        run = (part.stride as u64).saturating_mul((part.length as u64).saturating_sub(1)).saturating_add(run);
    }
    let runs = outer.fold(1u64, |n, part| n.saturating_mul(part.length as u64));
    Moved { bytes: runs.saturating_mul(run), runs }
}

/// The number of elements that all boxes of a grid touch together, each lengthened by `extra`.
pub fn count_all(strides: &[i64], grid: &Grid, extra: &[usize]) -> u64 {
    let boxes = |axis: usize| grid.boxes(axis) as u64;
    let mut alone: PerAxis<bool> = PerAxis::from_elem(true, strides.len());
    let mut total = 1u64;
    for each in progressions(strides, &with_fringe(grid.tile(), extra)) {
        each.axes.iter().for_each(|&(axis, _)| alone[axis] = false);
        // A box touches 1 + Σ by·(length − 1) elements; the lengths along an axis add up to the axis.
        let all: u64 = each.axes.iter().map(|&(axis, _)| boxes(axis)).product();
        let reach = |&(axis, by): &(usize, usize)| {
            let length = (grid.shape()[axis] as u64).saturating_add(boxes(axis).saturating_mul(extra[axis] as u64));
            let beyond_first = length.saturating_sub(boxes(axis));
            (all / boxes(axis)).saturating_mul(by as u64).saturating_mul(beyond_first)
        };
        let here = each.axes.iter().map(reach).fold(all, u64::saturating_add);
        total = total.saturating_mul(here);
    }
    (0..strides.len()).filter(|&axis| alone[axis]).map(boxes).fold(total, u64::saturating_mul)
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    /// Every byte at which an element of the box starts.
    fn places(strides: &[i64], lengths: &[usize]) -> Vec<i64> {
        let mut all = vec![0];
        for (&stride, &length) in strides.iter().zip(lengths) {
            all = all.iter().flat_map(|&at| (0..length as i64).map(move |i| at + i * stride)).collect();
        }
        all
    }

    fn held(parts: &[Progression]) -> HashSet<i64> {
        let (strides, lengths): (Vec<i64>, Vec<usize>) = parts.iter().map(|p| (p.stride, p.length)).unzip();
        places(&strides, &lengths).into_iter().collect()
    }

    #[test]
    fn windows_touch_their_elements_once() {
        let one = progressions(&[8, 8], &[100, 5]);
        assert_eq!((one.len(), one[0].length, one[0].stride), (1, 104, 8));
        let spaced = progressions(&[24, 8], &[10, 3]);
        assert_eq!((spaced.len(), spaced[0].length), (2, 10), "windows side by side are one inside the other");
        let image = progressions(&[800, 8, 800, 8], &[10, 20, 3, 3]);
        assert_eq!(image.iter().map(|p| p.length).collect::<Vec<_>>(), [12, 22]);
    }

    #[test]
    fn nothing_is_missed_and_nothing_is_read_twice_without_need() {
        let strides = [-24, -16, -8, 0, 8, 16, 24, 32, 40, 56, 72];
        let mut state = 1u64;
        let mut draw = |below: usize| {
            state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
            (state >> 33) as usize % below
        };
        for _ in 0..20_000 {
            let ndim = draw(4) + 1;
            let chosen: Vec<i64> = (0..ndim).map(|_| strides[draw(strides.len())]).collect();
            let lengths: Vec<usize> = (0..ndim).map(|_| draw(5) + 1).collect();
            let parts = progressions(&chosen, &lengths);
            let held = held(&parts);
            let forward: Vec<i64> = chosen.iter().map(|stride| stride.abs()).collect();
            assert!(places(&forward, &lengths).iter().all(|at| held.contains(at)), "{chosen:?} {lengths:?}");
            let points: usize = lengths.iter().zip(&chosen).filter(|&(_, &s)| s != 0).map(|(&n, _)| n).product();
            assert!(count(&chosen, &lengths) <= points as u64, "{chosen:?} {lengths:?}");
            let shorter: Vec<usize> = lengths.iter().map(|&length| draw(length) + 1).collect();
            assert!(count(&chosen, &shorter) <= count(&chosen, &lengths), "{chosen:?} {lengths:?} {shorter:?}");
        }
    }

    #[test]
    fn what_lies_between_short_runs_is_read_with_them() {
        let of = |strides: &[i64], lengths: &[usize], is_read| {
            let Moved { bytes, runs } = moved(strides, 8, lengths, is_read);
            (bytes, runs)
        };
        assert_eq!(of(&[8000, 8], &[10, 1000], true), (80_000, 1));
        assert_eq!(of(&[8000, 8], &[10, 900], true), (8000 * 9 + 7200, 1), "small gaps");
        assert_eq!(of(&[8000, 8], &[10, 900], false), (72_000, 10));
        assert_eq!(of(&[8000, 8], &[10, 100], true), (8000, 10), "long gaps");
        assert_eq!(of(&[800, 8], &[10, 1], true), (7208, 1));
        assert_eq!(of(&[80_000, 800, 8], &[5, 10, 1], true), (5 * 7208, 5));
    }

    #[test]
    fn boxes_add_up() {
        for (strides, shape, tile, extra) in [
            (vec![8, 8], vec![20, 7], vec![6, 3], vec![0, 0]),
            (vec![800, 8, 800, 8], vec![11, 13, 3, 3], vec![4, 5, 3, 3], vec![0; 4]),
            (vec![0, 8], vec![5, 9], vec![2, 9], vec![0, 0]),
            (vec![80, 8], vec![10, 10], vec![3, 10], vec![0, 0]),
            (vec![800, 8], vec![10, 10], vec![3, 10], vec![2, 2]),
            (vec![800, 8], vec![10, 10], vec![1, 4], vec![2, 0]),
        ] {
            let order: Vec<usize> = (0..shape.len()).collect();
            let grid = Grid::new(&shape, &tile, &order);
            let reach = |number: usize| with_fringe(&grid.region(number).shape, &extra);
            let each: u64 = (0..grid.len()).map(|number| count(&strides, &reach(number))).sum();
            assert_eq!(count_all(&strides, &grid, &extra), each, "{strides:?} {shape:?} {tile:?}");
        }
    }
}
