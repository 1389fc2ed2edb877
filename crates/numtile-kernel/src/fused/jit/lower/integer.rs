//! Integers of 8 to 64 bits; everything wraps.

use iced_x86::Code;
use numtile_core::DType;
use numtile_core::dtype::Kind;

use super::{division, resize};
use crate::fused::jit::lanes::{Form, Id, Lanes};
use crate::op::Op;

/// 128-bit and 256-bit forms of an instruction for lanes of 1, 2, 4 and 8 bytes.
type Sizes = [[Code; 2]; 4];

pub(super) const ADD: Sizes = [
    [Code::VEX_Vpaddb_xmm_xmm_xmmm128, Code::VEX_Vpaddb_ymm_ymm_ymmm256],
    [Code::VEX_Vpaddw_xmm_xmm_xmmm128, Code::VEX_Vpaddw_ymm_ymm_ymmm256],
    [Code::VEX_Vpaddd_xmm_xmm_xmmm128, Code::VEX_Vpaddd_ymm_ymm_ymmm256],
    [Code::VEX_Vpaddq_xmm_xmm_xmmm128, Code::VEX_Vpaddq_ymm_ymm_ymmm256],
];
pub(super) const SUBTRACT: Sizes = [
    [Code::VEX_Vpsubb_xmm_xmm_xmmm128, Code::VEX_Vpsubb_ymm_ymm_ymmm256],
    [Code::VEX_Vpsubw_xmm_xmm_xmmm128, Code::VEX_Vpsubw_ymm_ymm_ymmm256],
    [Code::VEX_Vpsubd_xmm_xmm_xmmm128, Code::VEX_Vpsubd_ymm_ymm_ymmm256],
    [Code::VEX_Vpsubq_xmm_xmm_xmmm128, Code::VEX_Vpsubq_ymm_ymm_ymmm256],
];
const EQUAL: Sizes = [
    [Code::VEX_Vpcmpeqb_xmm_xmm_xmmm128, Code::VEX_Vpcmpeqb_ymm_ymm_ymmm256],
    [Code::VEX_Vpcmpeqw_xmm_xmm_xmmm128, Code::VEX_Vpcmpeqw_ymm_ymm_ymmm256],
    [Code::VEX_Vpcmpeqd_xmm_xmm_xmmm128, Code::VEX_Vpcmpeqd_ymm_ymm_ymmm256],
    [Code::VEX_Vpcmpeqq_xmm_xmm_xmmm128, Code::VEX_Vpcmpeqq_ymm_ymm_ymmm256],
];
const GREATER: Sizes = [
    [Code::VEX_Vpcmpgtb_xmm_xmm_xmmm128, Code::VEX_Vpcmpgtb_ymm_ymm_ymmm256],
    [Code::VEX_Vpcmpgtw_xmm_xmm_xmmm128, Code::VEX_Vpcmpgtw_ymm_ymm_ymmm256],
    [Code::VEX_Vpcmpgtd_xmm_xmm_xmmm128, Code::VEX_Vpcmpgtd_ymm_ymm_ymmm256],
    [Code::VEX_Vpcmpgtq_xmm_xmm_xmmm128, Code::VEX_Vpcmpgtq_ymm_ymm_ymmm256],
];
const SIGNED_MIN: [[Code; 2]; 3] = [
    [Code::VEX_Vpminsb_xmm_xmm_xmmm128, Code::VEX_Vpminsb_ymm_ymm_ymmm256],
    [Code::VEX_Vpminsw_xmm_xmm_xmmm128, Code::VEX_Vpminsw_ymm_ymm_ymmm256],
    [Code::VEX_Vpminsd_xmm_xmm_xmmm128, Code::VEX_Vpminsd_ymm_ymm_ymmm256],
];
const SIGNED_MAX: [[Code; 2]; 3] = [
    [Code::VEX_Vpmaxsb_xmm_xmm_xmmm128, Code::VEX_Vpmaxsb_ymm_ymm_ymmm256],
    [Code::VEX_Vpmaxsw_xmm_xmm_xmmm128, Code::VEX_Vpmaxsw_ymm_ymm_ymmm256],
    [Code::VEX_Vpmaxsd_xmm_xmm_xmmm128, Code::VEX_Vpmaxsd_ymm_ymm_ymmm256],
];
const UNSIGNED_MIN: [[Code; 2]; 3] = [
    [Code::VEX_Vpminub_xmm_xmm_xmmm128, Code::VEX_Vpminub_ymm_ymm_ymmm256],
    [Code::VEX_Vpminuw_xmm_xmm_xmmm128, Code::VEX_Vpminuw_ymm_ymm_ymmm256],
    [Code::VEX_Vpminud_xmm_xmm_xmmm128, Code::VEX_Vpminud_ymm_ymm_ymmm256],
];
const UNSIGNED_MAX: [[Code; 2]; 3] = [
    [Code::VEX_Vpmaxub_xmm_xmm_xmmm128, Code::VEX_Vpmaxub_ymm_ymm_ymmm256],
    [Code::VEX_Vpmaxuw_xmm_xmm_xmmm128, Code::VEX_Vpmaxuw_ymm_ymm_ymmm256],
    [Code::VEX_Vpmaxud_xmm_xmm_xmmm128, Code::VEX_Vpmaxud_ymm_ymm_ymmm256],
];
const ABSOLUTE: [[Code; 2]; 3] = [
    [Code::VEX_Vpabsb_xmm_xmmm128, Code::VEX_Vpabsb_ymm_ymmm256],
    [Code::VEX_Vpabsw_xmm_xmmm128, Code::VEX_Vpabsw_ymm_ymmm256],
    [Code::VEX_Vpabsd_xmm_xmmm128, Code::VEX_Vpabsd_ymm_ymmm256],
];
const MULTIPLY_16: [Code; 2] = [Code::VEX_Vpmullw_xmm_xmm_xmmm128, Code::VEX_Vpmullw_ymm_ymm_ymmm256];
const MULTIPLY_32: [Code; 2] = [Code::VEX_Vpmulld_xmm_xmm_xmmm128, Code::VEX_Vpmulld_ymm_ymm_ymmm256];
const MULTIPLY_LOW_HALVES: [Code; 2] = [Code::VEX_Vpmuludq_xmm_xmm_xmmm128, Code::VEX_Vpmuludq_ymm_ymm_ymmm256];
const SHIFT_LEFT_16: [Code; 2] = [Code::VEX_Vpsllw_xmm_xmm_imm8, Code::VEX_Vpsllw_ymm_ymm_imm8];
const SHIFT_RIGHT_16: [Code; 2] = [Code::VEX_Vpsrlw_xmm_xmm_imm8, Code::VEX_Vpsrlw_ymm_ymm_imm8];
pub(super) const SHIFT_RIGHT_32: [Code; 2] = [Code::VEX_Vpsrld_xmm_xmm_imm8, Code::VEX_Vpsrld_ymm_ymm_imm8];
pub(super) const SHIFT_LEFT_64: [Code; 2] = [Code::VEX_Vpsllq_xmm_xmm_imm8, Code::VEX_Vpsllq_ymm_ymm_imm8];
pub(super) const SHIFT_RIGHT_64: [Code; 2] = [Code::VEX_Vpsrlq_xmm_xmm_imm8, Code::VEX_Vpsrlq_ymm_ymm_imm8];
const SHIFT_LEFT_BY: [[Code; 2]; 2] = [
    [Code::VEX_Vpsllvd_xmm_xmm_xmmm128, Code::VEX_Vpsllvd_ymm_ymm_ymmm256],
    [Code::VEX_Vpsllvq_xmm_xmm_xmmm128, Code::VEX_Vpsllvq_ymm_ymm_ymmm256],
];
const SHIFT_RIGHT_BY: [[Code; 2]; 2] = [
    [Code::VEX_Vpsrlvd_xmm_xmm_xmmm128, Code::VEX_Vpsrlvd_ymm_ymm_ymmm256],
    [Code::VEX_Vpsrlvq_xmm_xmm_xmmm128, Code::VEX_Vpsrlvq_ymm_ymm_ymmm256],
];
const SHIFT_SIGNED_RIGHT_BY: [Code; 2] = [Code::VEX_Vpsravd_xmm_xmm_xmmm128, Code::VEX_Vpsravd_ymm_ymm_ymmm256];
pub(super) const AND: [Code; 2] = [Code::VEX_Vpand_xmm_xmm_xmmm128, Code::VEX_Vpand_ymm_ymm_ymmm256];
/// The second operand without the bits of the first.
pub(super) const AND_NOT: [Code; 2] = [Code::VEX_Vpandn_xmm_xmm_xmmm128, Code::VEX_Vpandn_ymm_ymm_ymmm256];
pub(super) const OR: [Code; 2] = [Code::VEX_Vpor_xmm_xmm_xmmm128, Code::VEX_Vpor_ymm_ymm_ymmm256];
pub(super) const XOR: [Code; 2] = [Code::VEX_Vpxor_xmm_xmm_xmmm128, Code::VEX_Vpxor_ymm_ymm_ymmm256];
pub(super) const BLEND_BYTES: [Code; 2] =
    [Code::VEX_Vpblendvb_xmm_xmm_xmmm128_xmm, Code::VEX_Vpblendvb_ymm_ymm_ymmm256_ymm];

