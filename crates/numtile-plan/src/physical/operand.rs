//! What the tile programs of a pass read, seen from its iteration space.

use std::collections::HashSet;
use std::sync::Arc;

use numtile_core::shape::PerAxis;
use numtile_core::{DType, Layout, Shape, Source};
use numtile_kernel::{Interpreter, TileProgram};
use smallvec::{SmallVec, smallvec};

use super::call::CallBlock;
use super::relay::Relay;
use super::scan::ScanBlock;
use crate::expr::view::View;
use crate::expr::{Counts, Iota};

/// A tile program together with the operands that feed its inputs.
#[derive(Clone, Debug)]
pub struct Fragment {
    /// The program.
    pub program: Arc<TileProgram>,
    /// The same, ready to run.
    pub interpreter: Arc<Interpreter>,
    /// For each program input, the number of an operand.
    pub operands: Vec<usize>,
}

/// Something that has a value at every point of an iteration space.
#[derive(Clone, Debug)]
pub struct Operand {
    /// The element type, in native byte order once it reaches a program.
    pub dtype: DType,
    /// Where the values come from.
    pub kind: OperandKind,
}

impl Operand {
    /// The scan that it is, and its relay, if its carries are handed from tile to tile.
    pub fn relayed(&self) -> Option<(&ScanBlock, &Relay)> {
        match &self.kind {
            OperandKind::Block { block, .. } => match &block.kind {
                BlockKind::Scan(scan) => scan.relay().map(|relay| (&**scan, relay)),
                _ => None,
            },
            _ => None,
        }
    }
}

/// Where an operand's values come from.
#[derive(Clone, Debug)]
pub enum OperandKind {
    /// Elements lying at strides in memory or a file.
    Strided {
        /// What they lie in.
        base: Base,
        /// Where, over the axes of the iteration space.
        layout: Layout,
    },
    /// Records of neighbouring bytes in a file, read once for all the fields that are looked at.
    Records {
        /// The file.
        source: Arc<dyn Source>,
        /// Where the records lie, over the axes of the iteration space lengthened by the fringe.
        layout: Layout,
        /// Bytes per record.
        bytes: usize,
        /// The fringe: how many more records than points a tile reads along each axis.
        extra: PerAxis<usize>,
    },
    /// One field of records, or a shifted view of a block.
    Field {
        /// The number of the operand that reads the records or assembles the block.
        of: usize,
        /// The byte of the record at which the field starts.
        start: usize,
        /// How many points further on it lies along each axis.
        by: PerAxis<usize>,
        /// True when elements are in the other byte order.
        swapped: bool,
    },
    /// A sequence that is computed where it is needed.
    Sequence {
        /// The sequence.
        iota: Iota,
        /// Its positions (in elements) over the axes of the iteration space.
        layout: Layout,
    },
    /// A part of the expression that varies along some axes only, evaluated once per strip for those.
    Nested {
        /// The part.
        fragment: Fragment,
        /// True for the axes along which it varies.
        varies: PerAxis<bool>,
    },
    /// Elements of a table in memory, selected by an index computed per strip.
    Gather(Box<Gather>),
    /// Something that must be assembled in a buffer for each tile first.
    Block {
        /// What is assembled, over its own space.
        block: Arc<Block>,
        /// From the iteration space to the block's space.
        view: View,
        /// The fringe: how many more points than it has a tile sees along each axis, for shifted views of the block.
        extra: PerAxis<usize>,
    },
    /// Another output of the call that an operand makes.
    Sibling {
        /// The number of that operand.
        of: usize,
    },
}

/// What strided elements lie in.
#[derive(Clone, Debug)]
pub enum Base {
    /// A source in memory, read in place.
    Memory(Arc<dyn Source>),
    /// A source that is read into buffers, tile by tile.
    File(Arc<dyn Source>),
    /// A result of an earlier pass, held in memory.
    Held(usize),
    /// Memory that the evaluation knows: plans that serve again name no sources.
    Given {
        /// The number of the source.
        number: usize,
        /// True when elements are in the other byte order.
        swapped: bool,
    },
}

impl Base {
    /// True when elements are in the other byte order.
    pub fn is_swapped(&self) -> bool {
        match self {
            Base::Memory(source) | Base::File(source) => source.is_swapped(),
            Base::Held(_) => false,
            Base::Given { swapped, .. } => *swapped,
        }
    }
}

/// Selection along one axis of a table in memory.
#[derive(Clone, Debug)]
pub struct Gather {
    /// What the table lies in: memory or a held result.
    pub base: Base,
    /// Where position zero of the selected axis lies, over the axes of the iteration space.
    pub layout: Layout,
    /// Bytes from one position of the selected axis to the next.
    pub stride: i64,
    /// The length of the selected axis.
    pub length: usize,
    /// Which axis of the user's table it is, for messages.
    pub axis: usize,
    /// The index, int64.
    pub index: Fragment,
    /// True for the axes of the iteration space along which the index varies.
    pub varies: PerAxis<bool>,
}

/// An array that is assembled in a buffer, region by region.
#[derive(Clone, Debug)]
pub struct Block {
    /// Its shape.
    pub shape: Shape,
    /// Its element type.
    pub dtype: DType,
    /// How it is assembled.
    pub kind: BlockKind,
}

