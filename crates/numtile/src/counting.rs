//! Counting masks before what they select is computed.
//!
//! The shape of a selection depends on data. Every evaluation first counts the masks that its expressions select by, all
//! of one depth in one evaluation of their own, and goes on with expressions whose shapes are numbers. Counts of masks
//! over files and private memory stay with the expression. A mask over memory that somebody may still write to is
//! counted for every evaluation; where an earlier count has entered a shape, it must still be the same.

use std::sync::Arc;

use numtile_core::hash::QuickMap;
use numtile_core::{Error, Result};
use numtile_plan::expr::{self, Counts, Expr};

use crate::context::{Context, Run, RunReport};
use crate::result::HostArray;

/// Expressions whose shapes are numbers, and what counting took, if anything was counted.
pub(crate) struct Counted {
    pub(crate) exprs: Vec<Expr>,
    pub(crate) report: Option<RunReport>,
}

/// Counts what the expressions select by.
pub(crate) fn count(context: &Context, exprs: &[Expr], run: &Run<'_>) -> Result<Counted> {
    if !exprs.iter().any(Expr::counts) {
        return Ok(Counted { exprs: exprs.to_vec(), report: None });
    }
    let mut counting = Counting { context, run, counts: QuickMap::default(), report: None };
    let before = expr::counted_before(exprs);
    counting.count(before.iter().map(|(mask, _)| mask))?;
    for (mask, counts) in &before {
        if counting.counts.get(&mask.hash128()) != Some(counts) {
            return Err(Error::mask_changed());
        }
    }
    loop {
        let resolution = expr::resolve(exprs, &counting.counts)?;
        if resolution.uncounted.is_empty() {
            return Ok(Counted { exprs: resolution.exprs, report: counting.report });
        }
        counting.count(&resolution.uncounted)?;
    }
}

struct Counting<'a> {
    context: &'a Context,
    run: &'a Run<'a>,
    /// By the hash of the mask.
    counts: QuickMap<u128, Arc<Counts>>,
    report: Option<RunReport>,
}

impl Counting<'_> {
    /// Counts these masks in one evaluation.
    fn count<'m>(&mut self, masks: impl IntoIterator<Item = &'m Expr>) -> Result<()> {
        let masks: Vec<&Expr> = masks.into_iter().collect();
        let sums = masks.iter().map(|mask| Counts::expressions(mask)).collect::<Result<Vec<Vec<Expr>>>>()?;
        let mut results = self.compute(sums.iter().flatten())?.into_iter();
        for (mask, sums) in masks.iter().zip(&sums) {
            let leaves = results.by_ref().take(sums.len()).flat_map(|sums| integers(&sums));
            self.counts.insert(mask.hash128(), Arc::new(Counts::new(mask.size(), leaves)));
        }
        Ok(())
    }

    fn compute<'s>(&mut self, sums: impl Iterator<Item = &'s Expr>) -> Result<Vec<HostArray>> {
        let sums: Vec<Expr> = sums.cloned().collect();
        if sums.is_empty() {
            return Ok(Vec::new());
        }
        let (results, report) = self.context.deliver(&sums, self.run, self.report.take())?;
        self.report = Some(report);
        Ok(results)
    }
}

/// The elements of a result of sums of truth values.
fn integers(sums: &HostArray) -> Vec<u64> {
    // SAFETY: the evaluation is over, so nobody writes to the buffer.
    let bytes = unsafe { sums.buffer.as_slice() };
    bytes.as_chunks().0.iter().map(|&sum| u64::from_ne_bytes(sum)).take(sums.layout.count()).collect()
}
