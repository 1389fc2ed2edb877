//! Cutting an expression graph at its pipeline breakers.
//!
//! A breaker is a node whose whole value must exist before anything above it can start: every reduction, the carries of
//! scans, and tables that are looked up many times. Breakers are *held* in memory. Each breaker and each result is one task; tasks of
//! one level over one iteration space share a pass, so that their sources are read once.

use numtile_core::hash::{QuickMap, QuickSet};
use numtile_core::{Result, Shape};

use super::fragment::HeldResults;
use super::lookup::holds_table;
use crate::expr::view::View;
use crate::expr::{Expr, Kind};

/// Elements of a mask that are looked at together.
const MASK_LEAF: usize = 4096;

/// Where the values of a task go.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Target {
    /// Kept in memory for later passes.
    Held(usize),
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
    /// The iteration space.
    pub shape: Shape,
    /// What is computed over it.
    pub tasks: Vec<Task>,
}

/// The stages in the order in which they run, and what they hold.
pub struct Stages {
    /// The stages.
    pub stages: Vec<Stage>,
    /// Held results by the hash of their node.
    pub held: HeldResults,
    /// For each held result, the last stage that reads it.
    pub last_use: Vec<usize>,
}

/// Cuts the graph below the user's results.
///
/// `hold_limit` is the size in bytes up to which a computed table is held rather than computed again per look-up.
pub fn cut(results: &[Expr], hold_limit: u64) -> Result<Stages> {
    let order = Expr::post_order(results);
    let mut breakers = breakers(&order, hold_limit);
    let mut levels = levels_of(&order, &breakers);
    let shared = shared_calls(&order, results, &breakers, &levels, hold_limit);
    if !shared.is_empty() {
        breakers.extend(shared.into_iter().map(|call| (call, ())));
        levels = levels_of(&order, &breakers);
    }
    let mut held = HeldResults::default();
    let mut tasks: Vec<(usize, Task)> = Vec::new();
    for expr in order.iter().filter(|expr| breakers.contains_key(&expr.hash128())) {
        let number = held.len();
        held.insert(expr.hash128(), (number, expr.clone()));
        tasks.push((levels[&expr.hash128()], Task { expr: expr.clone(), targets: vec![Target::Held(number)] }));
    }
    for (number, result) in results.iter().enumerate() {
        let target = Target::Output(number);
        let same = tasks.iter_mut().find(|(_, task)| task.expr.hash128() == result.hash128());
        match same {
            Some((_, task)) => task.targets.push(target),
            None => tasks.push((levels[&result.hash128()], Task { expr: result.clone(), targets: vec![target] })),
        }
    }
    let stages = group(tasks);
    let last_use = last_uses(&stages, &held);
    drop_unread(stages, held, last_use)
}

fn breakers(order: &[Expr], hold_limit: u64) -> QuickMap<u128, ()> {
    let mut out = QuickMap::default();
    for expr in order {
        match expr.kind() {
            Kind::Reduce(_) => {
                out.insert(expr.hash128(), ());
            }
            Kind::Scan(_) => {
                if let Some(carries) = expr.inputs().get(1) {
                    out.insert(carries.hash128(), ());
                }
            }
            Kind::Select(_) | Kind::Scatter(_) => {
                below(expr, &mut |node| {
                    let is_rows = matches!(node.kind(), Kind::Select(_) | Kind::Scatter(_));
                    if is_rows && node.nbytes() <= hold_limit {
                        out.insert(node.hash128(), ());
                    }
                    is_rows
                });
            }
            Kind::View(view) => {
                if let Some(rows) = rows_in_pieces(expr, view).filter(|rows| rows.nbytes() <= hold_limit) {
                    out.insert(rows.hash128(), ());
                }
            }
            Kind::Gather { .. } if holds_table(expr, hold_limit) => {
                out.insert(expr.inputs()[0].hash128(), ());
            }
            _ => {}
        }
    }
    out
}

