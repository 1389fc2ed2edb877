//! Reducing walks: leaf by leaf through a tile.

use numtile_core::shape::PerAxis;
use numtile_core::{Region, Result};
use numtile_kernel::builtin::reduce::Reducer;
use numtile_kernel::{Value, Writing};
use numtile_plan::physical::operand::Fragment;
use numtile_plan::physical::pass::{Group, ReduceEnd, ReduceWalk};
use numtile_plan::physical::tree::Direction;
use numtile_plan::physical::{Accumulator, End, Walk};

use super::Env;
use super::frame::{Frame, Origin, Placed};
use super::strips::{Arena, batches, is_contiguous, offset};
use crate::join::{LocalJoin, Node, Shape, State};

/// Reduces a tile: for each end of the group, the nodes that could not be joined within the tile.
///
/// `counts` are the leaves of the whole space along each reduced axis.
pub fn reduce(
    frame: &Frame<'_>,
    group: &Group,
    region: &Region,
    space: &[usize],
    counts: &[u64],
    arena: &mut Arena,
    env: Env<'_>,
) -> Result<Vec<Vec<Node>>> {
    let Walk::Reduce(walk) = &group.walk else { return Ok(Vec::new()) };
    let ends: Vec<&ReduceEnd> = group
        .ends
        .iter()
        .filter_map(|end| match end {
            End::Reduce(end) => Some(end),
            End::Store(_) => None,
        })
        .collect();
    let tile = TileWalk::new(frame, group, walk, region, space);
    let mut joins: Vec<LocalJoin> = ends.iter().map(|_| LocalJoin::default()).collect();
    let leaves = tile.leaves();
    for number in 0..leaves.len() {
        env.check()?;
        let leaf = leaves.region(number);
        let mut states = ends
            .iter()
            .map(|end| State::new(end.accumulator.state_bytes(tile.kept as u64) as usize, env.reservation))
            .collect::<Result<Vec<_>>>()?;
        match &group.labels {
            None => tile.leaf(&leaf, &ends, &mut states, arena)?,
            Some(labels) => tile.labelled_leaf(&leaf, labels, &ends, &mut states, arena)?,
        }
        let (place, elements) = tile.place(&leaf);
        for ((end, state), join) in ends.iter().zip(states).zip(&mut joins) {
            let node = Node::leaf(&place, elements, state);
            join.push(node, &Shape { accumulator: Some(&end.accumulator), counts, kept: tile.kept });
        }
    }
    Ok(joins.into_iter().map(LocalJoin::into_nodes).collect())
}

/// Columns in a row that are worth reducing where they lie: shorter rows are put together first.
const LEAST_COLUMNS: usize = 64;

/// The values of each output of a program: where they start, and how many elements their rows lie apart.
type Values = smallvec::SmallVec<[(*const u8, usize); 4]>;

/// A tile with its axes in the order of the walk.
pub(super) struct TileWalk<'a, 'p> {
    pub frame: Frame<'p>,
    pub group: &'a Group,
    pub walk: &'a ReduceWalk,
    /// The tile's starts on the reduced axes.
    pub origin: PerAxis<usize>,
    /// Lengths of the tile along the reduced and the kept axes.
    reduced_lengths: PerAxis<usize>,
    pub kept_lengths: PerAxis<usize>,
    /// The whole space's lengths along the reduced axes.
    reduced_space: PerAxis<usize>,
    /// Kept elements of the tile.
    pub kept: usize,
}

impl<'a, 'p> TileWalk<'a, 'p> {
    fn new(frame: &Frame<'p>, group: &'a Group, walk: &'a ReduceWalk, region: &Region, space: &[usize]) -> Self {
        let order: PerAxis<usize> = match walk.direction {
            Direction::Across => walk.kept.iter().chain(&walk.axes).copied().collect(),
            Direction::Down => walk.axes.iter().chain(&walk.kept).copied().collect(),
        };
        let kept_lengths: PerAxis<usize> = walk.kept.iter().map(|&axis| region.shape[axis]).collect();
        TileWalk {
            frame: frame.permuted(&order),
            group,
            walk,
            origin: walk.axes.iter().map(|&axis| region.start[axis]).collect(),
            reduced_lengths: walk.axes.iter().map(|&axis| region.shape[axis]).collect(),
            reduced_space: walk.axes.iter().map(|&axis| space[axis]).collect(),
            kept: kept_lengths.iter().product(),
            kept_lengths,
        }
    }

