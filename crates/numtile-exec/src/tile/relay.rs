//! Scans whose running values are handed from tile to tile.
//!
//! A tile goes through three steps: its elements are evaluated and its leaves totalled as soon as it is read ([`load`]); when
//! the tile before it has handed over, it finds its carries and hands over in turn ([`pass_on`]); its values are
//! replaced ([`finish`]). Tiles do the first and the last step side by side. Where elements must be met in order there are no
//! totals, and values are replaced in the second step.

use numtile_core::{Buffer, Error, Region, Result};
use numtile_kernel::builtin::reduce::Reducer;
use numtile_kernel::builtin::scan::Stretch;
use numtile_plan::physical::relay::{LeafBytes, Level, LevelBytes, Relay};
use numtile_plan::physical::scan::ScanBlock;

use super::Env;
use super::assemble::c_outlet;
use super::load::Loaded;
use super::scan::Walk;
use super::store::evaluate_space;

/// A box of elements that are still to be replaced by running values.
pub struct Unscanned {
    values: Buffer,
    /// One for each leaf and sequence, in C order: the totals, then the carries.
    totals: Option<Buffer>,
}

/// What a tile hands over to the next one along the scanned axis.
pub enum Baton {
    /// The states of the sequences.
    States(Buffer),
    /// Running totals.
    Totals(Totals),
}

/// Evaluates the elements of a box, and the totals of its leaves.
pub fn load(scan: &ScanBlock, relay: &Relay, region: &Region, env: Env<'_>) -> Result<Unscanned> {
    let item = scan.scanner.dtype().size();
    let values = env.reservation.allocate(region.count() * item)?;
    // SAFETY: the buffer is new and has room for the box.
    unsafe { evaluate_space(&scan.space, region, c_outlet(values.as_ptr(), &region.shape, item), env)? };
    let totals = match relay.levels.first() {
        Some(level) => Some(total(scan, relay, level, region, values.as_ptr(), env)?),
        None => None,
    };
    Ok(Unscanned { values, totals })
}

/// The totals of the leaves of a box. The last leaf of the array has none, for nothing comes after it.
fn total(
    scan: &ScanBlock,
    relay: &Relay,
    level: &Level,
    region: &Region,
    values: *const u8,
    env: Env<'_>,
) -> Result<Buffer> {
    let rows = Rows::of(scan, region);
    let (item, carry) = (scan.scanner.dtype().size(), scan.carry_size());
    let totals = env.reservation.allocate(scan.totals_bytes(relay, &region.shape))?;
    let leaves = region.shape[scan.axis].div_ceil(scan.leaf);
    let states = totals.as_ptr().wrapping_add((rows.sequences() * leaves * carry).next_multiple_of(16));
    for number in 0..rows.outer * leaves {
        env.check()?;
        let (slice, leaf) = (number / leaves, number % leaves);
        if region.start[scan.axis] / scan.leaf + leaf >= level.length {
            continue;
        }
        let first = (slice * region.shape[scan.axis] + leaf * scan.leaf) * rows.inner;
        let into = totals.as_ptr().wrapping_add(number * rows.inner * carry);
        // SAFETY: the whole leaf of these sequences lies in the box, and there is room for their states and totals.
        unsafe {
            leaf_total(&level.total, rows.down, values.wrapping_add(first * item), scan.leaf, rows.inner, states, into)
        };
    }
    Ok(totals)
}

/// The totals of a leaf of some sequences: rows of elements of all of them (`down`), or the elements of one after another.
///
/// # Safety
/// At `values` is the leaf, at `states` room for a state of each sequence, at `into` for a total.
unsafe fn leaf_total(
    total: &Reducer,
    down: bool,
    values: *const u8,
    leaf: usize,
    sequences: usize,
    states: *mut u8,
    into: *mut u8,
) {
    // SAFETY: the caller's promise; leaves are as long as a reducer takes.
    unsafe {
        if down {
            total.leaf_down(values, leaf, sequences, sequences, states);
        } else {
            total.leaf_across(values, sequences, 1, leaf, states);
        }
        total.finalize(states, sequences, leaf as u64, into);
    }
}

