//! Positions looked up in tables that are not in memory: in a file, or computed where they are looked up.

use std::ops::Range;

use numtile_core::memory::PAGE;
use numtile_core::region::Grid;
use numtile_core::shape::PerAxis;
use numtile_core::{Buffer, Error, Layout, Region, Result, Source};
use numtile_plan::physical::memory::READ_SCRATCH;
use numtile_plan::physical::operand::Space;

use super::Env;
use super::assemble::c_outlet;
use super::load::{byte_reader, read_box};
use super::store::{Outlet, evaluate_space};

/// The index of a look-up, computed for a box of its result.
pub struct Positions {
    values: Buffer,
    /// The axis of the table, which the axes of the index replace in the result.
    axis: usize,
    /// The lengths of the box along those axes.
    shape: PerAxis<usize>,
}

impl Positions {
    /// The part of an index that the box `needed` of a look-up along `axis` needs.
    pub fn evaluate(index: &Space, axis: usize, needed: &Region, env: Env<'_>) -> Result<Positions> {
        let axes = axis..axis + index.shape.len();
        let region = Region { start: needed.start[axes.clone()].into(), shape: needed.shape[axes].into() };
        let values = env.reservation.allocate(region.count() * 8)?;
        // SAFETY: the buffer is new and has room for the positions.
        unsafe { evaluate_space(index, &region, c_outlet(values.as_ptr(), &region.shape, 8), env)? };
        Ok(Positions { values, axis, shape: region.shape })
    }

    fn count(&self) -> usize {
        self.shape.iter().product()
    }

    /// Position number `number`, in C order, on an axis of this length.
    fn get(&self, number: usize, length: usize) -> Result<usize> {
        // SAFETY: the buffer holds `count` positions, and nobody writes to it any more.
        let index = unsafe { *self.values.as_ptr().cast::<i64>().add(number) };
        let wrapped = if index < 0 { index.wrapping_add(length as i64) } else { index };
        if (wrapped as u64) < length as u64 {
            return Ok(wrapped as usize);
        }
        let axis = self.axis;
        Err(Error::Index(format!("index {index} is out of bounds for axis {axis} with size {length}")))
    }

    /// The boxes of the result before and behind the axes of the index.
    fn around(&self, needed: &Region) -> (Region, Region) {
        let behind = self.axis + self.shape.len();
        let part = |axes: std::ops::Range<usize>| Region {
            start: needed.start[axes.clone()].into(),
            shape: needed.shape[axes].into(),
        };
        (part(0..self.axis), part(behind..needed.shape.len()))
    }
}

/// Assembles the box `needed` of a look-up in a file.
///
/// # Safety
/// The outlet has room for the box in C order, and nobody else touches it.
pub unsafe fn from_file(
    source: &dyn Source,
    layout: &Layout,
    positions: &Positions,
    needed: &Region,
    outlet: &Outlet,
    env: Env<'_>,
) -> Result<()> {
    let bytes = byte_reader(source)?;
    let (axis, (before, after)) = (positions.axis, positions.around(needed));
    let row = Row::new(layout, axis, &after, outlet.item);
    let row_bytes = after.count() * outlet.item;
    let order: PerAxis<usize> = (0..axis).collect();
    let outer = Grid::new(&before.shape, &PerAxis::from_elem(1, axis), &order);
    let mut out = outlet.start;
    let places = Places { positions, layout, row: &row, row_bytes };
    let mut scratch: Option<Buffer> = None;
    for number in 0..outer.len() {
        let place = outer.region(number);
        let start: i64 = (0..axis).map(|a| (before.start[a] + place.start[a]) as i64 * layout.strides[a]).sum::<i64>();
        let mut n = 0;
        while n < positions.count() {
            env.check()?;
            let window = places.window(n)?;
            let rows = window.rows.len();
            // SAFETY: the outlet is in C order, so rows follow one another in it.
            let into = unsafe { std::slice::from_raw_parts_mut(out, rows * row_bytes) };
            if rows == 1 {
                row.read(bytes, start + window.first, into, env)?;
            } else {
                let scratch = match &mut scratch {
                    Some(scratch) => scratch,
                    none => none.insert(env.reservation.allocate(READ_SCRATCH)?),
                };
                let scratch = &mut scratch.as_mut_slice()[..window.bytes];
                read_box(bytes, (row.base + start + window.first) as u64, &[], window.bytes, scratch, env)?;
                for (n, into) in window.rows.clone().zip(into.chunks_exact_mut(row_bytes)) {
                    let at = (places.at(n)? - window.first) as usize;
                    into.copy_from_slice(&scratch[at..at + row_bytes]);
                }
            }
            n = window.rows.end;
            out = out.wrapping_add(rows * row_bytes);
        }
    }
    Ok(())
}

