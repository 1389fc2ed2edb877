//! Cutting an expression graph at its pipeline breakers.
//!
//! A breaker is a node whose whole value must exist before anything above it can start: every reduction, grouped or not,
//! the carries of scans, and tables that are looked up many times. Other nodes are *kept* because it is cheaper than computing or reading
//! them again. Either is *held* between passes, in memory or in scratch. Each such node and each result is one task; tasks of one
//! level over one iteration space share a pass where they have something in common, so that it is read once: see `together`.

use numtile_core::Shape;
use numtile_core::hash::{QuickMap, QuickSet};

use super::holding::Places;
use super::lookup::holds_table;
use super::together;
use crate::expr::view::View;
use crate::expr::{Expr, Kind};

/// Elements of a mask that are looked at together.
const MASK_LEAF: usize = 4096;

/// Where the values of a task go.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Target {
    /// Kept in memory for later passes, as held result with this number.
    Held(usize),
    /// Kept in scratch for later passes, as held result with this number.
    Spilled(usize),
    /// The user's result with this number.
    Output(usize),
}

/// One thing to compute.
#[derive(Clone, Debug)]
pub struct Task {
    /// The node.
    pub expr: Expr,
    /// Where its values go.
    pub targets: Vec<Target>,
}

/// Tasks that share a pass.
#[derive(Clone, Debug)]
pub struct Stage {
    /// After how many others it comes at least.
    pub level: usize,
    /// The iteration space.
    pub shape: Shape,
    /// What is computed over it.
    pub tasks: Vec<Task>,
}

impl Stage {
    /// The stage with held results at these places.
    pub fn placed(&self, places: &Places) -> Stage {
        let mut placed = self.clone();
        for target in placed.tasks.iter_mut().flat_map(|task| &mut task.targets) {
            if let Target::Held(number) = *target
                && places[number].is_some()
            {
                *target = Target::Spilled(number);
            }
        }
        placed
    }
}

/// The stages in the order in which they run, and what they hold.
pub struct Stages {
    /// The stages.
    pub stages: Vec<Stage>,
    /// Held results.
    pub held: Vec<Expr>,
    /// For each held result, the last stage that reads it.
    pub last_use: Vec<usize>,
}

/// What is held beside what must be, and what is computed together.
#[derive(Clone, Default)]
pub struct Holding {
    /// The size in bytes up to which a computed table is held rather than computed again per look-up.
    pub tables: u64,
    /// The same for rows that are selected or replaced, and needed in any order.
    pub rows: u64,
    /// Nodes that are kept.
    pub kept: QuickSet<u128>,
    /// Carries of scans that are found on the way, not held: see `relay`.
    pub relayed: QuickSet<u128>,
    /// The size in bytes of what is read together, whatever is read.
    pub small: u64,
    /// Values that one pass may compute at most, where all of them together do not fit.
    pub together: Option<usize>,
}

/// Something that can be held or found otherwise than it must be.
#[derive(Clone, Copy, Debug)]
pub enum Candidate {
    /// A node that can be kept.
    Kept(u128),
    /// Carries that can be found on the way.
    Relayed(u128),
}

impl Holding {
    /// The same with one thing more.
    pub fn with(&self, candidate: Candidate) -> Holding {
        let mut holding = self.clone();
        match candidate {
            Candidate::Kept(node) => holding.kept.insert(node),
            Candidate::Relayed(carries) => holding.relayed.insert(carries),
        };
        holding
    }
}

/// Why a node is held.
#[derive(Clone, Copy, PartialEq)]
enum Why {
    Breaks,
    Kept,
}

