//! Comparisons and tests of numbers: their truth is a mask in lanes as wide as what they look at.

use numtile_core::DType;
use numtile_core::dtype::Kind;

use super::float::{self, predicate};
use super::integer;
use crate::fused::jit::lanes::{Id, Lanes};
use crate::op::Op;

/// The mask of `op` on numbers of this type, if it is known.
pub(super) fn test(lanes: &mut Lanes, op: Op, dtype: DType, args: &[Id]) -> Option<Id> {
    match (dtype.kind(), args) {
        (Kind::Float, &[a]) if op == Op::Signbit => {
            let item = lanes.item(a);
            let zero = lanes.constant(0, item);
            Some(integer::greater(lanes, if item == 4 { DType::I32 } else { DType::I64 }, zero, a))
        }
        (Kind::Float, &[a]) => float::classify(lanes, op, a),
        (Kind::Float, &[a, b]) => Some(float::compare(lanes, a, b, ordering(op)?)),
        (_, &[a, b]) => integers(lanes, op, dtype, a, b),
        _ => None,
    }
}

fn ordering(op: Op) -> Option<u8> {
    Some(match op {
        Op::Equal => predicate::EQUAL,
        Op::NotEqual => predicate::NOT_EQUAL_OR_UNORDERED,
        Op::Less => predicate::LESS,
        Op::LessEqual => predicate::LESS_EQUAL,
        Op::Greater => predicate::GREATER,
        Op::GreaterEqual => predicate::GREATER_EQUAL,
        _ => return None,
    })
}

fn integers(lanes: &mut Lanes, op: Op, dtype: DType, a: Id, b: Id) -> Option<Id> {
    let (mask, inverted) = match op {
        Op::Equal => (integer::equal(lanes, a, b), false),
        Op::NotEqual => (integer::equal(lanes, a, b), true),
        Op::Greater => (integer::greater(lanes, dtype, a, b), false),
        Op::LessEqual => (integer::greater(lanes, dtype, a, b), true),
        Op::Less => (integer::greater(lanes, dtype, b, a), false),
        Op::GreaterEqual => (integer::greater(lanes, dtype, b, a), true),
        _ => return None,
    };
    Some(if inverted { integer::invert(lanes, mask) } else { mask })
}

/// int64 against uint64, as the numbers they are.
pub(super) fn mixed(lanes: &mut Lanes, op: Op, types: &[DType], a: Id, b: Id) -> Option<Id> {
    let zero = lanes.constant(0, 8);
    // Not told by the values: both may be the same one, made of a narrower number.
    let first_is_signed = types[0] == DType::I64;
    let signed = if first_is_signed { a } else { b };
    let negative = integer::greater(lanes, DType::I64, zero, signed);
    let mut below = |a: Id, b: Id, a_is_signed: bool| {
        let below = integer::greater(lanes, DType::U64, b, a);
        if a_is_signed {
            lanes.commuting(integer::OR, below, negative)
        } else {
            lanes.two(integer::AND_NOT, negative, below)
        }
    };
    let (mask, inverted) = match op {
        Op::Less => (below(a, b, first_is_signed), false),
        Op::GreaterEqual => (below(a, b, first_is_signed), true),
        Op::Greater => (below(b, a, !first_is_signed), false),
        Op::LessEqual => (below(b, a, !first_is_signed), true),
        Op::Equal | Op::NotEqual => {
            let same = integer::equal(lanes, a, b);
            (lanes.two(integer::AND_NOT, negative, same), op == Op::NotEqual)
        }
        _ => return None,
    };
    Some(if inverted { integer::invert(lanes, mask) } else { mask })
}