/// Where the rows of a look-up lie.
struct Places<'a> {
    positions: &'a Positions,
    layout: &'a Layout,
    row: &'a Row,
    row_bytes: usize,
}

/// Rows that are read together with all that lies between them, or one row.
struct Window {
    rows: Range<usize>,
    /// The byte of the lowest one.
    first: i64,
    bytes: usize,
}

impl Places<'_> {
    /// The byte of row number `n`.
    fn at(&self, n: usize) -> Result<i64> {
        let axis = self.positions.axis;
        Ok(self.positions.get(n, self.layout.shape[axis])? as i64 * self.layout.strides[axis])
    }

    /// As many rows from number `n` on as are cheaper read together: every one by itself costs a call, which takes as long
    /// as some kilobytes.
    fn window(&self, n: usize) -> Result<Window> {
        let first = self.at(n)?;
        let mut window = Window { rows: n..n + 1, first, bytes: self.row_bytes };
        if !self.row.is_one_run() || self.row_bytes == 0 {
            return Ok(window);
        }
        let (mut low, mut high) = (first, first);
        for next in n + 1..self.positions.count() {
            let at = self.at(next)?;
            (low, high) = (low.min(at), high.max(at));
            let bytes = (high - low) as usize + self.row_bytes;
            if bytes > READ_SCRATCH {
                break;
            }
            if bytes <= (next + 1 - n).saturating_mul(self.row_bytes + PAGE) {
                window = Window { rows: n..next + 1, first: low, bytes };
            }
        }
        Ok(window)
    }
}

/// Assembles the box `needed` of a look-up in a table that is computed: for every run of neighbouring positions at once.
///
/// # Safety
/// The outlet has room for the box in C order, and nobody else touches it.
pub unsafe fn computed(
    table: &Space,
    positions: &Positions,
    needed: &Region,
    outlet: &Outlet,
    env: Env<'_>,
) -> Result<()> {
    let (axis, (before, after)) = (positions.axis, positions.around(needed));
    let (count, length) = (positions.count(), table.shape[axis]);
    // One step along the index in the outlet: the positions of the box follow one another there.
    let row = (after.count() * outlet.item) as i64;
    let strides: PerAxis<i64> = outlet.strides[..axis]
        .iter()
        .chain([&row])
        .chain(&outlet.strides[axis + positions.shape.len()..])
        .copied()
        .collect();
    let mut first = 0;
    while first < count {
        env.check()?;
        let at = positions.get(first, length)?;
        let mut run = 1;
        while first + run < count && positions.get(first + run, length)? == at + run {
            run += 1;
        }
        let mut region = before.clone();
        region.start.push(at);
        region.shape.push(run);
        region.start.extend_from_slice(&after.start);
        region.shape.extend_from_slice(&after.shape);
        let start = outlet.start.wrapping_offset((first as i64 * row) as isize);
        let outlet = Outlet { start, strides: strides.clone(), ..outlet.clone() };
        // SAFETY: the run's places in the outlet.
        unsafe { evaluate_space(table, &region, outlet, env)? };
        first += run;
    }
    Ok(())
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

    /// True when its bytes lie one after another in the order in which they are wanted.
    fn is_one_run(&self) -> bool {
        let mut run = self.item as i64;
        self.dims.iter().rev().all(|&(len, stride)| {
            let follows = len == 1 || stride == run;
            run *= len as i64;
            follows
        })
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
        let places = Grid::new(&self.lengths, &ones, &order);
        for (n, piece) in into.chunks_exact_mut(self.item).enumerate() {
            let place = places.region(n);
            let at: i64 = place.start.iter().zip(&self.strides).map(|(&i, &s)| i as i64 * s).sum();
            read_box(bytes, (start + at) as u64, &[], self.item, piece, env)?;
        }
        Ok(())
    }
}
