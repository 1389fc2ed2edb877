//! Relays: running values found on the way, so that what is scanned is read once.
//!
//! Tiles of whole leaves follow one another along the scanned axis. Each takes a *baton* over from the one before it: the
//! running values so far. Where the operation may be regrouped, a tile hands on as soon as it knows the totals of its leaves,
//! and replaces its values meanwhile; where elements must be met in order, it replaces them first. The carries are those of
//! `docs/scans.md`, found by the same operations in the same order as in passes of their own.

use std::sync::Arc;

use numtile_core::{DType, Result};
use numtile_kernel::Isa;
use numtile_kernel::builtin::reduce::Reducer;
use numtile_kernel::builtin::scan::Scanner;

use super::scan::ScanBlock;
use crate::expr::{Expr, Kind, Reduction, Scan};

/// How the carries of a scan are found on the way.
#[derive(Clone, Debug)]
pub struct Relay {
    /// Totals of leaves and their running values, then totals of leaves of those; none where elements are met in order.
    pub levels: Vec<Level>,
}

/// Totals of leaves, and how they run.
#[derive(Clone, Debug)]
pub struct Level {
    /// What gives the total of a leaf of the level below, or of the elements.
    pub total: Arc<Reducer>,
    /// What runs over the totals.
    pub scanner: Scanner,
    /// How many there are along the axis.
    pub length: usize,
}

impl Relay {
    /// The relay for the carries of a scan of elements of type `dtype`, given as the expression that finds them.
    ///
    /// # Errors
    /// `NotImplemented` where there is no such reduction or loop.
    pub fn new(scan: &Scan, carries: &Expr, dtype: DType, isa: Isa) -> Result<Relay> {
        let mut levels = Vec::new();
        let (mut node, mut elements) = (carries, dtype);
        loop {
            let (totals, further) = match (node.kind(), node.inputs()) {
                (Kind::Scan(_), [totals, further @ ..]) => (totals, further.first()),
                _ => (node, None),
            };
            // Found in the order of the elements: nothing is regrouped.
            let Kind::Reduce(Reduction { op, ddof, .. }) = totals.kind() else { return Ok(Relay { levels }) };
            let total = Arc::new(Reducer::new(*op, elements, totals.dtype(), *ddof, isa)?);
            elements = totals.dtype();
            let scanner = Scanner::new(scan.op, elements, isa)?;
            levels.push(Level { total, scanner, length: totals.shape()[scan.axis] });
            match further {
                Some(further) => node = further,
                None => return Ok(Relay { levels }),
            }
        }
    }

    /// True where values are replaced before the baton is handed on.
    pub fn is_in_order(&self) -> bool {
        self.levels.is_empty()
    }
}

impl ScanBlock {
    /// Bytes of the totals of the leaves of a tile of these lengths, with room to make them.
    pub fn totals_bytes(&self, relay: &Relay, lengths: &[usize]) -> usize {
        let Some(level) = relay.levels.first() else { return 0 };
        let sequences = self.sequences(lengths);
        let leaves = lengths[self.axis].div_ceil(self.leaf);
        let totals = sequences.saturating_mul(leaves).saturating_mul(self.carry_size());
        totals.next_multiple_of(16).saturating_add(sequences.saturating_mul(level.total.state_bytes()))
    }

    /// Bytes of the pieces of a baton for so many sequences. Where elements are met in order it is their states alone.
    pub fn baton(&self, relay: &Relay, sequences: usize) -> BatonBytes {
        let row = sequences.saturating_mul(self.carry_size());
        let of_level = |(number, level): (usize, &Level)| {
            let above = relay.levels.get(number + 1).map(|above| LeafBytes {
                carries: row,
                totals: row.saturating_mul(self.leaf),
                states: sequences.saturating_mul(above.total.state_bytes()),
            });
            LevelBytes { states: sequences.saturating_mul(level.scanner.state_bytes()), above }
        };
        let levels: Vec<LevelBytes> = relay.levels.iter().enumerate().map(of_level).collect();
        let own = if relay.is_in_order() { self.state_bytes(sequences) } else { row.saturating_mul(2) };
        BatonBytes { own, levels }
    }
}

/// The sizes of the pieces of a baton.
#[derive(Clone, Debug)]
pub struct BatonBytes {
    /// The running values so far, and room for a row of totals.
    pub own: usize,
    /// Of each level of totals.
    pub levels: Vec<LevelBytes>,
}

/// What a level of totals takes.
#[derive(Clone, Copy, Debug)]
pub struct LevelBytes {
    /// The states of its scanner.
    pub states: usize,
    /// What there is for the level above, if there is one.
    pub above: Option<LeafBytes>,
}

/// What the total of a leaf of totals takes.
#[derive(Clone, Copy, Debug)]
pub struct LeafBytes {
    /// What comes back from the level above: the carries of a leaf.
    pub carries: usize,
    /// The totals of the leaf.
    pub totals: usize,
    /// The states of their reduction.
    pub states: usize,
}

impl BatonBytes {
    /// All sizes.
    pub fn pieces(&self) -> impl Iterator<Item = usize> {
        let of_level = |level: &LevelBytes| {
            let above = level.above.into_iter().flat_map(|leaf| [leaf.carries, leaf.totals, leaf.states]);
            std::iter::once(level.states).chain(above)
        };
        std::iter::once(self.own).chain(self.levels.iter().flat_map(of_level))
    }
}