    /// The leaves of the tile, in C order over the reduced axes.
    fn leaves(&self) -> numtile_core::region::Grid {
        let order: PerAxis<usize> = (0..self.walk.axes.len()).collect();
        numtile_core::region::Grid::new(&self.reduced_lengths, &self.walk.edges, &order)
    }

    /// The numbers of a leaf on the reduced axes of the whole space, and its elements.
    fn place(&self, leaf: &Region) -> (PerAxis<u64>, u64) {
        let numbers = leaf
            .start
            .iter()
            .zip(&self.origin)
            .zip(&self.walk.edges)
            .map(|((&start, &origin), &edge)| ((origin + start) / edge) as u64)
            .collect();
        (numbers, leaf.count() as u64)
    }

    /// Accumulates one leaf for every kept element of the tile.
    fn leaf(&self, leaf: &Region, ends: &[&ReduceEnd], states: &mut [State], arena: &mut Arena) -> Result<()> {
        let in_place = self.in_place(leaf);
        let most = in_place.unwrap_or(self.group.strip / leaf.count());
        let kept = batches(&self.kept_lengths, most.max(1));
        let mut first = 0;
        for number in 0..kept.len() {
            let batch = kept.region(number);
            let bx = self.strip_box(leaf, &batch);
            let mark = arena.mark();
            let values = match in_place {
                Some(_) => self.lying(&bx),
                None => self.values(&bx, batch.count(), arena)?,
            };
            for (end, state) in ends.iter().zip(states.iter_mut()) {
                if let (Accumulator::Whole(reducer), Some(value)) = (&end.accumulator, end.value) {
                    let states = state.as_mut_ptr().wrapping_add(first * reducer.state_bytes());
                    self.accumulate(reducer, values[value], leaf, batch.count(), states);
                }
            }
            arena.reset(mark);
            first += batch.count();
        }
        for (end, state) in ends.iter().zip(states) {
            let mut global = leaf.clone();
            global.start.iter_mut().zip(&self.origin).for_each(|(start, origin)| *start += origin);
            if let Accumulator::Whole(reducer) = &end.accumulator {
                // SAFETY: the states of all kept elements were written by the leaves above.
                unsafe { reducer.globalize(state.as_mut_ptr(), self.kept, &global, &self.reduced_space) };
            }
        }
        Ok(())
    }

    /// The box of the walk over a part of a leaf and of the kept elements.
    pub fn strip_box(&self, leaf: &Region, batch: &Region) -> Region {
        let (first, second) = match self.walk.direction {
            Direction::Across => (batch, leaf),
            Direction::Down => (leaf, batch),
        };
        let mut bx = first.clone();
        bx.start.extend_from_slice(&second.start);
        bx.shape.extend_from_slice(&second.shape);
        bx
    }

    /// How many kept elements of a leaf can be reduced where they lie in memory; `None` where they cannot, because
    /// something is computed of them first, or because of how they lie.
    fn in_place(&self, leaf: &Region) -> Option<usize> {
        let mut most = usize::MAX;
        for placed in self.outputs_as_placed()? {
            let Origin::Address(start) = placed.origin else { return None };
            let steps_are_whole = placed.strides.iter().all(|stride| stride % placed.align as i64 == 0);
            if placed.swap.is_some() || !(start as usize).is_multiple_of(placed.align) || !steps_are_whole {
                return None;
            }
            most = most.min(match self.walk.direction {
                Direction::Across => self.touching_leaves(placed, leaf)?,
                Direction::Down => self.touching_columns(placed)?,
            });
        }
        Some(most)
    }

    /// What the program puts out, if that is what it reads.
    fn outputs_as_placed(&self) -> Option<smallvec::SmallVec<[&Placed<'p>; 4]>> {
        let Fragment { program, operands, .. } = &self.group.fragment;
        let placed = program.outputs.iter().map(|output| match output {
            Value::Input(input) => Some(&self.frame.placed[operands[*input as usize]]),
            _ => None,
        });
        placed.collect()
    }