fn size(item: usize) -> usize {
    item.trailing_zeros() as usize
}

/// All bits of every lane.
pub(super) fn ones(lanes: &mut Lanes, item: usize) -> Id {
    lanes.constant(u64::MAX >> (64 - 8 * item), item)
}

/// Every bit the other way.
pub(super) fn invert(lanes: &mut Lanes, a: Id) -> Id {
    let ones = ones(lanes, lanes.item(a));
    lanes.commuting(XOR, a, ones)
}

/// The mask of equality.
pub(super) fn equal(lanes: &mut Lanes, a: Id, b: Id) -> Id {
    lanes.commuting(EQUAL[size(lanes.item(a))], a, b)
}

/// The mask of `a > b`; the instruction compares signed numbers.
pub(super) fn greater(lanes: &mut Lanes, dtype: DType, a: Id, b: Id) -> Id {
    let item = lanes.item(a);
    let (mut a, mut b) = (a, b);
    if dtype.kind() == Kind::Unsigned {
        let top = super::float::sign(lanes, item);
        (a, b) = (lanes.commuting(XOR, a, top), lanes.commuting(XOR, b, top));
    }
    lanes.two(GREATER[size(item)], a, b)
}

/// The operation `op` on integers, if it is known.
pub(super) fn arithmetic(lanes: &mut Lanes, op: Op, dtype: DType, args: &[Id]) -> Option<Id> {
    let a = args[0];
    let item = lanes.item(a);
    Some(match op {
        Op::Add => lanes.commuting(ADD[size(item)], a, args[1]),
        Op::Subtract => lanes.two(SUBTRACT[size(item)], a, args[1]),
        Op::Multiply => multiply(lanes, a, args[1]),
        Op::Square => multiply(lanes, a, a),
        Op::Negative => {
            let zero = lanes.constant(0, item);
            lanes.two(SUBTRACT[size(item)], zero, a)
        }
        Op::Absolute => absolute(lanes, dtype, a),
        Op::Positive | Op::Conjugate | Op::Real | Op::Floor | Op::Ceil | Op::Trunc => a,
        Op::Minimum | Op::Fmin => extreme(lanes, dtype, [SIGNED_MIN, UNSIGNED_MIN], [args[1], a], a, args[1]),
        Op::Maximum | Op::Fmax => extreme(lanes, dtype, [SIGNED_MAX, UNSIGNED_MAX], [a, args[1]], a, args[1]),
        Op::BitwiseAnd => lanes.commuting(AND, a, args[1]),
        Op::BitwiseOr => lanes.commuting(OR, a, args[1]),
        Op::BitwiseXor => lanes.commuting(XOR, a, args[1]),
        Op::Invert => invert(lanes, a),
        Op::Sign => sign(lanes, dtype, a),
        Op::Imag => lanes.constant(0, item),
        Op::LeftShift | Op::RightShift => shift(lanes, op, dtype, a, args[1])?,
        Op::FloorDivide | Op::Remainder | Op::Fmod => division::divide(lanes, op, dtype, a, args[1])?,
        _ => return None,
    })
}