/// Cuts the graph below the user's results; `order` is all of it, inputs first.
pub fn cut(results: &[Expr], order: &[Expr], holding: &Holding) -> Stages {
    let mut breakers = breakers(order, holding);
    let stages = cut_at(results, order, &breakers, holding);
    let shared = match order.iter().any(|node| matches!(node.kind(), Kind::Call(_))) {
        true => shared_calls(&stages, order, holding),
        false => QuickSet::default(),
    };
    if shared.is_empty() {
        return stages;
    }
    shared.into_iter().for_each(|call| {
        breakers.entry(call).or_insert(Why::Kept);
    });
    cut_at(results, order, &breakers, holding)
}

fn cut_at(results: &[Expr], order: &[Expr], breakers: &QuickMap<u128, Why>, holding: &Holding) -> Stages {
    let mut levels: QuickMap<u128, usize> = QuickMap::default();
    let mut held: Vec<Expr> = Vec::new();
    let mut tasks: Vec<(usize, Task)> = Vec::new();
    for expr in order.iter().filter(|expr| breakers.contains_key(&expr.hash128())) {
        let level = level(expr, breakers, &levels, holding.together.is_none());
        levels.insert(expr.hash128(), level);
        tasks.push((level, Task { expr: expr.clone(), targets: vec![Target::Held(held.len())] }));
        held.push(expr.clone());
    }
    for (number, result) in results.iter().enumerate() {
        let target = Target::Output(number);
        let same = tasks.iter_mut().find(|(_, task)| task.expr.hash128() == result.hash128());
        match same {
            Some((_, task)) => task.targets.push(target),
            None => {
                let level = level(result, breakers, &levels, holding.together.is_none());
                tasks.push((level, Task { expr: result.clone(), targets: vec![target] }));
            }
        }
    }
    let mut stages = group(tasks);
    if stages.iter().any(|stage| stage.tasks.len() > 1) {
        stages = apart(stages, order, breakers, holding);
    }
    drop_unread(&mut stages, &held);
    let last_use = last_uses(&stages, &held);
    Stages { stages, held, last_use }
}

fn breakers(order: &[Expr], holding: &Holding) -> QuickMap<u128, Why> {
    let mut out = QuickMap::default();
    for expr in order {
        match expr.kind() {
            Kind::Reduce(_) | Kind::Group(_) => {
                out.insert(expr.hash128(), Why::Breaks);
            }
            Kind::Scan(_) => {
                if let Some(carries) = expr.inputs().get(1).filter(|node| !holding.relayed.contains(&node.hash128())) {
                    out.insert(carries.hash128(), Why::Breaks);
                }
            }
            Kind::Select(_) | Kind::Scatter(_) => {
                below(expr, &mut |node| {
                    let is_rows = matches!(node.kind(), Kind::Select(_) | Kind::Scatter(_));
                    if is_rows && node.nbytes() <= holding.rows {
                        out.insert(node.hash128(), Why::Breaks);
                    }
                    is_rows
                });
            }
            Kind::View(view) => {
                if let Some(rows) = rows_in_pieces(expr, view).filter(|rows| rows.nbytes() <= holding.rows) {
                    out.insert(rows.hash128(), Why::Breaks);
                }
            }
            Kind::Gather { .. } if holds_table(expr, holding.tables) => {
                out.insert(expr.inputs()[0].hash128(), Why::Breaks);
            }
            _ => {}
        }
        if holding.kept.contains(&expr.hash128()) {
            out.entry(expr.hash128()).or_insert(Why::Kept);
        }
    }
    out
}

/// The calls of functions whose values several stages need or that are seen through several views, for each of which they
/// would be made, as far as the values may be held: a function can take long.
fn shared_calls(stages: &Stages, order: &[Expr], holding: &Holding) -> QuickSet<u128> {
    let is_call = |node: &Expr| matches!(node.kind(), Kind::Call(_)) && node.nbytes() <= holding.rows;
    let mut shared = seen_several_ways(order, is_call);
    let held: QuickSet<u128> = stages.held.iter().map(Expr::hash128).collect();
    let mut seen: QuickSet<u128> = QuickSet::default();
    for stage in &stages.stages {
        let mut calls: QuickSet<u128> = QuickSet::default();
        let mut look = |node: &Expr| {
            if is_call(node) {
                calls.insert(node.hash128());
            }
            held.contains(&node.hash128())
        };
        stage.tasks.iter().for_each(|task| {
            look(&task.expr);
        });
        walk(stage, &mut look);
        shared.extend(calls.into_iter().filter(|&call| !seen.insert(call)));
    }
    shared
}

