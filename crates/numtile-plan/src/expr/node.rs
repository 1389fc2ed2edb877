//! The node of an expression.

use std::fmt;
use std::sync::Arc;

use numtile_core::hash::Hasher128;
use numtile_core::{DType, Scalar, Shape, Source, shape};
use numtile_kernel::Op;
use smallvec::SmallVec;

use super::call::Call;
use super::create::Iota;
use super::group::Grouping;
use super::reduce::Reduction;
use super::scan::{Part, Scan};
use super::scatter::Places;
use super::select::Selection;
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
    /// True when a mask must be counted before this can be computed.
    counts: bool,
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
    /// An affine index map: slice, step, transpose, broadcast, new axis. One input. (Boxed, so that other nodes are small.)
    View(Box<View>),
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
    /// A reduction of the elements with equal labels. Inputs: the elements, unless they are only counted, and int64 labels
    /// of the same shape.
    Group(Grouping),
    /// Running values along an axis. Inputs: the elements, and where there are several leaves their carries.
    Scan(Scan),
    /// The elements where a mask is true, in C order. Inputs: an array, and a mask over its first axes.
    Select(Selection),
    /// An output of a function of the user's. Inputs: its arguments. (Boxed, so that other nodes are small.)
    Call(Box<Call>),
    /// An array with some of its rows replaced. Inputs: the array, the rows, and a mask over the first axis if that
    /// says where they go.
    Scatter(Places),
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
        let counts = kind.counts() || inputs.iter().any(Expr::counts);
        Expr(Arc::new(Node { kind, inputs, shape, dtype, hash, counts }))
    }

    /// The same operation on other inputs, which have the types of its own.
    pub(crate) fn with_inputs(&self, inputs: impl IntoIterator<Item = Expr>, shape: impl Into<Shape>) -> Expr {
        let hash = self.hash128();
        Expr::new(self.kind().clone(), inputs, shape, self.dtype(), &[hash as u64, (hash >> 64) as u64])
    }

    /// The same view or reshape of another array of the shape of its own.
    pub(crate) fn with_input(&self, input: &Expr) -> Expr {
        let hash = self.hash128();
        let words = [hash as u64, (hash >> 64) as u64];
        Expr::new(self.kind().clone(), [input.clone()], self.shape(), input.dtype(), &words)
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

    /// True when every length is a number; false when some stand for the counts of masks.
    pub fn is_known(&self) -> bool {
        shape::is_known(&self.0.shape)
    }

    /// True when a mask must be counted, or counted again, before this can be computed.
    pub fn counts(&self) -> bool {
        self.0.counts
    }

    /// The number of elements; `usize::MAX` where it is not known.
    pub fn size(&self) -> usize {
        match self.is_known() {
            true => self.0.shape.iter().product(),
            false if self.0.shape.contains(&0) => 0,
            false => usize::MAX,
        }
    }

    /// The number of bytes the array would take; `u64::MAX` where it is not known.
    pub fn nbytes(&self) -> u64 {
        (self.size() as u64).saturating_mul(self.dtype().size() as u64)
    }

    /// Every distinct node below and including these, inputs before the nodes that read them.
    pub fn post_order(roots: &[Expr]) -> Vec<Expr> {
        Expr::post_order_where(roots, |_| true)
    }

    /// As [`Expr::post_order`], without what lies below nodes for which `holds` is false, and without those.
    pub(crate) fn post_order_where(roots: &[Expr], holds: impl Fn(&Expr) -> bool) -> Vec<Expr> {
        let mut seen = numtile_core::hash::QuickSet::default();
        let mut order = Vec::new();
        let mut stack: Vec<(Expr, bool)> = roots.iter().rev().map(|e| (e.clone(), false)).collect();
        while let Some((expr, inputs_done)) = stack.pop() {
            if inputs_done {
                order.push(expr);
            } else if holds(&expr) && seen.insert(expr.hash128()) {
                stack.push((expr.clone(), true));
                stack.extend(expr.inputs().iter().rev().map(|input| (input.clone(), false)));
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
            Kind::Group(grouping) => grouping.op.name(),
            Kind::Scan(Scan { part: Part::Elements, .. }) => "scan",
            Kind::Scan(Scan { part: Part::LeafEnds, .. }) => "carries",
            Kind::Select(_) => "select",
            Kind::Call(_) => "call",
            Kind::Scatter(_) => "scatter",
        }
    }

    /// True when its own mask must be counted, or counted again, before it can be computed.
    fn counts(&self) -> bool {
        match self {
            Kind::Select(selection) | Kind::Scatter(Places::Mask(selection)) => selection.must_count(),
            _ => false,
        }
    }
}

impl Drop for Node {
    /// Drops the graph below without recursion: whoever drops the last handle of a node takes over its inputs.
    fn drop(&mut self) {
        let mut orphans = std::mem::take(&mut self.inputs);
        while let Some(expr) = orphans.pop() {
            if let Some(mut node) = Arc::into_inner(expr.0) {
                orphans.append(&mut node.inputs);
            }
        }
    }
}

impl fmt::Debug for Expr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}{:?}", self.0.kind.tag(), self.0.dtype, self.0.shape.as_slice())
    }
}
