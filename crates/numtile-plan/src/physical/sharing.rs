//! Reads that lie close together become one.
//!
//! The channels of a picture `x[..., 0]`, `x[..., 1]`, `x[..., 2]` lie between one another; the neighbours of a stencil
//! `x[1:-1]`, `x[:-2]`, `x[2:]` lie a few elements apart. Reading each by itself would read the file several times; here
//! they become fields of one operand, which is read once per tile with a fringe as wide as they lie apart. So do shifted views
//! of one array that is assembled in blocks.

use std::sync::Arc;

use numtile_core::hash::QuickMap;
use numtile_core::shape::PerAxis;
use numtile_core::{DType, Layout, Source};

use super::operand::{Base, Operand, OperandKind};
use super::tiling::storage_order;
use crate::expr::view::View;

/// Records in a file are at most so long.
const LONGEST_RECORD: i64 = 4096;
/// Shifts of more elements than this are read on their own. Whether a fringe pays depends on how long tiles are along its axis:
/// passes with fringes are planned without any, too.
pub const WIDEST_FRINGE: usize = 4096;

/// Replaces operands whose reads lie close together by fields of a shared read, which becomes a further operand.
/// `blocks` says of operands that are blocks which array they assemble; no fringe is longer than `widest`.
pub fn share_reads(operands: &mut Vec<Operand>, blocks: &QuickMap<usize, u128>, widest: usize) {
    for (base, members) in alike(operands, blocks) {
        match base {
            Alike::File(..) => share_file(operands, members, widest),
            Alike::Block(..) => share_block(operands, &members, widest),
        }
    }
}

/// What operands must have in common.
#[derive(PartialEq, Eq, Hash, Clone)]
enum Alike {
    /// The file, and how they step through it.
    File(u64, PerAxis<i64>),
    /// The array, and the axes and steps of the view.
    Block(u128, PerAxis<(usize, usize, i64)>),
}

/// Operands that may lie close together, in order of their first members.
fn alike(operands: &[Operand], blocks: &QuickMap<usize, u128>) -> Vec<(Alike, Vec<usize>)> {
    let mut found: Vec<(Alike, Vec<usize>)> = Vec::new();
    let mut places: QuickMap<Alike, usize> = QuickMap::default();
    for (number, operand) in operands.iter().enumerate() {
        let key = match &operand.kind {
            OperandKind::Strided { base: Base::File(source), layout } => {
                Alike::File(source.identity(), layout.strides.clone())
            }
            OperandKind::Block { view, .. } => match blocks.get(&number) {
                Some(&hash) => Alike::Block(hash, view.moves.iter().map(|m| (m.axis, m.along, m.step)).collect()),
                None => continue,
            },
            _ => continue,
        };
        match places.get(&key) {
            Some(&place) => found[place].1.push(number),
            None => {
                places.insert(key.clone(), found.len());
                found.push((key, vec![number]));
            }
        }
    }
    found.retain(|(_, members)| members.len() > 1);
    found
}

/// How far a member lies from the first one: steps along each axis, and bytes within one step.
struct Place {
    operand: usize,
    shift: PerAxis<i64>,
    byte: i64,
}

/// Shares what can be shared among operands that step through one file alike; the lowest first.
fn share_file(operands: &mut Vec<Operand>, mut members: Vec<usize>, widest: usize) {
    members.sort_by_key(|&n| file(&operands[n]).map_or(0, |(_, layout)| layout.offset));
    while members.len() > 1 {
        let (near, far) = near_first(operands, &members, widest);
        // What does not move at all lies near nothing, not even itself.
        if near.is_empty() {
            return;
        }
        if near.len() > 1 {
            merge(operands, near);
        }
        members = far;
    }
}

/// The file and the layout of an operand that is read from one.
fn file(operand: &Operand) -> Option<(&Arc<dyn Source>, &Layout)> {
    match &operand.kind {
        OperandKind::Strided { base: Base::File(source), layout } => Some((source, layout)),
        _ => None,
    }
}