/// The calls below several nodes that do not see them as they are: each would make them anew.
fn seen_several_ways(order: &[Expr], is_call: impl Fn(&Expr) -> bool) -> QuickSet<u128> {
    let mut readers: QuickMap<u128, (usize, usize)> = QuickMap::default();
    for node in order {
        let is_alike = matches!(node.kind(), Kind::Map(_) | Kind::Reduce(_) | Kind::Group(_));
        for call in node.inputs().iter().filter(|input| is_call(input)) {
            let (alike, others) = readers.entry(call.hash128()).or_default();
            if is_alike { *alike = 1 } else { *others += 1 }
        }
    }
    readers.into_iter().filter(|(_, (alike, others))| alike + others > 1).map(|(call, _)| call).collect()
}

/// Calls `stops` for the nodes below one that are computed in the same pass, as far as it does not stop.
fn below(expr: &Expr, stops: &mut impl FnMut(&Expr) -> bool) {
    let mut seen = QuickSet::default();
    let mut stack: Vec<Expr> = expr.inputs().to_vec();
    while let Some(node) = stack.pop() {
        if seen.insert(node.hash128()) && !matches!(node.kind(), Kind::Reduce(_) | Kind::Group(_)) && !stops(&node) {
            stack.extend(node.inputs().iter().cloned());
        }
    }
}

/// The selection, or the array with rows put into it, of which a view sees pieces so short and so many that computing
/// each on its own, a leaf of the mask at least, takes longer than computing all of it.
fn rows_in_pieces(expr: &Expr, view: &View) -> Option<Expr> {
    let reshaped = expr.inputs().first().filter(|input| matches!(input.kind(), Kind::Reshape))?;
    let rows = reshaped.inputs().first().filter(|input| matches!(input.kind(), Kind::Select(_) | Kind::Scatter(_)))?;
    let piece = view.run(expr.shape(), reshaped.shape());
    let pieces = expr.size().div_ceil(piece);
    (piece < MASK_LEAF && pieces.saturating_mul(MASK_LEAF) >= rows.size()).then(|| rows.clone())
}

/// After how many others the pass of a task comes at least: after those of the breakers below it, and after or together
/// with those of kept nodes. It is together where it meets a kept node point by point in its own iteration space, if it
/// `may_meet` one.
fn level(task: &Expr, breakers: &QuickMap<u128, Why>, levels: &QuickMap<u128, usize>, may_meet: bool) -> usize {
    let space = iteration_shape(task);
    let mut level = 0;
    let mut seen: QuickSet<(u128, bool)> = QuickSet::default();
    let is_pointwise = |node: &Expr| matches!(node.kind(), Kind::Map(_));
    let at_start = is_pointwise(task) || matches!(task.kind(), Kind::Reduce(_) | Kind::Group(_));
    let mut stack: Vec<(Expr, bool)> = task.inputs().iter().map(|input| (input.clone(), at_start)).collect();
    while let Some((node, aligned)) = stack.pop() {
        let aligned = aligned && node.shape() == space.as_slice();
        if !seen.insert((node.hash128(), aligned)) {
            continue;
        }
        match (breakers.get(&node.hash128()), levels.get(&node.hash128())) {
            (Some(Why::Kept), Some(kept)) if aligned && may_meet => level = level.max(*kept),
            (Some(_), Some(below)) => level = level.max(below + 1),
            _ => {
                let aligned = aligned && is_pointwise(&node);
                stack.extend(node.inputs().iter().map(|input| (input.clone(), aligned)));
            }
        }
    }
    level
}

