//! Physical plans: passes over tiles, fitted to a memory budget.
//!
//! A plan is symbolic: its size depends on the number of operations, never on the number of tiles.
//!
//! The steps, in order: `unshaped` leaves out reshapes at the end; `lookup` moves look-ups below arithmetic; [`stages`] cuts the graph at pipeline breakers, and `together` says what shares a pass; [`holding`]
//! says where their values wait, and what else is kept; [`fragment`] lowers what lies between to tile programs; [`tiling`] chooses
//! tile shapes; [`memory`] projects the peak. [`description`] is the plan as plain data, which [`explain`] and [`picture`] show the user;
//! [`refusal`] says what would help where nothing fits.

pub mod call;
pub mod chain;
pub mod description;
pub mod direct;
pub mod explain;
pub mod fragment;
pub mod holding;
mod joins;
mod lookup;
pub mod memory;
pub mod operand;
pub mod pass;
pub mod picture;
pub mod recall;
pub mod refusal;
pub mod relay;
pub mod reshape;
pub mod scan;
mod sharing;
pub mod stages;
pub mod tiling;
mod together;
pub mod touched;
pub mod tree;
mod unshaped;

use std::sync::Arc;

use numtile_core::{DType, Error, Layout, Result, Scratch, Shape, Source, Spill};
use numtile_kernel::Isa;

use crate::expr::Expr;
use fragment::{HeldResult, HeldResults};
use holding::Places;
pub use pass::{Accumulator, End, Group, Pass, ReduceEnd, Walk};
pub use stages::Target;
use stages::{Holding, Stage, Stages};

/// Bytes of small files that one pass reads together.
const MOST_TOGETHER: u64 = 16 << 20;

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
    /// Where held results go that do not fit; `None` where they must.
    pub scratch: Option<Arc<dyn Scratch>>,
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
    /// Its place in scratch; `None` when it is held in memory.
    pub spill: Option<Arc<dyn Spill>>,
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
    /// How each result lies under the shape in which it is computed, from byte 0 on.
    pub layouts: Vec<Layout>,
    /// What is read.
    pub sources: Vec<Arc<dyn Source>>,
    /// Bytes the evaluation holds at most, by this module's arithmetic.
    pub projected_peak: u64,
    /// Bytes of scratch in use at once at most.
    pub scratch_bytes: u64,
}

/// The plan for these results within these limits.
///
/// # Errors
/// [`Error::Budget`] when even the smallest tiles do not fit.
pub fn plan(outputs: Vec<Output>, limits: &Limits) -> Result<Plan> {
    let Some(unshaped) = unshaped::unshaped(&outputs) else { return plan_as_it_is(outputs, limits) };
    match (plan_as_it_is(unshaped, limits), plan_as_it_is(outputs, limits)) {
        (Ok(unshaped), Ok(plan)) if plan.cost() < unshaped.cost() => Ok(plan),
        (Err(_), plan) => plan,
        (unshaped, _) => unshaped,
    }
}

/// The plan that computes results under their own shapes.
fn plan_as_it_is(outputs: Vec<Output>, limits: &Limits) -> Result<Plan> {
    let in_scratch = limits.scratch.as_ref().map_or(0, |_| u64::MAX);
    let mut holding = Holding {
        tables: limits.memory / 8,
        rows: (limits.memory / 8).max(in_scratch),
        small: (limits.memory / 4).min(MOST_TOGETHER),
        ..Holding::default()
    };
    let mut best = match Attempt::new(&outputs, limits, &holding) {
        Err(Error::Budget { .. }) => frugally(&outputs, limits, &mut holding)?,
        planned => planned?,
    };
    for candidate in holding::candidates(&best.stages, &best.order, limits) {
        let trial = holding.with(candidate);
        if let Ok(attempt) = Attempt::new(&outputs, limits, &trial)
            && attempt.plan.cost() < best.plan.cost()
        {
            (best, holding) = (attempt, trial);
        }
    }
    Ok(best.plan)
}

/// A plan that takes less memory: nothing is held that can be computed or read again, and in the end fewer values are computed
/// together.
fn frugally(outputs: &[Output], limits: &Limits, holding: &mut Holding) -> Result<Attempt> {
    holding.tables = 0;
    holding.rows = limits.scratch.as_ref().map_or(0, |_| u64::MAX);
    let mut planned = Attempt::new(outputs, limits, holding);
    if !matches!(planned, Err(Error::Budget { .. })) {
        return planned;
    }
    let mut together = Attempt::tasks_together(outputs, holding)?;
    while together > 1 && matches!(planned, Err(Error::Budget { .. })) {
        together = together.div_ceil(2);
        holding.together = Some(together);
        planned = Attempt::new(outputs, limits, holding);
    }
    planned
}

/// A plan with certain values held.
struct Attempt {
    plan: Plan,
    stages: Stages,
    order: Vec<Expr>,
}

