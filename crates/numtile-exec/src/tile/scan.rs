//! Assembling scans: values are evaluated where they are wanted, and running ones take their place leaf by leaf.

use numtile_core::region::Grid;
use numtile_core::shape::PerAxis;
use numtile_core::{Buffer, Layout, Region, Result};
use numtile_kernel::builtin::copy::{pack, unpack};
use numtile_kernel::builtin::scan::Stretch;
use numtile_plan::expr::Part;
use numtile_plan::physical::operand::Base;
use numtile_plan::physical::scan::{Carries, ScanBlock};

use super::Env;
use super::assemble::c_outlet;
use super::frame::address;
use super::load::{byte_reader, read_box};
use super::store::{Outlet, evaluate_space};

/// Assembles the box `needed` of a scan.
///
/// # Safety
/// The outlet is C-contiguous and has room for the box, and nobody else touches it.
pub unsafe fn scan(scan: &ScanBlock, needed: &Region, outlet: &Outlet, env: Env<'_>) -> Result<()> {
    match scan.part {
        // SAFETY: passed on to the caller.
        Part::Elements => unsafe { elements(scan, needed, outlet, env) },
        // SAFETY: passed on to the caller.
        Part::LeafEnds => unsafe { leaf_ends(scan, needed, outlet, env) },
    }
}

/// The running value of every element of a box.
///
/// # Safety
/// As [`scan`].
unsafe fn elements(scan: &ScanBlock, needed: &Region, outlet: &Outlet, env: Env<'_>) -> Result<()> {
    let mut walk = Walk::new(scan, needed, env)?;
    let first = needed.start[scan.axis] / scan.leaf * scan.leaf;
    walk.run_up(first, needed.start[scan.axis], None)?;
    // SAFETY: the box of the outlet is ours.
    unsafe {
        evaluate_space(&scan.space, needed, outlet.clone(), env)?;
        walk.replace(needed, outlet.start, &mut None)
    }
}

/// The running values at the ends of leaves, for a few sequences at a time from their beginning.
///
/// # Safety
/// As [`scan`].
unsafe fn leaf_ends(scan: &ScanBlock, needed: &Region, outlet: &Outlet, env: Env<'_>) -> Result<()> {
    let order: PerAxis<usize> = (0..needed.shape.len()).collect();
    let parties = Grid::new(&needed.shape, &scan.party(&needed.shape), &order);
    for number in 0..parties.len() {
        let party = parties.region(number);
        let mut region = party.clone();
        region.start.iter_mut().zip(&needed.start).for_each(|(start, first)| *start += first);
        let mut place = outlet.start.wrapping_offset(super::strips::offset(&party.start, &outlet.strides));
        region.shape[scan.axis] = 1;
        let mut walk = Walk::new(scan, &region, env)?;
        let mut keep = |leaf: usize, carries: *const u8| {
            if leaf >= needed.start[scan.axis] {
                // SAFETY: the places of these sequences for one leaf; `carries` holds as many values.
                unsafe { unpack(place, &outlet.strides, carries, outlet.item, None, &region.shape) };
                place = place.wrapping_offset(outlet.strides[scan.axis] as isize);
            }
        };
        walk.run_up(0, needed.end(scan.axis) * scan.leaf, Some(&mut keep))?;
    }
    Ok(())
}

/// Told the number of a leaf that is done, and the running values at its end as carries.
type LeafDone<'a> = Option<&'a mut dyn FnMut(usize, *const u8)>;

/// The sequences of a box on their way along the scanned axis.
pub(super) struct Walk<'a> {
    scan: &'a ScanBlock,
    /// Where the sequences are on the other axes.
    region: Region,
    sequences: usize,
    /// States, and behind them room for as many carries.
    states: Buffer,
    /// True while the sequences have no element yet.
    fresh: bool,
    /// The carries of the leaves of the box, the first one's first, where they are not held.
    handed: Option<*const u8>,
    env: Env<'a>,
}

