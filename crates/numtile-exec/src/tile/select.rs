//! Selected rows: a box of them, from the pieces of the mask in which they lie.

use numtile_core::{Buffer, Error, Region, Result};
use numtile_kernel::builtin::compact::compact;
use numtile_plan::physical::operand::{Select, SelectFrom, Space};

use super::Env;
use super::assemble::c_outlet;
use super::mask::MaskWalk;
use super::store::{Outlet, evaluate_outputs, evaluate_space};

/// Rows that are not selected are computed with their neighbours where they are fewer bytes than this: a run of its own
/// costs as much.
const GAP_BYTES: usize = 32 << 10;

/// Assembles the selected rows `needed`.
///
/// # Safety
/// The outlet has room for the box in C order, and nobody else touches it.
pub unsafe fn select(select: &Select, needed: &Region, outlet: &Outlet, env: Env<'_>) -> Result<()> {
    let (first, rows) = (needed.start[0], needed.shape[0]);
    let mut walk = MaskWalk::new(&select.counts, select.counts.leaf_of(first), rows);
    let flags = env.reservation.allocate(walk.longest())?;
    let behind = Region { start: needed.start[1..].into(), shape: needed.shape[1..].into() };
    let row = behind.count() * outlet.item;
    let looked_at = match &select.from {
        SelectFrom::Elements(_) => walk.longest() * outlet.item,
        SelectFrom::Rows { .. } => rows * row,
    };
    let scratch = env.reservation.allocate(looked_at)?;
    let out = Window { first, rows, row, start: outlet.start };
    let work = Work { behind, item: outlet.item, flags, scratch, env };
    while walk.selected() < first + rows {
        env.check()?;
        let is_wanted = |leaf| select.counts.before(leaf) < first + rows;
        let (start, length) = walk.next(is_wanted).ok_or_else(Error::mask_changed)?;
        // SAFETY: the outlet is the caller's, flags and scratch have room for a piece.
        let selected = unsafe {
            match &select.from {
                SelectFrom::Elements(space) => work.elements(space, start, length, walk.selected(), &out)?,
                SelectFrom::Rows { mask, rows } => work.rows(mask, rows, start, length, walk.selected(), &out)?,
            }
        };
        walk.pass(length, selected)?;
    }
    Ok(())
}

/// Where the rows `first..first + rows` of the selection go.
struct Window {
    first: usize,
    rows: usize,
    /// Bytes per row.
    row: usize,
    start: *mut u8,
}

impl Window {
    /// The place of selected row number `number`.
    fn place(&self, number: usize) -> *mut u8 {
        self.start.wrapping_add((number - self.first) * self.row)
    }

    fn end(&self) -> usize {
        self.first + self.rows
    }

    /// Delivers `count` rows that are number `number` and following of the selection, as far as they are wanted.
    ///
    /// # Safety
    /// `rows` holds them; the window is writable.
    unsafe fn deliver(&self, rows: *const u8, number: usize, count: usize) {
        let (from, to) = (number.max(self.first), (number + count).min(self.end()));
        if from < to {
            let start = rows.wrapping_add((from - number) * self.row);
            // SAFETY: rows from..to are among the `count` there are, and lie inside the window.
            unsafe { std::ptr::copy_nonoverlapping(start, self.place(from), (to - from) * self.row) };
        }
    }
}

/// What looking at a piece of the mask takes.
struct Work<'a> {
    /// The box behind the first axis.
    behind: Region,
    item: usize,
    flags: Buffer,
    scratch: Buffer,
    env: Env<'a>,
}

impl Work<'_> {
    fn flags(&self, length: usize) -> &[u8] {
        // SAFETY: the buffer is ours, has room for a piece, and is only written to by the evaluations below.
        unsafe { std::slice::from_raw_parts(self.flags.as_ptr(), length) }
    }

    /// Delivers the selected ones of `length` elements; returns how many there are.
    ///
    /// # Safety
    /// The window is writable.
    unsafe fn elements(
        &self,
        space: &Space,
        start: usize,
        length: usize,
        number: usize,
        out: &Window,
    ) -> Result<usize> {
        let region = Region { start: [start].as_slice().into(), shape: [length].as_slice().into() };
        let outlets = vec![
            c_outlet(self.flags.as_ptr(), &region.shape, 1),
            c_outlet(self.scratch.as_ptr(), &region.shape, self.item),
        ];
        // SAFETY: both buffers are ours and have room for a piece; after the evaluation they hold it.
        unsafe {
            evaluate_outputs(space, &region, outlets, self.env)?;
            let selected = compact(self.scratch.as_ptr(), self.item, self.flags(length));
            out.deliver(self.scratch.as_ptr(), number, selected);
            Ok(selected)
        }
    }

    /// Delivers the selected ones of `length` rows; returns how many there are.
    ///
    /// # Safety
    /// The window is writable.
    unsafe fn rows(
        &self,
        mask: &Space,
        rows: &Space,
        start: usize,
        length: usize,
        number: usize,
        out: &Window,
    ) -> Result<usize> {
        let region = Region { start: [start].as_slice().into(), shape: [length].as_slice().into() };
        // SAFETY: the buffer is ours and has room for a piece.
        unsafe { evaluate_space(mask, &region, c_outlet(self.flags.as_ptr(), &region.shape, 1), self.env)? };
        let flags = self.flags(length);
        let mut next = number;
        let mut run: Option<Run> = None;
        for (at, _) in flags.iter().enumerate().filter(|&(_, &flag)| flag != 0) {
            if (out.first..out.end()).contains(&next) {
                match &mut run {
                    Some(run) if run.takes(at, out) => run.end = at + 1,
                    _ => {
                        if let Some(run) = run.replace(Run { start: at, end: at + 1, number: next }) {
                            // SAFETY: passed on to the caller.
                            unsafe { self.run(rows, &run, start, flags, out)? };
                        }
                    }
                }
            }
            next += 1;
        }
        if let Some(run) = run {
            // SAFETY: passed on to the caller.
            unsafe { self.run(rows, &run, start, flags, out)? };
        }
        Ok(next - number)
    }

    /// Computes a run of rows and delivers those that are selected.
    ///
    /// # Safety
    /// The window is writable.
    unsafe fn run(&self, rows: &Space, run: &Run, start: usize, flags: &[u8], out: &Window) -> Result<()> {
        self.env.check()?;
        let mut region =
            Region { start: [start + run.start].as_slice().into(), shape: [run.end - run.start].as_slice().into() };
        region.start.extend_from_slice(&self.behind.start);
        region.shape.extend_from_slice(&self.behind.shape);
        let flags = &flags[run.start..run.end];
        let is_solid = flags.iter().all(|&flag| flag != 0);
        let to = if is_solid { out.place(run.number) } else { self.scratch.as_ptr() };
        // SAFETY: a run's rows are as many as the window has at most, which is the room of the scratch; a solid one's
        // all lie inside the window from its first on.
        unsafe {
            evaluate_space(rows, &region, c_outlet(to, &region.shape, self.item), self.env)?;
            if !is_solid {
                let selected = compact(to, out.row, flags);
                out.deliver(to, run.number, selected);
            }
        }
        Ok(())
    }
}

/// Neighbouring rows of a piece that are computed in one go.
struct Run {
    start: usize,
    end: usize,
    /// The number of its first row among the selected ones.
    number: usize,
}

impl Run {
    /// Whether the run should go on to the row at `at`.
    fn takes(&self, at: usize, out: &Window) -> bool {
        at + 1 - self.start <= out.rows && (at - self.end).saturating_mul(out.row) <= GAP_BYTES
    }
}
