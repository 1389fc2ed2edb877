//! Running programs on strips: sub-boxes of a tile, flattened in C order.
//!
//! Each operand is presented to the program as contiguous native elements: in place where it lies so, as one element
//! where it does not vary, else gathered into scratch first.

use numtile_core::region::Grid;
use numtile_core::shape::PerAxis;
use numtile_core::{Buffer, Error, Region, Reservation, Result};
use numtile_kernel::builtin::{copy, gather, iota};
use numtile_kernel::{Strip, Writing};
use numtile_plan::expr::Iota;
use numtile_plan::physical::memory::SCRATCH_ALIGN;
use numtile_plan::physical::operand::Fragment;

use super::frame::{Frame, Origin, Placed};

/// Scratch of one thread, handed out piece by piece and taken back all at once.
pub struct Arena {
    buffer: Buffer,
    used: usize,
}

impl Arena {
    /// An arena of this many bytes.
    pub fn new(bytes: usize, reservation: &Reservation) -> Result<Arena> {
        Ok(Arena { buffer: reservation.allocate(bytes)?, used: 0 })
    }

    /// A piece of scratch, aligned for kernels.
    pub fn take(&mut self, bytes: usize) -> Result<*mut u8> {
        let start = self.used;
        self.used += bytes.div_ceil(SCRATCH_ALIGN) * SCRATCH_ALIGN;
        if self.used > self.buffer.len() {
            return Err(Error::internal(format!(
                "scratch of {} bytes is too small for {} bytes",
                self.buffer.len(),
                self.used
            )));
        }
        Ok(self.buffer.as_ptr().wrapping_add(start))
    }

    /// How much is handed out.
    pub fn mark(&self) -> usize {
        self.used
    }

    /// Takes back all that was handed out since `mark`.
    pub fn reset(&mut self, mark: usize) {
        self.used = mark;
    }
}

/// The boxes of up to `max` elements that a shape falls into in C order: whole trailing axes, then a part of one.
pub fn batches(lengths: &[usize], max: usize) -> Grid {
    let mut tile = PerAxis::from_elem(1, lengths.len());
    let mut room = max.max(1);
    for axis in (0..lengths.len()).rev() {
        tile[axis] = lengths[axis].clamp(1, room);
        if tile[axis] < lengths[axis] {
            break;
        }
        room /= tile[axis].max(1);
    }
    let order: PerAxis<usize> = (0..lengths.len()).collect();
    Grid::new(lengths, &tile, &order)
}

/// True when the elements of a box lie one after the other in C order.
pub fn is_contiguous(lengths: &[usize], strides: &[i64], item: usize) -> bool {
    let mut expected = item as i64;
    for (&len, &stride) in lengths.iter().zip(strides).rev() {
        if len != 1 {
            if stride != expected {
                return false;
            }
            expected *= len as i64;
        }
    }
    true
}

/// Where the first element of a box lies.
pub fn offset(start: &[usize], strides: &[i64]) -> isize {
    start.iter().zip(strides).map(|(&at, &stride)| at as i64 * stride).sum::<i64>() as isize
}

