//! Physical plans: passes over tiles, fitted to a memory budget.
//!
//! A plan is symbolic: its size depends on the number of operations, never on the number of tiles.
//!
//! The steps, in order: `lookup` moves look-ups below arithmetic; [`stages`] cuts the graph at pipeline breakers; [`fragment`] lowers what lies between to tile
//! programs; [`tiling`] chooses tile shapes; [`memory`] projects the peak; [`explain`] tells the user.

pub mod call;
pub mod chain;
pub mod direct;
pub mod explain;
pub mod fragment;
mod joins;
mod lookup;
pub mod memory;
pub mod operand;
pub mod pass;
pub mod records;
pub mod reshape;
pub mod scan;
pub mod stages;
pub mod tiling;
pub mod touched;
pub mod tree;

use std::sync::Arc;

use numtile_core::{DType, Error, Layout, Result, Shape, Source};
use numtile_kernel::Isa;

use crate::expr::Expr;
pub use pass::{End, Group, Pass, ReduceEnd, Walk};
pub use stages::Target;

/// What a plan must fit.
#[derive(Clone, Debug)]
pub struct Limits {
    /// Bytes the evaluation may hold.
    pub memory: u64,
    /// Threads that compute.
    pub threads: usize,
    /// Threads that read and write.
    pub io_threads: usize,
    /// The instruction set that kernels use.
    pub isa: Isa,
    /// Tile lengths to use instead of the cheapest (rounded up to whole leaves), to show that they do not matter.
    pub forced_tile: Option<Vec<usize>>,
}

/// A result the user asked for.
#[derive(Clone, Debug)]
pub struct Output {
    /// The expression.
    pub expr: Expr,
    /// Where its elements go in a file; `None` when it is delivered in memory.
    pub file: Option<Layout>,
}

/// A result of a pass that later passes read.
#[derive(Clone, Debug)]
pub struct Held {
    /// Its shape.
    pub shape: Shape,
    /// Its element type.
    pub dtype: DType,
    /// The last pass that reads it.
    pub last_use: usize,
    /// What it is, for explanations.
    pub name: &'static str,
}

/// Everything that is to be done, in order.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The passes.
    pub passes: Vec<Pass>,
    /// What passes leave for later ones.
    pub held: Vec<Held>,
    /// What the user gets.
    pub outputs: Vec<Output>,
    /// What is read.
    pub sources: Vec<Arc<dyn Source>>,
    /// Bytes the evaluation holds at most, by this module's arithmetic.
    pub projected_peak: u64,
}

/// The plan for these results within these limits.
///
/// # Errors
/// [`Error::Budget`] when even the smallest tiles do not fit.
pub fn plan(outputs: Vec<Output>, limits: &Limits) -> Result<Plan> {
    match plan_holding(outputs.clone(), limits, limits.memory / 8) {
        // What is held leaves less for tiles: rather compute it again.
        Err(Error::Budget { .. }) => plan_holding(outputs, limits, 0),
        planned => planned,
    }
}

/// The plan in which values that are needed in any order are held up to a size, and computed again beyond.
fn plan_holding(outputs: Vec<Output>, limits: &Limits, hold_limit: u64) -> Result<Plan> {
    let results: Vec<Expr> = outputs.iter().map(|output| output.expr.clone()).collect();
    let results = lookup::push_down(&results, hold_limit)?;
    let stages::Stages { stages, held: held_results, last_use } = stages::cut(&results, hold_limit)?;
    let held = describe_held(&held_results, &last_use);
    let mut passes =
        stages.iter().map(|stage| pass::lower(stage, &held_results, &outputs, limits)).collect::<Result<Vec<_>>>()?;
    let mut projected_peak = memory::OVERHEAD;
    for (number, pass) in passes.iter_mut().enumerate() {
        let held_bytes = memory::held_bytes(&held, &stages, number);
        let peak = pass::fit(pass, held_bytes, limits, &outputs)?;
        projected_peak = projected_peak.max(peak);
    }
    let sources = results_sources(&results);
    Ok(Plan { passes, held, outputs, sources, projected_peak })
}

fn describe_held(results: &fragment::HeldResults, last_use: &[usize]) -> Vec<Held> {
    let mut numbered: Vec<(usize, &Expr)> = results.values().map(|(number, expr)| (*number, expr)).collect();
    numbered.sort_by_key(|(number, _)| *number);
    numbered
        .into_iter()
        .map(|(number, expr)| Held {
            shape: expr.shape().into(),
            dtype: expr.dtype(),
            last_use: last_use[number],
            name: expr.kind().tag(),
        })
        .collect()
}

fn results_sources(results: &[Expr]) -> Vec<Arc<dyn Source>> {
    Expr::post_order(results)
        .into_iter()
        .filter_map(|expr| match expr.kind() {
            crate::expr::Kind::Source(source) => Some(source.clone()),
            _ => None,
        })
        .collect()
}

/// The refusal of a plan that cannot be made to fit.
pub(crate) fn refuse(operator: String, need: u64, allowance: u64) -> Error {
    Error::Budget {
        operator,
        need,
        allowance,
        advice: "Raise the budget with nt.config(memory=...), use fewer threads, or compute a part of the array".into(),
    }
}
