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
        (Kind::Float, &[a]) => classify(lanes, op, a),
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

fn classify(lanes: &mut Lanes, op: Op, a: Id) -> Option<Id> {
    let item = lanes.item(a);
    Some(match op {
        Op::Isnan => float::compare(lanes, a, a, predicate::UNORDERED),
        Op::Isinf => against_infinity(lanes, a, predicate::EQUAL),
        Op::Isfinite => against_infinity(lanes, a, predicate::LESS),
        Op::Signbit => {
            let zero = lanes.constant(0, item);
            integer::greater(lanes, if item == 4 { DType::I32 } else { DType::I64 }, zero, a)
        }
        _ => return None,
    })
}

fn against_infinity(lanes: &mut Lanes, a: Id, how: u8) -> Id {
    let item = lanes.item(a);
    let (size, infinity) = (float::magnitude(lanes, a), lanes.constant(float::bits(f64::INFINITY, item), item));
    float::compare(lanes, size, infinity, how)
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
