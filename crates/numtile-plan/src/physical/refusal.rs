//! What to say when no plan fits the budget: the least budget that would do.

use numtile_core::{Error, Result};

use super::{Limits, Output, plan};

/// Budgets that are tried at most: planning large graphs takes its time.
const MOST_TRIES: usize = 24;
/// Budgets are whole multiples of this, to be typed.
const STEP: u64 = 100_000;

/// Completes a refusal with advice. A plan within the budget it names has been made: other passes than the refused one may
/// need more, and what is held between passes depends on the budget. Fewer threads are no advice, for plans use one where
/// more do not fit. Other errors pass through.
pub fn advise(outputs: &[Output], limits: &Limits, error: Error) -> Error {
    let Error::Budget { operator, need, allowance, .. } = error else { return error };
    let (need, advice) = match least_budget(outputs, limits, need) {
        Ok(Some(least)) => {
            (least, format!("Raise the budget with nt.config(memory={least}), or compute a part at a time"))
        }
        _ => (need, "Raise the budget with nt.config(memory=...), or compute a part at a time".to_string()),
    };
    Error::Budget { operator, need, allowance, advice }
}

/// A budget for which there is a plan, as small as a search from below finds; `None` where that takes too long.
fn least_budget(outputs: &[Output], limits: &Limits, need: u64) -> Result<Option<u64>> {
    let mut memory = need;
    for _ in 0..MOST_TRIES {
        if memory > u64::MAX / 4 {
            return Ok(None);
        }
        memory = memory.next_multiple_of(STEP);
        match plan(outputs.to_vec(), &Limits { memory, ..limits.clone() }) {
            Ok(_) => return Ok(Some(memory)),
            Err(Error::Budget { need, .. }) => memory = need.max(memory + memory / 16),
            Err(other) => return Err(other),
        }
    }
    Ok(None)
}
