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
    /// The numbers of the positions in ascending order of these; `None` while they are taken in their own order.
    ascending: Option<Buffer>,
    /// The axis of the table, which the axes of the index replace in the result.
    axis: usize,
    /// The lengths of the box along those axes.
    shape: PerAxis<usize>,
}

impl Positions {
    /// The part of an index that the box `needed` of a look-up along `axis` needs, in a table of this length there.
    pub fn evaluate(index: &Space, axis: usize, length: usize, needed: &Region, env: Env<'_>) -> Result<Positions> {
        let axes = axis..axis + index.shape.len();
        let region = Region { start: needed.start[axes.clone()].into(), shape: needed.shape[axes].into() };
        let values = env.reservation.allocate(region.count() * 8)?;
        // SAFETY: the buffer is new and has room for the positions.
        unsafe { evaluate_space(index, &region, c_outlet(values.as_ptr(), &region.shape, 8), env)? };
        let mut positions = Positions { values, ascending: None, axis, shape: region.shape };
        positions.count_from_the_start(length)?;
        Ok(positions)
    }

    /// Checks positions, and replaces those counted from the end.
    fn count_from_the_start(&mut self, length: usize) -> Result<()> {
        let axis = self.axis;
        for position in self.as_mut_slice() {
            let index = *position;
            *position = if index < 0 { index.wrapping_add(length as i64) } else { index };
            if (*position as u64) >= length as u64 {
                return Err(Error::Index(format!("index {index} is out of bounds for axis {axis} with size {length}")));
            }
        }
        Ok(())
    }

    fn count(&self) -> usize {
        self.shape.iter().product()
    }

    fn as_mut_slice(&mut self) -> &mut [i64] {
        // SAFETY: the buffer holds `count` positions, and is ours alone.
        unsafe { std::slice::from_raw_parts_mut(self.values.as_ptr().cast(), self.count()) }
    }

    /// In C order.
    fn as_slice(&self) -> &[i64] {
        // SAFETY: the buffer holds `count` positions, and nobody writes to it while it is shared.
        unsafe { std::slice::from_raw_parts(self.values.as_ptr().cast(), self.count()) }
    }

    /// From now on they are taken in ascending order.
    fn sort(&mut self, env: Env<'_>) -> Result<()> {
        let positions = self.as_slice();
        if positions.is_sorted() || positions.len() > u32::MAX as usize {
            return Ok(());
        }
        let buffer = env.reservation.allocate(positions.len() * 4)?;
        // SAFETY: the buffer is new, and has room for the numbers.
        let numbers = unsafe { std::slice::from_raw_parts_mut(buffer.as_ptr().cast::<u32>(), positions.len()) };
        numbers.iter_mut().zip(0..).for_each(|(slot, number)| *slot = number);
        numbers.sort_unstable_by_key(|&number| (positions[number as usize], number));
        self.ascending = Some(buffer);
        Ok(())
    }

    /// The number, in C order, of the position that is taken as number `n`.
    fn number(&self, n: usize) -> usize {
        debug_assert!(n < self.count());
        match &self.ascending {
            // SAFETY: the buffer holds a number for every position.
            Some(numbers) => unsafe { *numbers.as_ptr().cast::<u32>().add(n) as usize },
            None => n,
        }
    }

    /// The position that is taken as number `n`.
    fn at(&self, n: usize) -> usize {
        self.as_slice()[self.number(n)] as usize
    }

