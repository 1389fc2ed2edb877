//! Casts, and lanes of other sizes.

use iced_x86::Code;
use numtile_core::DType;
use numtile_core::dtype::Kind;

use super::float::{self, GREATER, LESSER, predicate};
use super::{Held, integer, truth};
use crate::fused::jit::lanes::{Form, Id, Lanes};

/// The cast of a value, if it is known.
pub(super) fn cast(lanes: &mut Lanes, from: DType, to: DType, value: Held) -> Option<Held> {
    match (value, to) {
        (Held::Mask(mask), DType::Bool) => Some(Held::Mask(mask)),
        (Held::Mask(mask), _) => from_truth(lanes, mask, to).map(Held::Plain),
        (Held::Plain(id), DType::Bool) => to_truth(lanes, from, id).map(Held::Mask),
        (Held::Plain(id), _) => number(lanes, from, to, id).map(Held::Plain),
    }
}

fn from_truth(lanes: &mut Lanes, mask: Id, to: DType) -> Option<Id> {
    let item = to.size();
    let one = if to.is_float() { float::bits(1.0, item) } else { 1 };
    let (mask, one) = (truth::resized(lanes, mask, item)?, lanes.constant(one, item));
    Some(lanes.commuting(integer::AND, mask, one))
}

fn to_truth(lanes: &mut Lanes, from: DType, a: Id) -> Option<Id> {
    let zero = lanes.constant(0, from.size());
    if from.is_float() {
        return Some(float::compare(lanes, a, zero, predicate::NOT_EQUAL_OR_UNORDERED));
    }
    let none = integer::equal(lanes, a, zero);
    Some(integer::invert(lanes, none))
}

fn number(lanes: &mut Lanes, from: DType, to: DType, a: Id) -> Option<Id> {
    match (from.kind(), to.kind()) {
        (Kind::Float, Kind::Float) => between_floats(lanes, from, to, a),
        (Kind::Float, _) => float_to_integer(lanes, from, to, a),
        (_, Kind::Float) => integer_to_float(lanes, from, to, a),
        _ => between_integers(lanes, from, to.size(), a),
    }
}

fn between_floats(lanes: &mut Lanes, from: DType, to: DType, a: Id) -> Option<Id> {
    let form = match (from, to) {
        (DType::F32, DType::F64) => Form::Widen(Code::VEX_Vcvtps2pd_ymm_xmmm128),
        (DType::F64, DType::F32) => Form::One(Code::VEX_Vcvtpd2ps_xmm_ymmm256),
        _ => return (from == to).then_some(a),
    };
    Some(lanes.resize(form, [a; 3], to.size()))
}

fn between_integers(lanes: &mut Lanes, from: DType, item: usize, a: Id) -> Option<Id> {
    match (from.size(), from.kind()) {
        (have, _) if have == item => Some(a),
        (have, _) if have > item => narrow_wrapping(lanes, a, item),
        (_, Kind::Unsigned) => widen_unsigned(lanes, a, item),
        _ => widen_signed(lanes, a, item),
    }
}

/// Integers of up to 32 bits (uint32 excepted) go through int32, which every float64 and float32 rounds once.
fn integer_to_float(lanes: &mut Lanes, from: DType, to: DType, a: Id) -> Option<Id> {
    if from.size() == 8 || from == DType::U32 {
        return None;
    }
    let whole = between_integers(lanes, from, 4, a)?;
    Some(if to == DType::F64 {
        lanes.resize(Form::Widen(Code::VEX_Vcvtdq2pd_ymm_xmmm128), [whole; 3], 8)
    } else {
        lanes.one([Code::VEX_Vcvtdq2ps_xmm_xmmm128, Code::VEX_Vcvtdq2ps_ymm_ymmm256], whole)
    })
}

/// Clamped as a float first, as the kernel does it; NaN is 0.
fn float_to_integer(lanes: &mut Lanes, from: DType, to: DType, a: Id) -> Option<Id> {
    let (low, high) = match to {
        DType::I8 => (f64::from(i8::MIN), f64::from(i8::MAX)),
        DType::I16 => (f64::from(i16::MIN), f64::from(i16::MAX)),
        DType::U8 => (0.0, f64::from(u8::MAX)),
        DType::U16 => (0.0, f64::from(u16::MAX)),
        DType::I32 if from == DType::F64 => (f64::from(i32::MIN), f64::from(i32::MAX)),
        _ => return None,
    };
    let item = from.size();
    let number = float::number_or_zero(lanes, a);
    let (low, high) = (lanes.constant(float::bits(low, item), item), lanes.constant(float::bits(high, item), item));
    let above = lanes.two(GREATER.of(item), number, low);
    let inside = lanes.two(LESSER.of(item), above, high);
    let whole = if item == 8 {
        lanes.resize(Form::One(Code::VEX_Vcvttpd2dq_xmm_ymmm256), [inside; 3], 4)
    } else {
        lanes.one([Code::VEX_Vcvttps2dq_xmm_xmmm128, Code::VEX_Vcvttps2dq_ymm_ymmm256], inside)
    };
    if to.size() == 4 { Some(whole) } else { narrow_wrapping(lanes, whole, to.size()) }
}

