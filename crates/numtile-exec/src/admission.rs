//! Admission: an evaluation reserves all it will ever need in one step, before it reads a byte.
//!
//! Two evaluations can therefore never each hold half of what the other waits for. A plan is fitted to the memory that
//! is free at the moment; where that is too little, the caller waits for others to finish, unless it is a function of the
//! user's, for which one of these others waits.

use std::time::Duration;

use numtile_core::memory::Owner;
use numtile_core::{Error, MemoryPool, Reservation, Result};
use numtile_plan::physical::memory::OVERHEAD;
use numtile_plan::physical::refusal::advise;
use numtile_plan::physical::{Limits, Output};

use crate::nested;
use crate::plans::{Plans, Ready};

/// How long a waiting caller sleeps before it looks for cancellation again.
const PATIENCE: Duration = Duration::from_millis(50);

/// A plan whose memory is reserved.
pub struct Admitted {
    /// The plan.
    pub ready: Ready,
    /// Its memory.
    pub reservation: Reservation,
    /// What it takes outside the pool.
    pub overhead: Reservation,
}

/// Plans these outputs within the memory that is free, waiting for room if that is too little.
///
/// # Errors
/// `Budget` when even an empty pool could not hold the smallest plan; `Cancelled`.
pub fn admit(
    outputs: &[Output],
    limits: &Limits,
    plans: &Plans,
    pool: &MemoryPool,
    cancelled: &dyn Fn() -> bool,
) -> Result<Admitted> {
    loop {
        let free = pool.unreserved().min(limits.memory);
        match plans.plan(outputs, &Limits { memory: free, ..limits.clone() }) {
            Ok(ready) => {
                if let Some(admitted) = try_admit(ready, pool) {
                    return Ok(admitted);
                }
            }
            Err(Error::Budget { operator, need, .. }) => {
                if nested::is_inside() {
                    return Err(Error::Budget { operator, need, allowance: free, advice: nested::ADVICE.into() });
                }
                let everything = pool.limit().min(limits.memory);
                // Where nobody holds anything any more, others may have given back what they had since `free` was asked for.
                let is_held = pool.usage().by_owner.iter().any(|(_, bytes)| *bytes > 0);
                let is_free_now = pool.unreserved().min(everything) > free;
                if free >= everything || need > everything || !(is_held || is_free_now) {
                    let refusal = Error::Budget { operator, need, allowance: everything, advice: String::new() };
                    // Those who hold some of it do not matter: it would be too little without them.
                    return Err(advise(outputs, &Limits { memory: everything, ..limits.clone() }, refusal));
                }
            }
            Err(other) => return Err(other),
        }
        if cancelled() {
            return Err(Error::Cancelled);
        }
        pool.wait_for_room(PATIENCE);
    }
}

/// Reserves the memory of a plan; `None` when there is no room for it now.
pub fn try_admit(ready: Ready, pool: &MemoryPool) -> Option<Admitted> {
    // Both or none: the first is given back at once where the second finds no room.
    let reservation = pool.try_reserve(Owner::Evaluation, ready.plan.projected_peak - OVERHEAD)?;
    let overhead = pool.try_reserve(Owner::Overhead, OVERHEAD)?;
    Some(Admitted { ready, reservation, overhead })
}
