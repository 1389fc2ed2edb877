//! Casts.

use iced_x86::Code;
use numtile_core::DType;
use numtile_core::dtype::Kind;

use super::float::{self, predicate};
use super::{Held, from_integer, half, integer, resize, to_integer, truth};
use crate::fused::jit::lanes::{Form, Id, Lanes};

/// The cast of a value, if it is known.
pub(super) fn cast(lanes: &mut Lanes, from: DType, to: DType, value: Held) -> Option<Held> {
    match value {
        Held::Mask(mask) if to == DType::Bool => Some(Held::Mask(mask)),
        Held::Pair(re, im) if to == DType::Bool => {
            let (re, im) = (to_truth(lanes, from.real(), re)?, to_truth(lanes, from.real(), im)?);
            Some(Held::Mask(lanes.commuting(integer::OR, re, im)))
        }
        Held::Plain(a) if to == DType::Bool => to_truth(lanes, from, a).map(Held::Mask),
        Held::Pair(re, im) if to.is_complex() => {
            let (re, im) = (number(lanes, from.real(), to.real(), re)?, number(lanes, from.real(), to.real(), im)?);
            Some(Held::Pair(re, im))
        }
        Held::Mask(mask) => {
            let re = from_truth(lanes, mask, to.real())?;
            Some(beside_zero(lanes, re, to))
        }
        // A complex number loses its imaginary part, a real one gets 0.
        Held::Pair(a, _) | Held::Plain(a) => {
            let re = number(lanes, from.real(), to.real(), a)?;
            Some(beside_zero(lanes, re, to))
        }
    }
}

fn beside_zero(lanes: &mut Lanes, re: Id, to: DType) -> Held {
    if to.is_complex() { Held::Pair(re, lanes.constant(0, to.real().size())) } else { Held::Plain(re) }
}

fn from_truth(lanes: &mut Lanes, mask: Id, to: DType) -> Option<Id> {
    let item = to.size();
    let one = match to {
        DType::F16 => half::ONE,
        _ if to.is_float() => float::bits(1.0, item),
        _ => 1,
    };
    let (mask, one) = (truth::resized(lanes, mask, item)?, lanes.constant(one, item));
    Some(lanes.commuting(integer::AND, mask, one))
}

fn to_truth(lanes: &mut Lanes, from: DType, a: Id) -> Option<Id> {
    let a = if from == DType::F16 { half::widened(lanes, a) } else { a };
    let zero = lanes.constant(0, lanes.item(a));
    if from.is_float() {
        return Some(float::compare(lanes, a, zero, predicate::NOT_EQUAL_OR_UNORDERED));
    }
    let none = integer::equal(lanes, a, zero);
    Some(integer::invert(lanes, none))
}

fn number(lanes: &mut Lanes, from: DType, to: DType, a: Id) -> Option<Id> {
    match (from, to) {
        _ if from == to => Some(a),
        (DType::F64, DType::F16) => half::from_double(lanes, a),
        (DType::F16, _) => {
            let single = half::widened(lanes, a);
            number(lanes, DType::F32, to, single)
        }
        (_, DType::F16) => {
            let single = number(lanes, from, DType::F32, a)?;
            Some(half::narrowed(lanes, single))
        }
        _ => match (from.kind(), to.kind()) {
            (Kind::Float, Kind::Float) => between_floats(lanes, to, a),
            (Kind::Float, _) => to_integer::truncated(lanes, to, a),
            (_, Kind::Float) => from_integer::to_float(lanes, from, to, a),
            _ => resize::integer(lanes, from, a, to.size()),
        },
    }
}

/// float32 and float64 as each other.
pub(super) fn between_floats(lanes: &mut Lanes, to: DType, a: Id) -> Option<Id> {
    let form = match to {
        DType::F64 => Form::Widen(Code::VEX_Vcvtps2pd_ymm_xmmm128),
        DType::F32 => Form::One(Code::VEX_Vcvtpd2ps_xmm_ymmm256),
        _ => return None,
    };
    Some(lanes.resize(form, [a; 3], to.size()))
}