    /// Leaves of kept elements that lie one after another: all of them or none.
    fn touching_leaves(&self, placed: &Placed<'_>, leaf: &Region) -> Option<usize> {
        let is_all = *leaf.shape == *self.reduced_lengths;
        (is_all && is_contiguous(&self.frame.lengths, &placed.strides, placed.item)).then_some(self.kept)
    }

    /// Kept elements of a row that lie one after another, if there is one row per step along a single reduced axis.
    fn touching_columns(&self, placed: &Placed<'_>) -> Option<usize> {
        let (reduced, kept) = placed.strides.split_at(self.walk.axes.len());
        let mut touching = 1usize;
        for (&length, &stride) in self.kept_lengths.iter().zip(kept).rev() {
            if length != 1 && stride != (touching * placed.item) as i64 {
                break;
            }
            touching *= length;
        }
        let is_worth_it = touching >= LEAST_COLUMNS.min(self.kept);
        let &[pitch] = reduced else { return None };
        let pitch_is_whole = pitch >= (touching * placed.item) as i64 && pitch % placed.item as i64 == 0;
        (is_worth_it && pitch_is_whole).then_some(touching)
    }

    /// The program's outputs on a strip, where they lie.
    fn lying(&self, bx: &Region) -> Values {
        let placed = self.outputs_as_placed().unwrap_or_default();
        placed
            .iter()
            .map(|placed| {
                let start = match placed.origin {
                    Origin::Address(start) => start.wrapping_offset(offset(&bx.start, &placed.strides)),
                    _ => std::ptr::null(),
                };
                let pitch = placed.strides.first().map_or(0, |&stride| stride as usize / placed.item);
                (start, pitch)
            })
            .collect()
    }

    /// The program's outputs on a strip of rows of `kept` elements. What the program only passes through is used where it
    /// lies.
    pub fn values(&self, bx: &Region, kept: usize, arena: &mut Arena) -> Result<Values> {
        let fragment = &self.group.fragment;
        if let Some(values) = self.passed_through(bx, arena)? {
            return Ok(values.into_iter().map(|start| (start, kept)).collect());
        }
        let count = bx.count();
        let outputs = self
            .group
            .output_types
            .iter()
            .map(|dtype| arena.take(count * dtype.size()))
            .collect::<Result<smallvec::SmallVec<[*mut u8; 4]>>>()?;
        // SAFETY: the box lies inside the tile, and the outputs are scratch of its size.
        unsafe { self.frame.run(fragment, bx, &outputs, Writing::Cached, arena)? };
        Ok(outputs.into_iter().map(|start| (start.cast_const(), kept)).collect())
    }

    fn passed_through(&self, bx: &Region, arena: &mut Arena) -> Result<Option<smallvec::SmallVec<[*const u8; 4]>>> {
        let fragment = &self.group.fragment;
        if !fragment.program.outputs.iter().all(|output| matches!(output, Value::Input(_))) {
            return Ok(None);
        }
        let mark = arena.mark();
        let mut values = smallvec::SmallVec::new();
        for output in &fragment.program.outputs {
            let Value::Input(input) = output else { continue };
            let placed = &self.frame.placed[fragment.operands[*input as usize]];
            let strip = self.frame.present(placed, bx, arena)?;
            if strip.uniform && bx.count() > 1 {
                // One element stands for all: let the interpreter spread it.
                arena.reset(mark);
                return Ok(None);
            }
            values.push(strip.start);
        }
        Ok(Some(values))
    }

    fn accumulate(&self, reducer: &Reducer, values: (*const u8, usize), leaf: &Region, kept: usize, states: *mut u8) {
        let count = leaf.count();
        let (values, pitch) = values;
        // SAFETY: at `values` are the leaf's elements for `kept` kept elements in the order of the walk, rows `pitch`
        // elements apart, and `states` has room for their accumulators.
        unsafe {
            match self.walk.direction {
                Direction::Across => {
                    let cols = leaf.shape.last().copied().unwrap_or(1);
                    reducer.leaf_across(values, kept, count / cols, cols, states);
                }
                Direction::Down => reducer.leaf_down(values, count, pitch, kept, states),
            }
        }
    }
}