impl<'a> Walk<'a> {
    fn new(scan: &'a ScanBlock, region: &Region, env: Env<'a>) -> Result<Walk<'a>> {
        let sequences = scan.sequences(&region.shape);
        let states = env.reservation.allocate(scan.state_bytes(sequences))?;
        Ok(Walk { scan, region: region.clone(), sequences, states, fresh: true, handed: None, env })
    }

    /// A walk whose leaves start from these carries, one for each leaf of the box, which live as long.
    pub fn from_carries(scan: &'a ScanBlock, region: &Region, carries: *const u8, env: Env<'a>) -> Result<Walk<'a>> {
        Ok(Walk { handed: Some(carries), ..Walk::new(scan, region, env)? })
    }

    /// A walk that goes on with the states of the box before it; without such it begins.
    pub fn from_states(scan: &'a ScanBlock, region: &Region, states: Option<Buffer>, env: Env<'a>) -> Result<Walk<'a>> {
        let Some(states) = states else { return Walk::new(scan, region, env) };
        let sequences = scan.sequences(&region.shape);
        Ok(Walk { scan, region: region.clone(), sequences, states, fresh: false, handed: None, env })
    }

    /// The states at the end.
    pub fn into_states(self) -> Buffer {
        self.states
    }

    /// Room for carries, behind the states of several leaves of all sequences.
    fn carries(&self) -> *mut u8 {
        let leaves = self.scan.abreast(self.sequences);
        self.states.as_ptr().wrapping_add(self.sequences * leaves * self.scan.scanner.state_bytes())
    }

    /// Goes from position `from` to `to` piece by piece, without keeping values.
    fn run_up(&mut self, from: usize, to: usize, mut done: LeafDone<'_>) -> Result<()> {
        if from == to {
            return Ok(());
        }
        let rows = self.scan.piece_rows(self.sequences);
        let item = self.scan.scanner.dtype().size();
        let values = self.env.reservation.allocate(self.sequences * rows * item)?;
        for start in (from..to).step_by(rows) {
            let mut region = self.region.clone();
            region.start[self.scan.axis] = start;
            region.shape[self.scan.axis] = rows.min(to - start);
            let outlet = c_outlet(values.as_ptr(), &region.shape, item);
            // SAFETY: the buffer is new and has room for a piece.
            unsafe {
                evaluate_space(&self.scan.space, &region, outlet, self.env)?;
                self.replace(&region, values.as_ptr(), &mut done)?;
            }
        }
        Ok(())
    }

    /// Replaces the values of a box, which lie in C order, by the running ones.
    ///
    /// # Safety
    /// `values` holds the box, and nobody else touches it.
    pub unsafe fn replace(&mut self, region: &Region, values: *mut u8, done: &mut LeafDone<'_>) -> Result<()> {
        let (axis, leaf) = (self.scan.axis, self.scan.leaf);
        let inner: usize = region.shape[axis + 1..].iter().product();
        let outer: usize = region.shape[..axis].iter().product();
        let mut at = region.start[axis];
        while at < region.end(axis) {
            self.env.check()?;
            let mut leaves = 1;
            if at.is_multiple_of(leaf) {
                leaves = self.leaves_abreast(at, region.end(axis), outer);
                self.enter(at / leaf, leaves)?;
            }
            let end = (at / leaf * leaf + leaves * leaf).min(region.end(axis));
            let skipped = (at - region.start[axis]) * inner * self.scan.scanner.dtype().size();
            let stretch = match leaves {
                1 => Stretch { outer, pitch: region.shape[axis] * inner, length: end - at, inner },
                _ => Stretch { outer: leaves, pitch: leaf * inner, length: leaf, inner },
            };
            let (values, states) = (values.wrapping_add(skipped), self.states.as_ptr());
            // SAFETY: the stretch lies in the box, and there is a state for each of its sequences.
            unsafe { self.scan.scanner.run(values, &stretch, states, self.fresh) }.check()?;
            self.fresh = false;
            if let Some(done) = done
                && end.is_multiple_of(leaf)
            {
                // SAFETY: every sequence has a state by now, and there is room for their carries.
                unsafe { self.scan.scanner.carries(self.states.as_ptr(), self.sequences, self.carries()) };
                done(end / leaf - 1, self.carries());
            }
            at = end;
        }
        Ok(())
    }

    /// How many whole leaves from `at` on can be walked through side by side.
    fn leaves_abreast(&self, at: usize, end: usize, outer: usize) -> usize {
        if outer > 1 || at == 0 {
            return 1;
        }
        ((end - at) / self.scan.leaf).clamp(1, self.scan.abreast(self.sequences))
    }

    /// Leaves begin: they start from their carries, if there are carries.
    fn enter(&mut self, leaf: usize, leaves: usize) -> Result<()> {
        if leaf == 0 {
            return Ok(());
        }
        match (&self.scan.carries, self.handed) {
            (Some(Carries::Held { base, layout }), _) => self.read_carries(base, layout, leaf, leaves)?,
            (_, Some(handed)) => self.take_carries(handed, leaf, leaves),
            _ => return Ok(()),
        }
        // SAFETY: the carries were just read, and each sequence has a state.
        unsafe { self.scan.scanner.resume(self.carries(), self.sequences * leaves, self.states.as_ptr()) };
        self.fresh = false;
        Ok(())
    }

    /// Reads the carries of so many leaves from where they are held.
    fn read_carries(&self, base: &Base, layout: &Layout, leaf: usize, leaves: usize) -> Result<()> {
        let mut place = self.region.clone();
        place.start[self.scan.axis] = leaf - 1;
        place.shape[self.scan.axis] = leaves;
        let item = self.scan.carry_size();
        let Base::File(source) = base else {
            let from = address(base, self.env)?.wrapping_offset(layout.byte_at(&place.start) as isize);
            // SAFETY: the held result has a carry for every sequence and leaf but the first, and there is room.
            unsafe { pack(self.carries(), from, item, None, &place.shape, &layout.strides) };
            return Ok(());
        };
        let dims: PerAxis<(usize, i64)> = place.shape.iter().copied().zip(layout.strides.iter().copied()).collect();
        // SAFETY: there is room for a carry of every sequence, and nobody else knows it.
        let into = unsafe { std::slice::from_raw_parts_mut(self.carries(), place.count() * item) };
        read_box(byte_reader(source.as_ref())?, layout.byte_at(&place.start) as u64, &dims, item, into, self.env)
    }

    /// Takes them from those that were handed over.
    fn take_carries(&self, handed: *const u8, leaf: usize, leaves: usize) {
        let (axis, item) = (self.scan.axis, self.scan.carry_size());
        let mut shape = self.region.shape.clone();
        shape[axis] = shape[axis].div_ceil(self.scan.leaf);
        let layout = Layout::c_order(0, &shape, item);
        shape[axis] = leaves;
        let skipped = leaf - self.region.start[axis] / self.scan.leaf;
        let from = handed.wrapping_offset(layout.strides[axis] as isize * skipped as isize);
        // SAFETY: there is a carry for every sequence and leaf of the box, and room for these.
        unsafe { pack(self.carries(), from, item, None, &shape, &layout.strides) };
    }
}