/// The calls of functions whose values several stages need or that are seen through several views, for each of which they
/// would be made, as far as the values may be held: a function can take long.
fn shared_calls(
    order: &[Expr],
    results: &[Expr],
    breakers: &QuickMap<u128, ()>,
    levels: &QuickMap<u128, usize>,
    hold_limit: u64,
) -> QuickSet<u128> {
    let mut shared = QuickSet::default();
    let is_call = |node: &Expr| matches!(node.kind(), Kind::Call(_)) && node.nbytes() <= hold_limit;
    if !order.iter().any(is_call) {
        return shared;
    }
    // Nodes that see a call as it is, all of them at once, and others, each of which makes it anew.
    let mut readers: QuickMap<u128, (usize, usize)> = QuickMap::default();
    for node in order {
        let is_alike = matches!(node.kind(), Kind::Map(_) | Kind::Reduce(_));
        for call in node.inputs().iter().filter(|input| is_call(input)) {
            let (alike, others) = readers.entry(call.hash128()).or_default();
            if is_alike {
                *alike += 1
            } else {
                *others += 1
            }
            if *others + usize::from(*alike > 0) > 1 {
                shared.insert(call.hash128());
            }
        }
    }
    let mut stages: QuickMap<u128, (usize, Shape)> = QuickMap::default();
    let tasks = order.iter().filter(|node| breakers.contains_key(&node.hash128())).chain(results);
    for task in tasks {
        let stage = (levels[&task.hash128()], iteration_shape(task));
        let mut look = |node: &Expr| {
            if breakers.contains_key(&node.hash128()) || !is_call(node) {
                return breakers.contains_key(&node.hash128());
            }
            let is_shared = *stages.entry(node.hash128()).or_insert_with(|| stage.clone()) != stage;
            if is_shared {
                shared.insert(node.hash128());
            }
            is_shared
        };
        look(task);
        below(task, &mut look);
    }
    shared
}

/// Calls `stops` for the nodes below one that are computed in the same pass, as far as it does not stop.
fn below(expr: &Expr, stops: &mut impl FnMut(&Expr) -> bool) {
    let mut seen = QuickSet::default();
    let mut stack: Vec<Expr> = expr.inputs().to_vec();
    while let Some(node) = stack.pop() {
        if seen.insert(node.hash128()) && !matches!(node.kind(), Kind::Reduce(_)) && !stops(&node) {
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

/// How many breakers lie one below the other under each node.
fn levels_of(order: &[Expr], breakers: &QuickMap<u128, ()>) -> QuickMap<u128, usize> {
    let mut levels: QuickMap<u128, usize> = QuickMap::default();
    for expr in order {
        let level = expr
            .inputs()
            .iter()
            .map(|input| levels[&input.hash128()] + usize::from(breakers.contains_key(&input.hash128())))
            .max()
            .unwrap_or(0);
        levels.insert(expr.hash128(), level);
    }
    levels
}

/// The space over which a task iterates: what a reduction reads, or what a result is.
fn iteration_shape(expr: &Expr) -> Shape {
    match expr.kind() {
        Kind::Reduce(_) => expr.inputs()[0].shape().into(),
        _ => expr.shape().into(),
    }
}

fn group(mut tasks: Vec<(usize, Task)>) -> Vec<Stage> {
    tasks.sort_by_key(|(level, _)| *level);
    let mut stages: Vec<(usize, Stage)> = Vec::new();
    for (level, task) in tasks {
        let shape = iteration_shape(&task.expr);
        match stages.iter_mut().find(|(l, stage)| *l == level && stage.shape == shape) {
            Some((_, stage)) => stage.tasks.push(task),
            None => stages.push((level, Stage { shape, tasks: vec![task] })),
        }
    }
    stages.into_iter().map(|(_, stage)| stage).collect()
}

/// For each held result the last stage that reads it; 0 when none does.
fn last_uses(stages: &[Stage], held: &HeldResults) -> Vec<usize> {
    let mut last = vec![0; held.len()];
    for (number, stage) in stages.iter().enumerate() {
        for task in &stage.tasks {
            for read in held_below(&task.expr, held) {
                last[read] = last[read].max(number);
            }
        }
    }
    last
}

/// The held results that a task reads directly.
fn held_below(expr: &Expr, held: &HeldResults) -> Vec<usize> {
    let mut found = Vec::new();
    let mut seen = QuickSet::default();
    let mut stack: Vec<Expr> = expr.inputs().to_vec();
    while let Some(node) = stack.pop() {
        if seen.insert(node.hash128()) {
            match held.get(&node.hash128()) {
                Some((number, _)) => found.push(*number),
                None => stack.extend(node.inputs().iter().cloned()),
            }
        }
    }
    found
}

/// A breaker that only the user reads goes straight to the user.
fn drop_unread(mut stages: Vec<Stage>, held: HeldResults, last_use: Vec<usize>) -> Result<Stages> {
    let mut read = vec![false; held.len()];
    for stage in &stages {
        for task in &stage.tasks {
            held_below(&task.expr, &held).into_iter().for_each(|number| read[number] = true);
        }
    }
    for task in stages.iter_mut().flat_map(|stage| &mut stage.tasks) {
        if task.targets.len() > 1 {
            task.targets.retain(|target| !matches!(target, Target::Held(number) if !read[*number]));
        }
    }
    Ok(Stages { stages, held, last_use })
}
