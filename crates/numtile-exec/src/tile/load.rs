//! Reading what a tile needs from files.

use numtile_core::shape::PerAxis;
use numtile_core::source::ReadBytes;
use numtile_core::{Access, Buffer, Error, Layout, Region, Result, Source};
use numtile_kernel::builtin::copy::pack;
use numtile_plan::physical::memory::READ_SCRATCH;
use numtile_plan::physical::operand::{Base, Operand, OperandKind, with_fringe};
use numtile_plan::physical::touched::{progressions, worth_sieving};

use super::relay::{self, Unscanned};
use super::{Env, assemble};

/// What was read for one operand.
pub enum Loaded {
    /// Nothing: it is in memory already, or computed.
    InPlace,
    /// A buffer; the tile's first point is at `offset`.
    Buffer {
        /// The bytes.
        buffer: Buffer,
        /// Where the tile's first point lies.
        offset: i64,
        /// Bytes per step along each axis of the tile.
        strides: PerAxis<i64>,
    },
    /// Elements of which running values are to be made when the tile before has handed over its own.
    Unscanned(Unscanned),
}

/// Reads and assembles what the operands need for the tile at `region`.
pub fn load(operands: &[Operand], region: &Region, env: Env<'_>) -> Result<Vec<Loaded>> {
    let mut loaded: Vec<Loaded> = operands.iter().map(|_| Loaded::InPlace).collect();
    for (number, operand) in operands.iter().enumerate() {
        match &operand.kind {
            OperandKind::Strided { base: Base::File(source), layout } => {
                let tile = layout.sub_box(&region.start, &region.shape);
                loaded[number] = read_tile(source.as_ref(), &tile, operand.dtype.size(), env)?;
            }
            OperandKind::Records { source, layout, bytes, extra } => {
                let tile = layout.sub_box(&region.start, &with_fringe(&region.shape, extra));
                loaded[number] = read_tile(source.as_ref(), &tile, *bytes, env)?;
            }
            OperandKind::Block { block, view, extra } => {
                if let Some((scan, how)) = operand.relayed() {
                    loaded[number] = Loaded::Unscanned(relay::load(scan, how, region, env)?);
                    continue;
                }
                let reach = Region { start: region.start.clone(), shape: with_fringe(&region.shape, extra) };
                for (output, values) in assemble::block(block, view, &reach, env)? {
                    loaded[output.unwrap_or(number)] = values;
                }
            }
            _ => {}
        }
    }
    Ok(loaded)
}

/// Reads the elements at `tile` into a buffer, in the order in which they lie in the file.
fn read_tile(source: &dyn Source, tile: &Layout, item: usize, env: Env<'_>) -> Result<Loaded> {
    let bytes = byte_reader(source)?;
    let parts = progressions(&tile.strides, &tile.shape);
    let dims: PerAxis<(usize, i64)> = parts.iter().map(|part| (part.length, part.stride)).collect();
    let count: usize = dims.iter().map(|&(len, _)| len).product();
    let (low, _) = tile.span(item).ok_or_else(|| Error::internal("an empty tile was read"))?;
    let mut buffer = env.reservation.allocate(count * item)?;
    read_box(bytes, low as u64, &dims, item, buffer.as_mut_slice(), env)?;
    // In the buffer the progressions lie one inside the other; axes that ran backwards in the file still do.
    let mut strides = PerAxis::from_elem(0, tile.ndim());
    let (mut step, mut offset) = (item as i64, 0);
    for part in parts.iter().rev() {
        for &(axis, by) in &part.axes {
            let distance = step * by as i64;
            strides[axis] = if tile.strides[axis] < 0 { -distance } else { distance };
            if tile.strides[axis] < 0 {
                offset += distance * (tile.shape[axis] as i64 - 1);
            }
        }
        step *= part.length as i64;
    }
    Ok(Loaded::Buffer { buffer, offset, strides })
}

/// The positional reads of a source that is a file.
pub fn byte_reader(source: &dyn Source) -> Result<&dyn ReadBytes> {
    match source.access() {
        Access::Bytes(bytes) => Ok(bytes),
        Access::Memory(_) => Err(Error::internal("memory is not read as a file")),
    }
}

/// Reads a box of elements: `dims` are lengths and byte strides, outermost (largest stride) first. The elements land
/// in `into` one after the other.
pub fn read_box(
    bytes: &dyn ReadBytes,
    start: u64,
    dims: &[(usize, i64)],
    item: usize,
    into: &mut [u8],
    env: Env<'_>,
) -> Result<()> {
    let (outer, run) = contiguous_run(dims, item);
    match outer.split_last() {
        None => read_run(bytes, start, into, env),
        Some((&(len, stride), rest)) if worth_sieving(stride as usize, run) => {
            for_each_place(rest, start, into, len * run, |at, piece| {
                sieve(bytes, at, len, stride as usize, run, piece, env)
            })
        }
        Some(_) => for_each_place(&outer, start, into, run, |at, piece| {
            env.check()?;
            read_run(bytes, at, piece, env)
        }),
    }
}

fn read_run(bytes: &dyn ReadBytes, at: u64, into: &mut [u8], env: Env<'_>) -> Result<()> {
    bytes.read_at(at, into)?;
    bytes.done_with(at, into.len() as u64);
    env.metrics.count_read(into.len() as u64);
    Ok(())
}

/// The bytes that lie together at every place of the remaining outer axes.
fn contiguous_run(dims: &[(usize, i64)], item: usize) -> (PerAxis<(usize, i64)>, usize) {
    let mut outer: PerAxis<(usize, i64)> = dims.iter().copied().filter(|&(len, _)| len != 1).collect();
    let mut run = item;
    while let Some(&(len, stride)) = outer.last()
        && stride == run as i64
    {
        run *= len;
        outer.pop();
    }
    (outer, run)
}

/// Calls `read` for every place of the axes `dims`, with the next `piece` bytes of `into`.
fn for_each_place(
    dims: &[(usize, i64)],
    start: u64,
    into: &mut [u8],
    piece: usize,
    mut read: impl FnMut(u64, &mut [u8]) -> Result<()>,
) -> Result<()> {
    let mut index: PerAxis<usize> = PerAxis::from_elem(0, dims.len());
    let mut at = start as i64;
    for piece in into.chunks_exact_mut(piece) {
        read(at as u64, piece)?;
        for (i, &(len, stride)) in index.iter_mut().zip(dims).rev() {
            *i += 1;
            at += stride;
            if *i < len {
                break;
            }
            at -= stride * len as i64;
            *i = 0;
        }
    }
    Ok(())
}

/// Reads `len` runs of `run` bytes, `stride` apart, through a scratch buffer that holds many of them.
fn sieve(
    bytes: &dyn ReadBytes,
    start: u64,
    len: usize,
    stride: usize,
    run: usize,
    into: &mut [u8],
    env: Env<'_>,
) -> Result<()> {
    let at_once = ((READ_SCRATCH - run) / stride + 1).min(len);
    let mut scratch = env.reservation.allocate((at_once - 1) * stride + run)?;
    for (number, out) in into.chunks_mut(at_once * run).enumerate() {
        env.check()?;
        let runs = out.len() / run;
        let span = (runs - 1) * stride + run;
        let scratch = &mut scratch.as_mut_slice()[..span];
        read_run(bytes, start + (number * at_once * stride) as u64, scratch, env)?;
        // SAFETY: `out` holds `runs` runs; the scratch holds them `stride` bytes apart.
        unsafe { pack(out.as_mut_ptr(), scratch.as_ptr(), 1, None, &[runs, run], &[stride as i64, 1]) };
    }
    Ok(())
}
