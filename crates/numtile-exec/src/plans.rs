//! Plans met before: expressions over arrays in memory that differ in nothing but the arrays are planned once.

use std::sync::{Arc, Mutex, PoisonError};

use numtile_core::hash::{Hasher128, QuickMap};
use numtile_core::{Access, Error, Result};
use numtile_plan::physical::recall::structure;
use numtile_plan::physical::{Limits, Output, Plan, plan};
use smallvec::SmallVec;

/// Plans that are remembered; then they are forgotten all at once.
const MOST_PLANS: usize = 256;

/// Where the arrays lie that a remembered plan reads, by their numbers.
#[derive(Clone, Debug, Default)]
pub struct Addresses(SmallVec<[*const u8; 8]>);

// SAFETY: the addresses are only read from, while whoever gave them keeps the arrays.
unsafe impl Send for Addresses {}
// SAFETY: as above.
unsafe impl Sync for Addresses {}

impl Addresses {
    /// Arrays in memory.
    ///
    /// # Safety
    /// For as long as the addresses are used, the arrays can be read from any thread as the layouts say that the plan was
    /// made for. Each address is that of byte 0 of its array's layout.
    pub unsafe fn new(starts: impl IntoIterator<Item = *const u8>) -> Addresses {
        Addresses(starts.into_iter().collect())
    }

    /// The address of an array.
    ///
    /// # Errors
    /// None that a user can cause.
    pub fn get(&self, number: usize) -> Result<*const u8> {
        self.0.get(number).copied().ok_or_else(|| Error::internal("a plan reads an array that is not there"))
    }
}

/// A plan, and where the arrays lie that it does not name itself.
#[derive(Clone, Debug)]
pub struct Ready {
    /// The plan.
    pub plan: Arc<Plan>,
    /// The arrays, which the outputs keep alive.
    pub memory: Addresses,
}

/// The plans met before.
#[derive(Debug, Default)]
pub struct Plans {
    known: Mutex<QuickMap<u128, Arc<Plan>>>,
}

impl Plans {
    /// The plan for these outputs within these limits.
    ///
    /// # Errors
    /// `Budget` when the smallest plan does not fit.
    pub fn plan(&self, outputs: &[Output], limits: &Limits) -> Result<Ready> {
        let roots: SmallVec<[_; 4]> = outputs.iter().map(|output| output.expr.clone()).collect();
        let is_kept = limits.forced_tile.is_none() && outputs.iter().all(|output| output.file.is_none());
        let Some(structure) = structure(&roots).filter(|_| is_kept) else {
            return Ok(Ready { plan: Arc::new(plan(outputs.to_vec(), limits)?), memory: Addresses::default() });
        };
        let starts = structure.sources.iter().map(|source| match source.access() {
            Access::Memory(start) => start,
            Access::Bytes(_) => std::ptr::null(),
        });
        // SAFETY: the outputs keep their sources, whose layouts are part of the structure.
        let memory = unsafe { Addresses::new(starts) };
        if let Some(plan) = self.known(structure.key, limits) {
            return Ok(Ready { plan, memory });
        }
        let made = plan(outputs.to_vec(), limits)?;
        if let Some(unbound) = made.clone().unbound(&structure.sources) {
            self.keep(structure.key, limits, Arc::new(unbound));
        }
        // It names its arrays itself, so that it can be described.
        Ok(Ready { plan: Arc::new(made), memory })
    }

    /// The plan for outputs of this structure within these limits, if they were met before.
    pub fn known(&self, structure: u128, limits: &Limits) -> Option<Arc<Plan>> {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.get(&key(structure, limits)).filter(|_| limits.forced_tile.is_none()).cloned()
    }

    fn keep(&self, structure: u128, limits: &Limits, plan: Arc<Plan>) {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= MOST_PLANS {
            known.clear();
        }
        known.insert(key(structure, limits), plan);
    }
}

fn key(structure: u128, limits: &Limits) -> u128 {
    let mut key = Hasher128::new("plan");
    key.hash(structure).word(limits.memory).word(limits.threads as u64).word(limits.io_threads as u64);
    key.word(limits.isa as u64).word(u64::from(limits.scratch.is_some()));
    key.finish()
}