/// The members that lie close to the first one, itself included, and the others.
fn near_first(operands: &[Operand], members: &[usize], widest: usize) -> (Vec<Place>, Vec<usize>) {
    let Some((_, first)) = file(&operands[members[0]]) else { return (Vec::new(), Vec::new()) };
    let (mut near, mut far): (Vec<Place>, Vec<usize>) = (Vec::new(), Vec::new());
    for &operand in members {
        let place = file(&operands[operand])
            .and_then(|(_, layout)| apart(&first.strides, layout.offset - first.offset))
            .map(|(shift, byte)| Place { operand, shift, byte });
        match place {
            Some(place) if fits(operands, &near, &place, widest) => near.push(place),
            _ => far.push(operand),
        }
    }
    (near, far)
}

/// A distance in bytes as steps along the axes, and what is left within a step of the shortest one.
fn apart(strides: &[i64], mut distance: i64) -> Option<(PerAxis<i64>, i64)> {
    let mut shift = PerAxis::from_elem(0, strides.len());
    let order = storage_order(strides);
    let moving: PerAxis<usize> = order.into_iter().filter(|&axis| strides[axis] != 0).collect();
    for (position, &axis) in moving.iter().enumerate() {
        let size = strides[axis].abs();
        let steps = match position + 1 == moving.len() {
            true => distance.div_euclid(size),
            false => (distance + size / 2).div_euclid(size),
        };
        shift[axis] = steps * strides[axis].signum();
        distance -= steps * size;
    }
    let shortest = moving.last().map(|&axis| strides[axis].abs())?;
    (distance < shortest.min(LONGEST_RECORD)).then_some((shift, distance))
}

/// True when a shared read with one more member is a small box inside of the file, whose fields lie within one step.
fn fits(operands: &[Operand], near: &[Place], next: &Place, widest: usize) -> bool {
    let places = || near.iter().chain([next]);
    let Some((source, layout)) = file(&operands[next.operand]) else { return false };
    let shared = shared_layout(layout, next, places());
    let end = |place: &Place| place.byte + operands[place.operand].dtype.size() as i64;
    let bytes = places().map(end).max().unwrap_or(0);
    let steps = layout.strides.iter().filter(|&&stride| stride != 0).map(|stride| stride.abs());
    let extra = extra(places());
    let is_near = extra.iter().zip(&layout.shape).all(|(&extra, &len)| extra <= widest.min(len));
    let inside = |(low, high): (i64, i64)| {
        source.layout().span(source.dtype().size()).is_some_and(|(first, end)| first <= low && high <= end)
    };
    steps.min().is_some_and(|step| bytes <= step) && is_near && shared.span(bytes as usize).is_none_or(inside)
}

/// How much longer than a tile the shared read is along each axis.
fn extra<'a>(places: impl Iterator<Item = &'a Place> + Clone) -> PerAxis<usize> {
    let axes = places.clone().next().map_or(0, |place| place.shift.len());
    (0..axes)
        .map(|axis| {
            let shifts = places.clone().map(|place| place.shift[axis]);
            (shifts.clone().max().unwrap_or(0) - shifts.min().unwrap_or(0)) as usize
        })
        .collect()
}

/// The smallest shift along each axis.
fn lowest<'a>(places: impl Iterator<Item = &'a Place> + Clone, axes: usize) -> PerAxis<i64> {
    (0..axes).map(|axis| places.clone().map(|place| place.shift[axis]).min().unwrap_or(0)).collect()
}

/// Where the shared read lies, over the iteration space lengthened by the fringe; `layout` is that of the member `of`.
fn shared_layout<'a>(layout: &Layout, of: &Place, places: impl Iterator<Item = &'a Place> + Clone) -> Layout {
    let low = lowest(places.clone(), layout.ndim());
    let back: i64 = (0..layout.ndim()).map(|axis| (of.shift[axis] - low[axis]) * layout.strides[axis]).sum();
    let shape = layout.shape.iter().zip(extra(places)).map(|(&len, extra)| len + extra).collect();
    Layout { offset: layout.offset - of.byte - back, shape, strides: layout.strides.clone() }
}

