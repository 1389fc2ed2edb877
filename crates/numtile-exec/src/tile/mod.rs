//! What happens to one tile: its files are read (`load`), blocks are assembled (`assemble`, `reshape`, `gather`,
//! `select`, `scatter`, `scan`, `call`; scans that tiles hand on: `relay`), programs run strip by strip (`strips`), and values are stored (`store`) or
//! reduced (`reduce`, by labels `group`).

pub mod assemble;
mod call;
pub mod frame;
mod gather;
mod group;
pub mod load;
mod mask;
pub mod reduce;
pub mod relay;
mod reshape;
pub mod scan;
mod scatter;
mod select;
pub mod store;
pub mod strips;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use numtile_core::{Buffer, Error, Reservation, Result};

use crate::metrics::Metrics;
use crate::nested;
use crate::plans::Addresses;

/// What work on a tile may use.
#[derive(Clone, Copy)]
pub struct Env<'a> {
    /// Results of earlier passes, C-contiguous.
    pub held: &'a [Option<Arc<Buffer>>],
    /// Arrays in memory that the plan does not name itself.
    pub memory: &'a Addresses,
    /// The evaluation's memory.
    pub reservation: &'a Reservation,
    /// Counters.
    pub metrics: &'a Metrics,
    /// Set when the evaluation should stop.
    pub stop: &'a Arc<AtomicBool>,
}

impl Env<'_> {
    /// Fails when the evaluation, or one around it, was cancelled or another tile failed.
    pub fn check(&self) -> Result<()> {
        let is_stopped = self.stop.load(Ordering::Relaxed) || nested::is_stopped();
        if is_stopped { Err(Error::Cancelled) } else { Ok(()) }
    }
}
