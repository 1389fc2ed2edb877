//! What is held between passes, and where: in memory, in scratch, or not at all, decided by what moves.
//!
//! Results of reductions must be held. Whether an intermediate that several passes need is kept or computed again, whether a
//! source is kept in memory or read again, and whether something that is read across its order goes through scratch first,
//! is tried: each candidate makes a plan, and the cheaper plan wins.

use std::sync::Arc;

use numtile_core::hash::QuickMap;
use numtile_core::{Access, Scratch, Spill};

use super::Limits;
use super::lookup::holds_table;
use super::memory::held_size;
use super::stages::{Candidate, Holding, Stages, Target, walk};
use crate::expr::{Expr, Kind, Part};

/// So many nodes are tried at most.
const MOST_CANDIDATES: usize = 6;
/// Larger graphs are planned without a search, whose every step plans anew.
const LARGEST_GRAPH: usize = 2000;
/// Fewer bytes than this are not worth a thought.
const LEAST_BYTES: u64 = 1 << 20;

/// Where each held result is: `None` for memory.
pub type Places = Vec<Option<Arc<dyn Spill>>>;

/// Ways to place held results, the one with most in memory first.
pub fn placements(stages: &Stages, order: &[Expr], holding: &Holding, limits: &Limits) -> Vec<Places> {
    let in_memory: Places = vec![None; stages.held.len()];
    let held = (0..stages.held.len()).filter(|&id| made_in(stages, id).is_some());
    let total: u64 = held.map(|id| held_size(&stages.held[id])).fold(0, u64::saturating_add);
    let Some(scratch) = limits.scratch.as_ref().filter(|_| total > limits.memory / 16) else { return vec![in_memory] };
    let mut found: Vec<Places> = Vec::new();
    for room in [limits.memory / 2, limits.memory / 8, limits.memory / 64] {
        let places = place(stages, &tables(order, holding), room, scratch);
        if found.last().is_none_or(|last| count(last) != count(&places)) {
            found.push(places);
        }
    }
    found
}

fn count(places: &Places) -> usize {
    places.iter().flatten().count()
}

/// Results that are looked up element by element, which scratch is too slow for.
fn tables(order: &[Expr], holding: &Holding) -> QuickMap<u128, ()> {
    let looked_up = order.iter().filter(|expr| matches!(expr.kind(), Kind::Gather { .. }));
    let tables = looked_up.filter(|expr| holds_table(expr, holding.tables)).map(|expr| &expr.inputs()[0]);
    tables.map(|table| (table.hash128(), ())).collect()
}

/// The smallest results stay in memory as long as those alive in any pass fit the room.
fn place(stages: &Stages, tables: &QuickMap<u128, ()>, room: u64, scratch: &Arc<dyn Scratch>) -> Places {
    let mut used = vec![0u64; stages.stages.len()];
    let mut by_size: Vec<usize> = (0..stages.held.len()).collect();
    by_size.sort_by_key(|&id| held_size(&stages.held[id]));
    let mut places: Places = vec![None; stages.held.len()];
    for id in by_size {
        let (expr, bytes) = (&stages.held[id], held_size(&stages.held[id]));
        let Some(first) = made_in(stages, id) else { continue };
        let alive = &mut used[first..=stages.last_use[id].max(first)];
        let fits = alive.iter().all(|used| used.saturating_add(bytes) <= room);
        if fits || bytes == 0 || tables.contains_key(&expr.hash128()) {
            alive.iter_mut().for_each(|used| *used = used.saturating_add(bytes));
        } else {
            places[id] = Some(scratch.clone().place(expr.shape(), expr.dtype()));
        }
    }
    places
}

/// The stage that makes a held result; `None` when it only goes to the user.
fn made_in(stages: &Stages, id: usize) -> Option<usize> {
    let makes = |target: &Target| *target == Target::Held(id);
    stages.stages.iter().position(|stage| stage.tasks.iter().any(|task| task.targets.iter().any(makes)))
}

/// Bytes of scratch that are in use at once at most.
pub fn scratch_bytes(stages: &Stages, places: &Places) -> u64 {
    let in_use = |stage: usize| {
        let alive = |&id: &usize| made_in(stages, id).is_some_and(|made| made <= stage) && stages.last_use[id] >= stage;
        let spilled = (0..places.len()).filter(|&id| places[id].is_some()).filter(alive);
        spilled.map(|id| stages.held[id].nbytes()).fold(0, u64::saturating_add)
    };
    (0..stages.stages.len()).map(in_use).max().unwrap_or(0)
}

/// Something to try, and the bytes of files that need not be read again then.
type Saving = (Candidate, u64);

/// What it may pay to keep or to find on the way, the most promising first.
pub fn candidates(stages: &Stages, order: &[Expr], limits: &Limits) -> Vec<Candidate> {
    let streams = order.iter().any(|expr| file_bytes(expr) >= LEAST_BYTES);
    if !streams || order.len() > LARGEST_GRAPH {
        return Vec::new();
    }
    let below = files_below(order);
    let mut found = read_across(order, &below);
    found.extend(scanned(order, &below));
    found.extend(repeated(order, &below, limits));
    if stages.stages.len() > 1 {
        found.extend(shared(stages, order, &below, limits));
    }
    // Carries found on the way take no room, and leave less to be kept.
    found.sort_by_key(|&(candidate, saving)| (matches!(candidate, Candidate::Kept(_)), std::cmp::Reverse(saving)));
    found.truncate(MOST_CANDIDATES);
    found.into_iter().map(|(candidate, _)| candidate).collect()
}

