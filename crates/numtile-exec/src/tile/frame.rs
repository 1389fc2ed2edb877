//! A tile as its programs see it: every operand as an address and strides over the tile's axes.

use numtile_core::shape::PerAxis;
use numtile_core::{Access, Error, Region, Result};
use numtile_plan::expr::Iota;
use numtile_plan::physical::operand::{Base, Fragment, Operand, OperandKind};

use super::Env;
use super::load::Loaded;

/// The operands of a tile, in an order of axes chosen for the walk.
pub struct Frame<'p> {
    /// Lengths of the tile's axes.
    pub lengths: PerAxis<usize>,
    /// The operands, by their number.
    pub placed: Vec<Placed<'p>>,
}

/// One operand: where its value at the tile's first point comes from, and how that moves along each axis.
pub struct Placed<'p> {
    /// Bytes per element.
    pub item: usize,
    /// Alignment that kernels want.
    pub align: usize,
    /// Bytes per component when elements must be swapped.
    pub swap: Option<usize>,
    /// Where values come from.
    pub origin: Origin<'p>,
    /// Bytes (elements for sequences) per step along each axis.
    pub strides: PerAxis<i64>,
    /// For parts that are computed per strip: the axes along which they vary.
    pub varies: PerAxis<bool>,
}

/// Where values come from.
pub enum Origin<'p> {
    /// Memory.
    Address(*const u8),
    /// A sequence, from this position on.
    Sequence(Iota, i64),
    /// A nested part.
    Nested(&'p Fragment),
    /// A table in memory.
    Gather {
        /// Position zero of the selected axis.
        start: *const u8,
        /// Bytes per position.
        stride: i64,
        /// Positions there are.
        length: usize,
        /// Which axis of the user's table it is.
        axis: usize,
        /// The index.
        index: &'p Fragment,
    },
}

impl<'p> Frame<'p> {
    /// The operands of a pass placed for the tile at `region`.
    pub fn new(operands: &'p [Operand], loaded: &[Loaded], region: &Region, env: Env<'_>) -> Result<Frame<'p>> {
        let placed = operands
            .iter()
            .zip(loaded)
            .map(|(operand, own)| match &operand.kind {
                OperandKind::Field { of, start, by, swapped } => {
                    let mut placed = place(operand, loaded.get(*of).unwrap_or(own), region, env)?;
                    let shift: i64 = by.iter().zip(&placed.strides).map(|(&by, &stride)| by as i64 * stride).sum();
                    placed.origin = placed.origin.moved(*start as i64 + shift);
                    placed.swap = swap_of(*swapped, operand);
                    Ok(placed)
                }
                _ => place(operand, own, region, env),
            })
            .collect::<Result<_>>()?;
        Ok(Frame { lengths: region.shape.clone(), placed })
    }

    /// The same tile with its axes in another order.
    pub fn permuted(&self, order: &[usize]) -> Frame<'p> {
        let placed = self
            .placed
            .iter()
            .map(|placed| Placed {
                origin: placed.origin.copy(),
                strides: order.iter().map(|&axis| placed.strides[axis]).collect(),
                varies: order.iter().map(|&axis| placed.varies[axis]).collect(),
                ..*placed
            })
            .collect();
        Frame { lengths: order.iter().map(|&axis| self.lengths[axis]).collect(), placed }
    }

    /// Merges neighbouring axes along which everything moves as along one, `outputs` included; drops axes of length
    /// one. Fewer and longer axes make fewer and longer strips.
    pub fn collapse(&mut self, outputs: &mut [PerAxis<i64>]) {
        let mut axis = self.lengths.len();
        while axis > 0 {
            axis -= 1;
            if self.lengths[axis] == 1 && self.lengths.len() > 1 {
                self.remove(axis, outputs);
            } else if axis + 1 < self.lengths.len() && self.merges(axis, outputs) {
                self.lengths[axis + 1] *= self.lengths[axis];
                self.remove(axis, outputs);
            }
        }
    }

    fn merges(&self, axis: usize, outputs: &[PerAxis<i64>]) -> bool {
        let inner = self.lengths[axis + 1] as i64;
        let joins = |strides: &PerAxis<i64>| strides[axis] == strides[axis + 1] * inner;
        outputs.iter().all(joins)
            && self.placed.iter().all(|placed| joins(&placed.strides) && placed.varies[axis] == placed.varies[axis + 1])
    }

    fn remove(&mut self, axis: usize, outputs: &mut [PerAxis<i64>]) {
        self.lengths.remove(axis);
        for placed in &mut self.placed {
            placed.strides.remove(axis);
            placed.varies.remove(axis);
        }
        for strides in outputs {
            strides.remove(axis);
        }
    }
}

