//! Integers in lanes of other sizes.

use iced_x86::Code;
use numtile_core::DType;
use numtile_core::dtype::Kind;

use super::integer;
use crate::fused::jit::lanes::{Form, Id, Lanes};

/// An integer of type `from` in lanes of `item` bytes, wrapped where they are narrower.
pub(super) fn integer(lanes: &mut Lanes, from: DType, a: Id, item: usize) -> Option<Id> {
    match (lanes.item(a), from.kind()) {
        (have, _) if have == item => Some(a),
        (have, _) if have > item => narrow_wrapping(lanes, a, item),
        (_, Kind::Unsigned) => widen_unsigned(lanes, a, item),
        _ => widen_signed(lanes, a, item),
    }
}

/// 128-bit and 256-bit forms that widen, by the sizes of lanes.
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
pub(super) fn widen_unsigned(lanes: &mut Lanes, a: Id, item: usize) -> Option<Id> {
    let codes = widening(lanes.item(a), item, false)?;
    Some(lanes.resize(Form::Widen(lanes.pick(codes, item)), [a; 3], item))
}

/// The low bits of each lane.
pub(super) fn narrow_wrapping(lanes: &mut Lanes, a: Id, item: usize) -> Option<Id> {
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

/// Narrower lanes of 32-bit numbers that fit them without a sign.
pub(super) fn narrow_unsigned(lanes: &mut Lanes, a: Id, item: usize) -> Option<Id> {
    let mut a = a;
    while lanes.item(a) > item {
        a = match lanes.item(a) {
            4 => pack(lanes, a, Code::VEX_Vpackusdw_xmm_xmm_xmmm128),
            _ => pack(lanes, a, Code::VEX_Vpackuswb_xmm_xmm_xmmm128),
        };
    }
    Some(a)
}

/// The low 32 bits of four 64-bit lanes.
fn low_halves(lanes: &mut Lanes, a: Id) -> Id {
    let upper = upper_half(lanes, a, 4);
    let form = Form::TwoImmediate(Code::VEX_Vshufps_xmm_xmm_xmmm128_imm8, 0x88);
    lanes.resize(form, [a, upper, a], 4)
}

/// Lanes of half the size in the same order.
fn pack(lanes: &mut Lanes, a: Id, code: Code) -> Id {
    let item = lanes.item(a);
    let second = if lanes.is_wide(item) { upper_half(lanes, a, item / 2) } else { a };
    lanes.resize(Form::Two(code, false), [a, second, a], item / 2)
}

fn upper_half(lanes: &mut Lanes, a: Id, item: usize) -> Id {
    lanes.resize(Form::Narrow(Code::VEX_Vextracti128_xmmm128_ymm_imm8, 1), [a; 3], item)
}
