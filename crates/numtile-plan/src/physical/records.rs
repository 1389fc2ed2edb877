//! Interleaved reads of one file become one.
//!
//! The channels of a picture `x[..., 0]`, `x[..., 1]`, `x[..., 2]` lie between one another. Reading each by itself would
//! read the file three times; here they become fields of one record, which is read once.

use std::sync::Arc;

use numtile_core::{DType, Layout, Source};

use super::operand::{Base, Operand, OperandKind};

/// Replaces operands that interleave in a file by fields of records, which become further operands.
pub fn share_reads(operands: &mut Vec<Operand>) {
    // Merged operands are fields and records, which interleave with nothing any more.
    for first in 0..operands.len() {
        let members: Vec<usize> =
            (first..operands.len()).filter(|&n| interleave(&operands[first], &operands[n])).collect();
        if members.len() >= 2 {
            merge(operands, &members);
        }
    }
}

/// The file and the layout of an operand that is read from one.
fn file(operand: &Operand) -> Option<(&Arc<dyn Source>, &Layout)> {
    match &operand.kind {
        OperandKind::Strided { base: Base::File(source), layout } => Some((source, layout)),
        _ => None,
    }
}

/// True when both step through one file alike and lie within one step of each other.
fn interleave(a: &Operand, b: &Operand) -> bool {
    let (Some((source_a, a_layout)), Some((source_b, b_layout))) = (file(a), file(b)) else { return false };
    if source_a.identity() != source_b.identity() || a_layout.strides != b_layout.strides {
        return false;
    }
    let step = a_layout.strides.iter().filter(|&&stride| stride != 0).map(|stride| stride.abs()).min();
    let (low, high) = (a_layout.offset.min(b_layout.offset), a_layout.offset.max(b_layout.offset));
    let item = a.dtype.size().max(b.dtype.size()) as i64;
    step.is_some_and(|step| high - low + item <= step && step <= 4096)
}

fn merge(operands: &mut Vec<Operand>, members: &[usize]) {
    let number = operands.len();
    let places: Vec<(i64, usize)> = members
        .iter()
        .filter_map(|&n| file(&operands[n]).map(|(_, layout)| (layout.offset, operands[n].dtype.size())))
        .collect();
    let low = places.iter().map(|&(offset, _)| offset).min().unwrap_or(0);
    let high = places.iter().map(|&(offset, item)| offset + item as i64).max().unwrap_or(0);
    let Some((source, layout)) = file(&operands[members[0]]) else { return };
    let (source, mut layout) = (source.clone(), layout.clone());
    layout.offset = low;
    let swapped = source.is_swapped();
    for (&n, (offset, _)) in members.iter().zip(places) {
        operands[n].kind = OperandKind::Field { records: number, start: (offset - low) as usize, swapped };
    }
    let bytes = (high - low) as usize;
    operands.push(Operand { dtype: DType::U8, kind: OperandKind::Records { source, layout, bytes } });
}
