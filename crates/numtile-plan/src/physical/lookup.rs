//! Tables that `take` looks up: which are held in memory, and look-ups that go through arithmetic.
//!
//! A small table is computed once and held. `take(f(a, b), i)` with a large one is `f(take(a, i), take(b, i))`, which
//! computes what is looked up and nothing else.

use numtile_core::hash::QuickMap;
use numtile_core::{Access, Error, Result};

use super::chain::Chain;
use crate::expr::{self, Expr, Kind, view};

/// The same results with look-ups in large computed tables done where the arithmetic begins.
pub fn push_down(results: &[Expr], hold_limit: u64) -> Result<Vec<Expr>> {
    let order = Expr::post_order(results);
    if !order.iter().any(|node| goes_through(node, hold_limit)) {
        return Ok(results.to_vec());
    }
    let mut done: QuickMap<u128, Expr> = QuickMap::default();
    for node in &order {
        let inputs: Vec<Expr> = node.inputs().iter().map(|input| done[&input.hash128()].clone()).collect();
        let is_same = inputs.iter().zip(node.inputs()).all(|(new, old)| new.hash128() == old.hash128());
        let rebuilt = if is_same { node.clone() } else { node.with_inputs(inputs, node.shape()) };
        let pushed = if goes_through(&rebuilt, hold_limit) { through(&rebuilt)? } else { rebuilt };
        done.insert(node.hash128(), pushed);
    }
    Ok(results.iter().map(|result| done[&result.hash128()].clone()).collect())
}

/// True when the table of a `take` must be in memory before look-ups begin.
pub fn holds_table(take: &Expr, hold_limit: u64) -> bool {
    let table = &take.inputs()[0];
    match base_of_views(table).kind() {
        Kind::Reduce(_) | Kind::Group(_) => false,
        Kind::Source(source) => match source.access() {
            Access::Memory(_) => !is_foldable(table) && table.nbytes() <= hold_limit,
            Access::Bytes(_) => table.nbytes() <= hold_limit,
        },
        _ => table.nbytes() <= hold_limit,
    }
}

fn goes_through(node: &Expr, hold_limit: u64) -> bool {
    let is_computed = |table: &Expr| matches!(base_of_views(table).kind(), Kind::Map(_));
    matches!(node.kind(), Kind::Gather { .. }) && is_computed(&node.inputs()[0]) && !holds_table(node, hold_limit)
}

/// A `take` whose table is arithmetic, as that arithmetic on what is taken.
fn through(take: &Expr) -> Result<Expr> {
    let Kind::Gather { axis } = take.kind() else { return Err(Error::internal("only look-ups are pushed down")) };
    let (table, index) = (&take.inputs()[0], &take.inputs()[1]);
    let mut done: QuickMap<u128, Expr> = QuickMap::default();
    // Somebody must look at the index, or one outside the table would go unnoticed.
    let mut is_checked = false;
    let mut stack = vec![(table.clone(), false)];
    while let Some((table, inputs_done)) = stack.pop() {
        let base = base_of_views(&table);
        let taken = match base.kind() {
            _ if done.contains_key(&table.hash128()) => continue,
            Kind::Constant(_) => view::broadcast_to(&base, take.shape())?,
            Kind::Map(_) => {
                let parts =
                    base.inputs().iter().map(|part| seen_as(part, &base, &table)).collect::<Result<Vec<_>>>()?;
                if !inputs_done {
                    stack.push((table, true));
                    stack.extend(parts.into_iter().map(|part| (part, false)));
                    continue;
                }
                let inputs = parts.iter().map(|part| done[&part.hash128()].clone());
                base.with_inputs(inputs, take.shape())
            }
            _ => {
                is_checked = true;
                expr::take(&table, index, *axis as i64)?
            }
        };
        done.insert(table.hash128(), taken);
    }
    Ok(if is_checked { done[&table.hash128()].clone() } else { take.clone() })
}

/// An input of `base` seen as `table` sees it: broadcast, then through the views above.
fn seen_as(input: &Expr, base: &Expr, table: &Expr) -> Result<Expr> {
    let mut views = Vec::new();
    let mut node = table.clone();
    while node.hash128() != base.hash128() {
        views.push(node.clone());
        node = node.inputs()[0].clone();
    }
    let broadcast = view::broadcast_to(input, base.shape())?;
    Ok(views.iter().rev().fold(broadcast, |seen, view| view.with_input(&seen)))
}

/// The node below the views and reshapes directly above it.
fn base_of_views(expr: &Expr) -> Expr {
    let mut node = expr.clone();
    while matches!(node.kind(), Kind::View(_) | Kind::Reshape) {
        let input = node.inputs()[0].clone();
        node = input;
    }
    node
}

/// True when the views above a source are arithmetic on its strides.
pub(super) fn is_foldable(expr: &Expr) -> bool {
    let (mut node, mut chain) = (expr.clone(), Chain::default());
    loop {
        let input = match (node.kind(), node.inputs()) {
            (Kind::Source(source), _) => return matches!(chain.fold(source.layout()), Ok(Some(_))),
            (_, [input]) => input.clone(),
            _ => return false,
        };
        chain = match node.kind() {
            Kind::View(view) => chain.view(view, node.shape(), input.shape()),
            _ => chain.reshape(node.shape(), input.shape()),
        };
        node = input;
    }
}