/// 128-bit and 256-bit forms that widen by sign, by the sizes of lanes.
fn widening(from: usize, to: usize, signed: bool) -> Option<[Code; 2]> {
    Some(match (from, to, signed) {
        (1, 2, true) => [Code::VEX_Vpmovsxbw_xmm_xmmm64, Code::VEX_Vpmovsxbw_ymm_xmmm128],
        (1, 4, true) => [Code::VEX_Vpmovsxbd_xmm_xmmm32, Code::VEX_Vpmovsxbd_ymm_xmmm64],
        (1, 8, true) => [Code::VEX_Vpmovsxbq_xmm_xmmm16, Code::VEX_Vpmovsxbq_ymm_xmmm32],
        (2, 4, true) => [Code::VEX_Vpmovsxwd_xmm_xmmm64, Code::VEX_Vpmovsxwd_ymm_xmmm128],
        (2, 8, true) => [Code::VEX_Vpmovsxwq_xmm_xmmm32, Code::VEX_Vpmovsxwq_ymm_xmmm64],
        (4, 8, true) => [Code::VEX_Vpmovsxdq_xmm_xmmm64, Code::VEX_Vpmovsxdq_ymm_xmmm128],
        (1, 2, false) => [Code::VEX_Vpmovzxbw_xmm_xmmm64, Code::VEX_Vpmovzxbw_ymm_xmmm128],
        (1, 4, false) => [Code::VEX_Vpmovzxbd_xmm_xmmm32, Code::VEX_Vpmovzxbd_ymm_xmmm64],
        (1, 8, false) => [Code::VEX_Vpmovzxbq_xmm_xmmm16, Code::VEX_Vpmovzxbq_ymm_xmmm32],
        (2, 4, false) => [Code::VEX_Vpmovzxwd_xmm_xmmm64, Code::VEX_Vpmovzxwd_ymm_xmmm128],
        (2, 8, false) => [Code::VEX_Vpmovzxwq_xmm_xmmm32, Code::VEX_Vpmovzxwq_ymm_xmmm64],
        (4, 8, false) => [Code::VEX_Vpmovzxdq_xmm_xmmm64, Code::VEX_Vpmovzxdq_ymm_xmmm128],
        _ => return None,
    })
}

/// Wider lanes, filled with the sign.
pub(super) fn widen_signed(lanes: &mut Lanes, a: Id, item: usize) -> Option<Id> {
    let codes = widening(lanes.item(a), item, true)?;
    Some(lanes.resize(Form::Widen(lanes.pick(codes, item)), [a; 3], item))
}

/// Wider lanes, filled with zeros.
fn widen_unsigned(lanes: &mut Lanes, a: Id, item: usize) -> Option<Id> {
    let codes = widening(lanes.item(a), item, false)?;
    Some(lanes.resize(Form::Widen(lanes.pick(codes, item)), [a; 3], item))
}

/// The low bits of each lane.
fn narrow_wrapping(lanes: &mut Lanes, a: Id, item: usize) -> Option<Id> {
    let mut a = a;
    while lanes.item(a) > item {
        a = match lanes.item(a) {
            8 => low_halves(lanes, a),
            4 => {
                let low = lanes.constant(0xffff, 4);
                let low = lanes.commuting(integer::AND, a, low);
                pack(lanes, low, Code::VEX_Vpackusdw_xmm_xmm_xmmm128)
            }
            _ => {
                let low = lanes.constant(0xff, 2);
                let low = lanes.commuting(integer::AND, a, low);
                pack(lanes, low, Code::VEX_Vpackuswb_xmm_xmm_xmmm128)
            }
        };
    }
    Some(a)
}

/// Narrower lanes of numbers that fit them, as masks do.
pub(super) fn narrow_signed(lanes: &mut Lanes, a: Id, item: usize) -> Option<Id> {
    let mut a = a;
    while lanes.item(a) > item {
        a = match lanes.item(a) {
            8 => low_halves(lanes, a),
            4 => pack(lanes, a, Code::VEX_Vpackssdw_xmm_xmm_xmmm128),
            _ => pack(lanes, a, Code::VEX_Vpacksswb_xmm_xmm_xmmm128),
        };
    }
    Some(a)
}

/// The low 32 bits of four 64-bit lanes.
fn low_halves(lanes: &mut Lanes, a: Id) -> Id {
    let upper = lanes.resize(Form::UpperHalf, [a; 3], 4);
    let form = Form::TwoImmediate(Code::VEX_Vshufps_xmm_xmm_xmmm128_imm8, 0x88);
    lanes.resize(form, [a, upper, a], 4)
}

/// Lanes of half the size in the same order.
fn pack(lanes: &mut Lanes, a: Id, code: Code) -> Id {
    let item = lanes.item(a);
    let second = if lanes.is_wide(item) { lanes.resize(Form::UpperHalf, [a; 3], item / 2) } else { a };
    lanes.resize(Form::Two(code, false), [a, second, a], item / 2)
}