/// How the sequences of a box lie.
struct Rows {
    /// Positions on the axes before the scanned one, and on those behind it.
    outer: usize,
    inner: usize,
    /// True unless the last axis is the scanned one.
    down: bool,
}

impl Rows {
    fn of(scan: &ScanBlock, region: &Region) -> Rows {
        let (before, behind) = (&region.shape[..scan.axis], &region.shape[scan.axis + 1..]);
        Rows { outer: before.iter().product(), inner: behind.iter().product(), down: !behind.is_empty() }
    }

    fn sequences(&self) -> usize {
        self.outer * self.inner
    }
}

/// Takes the baton of the tile before, if there is one along the axis; what is handed to the next one comes back.
pub fn pass_on(
    scan: &ScanBlock,
    relay: &Relay,
    region: &Region,
    tile: &Unscanned,
    baton: Option<Baton>,
    env: Env<'_>,
) -> Result<Baton> {
    if baton.is_none() && region.start[scan.axis] > 0 {
        return Err(Error::internal("a tile has no baton"));
    }
    match &tile.totals {
        None => {
            let states = baton.and_then(Baton::into_states);
            let mut walk = Walk::from_states(scan, region, states, env)?;
            // SAFETY: the buffer holds the box, and is ours.
            unsafe { walk.replace(region, tile.values.as_ptr(), &mut None)? };
            Ok(Baton::States(walk.into_states()))
        }
        Some(totals) => {
            let mut running = match baton.and_then(Baton::into_totals) {
                Some(running) => running,
                None => Totals::new(scan, relay, Rows::of(scan, region), env)?,
            };
            running.take_through(scan, relay, region, totals.as_ptr())?;
            Ok(Baton::Totals(running))
        }
    }
}

/// Replaces what was not replaced before: the tile is as if it had been assembled.
pub fn finish(scan: &ScanBlock, region: &Region, tile: Unscanned, env: Env<'_>) -> Result<Loaded> {
    if let Some(carries) = &tile.totals {
        let mut walk = Walk::from_carries(scan, region, carries.as_ptr(), env)?;
        // SAFETY: the buffer holds the box, and is ours.
        unsafe { walk.replace(region, tile.values.as_ptr(), &mut None)? };
    }
    let strides = c_outlet(tile.values.as_ptr(), &region.shape, scan.scanner.dtype().size()).strides;
    Ok(Loaded::Buffer { buffer: tile.values, offset: 0, strides })
}

impl Baton {
    fn into_states(self) -> Option<Buffer> {
        match self {
            Baton::States(states) => Some(states),
            Baton::Totals(_) => None,
        }
    }

    fn into_totals(self) -> Option<Totals> {
        match self {
            Baton::Totals(totals) => Some(totals),
            Baton::States(_) => None,
        }
    }
}

/// Running totals: of the leaves of elements, of leaves of these, and so on.
pub struct Totals {
    rows: Rows,
    /// The running value so far, and behind it room for a row of totals.
    own: Buffer,
    levels: Vec<RunningLevel>,
}

/// Totals of one level on their way.
struct RunningLevel {
    /// How many there were.
    count: usize,
    states: Buffer,
    above: Option<Leaf>,
}

/// A leaf of totals in the making.
struct Leaf {
    /// The carries of the leaf, from the level above.
    carries: Buffer,
    totals: Buffer,
    states: Buffer,
}

impl Totals {
    fn new(scan: &ScanBlock, relay: &Relay, rows: Rows, env: Env<'_>) -> Result<Totals> {
        let bytes = scan.baton(relay, rows.sequences());
        let buffer = |bytes: usize| env.reservation.allocate(bytes);
        let level = |level: &LevelBytes| {
            let leaf = |leaf: LeafBytes| {
                Ok(Leaf { carries: buffer(leaf.carries)?, totals: buffer(leaf.totals)?, states: buffer(leaf.states)? })
            };
            Ok(RunningLevel { count: 0, states: buffer(level.states)?, above: level.above.map(leaf).transpose()? })
        };
        let levels = bytes.levels.iter().map(level).collect::<Result<_>>()?;
        Ok(Totals { rows, own: buffer(bytes.own)?, levels })
    }