impl Frame<'_> {
    /// Runs a program on the strip `bx` of the tile; output `k` gets its elements at `outputs[k]`.
    ///
    /// # Safety
    /// `bx` lies inside the tile; each output has room for its elements, aligned for their type.
    pub unsafe fn run(
        &self,
        fragment: &Fragment,
        bx: &Region,
        outputs: &[*mut u8],
        writing: Writing,
        arena: &mut Arena,
    ) -> Result<()> {
        let mark = arena.mark();
        let mut inputs: smallvec::SmallVec<[Strip; 8]> = smallvec::SmallVec::new();
        for &number in &fragment.operands {
            inputs.push(self.present(&self.placed[number], bx, arena)?);
        }
        let count = bx.count();
        let registers = arena.take(fragment.interpreter.scratch_bytes(count))?;
        // SAFETY: inputs were presented for `count` elements, outputs have room by the caller's promise, and the
        // registers are as large as the interpreter asked for.
        let flags = unsafe { fragment.interpreter.run(count, &inputs, outputs, writing, registers) };
        arena.reset(mark);
        flags.check()
    }

    /// One operand on a strip, as kernels want it. What is gathered stays in the arena until it is reset.
    pub fn present(&self, placed: &Placed<'_>, bx: &Region, arena: &mut Arena) -> Result<Strip> {
        match &placed.origin {
            Origin::Address(start) => {
                let start = start.wrapping_offset(offset(&bx.start, &placed.strides));
                present_memory(placed, start, &bx.shape, &placed.strides, arena)
            }
            Origin::Sequence(sequence, first) => {
                let first = first + offset(&bx.start, &placed.strides) as i64;
                present_sequence(placed, sequence, first, &bx.shape, arena)
            }
            Origin::Nested(fragment) => self.present_nested(placed, fragment, bx, arena),
            Origin::Gather { .. } => self.present_gather(placed, bx, arena),
        }
    }

    fn present_nested(&self, placed: &Placed<'_>, part: &Fragment, bx: &Region, arena: &mut Arena) -> Result<Strip> {
        let inner = collapsed(bx, &placed.varies);
        let values = arena.take(inner.count() * placed.item)?;
        // SAFETY: the inner box lies inside the tile and `values` has room for it.
        unsafe { self.run(part, &inner, &[values], Writing::Cached, arena)? };
        let strides = strides_of(&inner, placed.item);
        let plain = Placed {
            origin: Origin::Address(values),
            strides: PerAxis::new(),
            varies: PerAxis::new(),
            swap: None,
            ..*placed
        };
        present_memory(&plain, values, &bx.shape, &strides, arena)
    }

    fn present_gather(&self, placed: &Placed<'_>, bx: &Region, arena: &mut Arena) -> Result<Strip> {
        let Origin::Gather { start, stride, length, axis, index } = &placed.origin else {
            return Err(Error::internal("not a gather"));
        };
        let positions = collapsed(bx, &placed.varies);
        let count = positions.count();
        let indices = arena.take(count * 8)?;
        // SAFETY: the positions lie inside the tile and `indices` has room for them.
        unsafe { self.run(index, &positions, &[indices], Writing::Cached, arena)? };
        let values = arena.take(bx.count() * placed.item)?;
        let table = gather::Table {
            start: start.wrapping_offset(offset(&bx.start, &placed.strides)),
            stride: *stride,
            length: *length,
            item: placed.item,
            swap: placed.swap,
        };
        // SAFETY: the table's positions below `length` lie in memory for every point of the box, which the plan took
        // from the table's own layout; `values` has room for the box.
        let outcome = unsafe {
            gather::gather(values, &table, indices.cast(), &bx.shape, &placed.strides, &strides_of(&positions, 1))
        };
        outcome
            .map_err(|bad| Error::Index(format!("index {bad} is out of bounds for axis {axis} with size {length}")))?;
        Ok(Strip::contiguous(values))
    }
}

/// The box with length one where a part does not vary.
fn collapsed(bx: &Region, varies: &[bool]) -> Region {
    let mut inner = bx.clone();
    for (len, &varies) in inner.shape.iter_mut().zip(varies) {
        if !varies {
            *len = 1;
        }
    }
    inner
}

/// C-contiguous strides of a box, zero along axes of length one.
fn strides_of(bx: &Region, item: usize) -> PerAxis<i64> {
    let mut strides = PerAxis::from_elem(0, bx.shape.len());
    let mut step = item as i64;
    for axis in (0..bx.shape.len()).rev() {
        if bx.shape[axis] != 1 {
            strides[axis] = step;
            step *= bx.shape[axis] as i64;
        }
    }
    strides
}

fn present_memory(
    placed: &Placed<'_>,
    start: *const u8,
    lengths: &[usize],
    strides: &[i64],
    arena: &mut Arena,
) -> Result<Strip> {
    let uniform = lengths.iter().zip(strides).all(|(&len, &stride)| len == 1 || stride == 0);
    let usable = placed.swap.is_none() && (start as usize).is_multiple_of(placed.align);
    if usable && uniform {
        return Ok(Strip::uniform(start));
    }
    if usable && is_contiguous(lengths, strides, placed.item) {
        return Ok(Strip::contiguous(start));
    }
    let (lengths, strides) = if uniform { (&[][..], &[][..]) } else { (lengths, strides) };
    let count: usize = lengths.iter().product();
    let packed = arena.take(count * placed.item)?;
    // SAFETY: the plan derived start and strides from the layout of live memory; `packed` has room for the elements.
    unsafe { copy::pack(packed, start, placed.item, placed.swap, lengths, strides) };
    Ok(if uniform { Strip::uniform(packed) } else { Strip::contiguous(packed) })
}

fn present_sequence(
    placed: &Placed<'_>,
    sequence: &Iota,
    first: i64,
    lengths: &[usize],
    arena: &mut Arena,
) -> Result<Strip> {
    let count: usize = lengths.iter().product();
    let values = arena.take(count * placed.item)?;
    let positions: Option<*const i64> = if is_contiguous(lengths, &placed.strides, 1) {
        None
    } else {
        let positions = arena.take(count * 8)?.cast::<i64>();
        // SAFETY: there is room for `count` positions.
        unsafe { iota::positions(positions, first, lengths, &placed.strides) };
        Some(positions)
    };
    let formula = match *sequence {
        Iota::Arange { start, next } => iota::Sequence::Arange { start, next },
        Iota::Linspace { start, step, last } => iota::Sequence::Linspace { start, step, last },
    };
    // SAFETY: `values` has room for `count` elements of the sequence's type; positions, if any, are as many.
    unsafe { iota::fill(values, &formula, first, positions, count) };
    Ok(Strip::contiguous(values))
}