/// How a block is assembled.
#[derive(Clone, Debug)]
pub enum BlockKind {
    /// Parts after one another along an axis.
    Concat(Join),
    /// The same elements in C order under another shape.
    Reshape(Space),
    /// Selected positions of an axis of a file.
    GatherFile {
        /// The file.
        source: Arc<dyn Source>,
        /// Where the whole table lies.
        layout: Layout,
        /// The axis that is selected from.
        axis: usize,
        /// The index, int64, over its own shape.
        index: Space,
    },
    /// Selected positions of an axis of an array that is computed at each of them.
    GatherComputed {
        /// The array.
        table: Space,
        /// The axis that is selected from.
        axis: usize,
        /// The index, int64, over its own shape.
        index: Space,
    },
    /// The rows of an array where a mask is true.
    Select(Box<Select>),
    /// An array with rows put in place of some of its own.
    Scatter(Box<Scatter>),
    /// Running values along an axis.
    Scan(Box<ScanBlock>),
    /// Outputs of a function of the user's. The block's type is that of the first one.
    Call(Box<CallBlock>),
}

impl Block {
    /// What the block is assembled from.
    pub fn spaces(&self) -> SmallVec<[&Space; 3]> {
        match &self.kind {
            BlockKind::Concat(join) => join.parts.iter().map(|(_, part)| part).collect(),
            BlockKind::Reshape(space) => smallvec![space],
            BlockKind::GatherFile { index, .. } => smallvec![index],
            BlockKind::GatherComputed { table, index, .. } => smallvec![table, index],
            BlockKind::Select(select) => match &select.from {
                SelectFrom::Elements(space) => smallvec![space],
                SelectFrom::Rows { mask, rows } => smallvec![mask, rows],
            },
            BlockKind::Scatter(scatter) => match &scatter.places {
                ScatterPlaces::Positions(_) => smallvec![&scatter.array, &scatter.rows],
                ScatterPlaces::Mask { mask, .. } => smallvec![&scatter.array, &scatter.rows, mask],
            },
            BlockKind::Scan(scan) => smallvec![&scan.space],
            BlockKind::Call(call) => call.arguments.iter().map(|argument| &argument.space).collect(),
        }
    }
}

/// Parts after one another along an axis.
#[derive(Clone, Debug)]
pub struct Join {
    /// The axis.
    pub axis: usize,
    /// Where each part starts, and what it is.
    pub parts: Vec<(usize, Space)>,
    /// The numbers of parts that differ in what evaluating them takes: thousands of files often lie alike.
    distinct: Vec<usize>,
}

impl Join {
    /// These parts, each behind the one before.
    pub fn new(axis: usize, parts: Vec<(usize, Space)>) -> Join {
        let mut seen: HashSet<(&[usize], &[i64], DType, bool)> = HashSet::new();
        let is_first = |&number: &usize| match parts[number].1.stored() {
            Some((base, layout, dtype)) => {
                seen.insert((&layout.shape, &layout.strides, dtype, matches!(base, Base::File(_))))
            }
            None => true,
        };
        let distinct = (0..parts.len()).filter(is_first).collect();
        Join { axis, parts, distinct }
    }

    /// A part of every kind, as far as their sizes go.
    pub fn distinct(&self) -> impl Iterator<Item = &Space> {
        self.distinct.iter().map(|&number| &self.parts[number].1)
    }
}

/// Selection of rows by a mask over the first axis.
#[derive(Clone, Debug)]
pub struct Select {
    /// The counts of the mask.
    pub counts: Arc<Counts>,
    /// What is selected from.
    pub from: SelectFrom,
}

/// A mask and the rows it selects from.
#[derive(Clone, Debug)]
pub enum SelectFrom {
    /// Rows of one element: one program computes mask and elements, so that what both read is read once.
    Elements(Space),
    /// Longer rows, which are computed only where some near them are selected.
    Rows {
        /// The mask.
        mask: Space,
        /// The rows.
        rows: Space,
    },
}

/// Replacement of rows.
#[derive(Clone, Debug)]
pub struct Scatter {
    /// The array.
    pub array: Space,
    /// The rows put into it.
    pub rows: Space,
    /// Where they go.
    pub places: ScatterPlaces,
}

/// Where rows go.
#[derive(Clone, Debug)]
pub enum ScatterPlaces {
    /// To these positions of the first axis, unique and ascending, in memory.
    Positions(Arc<dyn Source>),
    /// Where a mask over the first axis is true.
    Mask {
        /// The counts of the mask.
        counts: Arc<Counts>,
        /// The mask.
        mask: Space,
    },
}

/// A self-contained iteration space with a value, or several, per point.
#[derive(Clone, Debug)]
pub struct Space {
    /// Its shape.
    pub shape: Shape,
    /// What is read.
    pub operands: Vec<Operand>,
    /// What is computed.
    pub fragment: Fragment,
    /// The element types of its outputs.
    pub dtypes: SmallVec<[DType; 2]>,
}

impl Space {
    /// Where the elements lie, and their type, if they are taken as they are.
    fn stored(&self) -> Option<(&Base, &Layout, DType)> {
        let is_copy = self.fragment.program.steps.is_empty() && self.fragment.program.inputs.len() == 1;
        match self.operands.as_slice() {
            [Operand { dtype, kind: OperandKind::Strided { base, layout } }] if is_copy => Some((base, layout, *dtype)),
            _ => None,
        }
    }
}

/// A block seen through a view.
pub fn seen(block: Block, view: View) -> OperandKind {
    let extra = PerAxis::from_elem(0, view.ndim);
    OperandKind::Block { block: Arc::new(block), view, extra }
}

/// The lengths of a tile with its fringe.
pub fn with_fringe(tile: &[usize], extra: &[usize]) -> PerAxis<usize> {
    tile.iter().zip(extra).map(|(&len, &extra)| len.saturating_add(extra)).collect()
}