/// −1 where it is negative, less −1 where it is positive.
fn sign(lanes: &mut Lanes, dtype: DType, a: Id) -> Id {
    let item = lanes.item(a);
    let zero = lanes.constant(0, item);
    if dtype.kind() == Kind::Unsigned {
        let none = equal(lanes, a, zero);
        let one = lanes.constant(1, item);
        return lanes.commuting(ADD[size(item)], none, one);
    }
    let (above, below) = (greater(lanes, dtype, a, zero), greater(lanes, dtype, zero, a));
    lanes.two(SUBTRACT[size(item)], below, above)
}

fn absolute(lanes: &mut Lanes, dtype: DType, a: Id) -> Id {
    match (dtype.kind(), lanes.item(a)) {
        (Kind::Unsigned, _) => a,
        (_, 8) => {
            let zero = lanes.constant(0, 8);
            let negative = greater(lanes, dtype, zero, a);
            let flipped = lanes.commuting(XOR, a, negative);
            lanes.two(SUBTRACT[3], flipped, negative)
        }
        (_, item) => lanes.one(ABSOLUTE[size(item)], a),
    }
}

/// The lesser or greater of two: one instruction below 64 bits, else `a` unless the first of `order` is greater.
fn extreme(lanes: &mut Lanes, dtype: DType, codes: [[[Code; 2]; 3]; 2], order: [Id; 2], a: Id, b: Id) -> Id {
    let item = lanes.item(a);
    if item < 8 {
        let unsigned = usize::from(dtype.kind() == Kind::Unsigned);
        return lanes.commuting(codes[unsigned][size(item)], a, b);
    }
    let takes_a = greater(lanes, dtype, order[0], order[1]);
    lanes.blend(BLEND_BYTES, takes_a, a, b)
}