    /// How many from number `n` on follow one another both in the table and in the result.
    fn run(&self, n: usize) -> usize {
        let follows =
            |next: &usize| self.at(*next) == self.at(next - 1) + 1 && self.number(*next) == self.number(next - 1) + 1;
        1 + (n + 1..self.count()).take_while(follows).count()
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
    mut positions: Positions,
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
    if row.is_one_run() {
        positions.sort(env)?;
    }
    let places = Places { positions: &positions, layout, row: &row, row_bytes };
    let rows_bytes = positions.count() * row_bytes;
    let mut scratch: Option<Buffer> = None;
    for number in 0..outer.len() {
        let place = outer.region(number);
        let start: i64 = (0..axis).map(|a| (before.start[a] + place.start[a]) as i64 * layout.strides[a]).sum::<i64>();
        // SAFETY: the outlet is in C order, so rows follow one another in it, those of one place after those of another.
        let out = unsafe { std::slice::from_raw_parts_mut(outlet.start.add(number * rows_bytes), rows_bytes) };
        let mut n = 0;
        while n < positions.count() {
            env.check()?;
            let window = places.window(n);
            if window.rows.len() == 1 {
                row.read(bytes, start + window.first, &mut out[places.bytes_of(n)], env)?;
            } else {
                let scratch = match &mut scratch {
                    Some(scratch) => scratch,
                    none => none.insert(env.reservation.allocate(READ_SCRATCH)?),
                };
                let scratch = &mut scratch.as_mut_slice()[..window.bytes];
                read_box(bytes, (row.base + start + window.first) as u64, &[], window.bytes, scratch, env)?;
                for n in window.rows.clone() {
                    let at = (places.at(n) - window.first) as usize;
                    out[places.bytes_of(n)].copy_from_slice(&scratch[at..at + row_bytes]);
                }
            }
            n = window.rows.end;
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
    /// The byte of row `n`.
    fn at(&self, n: usize) -> i64 {
        self.positions.at(n) as i64 * self.layout.strides[self.positions.axis]
    }

    /// Its bytes in the result.
    fn bytes_of(&self, n: usize) -> Range<usize> {
        let first = self.positions.number(n) * self.row_bytes;
        first..first + self.row_bytes
    }

    /// As many rows from row `n` on as are cheaper read together: every one by itself costs a call, which takes as long
    /// as some kilobytes.
    fn window(&self, n: usize) -> Window {
        let first = self.at(n);
        let mut window = Window { rows: n..n + 1, first, bytes: self.row_bytes };
        if !self.row.is_one_run() || self.row_bytes == 0 {
            return window;
        }
        let (mut low, mut high) = (first, first);
        for next in n + 1..self.positions.count() {
            let at = self.at(next);
            (low, high) = (low.min(at), high.max(at));
            let bytes = (high - low) as usize + self.row_bytes;
            if bytes > READ_SCRATCH {
                break;
            }
            if bytes <= (next + 1 - n).saturating_mul(self.row_bytes + PAGE) {
                window = Window { rows: n..next + 1, first: low, bytes };
            }
        }
        window
    }
}

/// Assembles the box `needed` of a look-up in a table that is computed: for every run of neighbouring positions at once, and
/// for those close together with all that lies between them.
///
/// # Safety
/// The outlet has room for the box in C order, and nobody else touches it.
pub unsafe fn computed(
    table: &Space,
    mut positions: Positions,
    needed: &Region,
    outlet: &Outlet,
    env: Env<'_>,
) -> Result<()> {
    let (axis, (before, after)) = (positions.axis, positions.around(needed));
    let row_bytes = after.count() * outlet.item;
    // One step along the index in the outlet: the positions of the box follow one another there.
    let strides: PerAxis<i64> = outlet.strides[..axis]
        .iter()
        .chain([&(row_bytes as i64)])
        .chain(&outlet.strides[axis + positions.shape.len()..])
        .copied()
        .collect();
    if row_bytes * before.count() == 0 {
        return Ok(());
    }
    positions.sort(env)?;
    let mut scratch: Option<Buffer> = None;
    let mut n = 0;
    while n < positions.count() {
        env.check()?;
        let (run, near) = (positions.run(n), near(&positions, n, before.count() * row_bytes));
        let (first, rows) = (positions.at(n), run.max(near.rows));
        let mut region = before.clone();
        region.start.push(first);
        region.shape.push(if run == rows { run } else { near.width });
        region.start.extend_from_slice(&after.start);
        region.shape.extend_from_slice(&after.shape);
        if run == rows {
            let start = outlet.start.wrapping_add(positions.number(n) * row_bytes);
            let outlet = Outlet { start, strides: strides.clone(), ..outlet.clone() };
            // SAFETY: the run's places in the outlet.
            unsafe { evaluate_space(table, &region, outlet, env)? };
        } else {
            let scratch = match &mut scratch {
                Some(scratch) => scratch,
                none => none.insert(env.reservation.allocate(READ_SCRATCH)?),
            };
            // SAFETY: the rows between, all of them, fit the scratch.
            unsafe { evaluate_space(table, &region, c_outlet(scratch.as_ptr(), &region.shape, outlet.item), env)? };
            let values = scratch.as_mut_slice().chunks_exact(near.width * row_bytes);
            for (place, values) in values.take(before.count()).enumerate() {
                for n in n..n + rows {
                    let from = (positions.at(n) - first) * row_bytes;
                    let to = (place * positions.count() + positions.number(n)) * row_bytes;
                    // SAFETY: the place of this row in the outlet, which is in C order.
                    let to = unsafe { std::slice::from_raw_parts_mut(outlet.start.add(to), row_bytes) };
                    to.copy_from_slice(&values[from..from + row_bytes]);
                }
            }
        }
        n += rows;
    }
    Ok(())
}

/// Positions that are computed together with those between them.
struct Near {
    /// How many there are.
    rows: usize,
    /// How many are computed for them.
    width: usize,
}

/// As many positions from number `n` on, in ascending order, as are cheaper computed together, where that takes `bytes` each:
/// every one by itself costs as much as some kilobytes.
fn near(positions: &Positions, n: usize, bytes: usize) -> Near {
    let (first, most) = (positions.at(n), (READ_SCRATCH / bytes.max(1)).min(positions.count()));
    let mut near = Near { rows: 1, width: 1 };
    for next in n + 1..positions.count() {
        let (rows, at) = (next + 1 - n, positions.at(next));
        if at < first || at - first >= most {
            break;
        }
        let width = at - first + 1;
        if width.saturating_mul(bytes) <= rows.saturating_mul(bytes + PAGE) {
            near = Near { rows, width };
        }
    }
    near
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