impl Origin<'_> {
    /// The same some bytes further on.
    fn moved(&self, bytes: i64) -> Self {
        match self {
            Origin::Address(start) => Origin::Address(start.wrapping_offset(bytes as isize)),
            other => other.copy(),
        }
    }

    fn copy(&self) -> Self {
        match self {
            Origin::Address(start) => Origin::Address(*start),
            Origin::Sequence(iota, start) => Origin::Sequence(*iota, *start),
            Origin::Nested(fragment) => Origin::Nested(fragment),
            Origin::Gather { start, stride, length, axis, index } => {
                Origin::Gather { start: *start, stride: *stride, length: *length, axis: *axis, index }
            }
        }
    }
}

fn place<'p>(operand: &'p Operand, loaded: &Loaded, region: &Region, env: Env<'_>) -> Result<Placed<'p>> {
    let ndim = region.shape.len();
    let mut placed = Placed {
        item: operand.dtype.size(),
        align: operand.dtype.align(),
        swap: None,
        origin: Origin::Address(std::ptr::null()),
        strides: PerAxis::from_elem(0, ndim),
        varies: PerAxis::from_elem(false, ndim),
    };
    if let Loaded::Buffer { buffer, offset, strides } = loaded {
        placed.origin = Origin::Address(buffer.as_ptr().wrapping_offset(*offset as isize));
        placed.strides = strides.clone();
        if let OperandKind::Strided { base, .. } = &operand.kind {
            placed.swap = swap_of(base.is_swapped(), operand);
        }
        return Ok(placed);
    }
    match &operand.kind {
        OperandKind::Strided { base, layout } => {
            placed.origin =
                Origin::Address(address(base, env)?.wrapping_offset(layout.byte_at(&region.start) as isize));
            placed.strides = layout.strides.clone();
            placed.swap = swap_of(base.is_swapped(), operand);
        }
        OperandKind::Sequence { iota, layout } => {
            placed.origin = Origin::Sequence(*iota, layout.byte_at(&region.start));
            placed.strides = layout.strides.clone();
        }
        OperandKind::Nested { fragment, varies } => {
            placed.origin = Origin::Nested(fragment);
            placed.varies = varies.clone();
        }
        OperandKind::Gather(gather) => {
            let start = address(&gather.base, env)?.wrapping_offset(gather.layout.byte_at(&region.start) as isize);
            placed.origin = Origin::Gather {
                start,
                stride: gather.stride,
                length: gather.length,
                axis: gather.axis,
                index: &gather.index,
            };
            placed.strides = gather.layout.strides.clone();
            placed.varies = gather.varies.clone();
            placed.swap = swap_of(gather.base.is_swapped(), operand);
        }
        OperandKind::Records { .. }
        | OperandKind::Field { .. }
        | OperandKind::Block { .. }
        | OperandKind::Sibling { .. } => {
            return Err(Error::internal("an operand was not read"));
        }
    }
    Ok(placed)
}

fn swap_of(swapped: bool, operand: &Operand) -> Option<usize> {
    let component = operand.dtype.real().size();
    (swapped && component > 1).then_some(component)
}

/// The address of byte zero of what lies in memory.
pub fn address(base: &Base, env: Env<'_>) -> Result<*const u8> {
    match base {
        Base::Memory(source) => match source.access() {
            Access::Memory(start) => Ok(start),
            Access::Bytes(_) => Err(Error::internal("a file is not in memory")),
        },
        Base::Given { number, .. } => env.memory.get(*number),
        Base::Held(number) => env
            .held
            .get(*number)
            .and_then(Option::as_ref)
            .map(|buffer| buffer.as_ptr().cast_const())
            .ok_or_else(|| Error::internal("a held result is gone")),
        Base::File(_) => Err(Error::internal("a file was not read")),
    }
}
