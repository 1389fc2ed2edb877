//! Integers to float32 and float64, rounded once.

use iced_x86::Code;
use numtile_core::DType;
use numtile_core::dtype::Kind;

use super::convert::between_floats;
use super::float::{self, ADD, SUBTRACT, bits, predicate};
use super::{integer, resize};
use crate::fused::jit::lanes::{Form, Id, Lanes};

/// 2^52: the last bit of its mantissa is worth 1.
const UNITS: f64 = 4_503_599_627_370_496.0;
/// 2^84: the last bit of its mantissa is worth 2^32.
const UPPER_UNITS: f64 = UNITS * 4_294_967_296.0;
/// 2^63.
const SIGN_WORTH: f64 = 9_223_372_036_854_775_808.0;

/// An integer as a float, with what is known of it.
pub(super) fn to_float(lanes: &mut Lanes, from: DType, to: DType, a: Id) -> Option<Id> {
    let float = convert(lanes, from, to, a)?;
    let end = 2f64.powi(8 * from.size() as i32);
    lanes.note_range(
        float,
        match (from.kind(), from.size()) {
            (Kind::Signed, _) => [-end / 2.0, end / 2.0],
            (_, 1 | 2) => [0.0, end - 1.0],
            // The last ones may be rounded up.
            _ => [0.0, end],
        },
    );
    Some(float)
}

fn convert(lanes: &mut Lanes, from: DType, to: DType, a: Id) -> Option<Id> {
    match (from, to) {
        (DType::I64 | DType::U64, DType::F64) => {
            let (high, low) = halves(lanes, from, a);
            Some(lanes.commuting(ADD.of(8), high, low))
        }
        (DType::I64 | DType::U64, _) => {
            let odd = rounded_to_odd(lanes, from, a);
            between_floats(lanes, DType::F32, odd)
        }
        (DType::U32, DType::F64) => {
            let wide = resize::widen_unsigned(lanes, a, 8)?;
            Some(low_half(lanes, wide))
        }
        (DType::U32, _) => Some(unsigned_to_single(lanes, a)),
        // What fits an int32 goes through it.
        (_, DType::F64) => {
            let whole = resize::integer(lanes, from, a, 4)?;
            Some(lanes.resize(Form::Widen(Code::VEX_Vcvtdq2pd_ymm_xmmm128), [whole; 3], 8))
        }
        _ => {
            let whole = resize::integer(lanes, from, a, 4)?;
            Some(signed_to_single(lanes, whole))
        }
    }
}

fn signed_to_single(lanes: &mut Lanes, a: Id) -> Id {
    lanes.one([Code::VEX_Vcvtdq2ps_xmm_xmmm128, Code::VEX_Vcvtdq2ps_ymm_ymmm256], a)
}

/// The halves are exact, and their sum is rounded once.
fn unsigned_to_single(lanes: &mut Lanes, a: Id) -> Id {
    let (rest, unit) = (lanes.constant(0xffff, 4), lanes.constant(bits(65536.0, 4), 4));
    let high = lanes.shift(integer::SHIFT_RIGHT_32, a, 16);
    let low = lanes.commuting(integer::AND, a, rest);
    let (high, low) = (signed_to_single(lanes, high), signed_to_single(lanes, low));
    let high = lanes.commuting(float::MULTIPLY.of(4), high, unit);
    lanes.commuting(ADD.of(4), high, low)
}

/// Integers below 2^32 in 64-bit lanes as float64: they are the last bits of 2^52.
fn low_half(lanes: &mut Lanes, a: Id) -> Id {
    let units = lanes.constant(bits(UNITS, 8), 8);
    let above = lanes.commuting(integer::OR, a, units);
    lanes.two(SUBTRACT.of(8), above, units)
}

/// The upper and the lower 32 bits as float64, both exactly: their sum is the number.
fn halves(lanes: &mut Lanes, from: DType, a: Id) -> (Id, Id) {
    let rest = lanes.constant(0xffff_ffff, 8);
    let low = lanes.commuting(integer::AND, a, rest);
    let low = low_half(lanes, low);
    let signed = from.kind() == Kind::Signed;
    // The upper half of a signed number is put 2^31 higher so that it is not negative.
    let offset = if signed { 0x8000_0000 } else { 0 };
    let pattern = lanes.constant(bits(UPPER_UNITS, 8) ^ offset, 8);
    let taken = lanes.constant(bits(if signed { UPPER_UNITS + SIGN_WORTH } else { UPPER_UNITS }, 8), 8);
    let high = lanes.shift(integer::SHIFT_RIGHT_64, a, 32);
    let high = lanes.commuting(integer::XOR, high, pattern);
    (lanes.two(SUBTRACT.of(8), high, taken), low)
}

/// A float64 that is cut off, with its last bit set if anything was: rounded again to float32 it is rounded once.
fn rounded_to_odd(lanes: &mut Lanes, from: DType, a: Id) -> Id {
    let (high, low) = halves(lanes, from, a);
    let sum = lanes.commuting(ADD.of(8), high, low);
    let taken = lanes.two(SUBTRACT.of(8), sum, high);
    let error = lanes.two(SUBTRACT.of(8), low, taken);
    let zero = lanes.constant(0, 8);
    let inexact = float::compare(lanes, error, zero, predicate::NOT_EQUAL_OR_UNORDERED);
    // Where the error has the other sign, the sum was rounded away from zero.
    let signs = lanes.commuting(integer::XOR, error, sum);
    let away = integer::greater(lanes, DType::I64, zero, signs);
    let away = lanes.commuting(integer::AND, away, inexact);
    let cut = lanes.commuting(integer::ADD[3], sum, away);
    let one = lanes.constant(1, 8);
    let sticky = lanes.commuting(integer::AND, inexact, one);
    lanes.commuting(integer::OR, cut, sticky)
}
