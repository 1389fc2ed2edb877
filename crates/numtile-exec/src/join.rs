//! Joining partial reductions in the fixed tree.
//!
//! The leaves along each reduced axis form an aligned binary tree: at every level node `2i` joins node `2i + 1`, and a
//! last node without a partner passes through. The last reduced axis is joined first; its root is then a leaf on the
//! axis before it. Which node joins which depends on leaf numbers alone, so tiles may finish in any order.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use numtile_core::memory::Buffer;
use numtile_core::shape::PerAxis;
use numtile_core::{Reservation, Result};
use numtile_plan::physical::Accumulator;
use numtile_plan::physical::memory::SMALL_STATE;

/// Accumulators of a box of kept elements.
pub enum State {
    /// Few of them.
    Heap(Vec<u64>),
    /// Many of them, in a buffer of the evaluation.
    Pool(Buffer),
}

impl State {
    /// Accumulators of this many bytes, contents unspecified.
    pub fn new(bytes: usize, reservation: &Reservation) -> Result<State> {
        if bytes <= SMALL_STATE {
            return Ok(State::Heap(vec![0; bytes.div_ceil(8)]));
        }
        Ok(State::Pool(reservation.allocate(bytes)?))
    }

    /// The first byte, 8-byte aligned.
    pub fn as_mut_ptr(&mut self) -> *mut u8 {
        match self {
            State::Heap(words) => words.as_mut_ptr().cast(),
            State::Pool(buffer) => buffer.as_ptr(),
        }
    }

    /// The first byte, to read.
    pub fn as_ptr(&self) -> *const u8 {
        match self {
            State::Heap(words) => words.as_ptr().cast(),
            State::Pool(buffer) => buffer.as_ptr(),
        }
    }
}

/// A node of the tree: which one, how many elements it covers per kept element, and their accumulators.
pub struct Node {
    place: Place,
    elements: u64,
    state: State,
}

/// The name of a node.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
struct Place {
    /// Which of the reduced axes it lies on.
    axis: usize,
    /// Leaf numbers on the reduced axes before that one.
    outer: PerAxis<u64>,
    level: u32,
    index: u64,
}

impl Node {
    /// The leaf with these numbers on the reduced axes.
    pub fn leaf(numbers: &[u64], elements: u64, state: State) -> Node {
        let axis = numbers.len() - 1;
        let place = Place { axis, outer: numbers[..axis].into(), level: 0, index: numbers[axis] };
        Node { place, elements, state }
    }

    /// The node that the leaves `index << level` and following on the reduced axis number `outer.len()` join into.
    pub fn inner(outer: &[u64], level: u32, index: u64, state: State) -> Node {
        Node { place: Place { axis: outer.len(), outer: outer.into(), level, index }, elements: 0, state }
    }

    /// The accumulators.
    pub fn state(&self) -> &State {
        &self.state
    }

    /// Moves up while no partner exists; false when the node is the root of the whole tree.
    fn climb(&mut self, counts: &[u64]) -> bool {
        let place = &mut self.place;
        loop {
            let nodes = counts[place.axis].div_ceil(1u64.checked_shl(place.level).unwrap_or(u64::MAX)).max(1);
            if nodes == 1 {
                match place.outer.pop() {
                    None => return false,
                    Some(number) => {
                        place.axis -= 1;
                        place.level = 0;
                        place.index = number;
                    }
                }
            } else if place.index == nodes - 1 && place.index.is_multiple_of(2) {
                place.level += 1;
                place.index /= 2;
            } else {
                return true;
            }
        }
    }

    fn partner(&self) -> Place {
        Place { index: self.place.index ^ 1, ..self.place.clone() }
    }

    /// Joins two partners: the one with the even number is on the left.
    fn join(self, other: Node, shape: &Shape<'_>) -> Node {
        let (mut left, right) = if self.place.index.is_multiple_of(2) { (self, other) } else { (other, self) };
        let (to, from) = (left.state.as_mut_ptr(), right.state.as_ptr());
        // SAFETY: both states hold accumulators of `kept` elements, written by leaves or joins, and nobody else
        // reaches them.
        unsafe {
            match shape.accumulator {
                Some(Accumulator::Whole(reducer)) => {
                    reducer.join(to, from, shape.kept, left.elements, right.elements);
                }
                Some(Accumulator::Grouped(grouper)) => grouper.join(to, from, shape.kept),
                None => {}
            }
        }
        left.elements += right.elements;
        left.place.level += 1;
        left.place.index /= 2;
        left
    }
}

/// What the joins of one reduction have in common.
pub struct Shape<'a> {
    /// The operation; `None` in a rehearsal, where states hold nothing.
    pub accumulator: Option<&'a Accumulator>,
    /// Leaves along each reduced axis.
    pub counts: &'a [u64],
    /// Kept elements per node.
    pub kept: usize,
}

/// Nodes of one tile, whose leaves arrive in C order, so that partners are neighbours on a stack.
#[derive(Default)]
pub struct LocalJoin {
    stack: Vec<Node>,
}

impl LocalJoin {
    /// Adds the next leaf. The root stays on the stack like any other node.
    pub fn push(&mut self, mut node: Node, shape: &Shape<'_>) {
        while node.climb(shape.counts) {
            match self.stack.pop_if(|top| top.place == node.partner()) {
                Some(partner) => node = node.join(partner, shape),
                None => break,
            }
        }
        self.stack.push(node);
    }

    /// What could not be joined within the tile.
    pub fn into_nodes(self) -> Vec<Node> {
        self.stack
    }
}

/// Nodes of all tiles of one block of kept elements.
#[derive(Default)]
pub struct SharedJoin {
    waiting: Mutex<HashMap<Place, Node>>,
}

impl SharedJoin {
    /// Adds a node from any thread; the root comes back to the thread that completes it.
    pub fn push(&self, mut node: Node, shape: &Shape<'_>) -> Option<Node> {
        while node.climb(shape.counts) {
            let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
            match waiting.remove(&node.partner()) {
                Some(partner) => {
                    drop(waiting);
                    node = node.join(partner, shape);
                }
                None => {
                    waiting.insert(node.place.clone(), node);
                    return None;
                }
            }
        }
        Some(node)
    }
}
