//! Assembling blocks: joined, reshaped and selected arrays, one box at a time.

use numtile_core::shape::{PerAxis, c_strides};
use numtile_core::{Error, Layout, Region, Result, Source};
use numtile_plan::expr::view::View;
use numtile_plan::physical::operand::{Block, BlockKind, Space};

use super::Env;
use super::load::{Loaded, byte_reader, read_box};
use super::reshape::reshape;
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

/// A place for a box in C order.
pub fn c_outlet(start: *mut u8, shape: &[usize], item: usize) -> Outlet {
    let strides = c_strides(shape).iter().map(|&step| step as i64 * item as i64).collect();
    Outlet { start, strides, item }
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
                gather_file(source.as_ref(), layout, *axis, index, needed, &outlet, env)
            }
            BlockKind::Scan(scan) => super::scan::scan(scan, needed, &outlet, env),
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

/// # Safety
/// As [`assemble`]; the outlet is C-contiguous.
unsafe fn gather_file(
    source: &dyn Source,
    layout: &Layout,
    axis: usize,
    index: &Space,
    needed: &Region,
    outlet: &Outlet,
    env: Env<'_>,
) -> Result<()> {
    let bytes = byte_reader(source)?;
    let index_axes = axis..axis + index.shape.len();
    let positions =
        Region { start: needed.start[index_axes.clone()].into(), shape: needed.shape[index_axes.clone()].into() };
    let indices = env.reservation.allocate(positions.count() * 8)?;
    // SAFETY: the buffer is new and has room for the positions.
    unsafe { evaluate_space(index, &positions, c_outlet(indices.as_ptr(), &positions.shape, 8), env)? };
    let before: Region = Region { start: needed.start[..axis].into(), shape: needed.shape[..axis].into() };
    let after: Region =
        Region { start: needed.start[index_axes.end..].into(), shape: needed.shape[index_axes.end..].into() };
    let row = Row::new(layout, axis, &after, outlet.item);
    let row_bytes = after.count() * outlet.item;
    let outer = numtile_core::region::Grid::new(
        &before.shape,
        &PerAxis::from_elem(1, axis),
        &(0..axis).collect::<PerAxis<usize>>(),
    );
    let mut out = outlet.start;
    for number in 0..outer.len() {
        let place = outer.region(number);
        let start: i64 = (0..axis).map(|a| (before.start[a] + place.start[a]) as i64 * layout.strides[a]).sum::<i64>();
        for n in 0..positions.count() {
            env.check()?;
            // SAFETY: the buffer holds that many positions, written above.
            let at = unsafe { *indices.as_ptr().cast::<i64>().add(n) };
            let at = checked(at, layout.shape[axis], axis)?;
            // SAFETY: the outlet is C-contiguous, so rows follow one another in it.
            let into = unsafe { std::slice::from_raw_parts_mut(out, row_bytes) };
            row.read(bytes, start + at as i64 * layout.strides[axis], into, env)?;
            out = out.wrapping_add(row_bytes);
        }
    }
    Ok(())
}

fn checked(index: i64, length: usize, axis: usize) -> Result<usize> {
    let wrapped = if index < 0 { index.wrapping_add(length as i64) } else { index };
    if (wrapped as u64) < length as u64 {
        return Ok(wrapped as usize);
    }
    Err(Error::Index(format!("index {index} is out of bounds for axis {axis} with size {length}")))
}

/// What is read for one position: a box over the axes behind the selected one.
struct Row {
    base: i64,
    /// Lengths and strides, and for each the place of its axis in C order, sorted for the file.
    dims: PerAxis<(usize, i64)>,
    /// Strides of the row in file order, back to C order.
    strides: PerAxis<i64>,
    lengths: PerAxis<usize>,
    in_order: bool,
    item: usize,
}

impl Row {
    fn new(layout: &Layout, axis: usize, after: &Region, item: usize) -> Row {
        let strides: PerAxis<i64> = layout.strides[axis + 1..].into();
        let base = layout.offset + after.start.iter().zip(&strides).map(|(&at, &s)| at as i64 * s).sum::<i64>();
        let dims: PerAxis<(usize, i64)> = after.shape.iter().copied().zip(strides.iter().copied()).collect();
        let in_order = dims.windows(2).all(|w| w[0].1 >= w[1].1) && dims.iter().all(|&(_, s)| s > 0);
        Row { base, dims, strides, lengths: after.shape.clone(), in_order, item }
    }

    fn read(
        &self,
        bytes: &dyn numtile_core::source::ReadBytes,
        start: i64,
        into: &mut [u8],
        env: Env<'_>,
    ) -> Result<()> {
        let start = self.base + start;
        if self.in_order {
            return read_box(bytes, start as u64, &self.dims, self.item, into, env);
        }
        // An unusual order (a transposed or reversed file): element by element.
        let order: PerAxis<usize> = (0..self.lengths.len()).collect();
        let ones = PerAxis::from_elem(1, self.lengths.len());
        let places = numtile_core::region::Grid::new(&self.lengths, &ones, &order);
        for (n, piece) in into.chunks_exact_mut(self.item).enumerate() {
            let place = places.region(n);
            let at: i64 = place.start.iter().zip(&self.strides).map(|(&i, &s)| i as i64 * s).sum();
            read_box(bytes, (start + at) as u64, &[], self.item, piece, env)?;
        }
        Ok(())
    }
}