impl Attempt {
    /// The stages, and all nodes, inputs first.
    fn stages(outputs: &[Output], holding: &Holding) -> Result<(Stages, Vec<Expr>)> {
        let results: Vec<Expr> = outputs.iter().map(|output| output.expr.clone()).collect();
        let results = lookup::push_down(&results, holding.tables)?;
        let order = Expr::post_order_where(&results, |node| !holding.relayed.contains(&node.hash128()));
        Ok((stages::cut(&results, &order, holding), order))
    }

    /// Values that one pass computes at most.
    fn tasks_together(outputs: &[Output], holding: &Holding) -> Result<usize> {
        let (stages, _) = Attempt::stages(outputs, holding)?;
        Ok(stages.stages.iter().map(|stage| stage.tasks.len()).max().unwrap_or(0))
    }

    fn new(outputs: &[Output], limits: &Limits, holding: &Holding) -> Result<Attempt> {
        let (stages, order) = Attempt::stages(outputs, holding)?;
        let mut best: Result<Plan> = Err(Error::internal("a plan has no placement"));
        for places in holding::placements(&stages, &order, holding, limits) {
            let planned = place_and_fit(&stages, places, outputs, &order, limits);
            let is_better = match (&planned, &best) {
                (Ok(planned), Ok(best)) => planned.cost() < best.cost(),
                (Err(Error::Budget { .. }), Err(Error::Budget { .. })) => false,
                (planned, best) => planned.is_ok() || best.is_err(),
            };
            if is_better {
                best = planned;
            }
        }
        Ok(Attempt { plan: best?, stages, order })
    }
}

/// Lowers the stages with held results at these places, and fits each pass.
fn place_and_fit(stages: &Stages, places: Places, outputs: &[Output], order: &[Expr], limits: &Limits) -> Result<Plan> {
    let scratch_bytes = holding::scratch_bytes(stages, &places);
    // Scratch that does not suffice is found out before anything is read.
    if let Some(scratch) = limits.scratch.as_ref().filter(|_| scratch_bytes > 0) {
        scratch.check(scratch_bytes)?;
    }
    let held_results: HeldResults = stages
        .held
        .iter()
        .zip(&places)
        .enumerate()
        .map(|(number, (expr, spill))| (expr.hash128(), HeldResult { number, spill: spill.clone() }))
        .collect();
    let placed: Vec<Stage> = stages.stages.iter().map(|stage| stage.placed(&places)).collect();
    let held = describe_held(stages, places);
    let mut passes = Vec::with_capacity(placed.len());
    let mut projected_peak = memory::OVERHEAD;
    for (number, stage) in placed.iter().enumerate() {
        let held_bytes = memory::held_bytes(&held, &placed, number);
        let (pass, peak) = lower_and_fit(stage, &held_results, held_bytes, outputs, limits)?;
        projected_peak = projected_peak.max(peak);
        passes.push(pass);
    }
    let sources = results_sources(order);
    let layouts = outputs.iter().map(|Output { expr, .. }| Layout::c_order(0, expr.shape(), expr.dtype().size()));
    let layouts = layouts.collect();
    Ok(Plan { passes, held, outputs: outputs.to_vec(), layouts, sources, projected_peak, scratch_bytes })
}

/// The pass for a stage, and its projected peak. Fringes that make tiles read more than they save are left out.
fn lower_and_fit(
    stage: &Stage,
    held_results: &HeldResults,
    held_bytes: u64,
    outputs: &[Output],
    limits: &Limits,
) -> Result<(Pass, u64)> {
    let with_fringes = |widest: usize| {
        let mut pass = pass::lower(stage, held_results, outputs, limits, widest)?;
        let has_fringes = pass.operands.iter().any(pass::has_fringe);
        let peak = pass::fit(&mut pass, held_bytes, limits, outputs);
        Ok((peak.map(|peak| (pass, peak)), has_fringes))
    };
    match with_fringes(sharing::WIDEST_FRINGE)? {
        (Ok((pass, peak)), has_fringes) if !has_fringes || !pass.streams => Ok((pass, peak)),
        (shared, true) => match (shared, with_fringes(0)?.0) {
            (Ok(shared), Ok(alone)) => Ok(if alone.0.cost < shared.0.cost { alone } else { shared }),
            (shared, Err(_)) => shared,
            (Err(_), alone) => alone,
        },
        (fitted, _) => fitted,
    }
}

fn describe_held(stages: &Stages, places: Places) -> Vec<Held> {
    let held = stages.held.iter().zip(places).zip(&stages.last_use);
    held.map(|((expr, spill), &last_use)| Held {
        shape: expr.shape().into(),
        dtype: expr.dtype(),
        last_use,
        name: expr.kind().tag(),
        spill,
    })
    .collect()
}

impl Plan {
    /// What the plan costs, to compare it with others for the same results: bytes moved from and to disks, every run of them
    /// at the price of some more.
    fn cost(&self) -> u64 {
        self.passes.iter().map(|pass| pass.cost).fold(0, u64::saturating_add)
    }
}

fn results_sources(order: &[Expr]) -> Vec<Arc<dyn Source>> {
    order
        .iter()
        .filter_map(|expr| match expr.kind() {
            crate::expr::Kind::Source(source) => Some(source.clone()),
            _ => None,
        })
        .collect()
}
