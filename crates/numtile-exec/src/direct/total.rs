//! Reductions of all elements of a one-dimensional elementwise expression, without a plan.
//!
//! The leaves and their tree are those of a plan: runs of 4096 elements, joined in an aligned binary tree. Pieces that
//! threads share are whole subtrees.

use std::cell::RefCell;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use numtile_core::{Region, Result, Scalar};
use numtile_kernel::Writing;
use numtile_kernel::builtin::reduce::Reducer;
use numtile_plan::physical::tree::{Direction, leaf_edges};
use smallvec::{SmallVec, smallvec};

use super::{Line, Program};
use crate::executor::Control;
use crate::metrics::Progress;
use crate::scheduler::Scheduler;
use crate::team::{Work, share};

/// Words of an accumulator at most.
const MOST_WORDS: usize = 8;
/// Leaves of a piece that threads share, a power of two.
const PIECE_LEAVES: usize = 16;
/// Room that every thread keeps for the values of a leaf.
const LEAF_BYTES: usize = 64 << 10;

thread_local! {
    static LEAF: RefCell<Vec<Line>> = const { RefCell::new(Vec::new()) };
}

/// A reduction of what a program computes.
#[derive(Clone, Debug)]
pub struct Total {
    program: Program,
    reducer: Arc<Reducer>,
    /// Elements of a leaf.
    leaf: usize,
}

/// A node of the tree: its accumulator, and how many elements it is of.
#[derive(Clone, Copy, Default)]
struct Node {
    state: [u64; MOST_WORDS],
    elements: u64,
}

impl Total {
    /// The reduction of the program's elements; `None` where a leaf of them or an accumulator is too large.
    pub fn new(program: Program, reducer: Reducer) -> Option<Total> {
        let leaf = leaf_edges(Direction::Across, 1)[0];
        let fits = leaf * program.item <= LEAF_BYTES && reducer.state_bytes() <= MOST_WORDS * 8;
        fits.then(|| Total { program, reducer: Arc::new(reducer), leaf })
    }

    /// Reduces `elements` elements, at least one, on this thread.
    ///
    /// # Errors
    /// As [`Program::run`].
    ///
    /// # Safety
    /// As [`Program::run`], but for the place of the result.
    pub unsafe fn run(&self, starts: &[*const u8], elements: usize) -> Result<Scalar> {
        // SAFETY: the caller's promise.
        let root = unsafe { self.subtree(starts, elements, 0, elements.div_ceil(self.leaf))? };
        Ok(self.finished(&root, elements))
    }

    /// The same, shared with idle threads.
    ///
    /// # Errors
    /// As [`Program::run_shared`].
    ///
    /// # Safety
    /// As [`Total::run`].
    pub unsafe fn run_shared(
        &self,
        starts: &[*const u8],
        elements: usize,
        scheduler: &Scheduler,
        control: &Control<'_>,
    ) -> Result<Scalar> {
        let pieces = elements.div_ceil(self.leaf).div_ceil(PIECE_LEAVES);
        let whole = Arc::new(Whole {
            total: self.clone(),
            starts: starts.into(),
            elements,
            nodes: Mutex::new(vec![Node::default(); pieces]),
            done: AtomicUsize::new(0),
            started: Instant::now(),
        });
        share(whole.clone(), scheduler.workers(), scheduler, control)?;
        let nodes = whole.nodes.lock().unwrap_or_else(PoisonError::into_inner);
        let mut tree = Tree::of(&self.reducer);
        nodes.iter().for_each(|&node| tree.push(node));
        Ok(self.finished(&tree.root(), elements))
    }

    /// The result of a node of all elements.
    fn finished(&self, root: &Node, elements: usize) -> Scalar {
        let mut image = [0u128; 1];
        let out = image.as_mut_ptr().cast::<u8>();
        // SAFETY: the root is an accumulator of all elements, and no result is larger than the image.
        let bytes = unsafe {
            self.reducer.finalize(root.state.as_ptr().cast(), 1, elements as u64, out);
            std::slice::from_raw_parts(out.cast_const(), size_of_val(&image))
        };
        Scalar::from_bytes(self.reducer.output(), bytes)
    }

    /// The node of `count` leaves from number `first` on.
    ///
    /// # Safety
    /// As [`Program::run`].
    unsafe fn subtree(&self, starts: &[*const u8], elements: usize, first: usize, count: usize) -> Result<Node> {
        let mut tree = Tree::of(&self.reducer);
        for leaf in first..first + count {
            let start = leaf * self.leaf;
            // SAFETY: the caller's promise, for a part of the elements.
            tree.push(unsafe { self.node(starts, start, self.leaf.min(elements - start), elements)? });
        }
        Ok(tree.root())
    }

