//! Assembling reshaped arrays.
//!
//! Inside a group of axes (`plan/physical/reshape.rs`) a box is cut into runs of C order, and each run into few boxes of the
//! other side; across groups they multiply, so an axis that is left alone is never cut.

use std::cmp::Ordering;

use numtile_core::shape::{PerAxis, c_strides};
use numtile_core::{Region, Result};
use numtile_plan::physical::operand::Space;
use numtile_plan::physical::reshape::{Group, groups};

use super::Env;
use super::store::{Outlet, evaluate_space};

/// Assembles the box `needed` of `space` under the shape `outer`; neither is empty.
///
/// # Safety
/// The outlet is C-contiguous and has room for the box, and nobody else touches it.
pub unsafe fn reshape(space: &Space, outer: &[usize], needed: &Region, outlet: &Outlet, env: Env<'_>) -> Result<()> {
    let groups = groups(outer, &space.shape);
    let mut walk = Walk {
        space,
        outer,
        needed,
        groups: &groups,
        region: Region::whole(&space.shape),
        place: Outlet { strides: PerAxis::from_elem(0, space.shape.len()), ..outlet.clone() },
        env,
    };
    // SAFETY: passed on to the caller.
    unsafe { walk.group(0) }
}

/// A walk over the boxes of the space, group by group.
struct Walk<'a> {
    space: &'a Space,
    outer: &'a [usize],
    needed: &'a Region,
    groups: &'a [Group],
    /// The box as far as it is known.
    region: Region,
    /// Where it goes.
    place: Outlet,
    env: Env<'a>,
}

impl Walk<'_> {
    /// # Safety
    /// As [`reshape`].
    unsafe fn group(&mut self, number: usize) -> Result<()> {
        let Some(group) = self.groups.get(number).cloned() else {
            // SAFETY: this box's part of the outlet.
            return unsafe { evaluate_space(self.space, &self.region, self.place.clone(), self.env) };
        };
        // Bytes from one element of the group to the next: the box behind it.
        let behind: usize = self.needed.shape[group.outer.end..].iter().product();
        let step = behind * self.place.item;
        let runs = Runs::new(
            &self.outer[group.outer.clone()],
            &self.needed.start[group.outer.clone()],
            &self.needed.shape[group.outer.clone()],
        );
        let (start, inner) = (self.place.start, self.space.shape[group.inner.clone()].to_vec());
        for run in 0..runs.count {
            self.env.check()?;
            let mut done = run * runs.length;
            for bx in boxes_of_run(&inner, runs.first(run), runs.length) {
                self.place.start = start.wrapping_add(done * step);
                for (axis, stride) in group.inner.clone().zip(c_strides(&bx.shape)) {
                    self.place.strides[axis] = stride as i64 * step as i64;
                }
                self.region.start[group.inner.clone()].copy_from_slice(&bx.start);
                self.region.shape[group.inner.clone()].copy_from_slice(&bx.shape);
                done += bx.count();
                // SAFETY: boxes of a run follow one another in C order, as the outlet does.
                unsafe { self.group(number + 1)? };
            }
        }
        self.place.start = start;
        Ok(())
    }
}

/// The runs of C order that a box of an array consists of, all of one length.
struct Runs {
    count: usize,
    length: usize,
    /// Lengths of the axes along which one run follows another.
    across: PerAxis<usize>,
    start: usize,
    strides: PerAxis<usize>,
}

impl Runs {
    fn new(lengths: &[usize], start: &[usize], shape: &[usize]) -> Runs {
        let strides: PerAxis<usize> = c_strides(lengths).iter().map(|&stride| stride as usize).collect();
        // Trailing axes that the box covers whole make one run with the axis before them.
        let whole = (0..lengths.len()).rev().take_while(|&axis| shape[axis] == lengths[axis]).count();
        let cut = lengths.len().saturating_sub(whole + 1);
        let start = start.iter().zip(&strides).map(|(&at, &stride)| at * stride).sum();
        let (across, along) = shape.split_at(cut);
        Runs { count: across.iter().product(), length: along.iter().product(), across: across.into(), start, strides }
    }

    /// The position in C order at which a run starts.
    fn first(&self, mut run: usize) -> usize {
        let mut at = self.start;
        for (&length, &stride) in self.across.iter().zip(&self.strides).rev() {
            at += run % length * stride;
            run /= length;
        }
        at
    }
}

/// A run of C order cut into boxes that are contiguous in it: at most two per axis.
fn boxes_of_run(shape: &[usize], first: usize, count: usize) -> Vec<Region> {
    let strides: PerAxis<usize> = c_strides(shape).iter().map(|&step| step as usize).collect();
    let mut boxes = Vec::new();
    let (mut at, end) = (first, first + count);
    while at < end {
        // The outermost axis whose whole slices start here and still fit.
        let axis = (0..shape.len())
            .find(|&axis| at.is_multiple_of(strides[axis]) && end - at >= strides[axis])
            .unwrap_or(shape.len());
        let mut region = Region { start: PerAxis::new(), shape: PerAxis::new() };
        let mut rest = at;
        for (a, (&len, &stride)) in shape.iter().zip(&strides).enumerate() {
            let index = rest / stride;
            rest %= stride;
            region.start.push(index);
            region.shape.push(match a.cmp(&axis) {
                Ordering::Less => 1,
                Ordering::Equal => ((end - at) / stride).min(len - index),
                Ordering::Greater => len,
            });
        }
        at += region.count().max(1);
        boxes.push(region);
    }
    boxes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_is_cut_into_few_boxes_in_order() {
        let shape = [3, 4, 5];
        for first in 0..60 {
            for count in 1..=60 - first {
                let boxes = boxes_of_run(&shape, first, count);
                assert!(boxes.len() <= 5, "{first} {count}: {boxes:?}");
                let mut at = first;
                for region in &boxes {
                    let flat = (region.start[0] * 4 + region.start[1]) * 5 + region.start[2];
                    assert_eq!(flat, at);
                    at += region.count();
                }
                assert_eq!(at, first + count);
            }
        }
    }

    #[test]
    fn runs_cover_a_box() {
        let runs = Runs::new(&[3, 4, 5], &[1, 1, 0], &[2, 2, 5]);
        assert_eq!((runs.count, runs.length), (2, 10));
        assert_eq!((runs.first(0), runs.first(1)), (25, 45));
        let one = Runs::new(&[3, 4], &[0, 0], &[3, 4]);
        assert_eq!((one.count, one.length, one.first(0)), (1, 12, 0));
        let none = Runs::new(&[], &[], &[]);
        assert_eq!((none.count, none.length, none.first(0)), (1, 1, 0));
    }
}
