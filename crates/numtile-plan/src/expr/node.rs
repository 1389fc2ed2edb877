//! The node of an expression.

use std::fmt;
use std::sync::Arc;

use numtile_core::hash::Hasher128;
use numtile_core::{DType, Scalar, Shape, Source};
use numtile_kernel::Op;
use smallvec::SmallVec;

use super::create::Iota;
use super::reduce::Reduction;
use super::scan::{Part, Scan};
use super::view::View;

/// A lazy array: an immutable, shared node of an expression graph.
#[derive(Clone)]
pub struct Expr(Arc<Node>);

struct Node {
    kind: Kind,
    inputs: SmallVec<[Expr; 3]>,
    shape: Shape,
    dtype: DType,
    hash: u128,
}

/// What a node does with its inputs.
#[derive(Clone, Debug)]
pub enum Kind {
    /// An array that exists already. No inputs.
    Source(Arc<dyn Source>),
    /// One element, zero-dimensional. No inputs.
    Constant(Scalar),
    /// A one-dimensional arithmetic sequence. No inputs.
    Iota(Iota),
    /// An elementwise operation. Inputs have the operation's loop types and broadcast to the node's shape.
    Map(Op),
    /// An affine index map: slice, step, transpose, broadcast, new axis. One input.
    View(View),
    /// The same elements in C order under another shape. One input.
    Reshape,
    /// `take` along an axis. Inputs: the table and an int64 index.
    Gather {
        /// The axis of the table that the index replaces.
        axis: usize,
    },
    /// Inputs after one another along an axis.
    Concat {
        /// The axis they are joined on.
        axis: usize,
    },
    /// A reduction over some axes. One input.
    Reduce(Reduction),
    /// Running values along an axis. Inputs: the elements, and where there are several leaves their carries.
    Scan(Scan),
}

impl Expr {
    /// A node; `words` are what distinguishes it from others of the same kind, type, shape and inputs.
    pub(crate) fn new(
        kind: Kind,
        inputs: impl IntoIterator<Item = Expr>,
        shape: impl Into<Shape>,
        dtype: DType,
        words: &[u64],
    ) -> Expr {
        let (inputs, shape): (SmallVec<[Expr; 3]>, Shape) = (inputs.into_iter().collect(), shape.into());
        let mut hash = Hasher128::new(kind.tag());
        hash.word(dtype as u64).word(shape.len() as u64);
        shape.iter().for_each(|&len| {
            hash.word(len as u64);
        });
        hash.word(inputs.len() as u64);
        inputs.iter().for_each(|input| {
            hash.hash(input.hash128());
        });
        words.iter().for_each(|&word| {
            hash.word(word);
        });
        let hash = hash.finish();
        Expr(Arc::new(Node { kind, inputs, shape, dtype, hash }))
    }

    /// What the node does.
    pub fn kind(&self) -> &Kind {
        &self.0.kind
    }

    /// The nodes it reads.
    pub fn inputs(&self) -> &[Expr] {
        &self.0.inputs
    }

    /// Lengths of the axes.
    pub fn shape(&self) -> &[usize] {
        &self.0.shape
    }

    /// The number of axes.
    pub fn ndim(&self) -> usize {
        self.0.shape.len()
    }

    /// The element type.
    pub fn dtype(&self) -> DType {
        self.0.dtype
    }

    /// The structural hash: equal for expressions that compute the same thing from the same sources.
    pub fn hash128(&self) -> u128 {
        self.0.hash
    }

    /// The number of elements.
    pub fn size(&self) -> usize {
        self.0.shape.iter().product()
    }

    /// The number of bytes the array would take.
    pub fn nbytes(&self) -> u64 {
        self.size() as u64 * self.dtype().size() as u64
    }

    /// Every distinct node below and including these, inputs before the nodes that read them.
    pub fn post_order(roots: &[Expr]) -> Vec<Expr> {
        let mut seen = std::collections::HashSet::new();
        let mut order = Vec::new();
        let mut stack: Vec<(Expr, bool)> = roots.iter().rev().map(|e| (e.clone(), false)).collect();
        while let Some((expr, inputs_done)) = stack.pop() {
            if inputs_done {
                order.push(expr);
            } else if seen.insert(expr.hash128()) {
                let inputs: Vec<Expr> = expr.inputs().to_vec();
                stack.push((expr, true));
                stack.extend(inputs.into_iter().rev().map(|input| (input, false)));
            }
        }
        order
    }

    /// The distinct sources that an evaluation would read.
    pub fn sources(&self) -> Vec<Arc<dyn Source>> {
        Expr::post_order(std::slice::from_ref(self))
            .into_iter()
            .filter_map(|e| match e.kind() {
                Kind::Source(source) => Some(source.clone()),
                _ => None,
            })
            .collect()
    }
}

impl Kind {
    /// The name of the kind, for plans, messages and hashes.
    pub fn tag(&self) -> &'static str {
        match self {
            Kind::Source(_) => "source",
            Kind::Constant(_) => "constant",
            Kind::Iota(_) => "iota",
            Kind::Map(op) => op.name(),
            Kind::View(_) => "view",
            Kind::Reshape => "reshape",
            Kind::Gather { .. } => "take",
            Kind::Concat { .. } => "concatenate",
            Kind::Reduce(reduction) => reduction.op.name(),
            Kind::Scan(Scan { part: Part::Elements, .. }) => "scan",
            Kind::Scan(Scan { part: Part::LeafEnds, .. }) => "carries",
        }
    }
}

impl Drop for Node {
    /// Drops the graph below without recursion: whoever drops the last handle of a node takes over its inputs.
    fn drop(&mut self) {
        let mut orphans: SmallVec<[Expr; 8]> = self.inputs.drain(..).collect();
        while let Some(expr) = orphans.pop() {
            if let Some(mut node) = Arc::into_inner(expr.0) {
                orphans.extend(node.inputs.drain(..));
            }
        }
    }
}

impl fmt::Debug for Expr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}{:?}", self.0.kind.tag(), self.0.dtype, self.0.shape.as_slice())
    }
}
