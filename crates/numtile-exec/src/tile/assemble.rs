//! Assembling blocks: joined, reshaped, selected and otherwise computed arrays, one box at a time.

use numtile_core::shape::c_strides;
use numtile_core::{Buffer, Error, Layout, Region, Result};
use numtile_plan::expr::view::View;
use numtile_plan::physical::call::CallOutput;
use numtile_plan::physical::operand::{Block, BlockKind, Space};
use smallvec::{SmallVec, smallvec};

use super::Env;
use super::call::call;
use super::gather::{self, Positions};
use super::load::Loaded;
use super::reshape::reshape;
use super::scan::scan;
use super::scatter::scatter;
use super::select::select;
use super::store::{Outlet, evaluate_space};

/// What an operand gives to a tile, and which operand that is if it is another one.
type Given = SmallVec<[(Option<usize>, Loaded); 1]>;

/// Assembles the box of a block that the tile at `region` needs.
pub fn block(block: &Block, view: &View, region: &Region, env: Env<'_>) -> Result<Given> {
    let needed = view.image(region);
    if let BlockKind::Call(called) = &block.kind {
        let results = call(called, &block.shape, &needed, env)?;
        let seen = |(output, buffer): (&CallOutput, Buffer)| {
            (output.operand, seen(buffer, output.dtype.size(), &needed, view, region))
        };
        return Ok(called.outputs.iter().zip(results).map(seen).collect());
    }
    let item = block.dtype.size();
    let buffer = env.reservation.allocate(needed.count() * item)?;
    let outlet = c_outlet(buffer.as_ptr(), &needed.shape, item);
    // SAFETY: the buffer is new, has room for the box, and nobody else knows it.
    unsafe { assemble(block, &needed, outlet, env)? };
    Ok(smallvec![(None, seen(buffer, item, &needed, view, region))])
}

/// A buffer that holds the box `needed` in C order, as the tile at `region` sees it.
fn seen(buffer: Buffer, item: usize, needed: &Region, view: &View, region: &Region) -> Loaded {
    let stored = Layout::c_order(0, &needed.shape, item);
    let seen = view.layout(&stored, &region.shape);
    let offset = seen.byte_at(&region.start) - stored.byte_at(&needed.start);
    Loaded::Buffer { buffer, offset, strides: seen.strides }
}

/// A box in C order at this address.
pub fn c_outlet(start: *mut u8, shape: &[usize], item: usize) -> Outlet {
    let strides = c_strides(shape).iter().map(|&step| step as i64 * item as i64).collect();
    Outlet { start, strides, item, is_large: false }
}

/// # Safety
/// The outlet has room for the box, and nobody else touches it.
unsafe fn assemble(block: &Block, needed: &Region, outlet: Outlet, env: Env<'_>) -> Result<()> {
    // SAFETY: passed on to the caller.
    unsafe {
        match &block.kind {
            BlockKind::Concat(join) => concat(join.axis, &join.parts, needed, &outlet, env),
            BlockKind::Reshape(space) => reshape(space, &block.shape, needed, &outlet, env),
            BlockKind::GatherFile { source, layout, axis, index } => {
                let positions = Positions::evaluate(index, *axis, layout.shape[*axis], needed, env)?;
                gather::from_file(source.as_ref(), layout, positions, needed, &outlet, env)
            }
            BlockKind::GatherComputed { table, axis, index } => {
                let positions = Positions::evaluate(index, *axis, table.shape[*axis], needed, env)?;
                gather::computed(table, positions, needed, &outlet, env)
            }
            BlockKind::Select(selected) => select(selected, needed, &outlet, env),
            BlockKind::Scatter(scattered) => scatter(scattered, needed, outlet, env),
            BlockKind::Scan(scanned) => scan(scanned, needed, &outlet, env),
            BlockKind::Call(_) => Err(Error::internal("a call makes its own buffers")),
        }
    }
}

/// # Safety
/// As [`assemble`].
unsafe fn concat(axis: usize, parts: &[(usize, Space)], needed: &Region, outlet: &Outlet, env: Env<'_>) -> Result<()> {
    let first = parts.partition_point(|(start, part)| start + part.shape[axis] <= needed.start[axis]);
    for (start, part) in &parts[first..] {
        if *start >= needed.end(axis) {
            break;
        }
        env.check()?;
        let from = needed.start[axis].max(*start);
        let to = needed.end(axis).min(start + part.shape[axis]);
        let mut region = needed.clone();
        region.start[axis] = from - start;
        region.shape[axis] = to - from;
        let skip = (from - needed.start[axis]) as i64 * outlet.strides[axis];
        let place = Outlet { start: outlet.start.wrapping_offset(skip as isize), ..outlet.clone() };
        // SAFETY: this part's box of the outlet.
        unsafe { evaluate_space(part, &region, place, env)? };
    }
    Ok(())
}
