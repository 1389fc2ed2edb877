//! Results that end in a reshape are stored before it: the same elements in the same order lie at the same places.
//!
//! `x.T.reshape(-1) * 2` written to a file is `x.T * 2` written there, which moves squares of a transpose instead of reading a
//! row of its columns at a time.

use numtile_core::Layout;
use numtile_core::hash::QuickMap;

use super::Output;
use super::lookup::is_foldable;
use crate::expr::{Expr, Kind};

/// The same outputs with those that can be computed under the shape before a reshape; `None` when there are none.
pub fn unshaped(outputs: &[Output]) -> Option<Vec<Output>> {
    let mut found = false;
    let unshaped = outputs
        .iter()
        .map(|output| match before_reshape(&output.expr) {
            Some(expr) => {
                found = true;
                let offset = output.file.as_ref().map(|layout| layout.offset);
                let file = offset.map(|offset| Layout::c_order(offset, expr.shape(), expr.dtype().size()));
                Output { expr, file }
            }
            None => output.clone(),
        })
        .collect();
    found.then_some(unshaped)
}

/// What an expression computes, under the shape that its inputs have before they are reshaped.
fn before_reshape(root: &Expr) -> Option<Expr> {
    if !matches!(root.kind(), Kind::Reshape | Kind::Map(_)) || !root.is_known() || root.size() == 0 {
        return None;
    }
    let order = Expr::post_order_where(std::slice::from_ref(root), |node| {
        node.shape() == root.shape() && matches!(node.kind(), Kind::Reshape | Kind::Map(_))
    });
    let mut before: QuickMap<u128, Expr> = QuickMap::default();
    for node in &order {
        let unshaped = match node.kind() {
            // Where the reshape is arithmetic on strides, nothing is gained.
            Kind::Reshape if !is_foldable(node) => Some(node.inputs()[0].clone()),
            Kind::Map(_) => map_before(node, &before),
            _ => None,
        };
        before.extend(unshaped.map(|unshaped| (node.hash128(), unshaped)));
    }
    before.remove(&root.hash128())
}

/// An elementwise node of inputs that are reshaped alike, or have one element.
fn map_before(node: &Expr, before: &QuickMap<u128, Expr>) -> Option<Expr> {
    let reshaped = node.inputs().iter().find_map(|input| before.get(&input.hash128()))?;
    let inputs = node.inputs().iter().map(|input| match before.get(&input.hash128()) {
        Some(unshaped) if unshaped.shape() == reshaped.shape() => Some(unshaped.clone()),
        None if input.ndim() == 0 => Some(input.clone()),
        _ => None,
    });
    let inputs: Vec<Expr> = inputs.collect::<Option<_>>()?;
    Some(node.with_inputs(inputs, reshaped.shape()))
}