pub(super) fn multiply(lanes: &mut Lanes, a: Id, b: Id) -> Id {
    match lanes.item(a) {
        1 => multiply_bytes(lanes, a, b),
        2 => lanes.commuting(MULTIPLY_16, a, b),
        4 => lanes.commuting(MULTIPLY_32, a, b),
        _ => multiply_64(lanes, a, b),
    }
}

/// Even and odd bytes as 16-bit numbers of which the low halves count.
fn multiply_bytes(lanes: &mut Lanes, a: Id, b: Id) -> Id {
    let even = lanes.commuting(MULTIPLY_16, a, b);
    let low = lanes.constant(0x00ff_00ff_00ff_00ff, 8);
    let low = lanes.resize(and_form(lanes), [even, low, even], 1);
    let (a, b) = (lanes.shift(SHIFT_RIGHT_16, a, 8), lanes.shift(SHIFT_RIGHT_16, b, 8));
    let odd = lanes.commuting(MULTIPLY_16, a, b);
    let odd = lanes.shift(SHIFT_LEFT_16, odd, 8);
    lanes.commuting(OR, low, odd)
}

fn and_form(lanes: &Lanes) -> Form {
    Form::Two(lanes.pick(AND, 1), false)
}

/// `low·low + ((low·high + high·low) << 32)`, modulo 2^64.
fn multiply_64(lanes: &mut Lanes, a: Id, b: Id) -> Id {
    let low = lanes.commuting(MULTIPLY_LOW_HALVES, a, b);
    let (a_high, b_high) = (lanes.shift(SHIFT_RIGHT_64, a, 32), lanes.shift(SHIFT_RIGHT_64, b, 32));
    let one = lanes.commuting(MULTIPLY_LOW_HALVES, a_high, b);
    let other = lanes.commuting(MULTIPLY_LOW_HALVES, b_high, a);
    let cross = lanes.commuting(ADD[3], one, other);
    let cross = lanes.shift(SHIFT_LEFT_64, cross, 32);
    lanes.commuting(ADD[3], low, cross)
}

/// Counts beyond the width (or negative ones) give 0, or the sign. Narrower numbers are shifted as int32 or uint32, by
/// counts without their sign.
fn shift(lanes: &mut Lanes, op: Op, dtype: DType, a: Id, by: Id) -> Option<Id> {
    let item = lanes.item(a);
    if item < 4 {
        let (wide, by) = (resize::integer(lanes, dtype, a, 4)?, resize::widen_unsigned(lanes, by, 4)?);
        let shifted = shift(lanes, op, if dtype.kind() == Kind::Signed { DType::I32 } else { DType::U32 }, wide, by)?;
        return resize::narrow_wrapping(lanes, shifted, item);
    }
    Some(match (op, dtype.kind(), item) {
        (Op::LeftShift, ..) => lanes.two(SHIFT_LEFT_BY[size(item) - 2], a, by),
        (_, Kind::Unsigned, _) => lanes.two(SHIFT_RIGHT_BY[size(item) - 2], a, by),
        (_, _, 4) => lanes.two(SHIFT_SIGNED_RIGHT_BY, a, by),
        _ => {
            // All bits the other way where it is negative, so that zeros come in as ones.
            let zero = lanes.constant(0, item);
            let negative = greater(lanes, dtype, zero, a);
            let flipped = lanes.commuting(XOR, a, negative);
            let shifted = lanes.two(SHIFT_RIGHT_BY[size(item) - 2], flipped, by);
            lanes.commuting(XOR, shifted, negative)
        }
    })
}
