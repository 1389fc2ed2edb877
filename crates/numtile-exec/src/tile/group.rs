//! Leaves of reductions of the elements with equal labels.
//!
//! A leaf may be long where there are many groups. It is taken in parts of some thousand labels, which are computed once
//! for all kept elements, and its values in strips whose groups' states stay in the cache.

use numtile_core::shape::PerAxis;
use numtile_core::{Error, Region, Result, shape};
use numtile_kernel::Writing;
use numtile_kernel::builtin::reduce::grouped::{Grouper, Kept, Outside};
use numtile_plan::physical::Accumulator;
use numtile_plan::physical::memory::LABELS;
use numtile_plan::physical::operand::Fragment;
use numtile_plan::physical::pass::ReduceEnd;
use numtile_plan::physical::tree::Direction;

use super::reduce::TileWalk;
use super::strips::{Arena, batches};
use crate::join::State;

/// Bytes of states that are added to for many labels in a row: they stay in the second cache.
const STATES: u64 = 128 << 10;
/// Kept elements whose values are added together, so that rows are not too short for vectors.
const LEAST_KEPT: usize = 32;

/// Labels of a part of a leaf, marked: in scratch.
#[derive(Clone, Copy)]
struct Marked {
    start: *const i64,
}

impl TileWalk<'_, '_> {
    /// Accumulates one leaf for every kept element of the tile, each element in the group that its label names.
    pub fn labelled_leaf(
        &self,
        leaf: &Region,
        labels: &Fragment,
        ends: &[&ReduceEnd],
        states: &mut [State],
        arena: &mut Arena,
    ) -> Result<()> {
        let groupers = groupers(ends)?;
        for (grouper, state) in groupers.iter().zip(states.iter_mut()) {
            // SAFETY: the state is of the grouper's size.
            unsafe { grouper.clear(state.as_mut_ptr()) };
        }
        let parts = batches(&leaf.shape, LABELS);
        for number in 0..parts.len() {
            let mut part = parts.region(number);
            part.start.iter_mut().zip(&leaf.start).for_each(|(start, leaf)| *start += leaf);
            let mark = arena.mark();
            let marked = self.marked(&part, labels, groupers[0], &mut states[0], arena)?;
            self.add(&part, marked, ends, &groupers, states, arena)?;
            arena.reset(mark);
        }
        let counted = states[0].as_ptr();
        for (grouper, state) in groupers.iter().zip(states) {
            // SAFETY: the labels of the leaf were counted in the first state; all its elements were added to all states.
            unsafe { grouper.settle(state.as_mut_ptr(), counted, self.kept) };
        }
        Ok(())
    }

    /// The labels of a part of a leaf, counted in a state.
    fn marked(
        &self,
        part: &Region,
        labels: &Fragment,
        grouper: &Grouper,
        counted: &mut State,
        arena: &mut Arena,
    ) -> Result<Marked> {
        let ones: PerAxis<usize> = PerAxis::from_elem(1, self.kept_lengths.len());
        let once = Region { start: PerAxis::from_elem(0, ones.len()), shape: ones };
        let values = arena.take(part.count() * 8)?;
        // SAFETY: the box lies inside the tile, there is room for its labels, and the state is that of the leaf.
        let counted = unsafe {
            self.frame.run(labels, &self.strip_box(part, &once), &[values], Writing::Cached, arena)?;
            grouper.mark(values.cast(), part.count(), counted.as_mut_ptr())
        };
        counted.map_err(|outside| self.outside(part, outside, grouper.groups()))?;
        Ok(Marked { start: values.cast::<i64>().cast_const() })
    }

    fn outside(&self, part: &Region, outside: Outside, groups: usize) -> Error {
        let mut rest = outside.at;
        let mut place: PerAxis<usize> = PerAxis::from_elem(0, part.shape.len());
        for axis in (0..place.len()).rev() {
            place[axis] = self.origin[axis] + part.start[axis] + rest % part.shape[axis];
            rest /= part.shape[axis];
        }
        let place = if let [one] = place.as_slice() { one.to_string() } else { shape::display(&place) };
        Error::Index(format!("label {} at position {place} is out of bounds for {groups} groups", outside.label))
    }

    /// Adds the values of a part of a leaf, some kept elements at a time.
    fn add(
        &self,
        part: &Region,
        marked: Marked,
        ends: &[&ReduceEnd],
        groupers: &[&Grouper],
        states: &mut [State],
        arena: &mut Arena,
    ) -> Result<()> {
        if ends.iter().all(|end| end.value.is_none()) {
            return Ok(());
        }
        let count = part.count();
        let together = self.kept_together(groupers, count);
        let kept = batches(&self.kept_lengths, together);
        let mut first = 0;
        for number in 0..kept.len() {
            let batch = kept.region(number);
            // A strip is some labels of the part for all of the batch.
            let strips = batches(&part.shape, (self.group.strip / batch.count()).max(1));
            let mut done = 0;
            for number in 0..strips.len() {
                let mut strip = strips.region(number);
                strip.start.iter_mut().zip(&part.start).for_each(|(start, part)| *start += part);
                let mark = arena.mark();
                let values = self.values(&self.strip_box(&strip, &batch), batch.count(), arena)?;
                for ((end, grouper), state) in ends.iter().zip(groupers).zip(states.iter_mut()) {
                    let Some(value) = end.value else { continue };
                    let labels = marked.start.wrapping_add(done);
                    let some = Kept { first, count: batch.count(), of: self.kept };
                    // SAFETY: the values are those of the strip, whose labels were marked after all before them; the
                    // state is that of the leaf for all kept elements.
                    unsafe { grouper.add(values[value].0, labels, strip.count(), state.as_mut_ptr(), some) };
                }
                arena.reset(mark);
                done += strip.count();
            }
            first += batch.count();
        }
        Ok(())
    }

    /// Kept elements whose values are added together for `count` labels.
    fn kept_together(&self, groupers: &[&Grouper], count: usize) -> usize {
        match self.walk.direction {
            Direction::Across => (self.group.strip / count).max(1),
            Direction::Down => {
                let cells: u64 = groupers.iter().map(|grouper| grouper.cell_bytes()).sum();
                ((STATES / cells.max(1)) as usize).clamp(LEAST_KEPT, self.group.strip)
            }
        }
    }
}

/// What the ends of a group of reductions by labels accumulate with.
fn groupers<'e>(ends: &[&'e ReduceEnd]) -> Result<smallvec::SmallVec<[&'e Grouper; 4]>> {
    let grouper = |end: &&'e ReduceEnd| match &end.accumulator {
        Accumulator::Grouped(grouper) => Ok(grouper.as_ref()),
        Accumulator::Whole(_) => Err(Error::internal("a reduction without groups among grouped ones")),
    };
    ends.iter().map(grouper).collect()
}
