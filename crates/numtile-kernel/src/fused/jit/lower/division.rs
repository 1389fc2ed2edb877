//! Integer division below 64 bits, by a float division whose rounding cannot reach the next whole number.
//!
//! By zero everything is 0. Up to 16 bits the work is done in 32-bit lanes and float32, else in float64.

use numtile_core::DType;
use numtile_core::dtype::Kind;

use super::float::DIVIDE;
use super::{from_integer, integer, resize, to_integer};
use crate::fused::jit::lanes::{Id, Lanes};
use crate::op::Op;

/// Bytes of the float that a division of these integers goes through.
pub(super) fn float_size(dtype: DType) -> usize {
    if dtype.size() < 4 { 4 } else { 8 }
}

/// `//`, `%` or `fmod`, if it is known for the type.
pub(super) fn divide(lanes: &mut Lanes, op: Op, dtype: DType, a: Id, b: Id) -> Option<Id> {
    if dtype.size() == 8 {
        return None;
    }
    let (a, b) = (resize::integer(lanes, dtype, a, 4)?, resize::integer(lanes, dtype, b, 4)?);
    let zero = lanes.constant(0, 4);
    let by_zero = integer::equal(lanes, b, zero);
    // In place of 0 stands 1.
    let divisor = lanes.two(integer::SUBTRACT[2], b, by_zero);
    let quotient = quotient(lanes, dtype, a, divisor)?;
    let product = integer::multiply(lanes, quotient, divisor);
    let rest = lanes.two(integer::SUBTRACT[2], a, product);
    let signed = dtype.kind() == Kind::Signed;
    let value = match op {
        Op::FloorDivide if signed => {
            let below = is_below(lanes, rest, a, b);
            lanes.commuting(integer::ADD[2], quotient, below)
        }
        Op::FloorDivide => quotient,
        Op::Remainder if signed => {
            let below = is_below(lanes, rest, a, b);
            let more = lanes.commuting(integer::AND, below, b);
            lanes.commuting(integer::ADD[2], rest, more)
        }
        Op::Remainder | Op::Fmod => rest,
        _ => return None,
    };
    let by_number = integer::invert(lanes, by_zero);
    let value = lanes.commuting(integer::AND, value, by_number);
    resize::narrow_wrapping(lanes, value, dtype.size())
}

/// The mask of quotients that were cut off upwards: those with a rest of numbers of different signs.
fn is_below(lanes: &mut Lanes, rest: Id, a: Id, b: Id) -> Id {
    let zero = lanes.constant(0, 4);
    let signs = lanes.commuting(integer::XOR, a, b);
    let differ = integer::greater(lanes, DType::I32, zero, signs);
    let exact = integer::equal(lanes, rest, zero);
    let inexact = integer::invert(lanes, exact);
    lanes.commuting(integer::AND, differ, inexact)
}

fn quotient(lanes: &mut Lanes, dtype: DType, a: Id, divisor: Id) -> Option<Id> {
    // Narrower integers are int32 by now.
    let whole = if dtype == DType::U32 { DType::U32 } else { DType::I32 };
    let size = float_size(dtype);
    let float = if size == 4 { DType::F32 } else { DType::F64 };
    let (a, divisor) =
        (from_integer::to_float(lanes, whole, float, a)?, from_integer::to_float(lanes, whole, float, divisor)?);
    let quotient = lanes.two(DIVIDE.of(size), a, divisor);
    if dtype == DType::U32 {
        return to_integer::truncated(lanes, DType::U32, quotient);
    }
    // The one quotient that does not fit, of the smallest number by −1, comes out as the smallest number.
    Some(to_integer::to_int32(lanes, quotient))
}
