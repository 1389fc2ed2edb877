//! Views of joined arrays, brought to the parts: what a view does not look at is not put together first.

use numtile_core::Shape;

use super::chain::Chain;
use crate::expr::Expr;
use crate::expr::view::{Move, View};

/// The one part that is looked at where a view stands still on the joined axis, and the chain to it.
pub fn only_part(expr: &Expr, axis: usize, chain: &Chain) -> Option<(Expr, Chain)> {
    let mut view = chain.as_view(expr.shape())?;
    if view.moves.iter().any(|m| m.along == axis) {
        return None;
    }
    for part in expr.inputs() {
        let length = part.shape()[axis];
        if view.start[axis] < length {
            return Some((part.clone(), Chain::default().view(&view, chain.outer_shape()?, part.shape())));
        }
        view.start[axis] -= length;
    }
    None
}

/// A view of joined arrays as a join of views, over the axes along which it varies.
pub struct Joined {
    /// The shape of the join.
    pub shape: Shape,
    /// The axis along which the views follow one another.
    pub axis: usize,
    /// Where each begins, the part that it is of, the view, and its shape.
    pub parts: Vec<(usize, Expr, View, Shape)>,
    /// From the iteration space to the join.
    pub view: View,
}

/// Such a join where it is smaller than the box that the view reaches: for steps and diagonals, but not for windows,
/// which would be put together one by one.
pub fn joined_views(expr: &Expr, axis: usize, view: &View, shape: &[usize]) -> Option<Joined> {
    let moves_along = |along: usize| view.moves.iter().filter(|m| m.along == along).count();
    let moves_of = |axis: usize| view.moves.iter().filter(|m| m.axis == axis).count();
    let skips = view.moves.iter().any(|m| m.step.unsigned_abs() > 1 || moves_of(m.axis) > 1);
    if !skips || (0..view.start.len()).any(|along| moves_along(along) > 1) {
        return None;
    }
    let varying: Vec<usize> = (0..view.ndim).filter(|&axis| moves_of(axis) > 0).collect();
    let number = |axis: usize| varying.iter().position(|&each| each == axis).unwrap_or(0);
    let moves = view.moves.iter().map(|m| Move { axis: number(m.axis), ..*m }).collect();
    let inner = View { start: view.start.clone(), ndim: varying.len(), moves };
    let shape: Shape = varying.iter().map(|&axis| shape[axis]).collect();
    let along = *inner.moves.iter().find(|m| m.along == axis)?;
    let seen = varying.iter().enumerate().map(|(number, &axis)| Move { axis, along: number, step: 1 }).collect();
    let view = View { start: shape.iter().map(|_| 0).collect(), ndim: view.ndim, moves: seen };
    Some(Joined { parts: parts(expr, axis, &inner, along, &shape), shape, axis: along.axis, view })
}

/// The views of the parts that are looked at, in the order of the view's axis that moves along the joined one.
fn parts(expr: &Expr, axis: usize, view: &View, along: Move, shape: &[usize]) -> Vec<(usize, Expr, View, Shape)> {
    let mut found = Vec::new();
    let mut begin = 0;
    for part in expr.inputs() {
        let end = begin + part.shape()[axis];
        let (first, last) = positions_within(view.start[axis], along.step, shape[along.axis], begin, end);
        if first < last {
            let mut view = view.clone();
            for m in view.moves.iter().filter(|m| m.axis == along.axis) {
                view.start[m.along] = (view.start[m.along] as i64 + m.step * first as i64) as usize;
            }
            view.start[axis] -= begin;
            let mut lengths = Shape::from(shape);
            lengths[along.axis] = last - first;
            found.push((first, part.clone(), view, lengths));
        }
        begin = end;
    }
    found.sort_by_key(|(first, ..)| *first);
    found
}

/// The positions `first..last` of a line from `start` in steps of `step` that lie within `begin..end`.
fn positions_within(start: usize, step: i64, length: usize, begin: usize, end: usize) -> (usize, usize) {
    let by = step.unsigned_abs() as usize;
    // Positions that lie before `bound`, seen from the side where the line begins.
    let before = |distance: usize| distance.div_ceil(by).min(length);
    match step < 0 {
        false => (before(begin.saturating_sub(start)), before(end.saturating_sub(start))),
        true => (before((start + 1).saturating_sub(end)), before((start + 1).saturating_sub(begin))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_of_a_line_within_bounds() {
        for step in [-3i64, -1, 1, 2, 5] {
            for start in 0..12usize {
                for length in 0..6usize {
                    let at = |i: usize| start as i64 + step * i as i64;
                    if length > 0 && at(length - 1) < 0 {
                        continue;
                    }
                    for begin in 0..10usize {
                        for end in begin..12 {
                            let (first, last) = positions_within(start, step, length, begin, end);
                            let want: Vec<usize> =
                                (0..length).filter(|&i| (begin as i64..end as i64).contains(&at(i))).collect();
                            let got: Vec<usize> = (first..last).collect();
                            assert_eq!(got, want, "{start} {step} {length} in {begin}..{end}");
                        }
                    }
                }
            }
        }
    }
}
