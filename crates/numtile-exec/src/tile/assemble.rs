//! Assembling blocks: joined, reshaped and selected arrays, one box at a time.

use numtile_core::shape::c_strides;
use numtile_core::{Layout, Region, Result};
use numtile_plan::expr::view::View;
use numtile_plan::physical::operand::{Block, BlockKind, Space};

use super::Env;
use super::gather::{self, Positions};
use super::load::Loaded;
use super::reshape::reshape;
use super::scan::scan;
use super::scatter::scatter;
use super::select::select;
use super::store::{Outlet, evaluate_space};

/// Assembles the box of a block that the tile at `region` needs.
pub fn block(block: &Block, view: &View, region: &Region, env: Env<'_>) -> Result<Loaded> {
    let item = block.dtype.size();
    let needed = view.image(region);
    let buffer = env.reservation.allocate(needed.count() * item)?;
    let outlet = c_outlet(buffer.as_ptr(), &needed.shape, item);
    // SAFETY: the buffer is new, has room for the box, and nobody else knows it.
    unsafe { assemble(block, &needed, outlet, env)? };
    let stored = Layout::c_order(0, &needed.shape, item);
    let seen = view.layout(&stored, &region.shape);
    let offset = seen.byte_at(&region.start) - stored.byte_at(&needed.start);
    Ok(Loaded::Buffer { buffer, offset, strides: seen.strides })
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
            BlockKind::Concat { axis, parts } => concat(*axis, parts, needed, &outlet, env),
            BlockKind::Reshape(space) => reshape(space, &block.shape, needed, &outlet, env),
            BlockKind::GatherFile { source, layout, axis, index } => {
                let positions = Positions::evaluate(index, *axis, needed, env)?;
                gather::from_file(source.as_ref(), layout, &positions, needed, &outlet, env)
            }
            BlockKind::GatherComputed { table, axis, index } => {
                let positions = Positions::evaluate(index, *axis, needed, env)?;
                gather::computed(table, &positions, needed, &outlet, env)
            }
            BlockKind::Select(selected) => select(selected, needed, &outlet, env),
            BlockKind::Scatter(scattered) => scatter(scattered, needed, outlet, env),
            BlockKind::Scan(scanned) => scan(scanned, needed, &outlet, env),
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