/// The carries of scans of files, which cost a reading where they are held.
fn scanned(order: &[Expr], below: &QuickMap<u128, u64>) -> Vec<Saving> {
    let scans = order.iter().filter(|expr| matches!(expr.kind(), Kind::Scan(scan) if scan.part == Part::Elements));
    let carries = scans.filter_map(|scan| match scan.inputs() {
        [scanned, carries] => Some((carries.hash128(), below[&scanned.hash128()])),
        _ => None,
    });
    carries.filter(|&(_, bytes)| bytes >= LEAST_BYTES).map(|(node, bytes)| (Candidate::Relayed(node), bytes)).collect()
}

/// Bytes of a source that is a file; 0 for other nodes.
fn file_bytes(expr: &Expr) -> u64 {
    match expr.kind() {
        Kind::Source(source) => match source.access() {
            Access::Bytes(_) => expr.nbytes(),
            Access::Memory(_) => 0,
        },
        _ => 0,
    }
}

/// Bytes of the files below each node, those that are met on several ways counted as often.
fn files_below(order: &[Expr]) -> QuickMap<u128, u64> {
    let mut below: QuickMap<u128, u64> = QuickMap::default();
    for expr in order {
        let inputs = expr.inputs().iter().map(|input| below.get(&input.hash128()).copied().unwrap_or(0));
        let bytes = inputs.fold(file_bytes(expr), u64::saturating_add);
        below.insert(expr.hash128(), bytes);
    }
    below
}

/// What a reshape reads in another order than that in which it lies.
fn read_across(order: &[Expr], below: &QuickMap<u128, u64>) -> Vec<Saving> {
    let reshapes = order.iter().filter(|expr| matches!(expr.kind(), Kind::Reshape));
    let is_in_order = |input: &Expr| match input.kind() {
        Kind::Source(source) => source.layout().is_c_contiguous(source.dtype().size()),
        _ => false,
    };
    let inputs = reshapes.map(|expr| &expr.inputs()[0]).filter(|input| !is_in_order(input));
    inputs
        .filter(|input| below[&input.hash128()] >= LEAST_BYTES && is_worth_a_thought(input))
        .map(|input| (Candidate::Kept(input.hash128()), below[&input.hash128()]))
        .collect()
}

/// What is small and needed again by every tile of something larger.
fn repeated(order: &[Expr], below: &QuickMap<u128, u64>, limits: &Limits) -> Vec<Saving> {
    let mut found: QuickMap<u128, u64> = QuickMap::default();
    for expr in order.iter().filter(|expr| matches!(expr.kind(), Kind::Map(_) | Kind::View(_)) && expr.is_known()) {
        for input in expr.inputs().iter().filter(|input| input.size() <= expr.size() / 2) {
            let bytes = below[&input.hash128()];
            let is_small = input.size() > 1 && input.nbytes() <= limits.memory / 8;
            if bytes > 0 && is_small && !matches!(input.kind(), Kind::Reduce(_) | Kind::Group(_)) {
                found.insert(input.hash128(), bytes.min(input.nbytes()));
            }
        }
    }
    found.into_iter().map(|(node, saving)| (Candidate::Kept(node), saving)).collect()
}

/// The topmost nodes that several passes compute, and the files that several read.
fn shared(stages: &Stages, order: &[Expr], below: &QuickMap<u128, u64>, limits: &Limits) -> Vec<Saving> {
    let held: QuickMap<u128, ()> = stages.held.iter().map(|expr| (expr.hash128(), ())).collect();
    let mut passes: QuickMap<u128, u64> = QuickMap::default();
    let mut highest: QuickMap<u128, ()> = QuickMap::default();
    for stage in &stages.stages {
        walk(stage, &mut |node| {
            *passes.entry(node.hash128()).or_default() += 1;
            held.contains_key(&node.hash128())
        });
    }
    let times = |expr: &Expr| passes.get(&expr.hash128()).copied().unwrap_or(0);
    for expr in order {
        let above = if matches!(expr.kind(), Kind::Reduce(_) | Kind::Group(_)) { 0 } else { times(expr) };
        for input in expr.inputs().iter().filter(|input| times(input) > above.max(1)) {
            highest.insert(input.hash128(), ());
        }
    }
    let may_be_kept = |expr: &Expr| match expr.kind() {
        Kind::Constant(_) | Kind::Iota(_) => false,
        // Scratch is no faster than the file itself.
        Kind::Source(_) => file_bytes(expr) <= limits.memory / 3,
        _ => highest.contains_key(&expr.hash128()),
    };
    order
        .iter()
        .filter(|expr| times(expr) > 1 && !held.contains_key(&expr.hash128()))
        .filter(|expr| may_be_kept(expr) && is_worth_a_thought(expr))
        .map(|expr| (Candidate::Kept(expr.hash128()), below[&expr.hash128()] * (times(expr) - 1)))
        .filter(|&(_, saving)| saving >= LEAST_BYTES)
        .collect()
}

fn is_worth_a_thought(expr: &Expr) -> bool {
    expr.is_known() && (LEAST_BYTES / 16..u64::MAX).contains(&expr.nbytes())
}