    /// Puts the carries of a tile's leaves in the place of their totals.
    fn take_through(&mut self, scan: &ScanBlock, relay: &Relay, region: &Region, totals: *mut u8) -> Result<()> {
        let item = scan.carry_size();
        let (outer, inner) = (self.rows.outer, self.rows.inner);
        let (so_far, row) = (self.own.as_ptr(), self.own.as_ptr().wrapping_add(outer * inner * item));
        let (first, leaves) = (region.start[scan.axis] / scan.leaf, region.shape[scan.axis].div_ceil(scan.leaf));
        for leaf in 0..leaves {
            for slice in 0..outer {
                let place = totals.wrapping_add((slice * leaves + leaf) * inner * item);
                let at = slice * inner * item;
                // SAFETY: there is a total for each sequence and leaf, and room for a row of them twice.
                unsafe {
                    std::ptr::copy_nonoverlapping(place, row.wrapping_add(at), inner * item);
                    std::ptr::copy_nonoverlapping(so_far.wrapping_add(at), place, inner * item);
                }
            }
            if first + leaf < relay.levels[0].length {
                self.push(scan, relay, 0, row)?;
                // SAFETY: as above.
                unsafe { std::ptr::copy_nonoverlapping(row, so_far, outer * inner * item) };
            }
        }
        Ok(())
    }

    /// The next row of totals of a level becomes the running one; a leaf that is complete goes up a level.
    fn push(&mut self, scan: &ScanBlock, relay: &Relay, number: usize, row: *mut u8) -> Result<()> {
        let (sequences, item) = (self.rows.sequences(), scan.carry_size());
        let (level, running) = (&relay.levels[number], &mut self.levels[number]);
        let (at, place) = (running.count, running.count % scan.leaf);
        running.count += 1;
        let states = running.states.as_ptr();
        let stretch = Stretch { outer: 1, pitch: sequences, length: 1, inner: sequences };
        // SAFETY: the row has a total of each sequence, there is a state for each, and room for a leaf of totals.
        unsafe {
            if let Some(leaf) = &running.above {
                self.rows.keep(row, leaf.totals.as_ptr(), place, scan.leaf, item);
                if place == 0 && at > 0 {
                    level.scanner.resume(leaf.carries.as_ptr(), sequences, states);
                }
            }
            level.scanner.run(row, &stretch, states, at == 0).check()?;
        }
        let Some(leaf) = running.above.as_ref().filter(|_| place + 1 == scan.leaf && at + 1 < level.length) else {
            return Ok(());
        };
        let (totals, states, carries) = (leaf.totals.as_ptr(), leaf.states.as_ptr(), leaf.carries.as_ptr());
        // SAFETY: the leaf is complete, and there is room for its states and totals.
        unsafe {
            leaf_total(&relay.levels[number + 1].total, self.rows.down, totals, scan.leaf, sequences, states, carries);
        }
        self.push(scan, relay, number + 1, carries)
    }
}

impl Rows {
    /// Keeps a row of totals at its place in a leaf of them.
    ///
    /// # Safety
    /// The row has `item` bytes for each sequence, and there is room for a leaf of rows.
    unsafe fn keep(&self, row: *const u8, leaf: *mut u8, place: usize, length: usize, item: usize) {
        let sequences = self.sequences();
        if self.down {
            // SAFETY: the caller's promise.
            unsafe {
                std::ptr::copy_nonoverlapping(row, leaf.wrapping_add(place * sequences * item), sequences * item)
            };
            return;
        }
        for sequence in 0..sequences {
            let into = leaf.wrapping_add((sequence * length + place) * item);
            // SAFETY: the caller's promise.
            unsafe { std::ptr::copy_nonoverlapping(row.wrapping_add(sequence * item), into, item) };
        }
    }
}