    /// The node of one leaf.
    ///
    /// # Safety
    /// As [`Program::run`], for `length` elements from `start` on.
    unsafe fn node(&self, starts: &[*const u8], start: usize, length: usize, elements: usize) -> Result<Node> {
        let mut node = Node { elements: length as u64, ..Node::default() };
        let state = node.state.as_mut_ptr().cast::<u8>();
        // SAFETY: the caller's promise; the room is large enough for a leaf, and the state for an accumulator.
        unsafe {
            if let Some(input) = self.program.passes_through {
                let values = starts[input].wrapping_add(start * self.program.item);
                self.reducer.leaf_across(values, 1, 1, length, state);
            } else {
                LEAF.with_borrow_mut(|room| {
                    room.resize(LEAF_BYTES / size_of::<Line>(), Line([0; 64]));
                    let values = room.as_mut_ptr().cast::<u8>();
                    // The program writes its element `start` to the start of the room.
                    let out = values.wrapping_sub(start * self.program.item);
                    self.program.part(starts, None, start..start + length, out, Writing::Cached)?;
                    self.reducer.leaf_across(values, 1, 1, length, state);
                    Ok(())
                })?;
            }
            let leaf = Region { start: smallvec![start], shape: smallvec![length] };
            self.reducer.globalize(state, 1, &leaf, &[elements]);
        }
        Ok(node)
    }
}

/// Nodes of one level as they come, joined with their partners: a binary counter.
struct Tree<'a> {
    reducer: &'a Reducer,
    /// Nodes that wait for a partner, largest first, one for each bit of the count.
    waiting: SmallVec<[Node; 16]>,
    count: usize,
}

impl Tree<'_> {
    fn of(reducer: &Reducer) -> Tree<'_> {
        Tree { reducer, waiting: SmallVec::new(), count: 0 }
    }

    fn push(&mut self, mut node: Node) {
        let mut bits = self.count;
        while bits & 1 == 1
            && let Some(left) = self.waiting.pop()
        {
            node = self.joined(left, node);
            bits >>= 1;
        }
        self.waiting.push(node);
        self.count += 1;
    }

    /// What is left over passes through to the level where it has a partner.
    fn root(mut self) -> Node {
        let mut root = self.waiting.pop().unwrap_or_default();
        while let Some(left) = self.waiting.pop() {
            root = self.joined(left, root);
        }
        root
    }

    fn joined(&self, mut left: Node, right: Node) -> Node {
        // SAFETY: both are accumulators that leaves or joins have written.
        unsafe {
            let (to, from) = (left.state.as_mut_ptr().cast(), right.state.as_ptr().cast());
            self.reducer.join(to, from, 1, left.elements, right.elements);
        }
        left.elements += right.elements;
        left
    }
}

/// The whole of a reduction, for several threads.
struct Whole {
    total: Total,
    starts: SmallVec<[*const u8; 8]>,
    elements: usize,
    /// What pieces have come to, in order.
    nodes: Mutex<Vec<Node>>,
    done: AtomicUsize,
    started: Instant,
}

// SAFETY: inputs are only read; whoever made it waits for all pieces.
unsafe impl Send for Whole {}
// SAFETY: as above; results are behind a lock.
unsafe impl Sync for Whole {}

impl Whole {
    fn leaves(&self) -> usize {
        self.elements.div_ceil(self.total.leaf)
    }
}

impl Work for Whole {
    type Desk = ();

    fn pieces(&self) -> usize {
        self.leaves().div_ceil(PIECE_LEAVES)
    }

    fn desk(&self) -> Result<()> {
        Ok(())
    }

    fn piece(&self, (): &mut (), number: usize) -> Result<()> {
        let first = number * PIECE_LEAVES;
        let count = PIECE_LEAVES.min(self.leaves() - first);
        // SAFETY: by the caller of `run`, who is there until the last piece is done.
        let node = unsafe { self.total.subtree(&self.starts, self.elements, first, count)? };
        self.nodes.lock().unwrap_or_else(PoisonError::into_inner)[number] = node;
        self.done.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }

    fn stop(&self) {}

    fn progress(&self) -> Progress {
        let bytes = |elements: usize| (elements * self.total.program.item) as u64;
        let done = self.done.load(Ordering::Relaxed) * PIECE_LEAVES * self.total.leaf;
        Progress {
            bytes_done: bytes(done.min(self.elements)),
            bytes_total: bytes(self.elements),
            seconds: self.started.elapsed().as_secs_f64(),
            peak_bytes: 0,
        }
    }
}