fn merge(operands: &mut Vec<Operand>, near: Vec<Place>) {
    let Some((source, layout)) = file(&operands[near[0].operand]) else { return };
    let (source, swapped) = (source.clone(), source.is_swapped());
    let mut shared = shared_layout(layout, &near[0], near.iter());
    // What no field looks at is not read.
    let first = near.iter().map(|place| place.byte).min().unwrap_or(0);
    shared.offset += first;
    let low = lowest(near.iter(), shared.ndim());
    let (extra, number) = (extra(near.iter()), operands.len());
    let mut bytes = 0;
    for Place { operand, shift, byte } in near {
        let start = (byte - first) as usize;
        bytes = bytes.max(start + operands[operand].dtype.size());
        let by = shift.iter().zip(&low).map(|(shift, low)| (shift - low) as usize).collect();
        operands[operand].kind = OperandKind::Field { of: number, start, by, swapped };
    }
    operands.push(Operand { dtype: DType::U8, kind: OperandKind::Records { source, layout: shared, bytes, extra } });
}

/// Shares the assembly of one array that operands see shifted against one another.
fn share_block(operands: &mut Vec<Operand>, members: &[usize], widest: usize) {
    let views: Vec<View> = members.iter().filter_map(|&n| view(&operands[n]).cloned()).collect();
    let Some(first) = views.first() else { return };
    let low: PerAxis<usize> =
        (0..first.start.len()).map(|along| views.iter().map(|view| view.start[along]).min().unwrap_or(0)).collect();
    let Some(shifts) = views.iter().map(|view| shift_of(view, &low)).collect::<Option<Vec<PerAxis<usize>>>>() else {
        return;
    };
    let extra: PerAxis<usize> =
        (0..first.ndim).map(|axis| shifts.iter().map(|shift| shift[axis]).max().unwrap_or(0)).collect();
    if extra.iter().any(|&extra| extra > widest) {
        return;
    }
    let OperandKind::Block { block, .. } = &operands[members[0]].kind else { return };
    let shared = View { start: low, ..first.clone() };
    let kind = OperandKind::Block { block: block.clone(), view: shared, extra };
    let (dtype, number) = (operands[members[0]].dtype, operands.len());
    for (&operand, by) in members.iter().zip(shifts) {
        operands[operand].kind = OperandKind::Field { of: number, start: 0, by, swapped: false };
    }
    operands.push(Operand { dtype, kind });
}

fn view(operand: &Operand) -> Option<&View> {
    match &operand.kind {
        OperandKind::Block { view, .. } => Some(view),
        _ => None,
    }
}

/// How many steps along its own axes a view begins behind `low`; `None` when no steps lead there.
fn shift_of(view: &View, low: &[usize]) -> Option<PerAxis<usize>> {
    let mut shift = PerAxis::from_elem(0, view.ndim);
    for (along, (&start, &low)) in view.start.iter().zip(low).enumerate() {
        let distance = start - low;
        let mut moves = view.moves.iter().filter(|m| m.along == along);
        match (distance, moves.next(), moves.next()) {
            (0, _, _) => {}
            // An axis that moves along two others would shift both.
            (_, Some(m), None)
                if m.step > 0
                    && distance.is_multiple_of(m.step as usize)
                    && view.moves.iter().filter(|other| other.axis == m.axis).count() == 1 =>
            {
                shift[m.axis] = distance / m.step as usize;
            }
            _ => return None,
        }
    }
    Some(shift)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances_in_steps() {
        let strides = [800, 8];
        let steps = |distance| apart(&strides, distance).map(|(shift, byte)| (shift.to_vec(), byte));
        assert_eq!(steps(808), Some((vec![1, 1], 0)));
        assert_eq!(steps(792), Some((vec![1, -1], 0)));
        assert_eq!(steps(-8), Some((vec![0, -1], 0)));
        assert_eq!(steps(20), Some((vec![0, 2], 4)));
        let back = apart(&[-800, 8], 800).map(|(shift, byte)| (shift.to_vec(), byte));
        assert_eq!(back, Some((vec![-1, 0], 0)));
        assert!(apart(&[0, 0], 8).is_none());
    }
}
