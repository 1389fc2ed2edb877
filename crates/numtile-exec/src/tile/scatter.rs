//! Arrays with rows put in place of some of their own: a box of the array first, then the rows that fall into it.

use numtile_core::{Access, Error, Region, Result, Source};
use numtile_plan::expr::Counts;
use numtile_plan::physical::operand::{Scatter, ScatterPlaces, Space};

use super::Env;
use super::assemble::c_outlet;
use super::mask::MaskWalk;
use super::store::{Outlet, evaluate_space};

/// Assembles the box `needed` of the array.
///
/// # Safety
/// The outlet has room for the box in C order, and nobody else touches it.
pub unsafe fn scatter(scatter: &Scatter, needed: &Region, outlet: Outlet, env: Env<'_>) -> Result<()> {
    // SAFETY: passed on to the caller.
    unsafe {
        evaluate_space(&scatter.array, needed, outlet.clone(), env)?;
        let onto = Onto { rows: &scatter.rows, needed, outlet, env };
        match &scatter.places {
            ScatterPlaces::Positions(positions) => onto.positions(positions.as_ref()),
            ScatterPlaces::Mask { counts, mask } => onto.mask(counts, mask),
        }
    }
}

/// A box that holds the array's own rows, onto which others are put.
struct Onto<'a> {
    rows: &'a Space,
    needed: &'a Region,
    outlet: Outlet,
    env: Env<'a>,
}

impl Onto<'_> {
    /// # Safety
    /// The outlet is writable.
    unsafe fn positions(&self, positions: &dyn Source) -> Result<()> {
        let Access::Memory(start) = positions.access() else { return Err(Error::internal("positions in a file")) };
        let start = start.cast::<i64>();
        // SAFETY: the source holds so many int64 next to one another, which the plan has checked.
        let position = |number: usize| unsafe { start.add(number).read_unaligned() } as usize;
        let count = positions.layout().shape[0];
        let first = partition(count, |number| position(number) < self.needed.start[0]);
        let end = first + partition(count - first, |number| position(first + number) < self.needed.end(0));
        // SAFETY: passed on to the caller.
        unsafe { self.put(first, (first..end).map(position)) }
    }

    /// # Safety
    /// The outlet is writable.
    unsafe fn mask(&self, counts: &Counts, mask: &Space) -> Result<()> {
        let (first, end) = (self.needed.start[0], self.needed.end(0));
        let mut walk = MaskWalk::new(counts, first / counts.leaf(), self.needed.shape[0]);
        let flags = self.env.reservation.allocate(walk.longest())?;
        let is_wanted = |leaf| leaf * counts.leaf() < end;
        while let Some((start, length)) = walk.next(is_wanted).filter(|&(start, _)| start < end) {
            self.env.check()?;
            let region = Region { start: [start].as_slice().into(), shape: [length].as_slice().into() };
            // SAFETY: the buffer is ours and has room for a piece; after the evaluation it holds it.
            let flags = unsafe {
                evaluate_space(mask, &region, c_outlet(flags.as_ptr(), &region.shape, 1), self.env)?;
                std::slice::from_raw_parts(flags.as_ptr(), length)
            };
            let inside = |at: usize| at.clamp(start, start + length) - start;
            let inside = inside(first)..inside(end);
            let number = walk.selected() + set(&flags[..inside.start]);
            if number + set(&flags[inside.clone()]) > counts.total() {
                return Err(Error::mask_changed());
            }
            let places = inside.filter(|&at| flags[at] != 0).map(|at| start + at);
            // SAFETY: passed on to the caller.
            unsafe { self.put(number, places)? };
            walk.pass(length, set(flags))?;
        }
        Ok(())
    }

    /// Puts the rows from number `first` on in these places of the first axis, which lie inside the box.
    ///
    /// # Safety
    /// The outlet is writable.
    unsafe fn put(&self, first: usize, places: impl Iterator<Item = usize> + Clone) -> Result<()> {
        let count = places.clone().count();
        if count == 0 {
            return Ok(());
        }
        let mut region = self.needed.clone();
        (region.start[0], region.shape[0]) = (first, count);
        let row = region.shape[1..].iter().product::<usize>() * self.outlet.item;
        let rows = self.env.reservation.allocate(count * row)?;
        // SAFETY: the buffer is ours and has room for the rows.
        unsafe {
            let outlet = c_outlet(rows.as_ptr(), &region.shape, self.outlet.item);
            evaluate_space(self.rows, &region, outlet, self.env)?;
        }
        for (number, place) in places.enumerate() {
            let at = place.wrapping_sub(self.needed.start[0]);
            if at >= self.needed.shape[0] {
                return Err(Error::internal("a row outside its box"));
            }
            // SAFETY: both rows lie inside their buffers, which are different.
            unsafe {
                let from = rows.as_ptr().add(number * row);
                std::ptr::copy_nonoverlapping(from, self.outlet.start.add(at * row), row);
            }
        }
        Ok(())
    }
}

/// How many flags are set.
fn set(flags: &[u8]) -> usize {
    flags.iter().filter(|&&flag| flag != 0).count()
}

/// The first number in `0..count` for which `is_before` is false; it is true for all numbers before that.
fn partition(count: usize, is_before: impl Fn(usize) -> bool) -> usize {
    let (mut low, mut high) = (0, count);
    while low < high {
        let middle = low + (high - low) / 2;
        if is_before(middle) { low = middle + 1 } else { high = middle }
    }
    low
}
