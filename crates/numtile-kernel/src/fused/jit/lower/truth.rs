//! Truth: masks in registers, one byte of 0 or 1 in memory.

use iced_x86::Code;
use numtile_core::DType;

use super::resize::{narrow_signed, widen_signed};
use super::{Held, integer};
use crate::fused::jit::lanes::{Id, Lanes};
use crate::op::Op;

/// The mask of bytes that are not 0.
pub(super) fn mask(lanes: &mut Lanes, bytes: Id) -> Option<Id> {
    let zero = lanes.constant(0, 1);
    let none = integer::equal(lanes, bytes, zero);
    Some(integer::invert(lanes, none))
}

/// A mask as bytes of 0 and 1.
pub(super) fn bytes(lanes: &mut Lanes, mask: Id) -> Option<Id> {
    let (mask, one) = (resized(lanes, mask, 1)?, lanes.constant(1, 1));
    Some(lanes.commuting(integer::AND, mask, one))
}

/// The same mask in lanes of `item` bytes.
pub(super) fn resized(lanes: &mut Lanes, mask: Id, item: usize) -> Option<Id> {
    match lanes.item(mask) {
        have if have < item => widen_signed(lanes, mask, item),
        have if have > item => narrow_signed(lanes, mask, item),
        _ => Some(mask),
    }
}

/// `and or xor not` of masks, and equality of truth.
pub(super) fn logic(lanes: &mut Lanes, op: Op, masks: &[Id]) -> Option<Id> {
    if let (Op::LogicalNot | Op::Invert, &[a]) = (op, masks) {
        return Some(integer::invert(lanes, a));
    }
    if let (Op::Absolute | Op::Real | Op::Floor | Op::Ceil | Op::Trunc | Op::Positive | Op::Conjugate, &[a]) =
        (op, masks)
    {
        return Some(a);
    }
    if let (Op::Isnan | Op::Isinf | Op::Imag | Op::Isfinite, &[a]) = (op, masks) {
        let item = lanes.item(a);
        let all = if op == Op::Isfinite { integer::ones(lanes, item) } else { lanes.constant(0, item) };
        return Some(all);
    }
    let &[a, b] = masks else { return None };
    let item = lanes.item(a).min(lanes.item(b));
    let (a, b) = (resized(lanes, a, item)?, resized(lanes, b, item)?);
    Some(match op {
        Op::LogicalAnd | Op::BitwiseAnd | Op::Multiply | Op::Minimum | Op::Fmin => lanes.commuting(integer::AND, a, b),
        Op::LogicalOr | Op::BitwiseOr | Op::Add | Op::Maximum | Op::Fmax => lanes.commuting(integer::OR, a, b),
        Op::LogicalXor | Op::BitwiseXor | Op::NotEqual => lanes.commuting(integer::XOR, a, b),
        Op::Equal => {
            let differ = lanes.commuting(integer::XOR, a, b);
            integer::invert(lanes, differ)
        }
        Op::Greater => lanes.two(integer::AND_NOT, b, a),
        Op::Less => lanes.two(integer::AND_NOT, a, b),
        Op::LessEqual => {
            let above = lanes.two(integer::AND_NOT, b, a);
            integer::invert(lanes, above)
        }
        Op::GreaterEqual => {
            let below = lanes.two(integer::AND_NOT, a, b);
            integer::invert(lanes, below)
        }
        _ => return None,
    })
}

const BLEND_32: [Code; 2] = [Code::VEX_Vblendvps_xmm_xmm_xmmm128_xmm, Code::VEX_Vblendvps_ymm_ymm_ymmm256_ymm];
const BLEND_64: [Code; 2] = [Code::VEX_Vblendvpd_xmm_xmm_xmmm128_xmm, Code::VEX_Vblendvpd_ymm_ymm_ymmm256_ymm];

/// The instruction that chooses between lanes of `item` bytes.
pub(super) fn blend_of(item: usize) -> [Code; 2] {
    match item {
        4 => BLEND_32,
        8 => BLEND_64,
        _ => integer::BLEND_BYTES,
    }
}

/// `where`: the second argument where the first is true, else the third.
pub(super) fn choose(lanes: &mut Lanes, dtype: DType, args: &[Held]) -> Option<Held> {
    let &[Held::Mask(mask), yes, no] = args else { return None };
    match (yes, no) {
        (Held::Plain(yes), Held::Plain(no)) => {
            let mask = resized(lanes, mask, dtype.size())?;
            Some(Held::Plain(lanes.blend(blend_of(dtype.size()), mask, yes, no)))
        }
        (Held::Pair(re, im), Held::Pair(other_re, other_im)) => {
            let item = lanes.item(re);
            let mask = resized(lanes, mask, item)?;
            let re = lanes.blend(blend_of(item), mask, re, other_re);
            Some(Held::Pair(re, lanes.blend(blend_of(item), mask, im, other_im)))
        }
        (Held::Mask(yes), Held::Mask(no)) => {
            let (mask, yes, no) = (resized(lanes, mask, 1)?, resized(lanes, yes, 1)?, resized(lanes, no, 1)?);
            Some(Held::Mask(lanes.blend(integer::BLEND_BYTES, mask, yes, no)))
        }
        _ => None,
    }
}