/// The space over which a task iterates: what a reduction reads, or what a result is.
fn iteration_shape(expr: &Expr) -> Shape {
    match expr.kind() {
        Kind::Reduce(_) | Kind::Group(_) => expr.inputs()[0].shape().into(),
        _ => expr.shape().into(),
    }
}

fn group(mut tasks: Vec<(usize, Task)>) -> Vec<Stage> {
    tasks.sort_by_key(|(level, _)| *level);
    let mut stages: Vec<Stage> = Vec::new();
    for (level, task) in tasks {
        let shape = iteration_shape(&task.expr);
        match stages.iter_mut().find(|stage| stage.level == level && stage.shape == shape) {
            Some(stage) => stage.tasks.push(task),
            None => stages.push(Stage { level, shape, tasks: vec![task] }),
        }
    }
    stages
}

/// Stages whose tasks gain from being computed together.
fn apart(stages: Vec<Stage>, order: &[Expr], breakers: &QuickMap<u128, Why>, holding: &Holding) -> Vec<Stage> {
    let worth = together::worth_sharing(order);
    let is_held = |node: &Expr| breakers.contains_key(&node.hash128());
    let mut passes: Vec<Stage> = Vec::with_capacity(stages.len());
    for Stage { level, shape, tasks } in stages {
        for together in together::passes(tasks, &worth, holding.small, is_held) {
            let most = holding.together.unwrap_or(together.len()).max(1);
            let parts = together.chunks(most).map(<[Task]>::to_vec);
            passes.extend(parts.map(|tasks| Stage { level, shape: shape.clone(), tasks }));
        }
    }
    passes
}

/// For each held result the last stage that reads it; 0 when none does.
fn last_uses(stages: &[Stage], held: &[Expr]) -> Vec<usize> {
    let mut last = vec![0; held.len()];
    for (number, stage) in stages.iter().enumerate() {
        for read in held_below(stage, held) {
            last[read] = last[read].max(number);
        }
    }
    last
}

/// The held results that a stage reads directly. What it holds itself it computes.
fn held_below(stage: &Stage, held: &[Expr]) -> Vec<usize> {
    let own: QuickSet<u128> = stage.tasks.iter().map(|task| task.expr.hash128()).collect();
    let numbers: QuickMap<u128, usize> = held
        .iter()
        .enumerate()
        .filter(|(_, expr)| !own.contains(&expr.hash128()))
        .map(|(number, expr)| (expr.hash128(), number))
        .collect();
    let mut found = Vec::new();
    walk(stage, &mut |node| match numbers.get(&node.hash128()) {
        Some(&number) => {
            found.push(number);
            true
        }
        None => false,
    });
    found
}

/// Calls `stops` once for every node below the tasks of a stage, as far as it does not stop.
pub fn walk(stage: &Stage, stops: &mut impl FnMut(&Expr) -> bool) {
    let mut seen: QuickSet<u128> = QuickSet::default();
    let mut stack: Vec<Expr> = stage.tasks.iter().flat_map(|task| task.expr.inputs()).cloned().collect();
    while let Some(node) = stack.pop() {
        if seen.insert(node.hash128()) && !stops(&node) {
            stack.extend(node.inputs().iter().cloned());
        }
    }
}

/// A breaker that only the user reads goes straight to the user.
fn drop_unread(stages: &mut [Stage], held: &[Expr]) {
    let mut read = vec![false; held.len()];
    for stage in stages.iter() {
        held_below(stage, held).into_iter().for_each(|number| read[number] = true);
    }
    for task in stages.iter_mut().flat_map(|stage| &mut stage.tasks) {
        if task.targets.len() > 1 {
            task.targets.retain(|target| !matches!(target, Target::Held(number) if !read[*number]));
        }
    }
}
