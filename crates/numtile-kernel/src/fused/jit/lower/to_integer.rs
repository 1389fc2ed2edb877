//! Floats to integers: towards zero, saturating, NaN to 0.

use iced_x86::Code;
use numtile_core::DType;

use super::convert::between_floats;
use super::float::{self, ADD, GREATER, LESSER, MULTIPLY, SUBTRACT, bits, predicate};
use super::{integer, resize};
use crate::fused::jit::lanes::{Form, Id, Lanes};

/// 2^52: the last bit of its mantissa is worth 1.
const UNITS: f64 = 4_503_599_627_370_496.0;
/// 2^52 + 2^51, to which a negative number can be added.
const SIGNED_UNITS: f64 = 1.5 * UNITS;
const TWO_31: f64 = 2_147_483_648.0;
const TWO_32: f64 = 4_294_967_296.0;
const TWO_63: f64 = 9_223_372_036_854_775_808.0;

/// A float32 or float64 as an integer.
pub(super) fn truncated(lanes: &mut Lanes, to: DType, a: Id) -> Option<Id> {
    let number = float::number_or_zero(lanes, a);
    match (to, lanes.item(a)) {
        (DType::I8, _) => small(lanes, number, [i8::MIN.into(), i8::MAX.into()], 1),
        (DType::I16, _) => small(lanes, number, [i16::MIN.into(), i16::MAX.into()], 2),
        (DType::U8, _) => small(lanes, number, [0.0, u8::MAX.into()], 1),
        (DType::U16, _) => small(lanes, number, [0.0, u16::MAX.into()], 2),
        (DType::I32, 8) => small(lanes, number, [i32::MIN.into(), i32::MAX.into()], 4),
        (DType::I32, _) => Some(signed_from_single(lanes, number)),
        (DType::U32, 8) => {
            let inside = clamped(lanes, number, [0.0, u32::MAX.into()]);
            let whole = whole(lanes, inside);
            let bits = mantissa(lanes, whole, UNITS);
            resize::narrow_wrapping(lanes, bits, 4)
        }
        (DType::U32, _) => Some(unsigned_from_single(lanes, number)),
        (DType::I64 | DType::U64, 4) => {
            let wide = between_floats(lanes, DType::F64, number)?;
            Some(sixty_four(lanes, to, wide))
        }
        (DType::I64 | DType::U64, _) => Some(sixty_four(lanes, to, number)),
        _ => None,
    }
}

fn clamped(lanes: &mut Lanes, a: Id, [low, high]: [f64; 2]) -> Id {
    let item = lanes.item(a);
    let known = lanes.range(a).unwrap_or([f64::NEG_INFINITY, f64::INFINITY]);
    let mut inside = a;
    if known[0] < low {
        let low = lanes.constant(bits(low, item), item);
        inside = lanes.two(GREATER.of(item), inside, low);
    }
    if known[1] > high {
        let high = lanes.constant(bits(high, item), item);
        inside = lanes.two(LESSER.of(item), inside, high);
    }
    inside
}

/// The conversion of the vector unit, to int32.
pub(super) fn to_int32(lanes: &mut Lanes, a: Id) -> Id {
    if lanes.item(a) == 8 {
        lanes.resize(Form::One(Code::VEX_Vcvttpd2dq_xmm_ymmm256), [a; 3], 4)
    } else {
        lanes.one([Code::VEX_Vcvttps2dq_xmm_xmmm128, Code::VEX_Vcvttps2dq_ymm_ymmm256], a)
    }
}

/// Types that fit an int32, with ends that are exact in the float type.
fn small(lanes: &mut Lanes, number: Id, ends: [f64; 2], item: usize) -> Option<Id> {
    let inside = clamped(lanes, number, ends);
    let whole = to_int32(lanes, inside);
    if ends[0] < 0.0 { resize::narrow_signed(lanes, whole, item) } else { resize::narrow_unsigned(lanes, whole, item) }
}

/// The conversion gives the smallest number for what is out of range: right below it, all bits the other way above.
fn signed_from_single(lanes: &mut Lanes, number: Id) -> Id {
    let beyond = lanes.constant(bits(TWO_31, 4), 4);
    let above = float::compare(lanes, number, beyond, predicate::GREATER_EQUAL);
    let whole = to_int32(lanes, number);
    lanes.commuting(integer::XOR, whole, above)
}

/// The upper half of the range is converted 2^31 lower.
fn unsigned_from_single(lanes: &mut Lanes, number: Id) -> Id {
    let (zero, half, end) =
        (lanes.constant(0, 4), lanes.constant(bits(TWO_31, 4), 4), lanes.constant(bits(TWO_32, 4), 4));
    let number = lanes.two(GREATER.of(4), number, zero);
    let is_upper = float::compare(lanes, number, half, predicate::GREATER_EQUAL);
    let taken = lanes.commuting(integer::AND, is_upper, half);
    let lower = lanes.two(SUBTRACT.of(4), number, taken);
    let whole = to_int32(lanes, lower);
    let top = float::sign(lanes, 4);
    let top = lanes.commuting(integer::AND, is_upper, top);
    let whole = lanes.commuting(integer::XOR, whole, top);
    let above = float::compare(lanes, number, end, predicate::GREATER_EQUAL);
    lanes.commuting(integer::OR, whole, above)
}

fn whole(lanes: &mut Lanes, a: Id) -> Id {
    lanes.one_immediate(float::ROUND.of(lanes.item(a)), a, float::TOWARDS_ZERO)
}

/// A whole number as the last bits of a mantissa, above those of `units`.
fn mantissa(lanes: &mut Lanes, a: Id, units: f64) -> Id {
    let units = lanes.constant(bits(units, 8), 8);
    lanes.commuting(ADD.of(8), a, units)
}

/// The upper and the lower 32 bits apart: below AVX-512 nothing converts 64.
fn sixty_four(lanes: &mut Lanes, to: DType, number: Id) -> Id {
    let (low_end, high_end, units) = match to {
        DType::I64 => (-TWO_63, TWO_63, SIGNED_UNITS),
        _ => (0.0, 2.0 * TWO_63, UNITS),
    };
    let (low_end, high_end) = (lanes.constant(bits(low_end, 8), 8), lanes.constant(bits(high_end, 8), 8));
    let number = lanes.two(GREATER.of(8), number, low_end);
    let number = whole(lanes, number);
    let (unit, part) = (lanes.constant(bits(TWO_32, 8), 8), lanes.constant(bits(1.0 / TWO_32, 8), 8));
    let high = lanes.commuting(MULTIPLY.of(8), number, part);
    let high = lanes.one_immediate(float::ROUND.of(8), high, float::DOWN);
    let taken = lanes.commuting(MULTIPLY.of(8), high, unit);
    let low = lanes.two(SUBTRACT.of(8), number, taken);
    let high = mantissa(lanes, high, units);
    let high = lanes.shift(integer::SHIFT_LEFT_64, high, 32);
    let low = mantissa(lanes, low, UNITS);
    let rest = lanes.constant(0xffff_ffff, 8);
    let low = lanes.commuting(integer::AND, low, rest);
    let joined = lanes.commuting(integer::OR, high, low);
    let above = float::compare(lanes, number, high_end, predicate::GREATER_EQUAL);
    let most = lanes.constant(if to == DType::I64 { i64::MAX as u64 } else { u64::MAX }, 8);
    lanes.blend(integer::BLEND_BYTES, above, most, joined)
}
