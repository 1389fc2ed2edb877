//! float32 and float64.

use iced_x86::Code;

use super::range;
use crate::fused::jit::lanes::{Id, Lanes};
use crate::op::Op;

/// The forms of a floating-point instruction: for float32 and float64, each for 128 and 256 bits.
pub(super) struct Forms {
    pub(super) single: [Code; 2],
    pub(super) double: [Code; 2],
}

impl Forms {
    pub(super) fn of(&self, item: usize) -> [Code; 2] {
        if item == 4 { self.single } else { self.double }
    }
}

pub(super) const ADD: Forms = Forms {
    single: [Code::VEX_Vaddps_xmm_xmm_xmmm128, Code::VEX_Vaddps_ymm_ymm_ymmm256],
    double: [Code::VEX_Vaddpd_xmm_xmm_xmmm128, Code::VEX_Vaddpd_ymm_ymm_ymmm256],
};
pub(super) const SUBTRACT: Forms = Forms {
    single: [Code::VEX_Vsubps_xmm_xmm_xmmm128, Code::VEX_Vsubps_ymm_ymm_ymmm256],
    double: [Code::VEX_Vsubpd_xmm_xmm_xmmm128, Code::VEX_Vsubpd_ymm_ymm_ymmm256],
};
pub(super) const MULTIPLY: Forms = Forms {
    single: [Code::VEX_Vmulps_xmm_xmm_xmmm128, Code::VEX_Vmulps_ymm_ymm_ymmm256],
    double: [Code::VEX_Vmulpd_xmm_xmm_xmmm128, Code::VEX_Vmulpd_ymm_ymm_ymmm256],
};
pub(super) const DIVIDE: Forms = Forms {
    single: [Code::VEX_Vdivps_xmm_xmm_xmmm128, Code::VEX_Vdivps_ymm_ymm_ymmm256],
    double: [Code::VEX_Vdivpd_xmm_xmm_xmmm128, Code::VEX_Vdivpd_ymm_ymm_ymmm256],
};
pub(super) const LESSER: Forms = Forms {
    single: [Code::VEX_Vminps_xmm_xmm_xmmm128, Code::VEX_Vminps_ymm_ymm_ymmm256],
    double: [Code::VEX_Vminpd_xmm_xmm_xmmm128, Code::VEX_Vminpd_ymm_ymm_ymmm256],
};
pub(super) const GREATER: Forms = Forms {
    single: [Code::VEX_Vmaxps_xmm_xmm_xmmm128, Code::VEX_Vmaxps_ymm_ymm_ymmm256],
    double: [Code::VEX_Vmaxpd_xmm_xmm_xmmm128, Code::VEX_Vmaxpd_ymm_ymm_ymmm256],
};
const AND: Forms = Forms {
    single: [Code::VEX_Vandps_xmm_xmm_xmmm128, Code::VEX_Vandps_ymm_ymm_ymmm256],
    double: [Code::VEX_Vandpd_xmm_xmm_xmmm128, Code::VEX_Vandpd_ymm_ymm_ymmm256],
};
const OR: Forms = Forms {
    single: [Code::VEX_Vorps_xmm_xmm_xmmm128, Code::VEX_Vorps_ymm_ymm_ymmm256],
    double: [Code::VEX_Vorpd_xmm_xmm_xmmm128, Code::VEX_Vorpd_ymm_ymm_ymmm256],
};
const XOR: Forms = Forms {
    single: [Code::VEX_Vxorps_xmm_xmm_xmmm128, Code::VEX_Vxorps_ymm_ymm_ymmm256],
    double: [Code::VEX_Vxorpd_xmm_xmm_xmmm128, Code::VEX_Vxorpd_ymm_ymm_ymmm256],
};
const ROOT: Forms = Forms {
    single: [Code::VEX_Vsqrtps_xmm_xmmm128, Code::VEX_Vsqrtps_ymm_ymmm256],
    double: [Code::VEX_Vsqrtpd_xmm_xmmm128, Code::VEX_Vsqrtpd_ymm_ymmm256],
};
pub(super) const ROUND: Forms = Forms {
    single: [Code::VEX_Vroundps_xmm_xmmm128_imm8, Code::VEX_Vroundps_ymm_ymmm256_imm8],
    double: [Code::VEX_Vroundpd_xmm_xmmm128_imm8, Code::VEX_Vroundpd_ymm_ymmm256_imm8],
};
const COMPARE: Forms = Forms {
    single: [Code::VEX_Vcmpps_xmm_xmm_xmmm128_imm8, Code::VEX_Vcmpps_ymm_ymm_ymmm256_imm8],
    double: [Code::VEX_Vcmppd_xmm_xmm_xmmm128_imm8, Code::VEX_Vcmppd_ymm_ymm_ymmm256_imm8],
};
const BLEND: Forms = Forms {
    single: [Code::VEX_Vblendvps_xmm_xmm_xmmm128_xmm, Code::VEX_Vblendvps_ymm_ymm_ymmm256_ymm],
    double: [Code::VEX_Vblendvpd_xmm_xmm_xmmm128_xmm, Code::VEX_Vblendvpd_ymm_ymm_ymmm256_ymm],
};

/// Predicates of the comparison instruction (quiet; ordered unless they say otherwise).
pub(super) mod predicate {
    pub(in super::super) const EQUAL: u8 = 0x00;
    pub(in super::super) const UNORDERED: u8 = 0x03;
    pub(in super::super) const NOT_EQUAL_OR_UNORDERED: u8 = 0x04;
    pub(in super::super) const NOT_EQUAL: u8 = 0x0c;
    pub(in super::super) const ORDERED: u8 = 0x07;
    pub(in super::super) const LESS: u8 = 0x11;
    pub(in super::super) const LESS_EQUAL: u8 = 0x12;
    pub(in super::super) const GREATER_EQUAL: u8 = 0x1d;
    pub(in super::super) const GREATER: u8 = 0x1e;
}

const NEAREST_EVEN: u8 = 8;
pub(super) const DOWN: u8 = 9;
const UP: u8 = 10;
pub(super) const TOWARDS_ZERO: u8 = 11;

/// The bits of a float in lanes of `item` bytes.
pub(super) fn bits(value: f64, item: usize) -> u64 {
    if item == 4 { u64::from((value as f32).to_bits()) } else { value.to_bits() }
}

/// The sign bit in lanes of `item` bytes.
pub(super) fn sign(lanes: &mut Lanes, item: usize) -> Id {
    lanes.constant(1 << (8 * item - 1), item)
}

/// The value without its sign.
pub(super) fn magnitude(lanes: &mut Lanes, a: Id) -> Id {
    let item = lanes.item(a);
    let rest = lanes.constant((1 << (8 * item - 1)) - 1, item);
    lanes.commuting(AND.of(item), a, rest)
}

/// The mask of a comparison.
pub(super) fn compare(lanes: &mut Lanes, a: Id, b: Id, how: u8) -> Id {
    lanes.two_immediate(COMPARE.of(lanes.item(a)), a, b, how)
}

/// `a` where it is a number, else 0.
pub(super) fn number_or_zero(lanes: &mut Lanes, a: Id) -> Id {
    if lanes.range(a).is_some() {
        return a;
    }
    let ordered = compare(lanes, a, a, predicate::ORDERED);
    lanes.commuting(AND.of(lanes.item(a)), a, ordered)
}

/// The operation `op` on floats, if it is known.
pub(super) fn arithmetic(lanes: &mut Lanes, op: Op, args: &[Id]) -> Option<Id> {
    let item = lanes.item(args[0]);
    let a = args[0];
    Some(match op {
        Op::Add => lanes.commuting(ADD.of(item), a, args[1]),
        Op::Subtract => lanes.two(SUBTRACT.of(item), a, args[1]),
        Op::Multiply => lanes.commuting(MULTIPLY.of(item), a, args[1]),
        Op::Divide => lanes.two(DIVIDE.of(item), a, args[1]),
        Op::Square => lanes.two(MULTIPLY.of(item), a, a),
        Op::Sqrt => lanes.one(ROOT.of(item), a),
        Op::Reciprocal => {
            let one = lanes.constant(bits(1.0, item), item);
            lanes.two(DIVIDE.of(item), one, a)
        }
        Op::Negative => {
            let sign = sign(lanes, item);
            lanes.commuting(XOR.of(item), a, sign)
        }
        Op::Absolute | Op::Fabs => magnitude(lanes, a),
        Op::Positive | Op::Conjugate | Op::Real => a,
        Op::Imag => lanes.constant(0, item),
        Op::Copysign => signed_like(lanes, a, args[1]),
        Op::Sign => sign_of(lanes, a),
        Op::Heaviside => heaviside(lanes, a, args[1]),
        Op::ModfFraction => fraction(lanes, a),
        Op::Rint => lanes.one_immediate(ROUND.of(item), a, NEAREST_EVEN),
        Op::Floor => lanes.one_immediate(ROUND.of(item), a, DOWN),
        Op::Ceil => lanes.one_immediate(ROUND.of(item), a, UP),
        Op::Trunc | Op::ModfWhole => lanes.one_immediate(ROUND.of(item), a, TOWARDS_ZERO),
        Op::Minimum => smaller(lanes, a, args[1]),
        Op::Maximum => larger(lanes, a, args[1]),
        Op::Fmin => {
            let pick = smaller(lanes, a, args[1]);
            number_of(lanes, a, args[1], pick)
        }
        Op::Fmax => {
            let pick = larger(lanes, a, args[1]);
            number_of(lanes, a, args[1], pick)
        }
        _ => return None,
    })
}

fn signed_like(lanes: &mut Lanes, a: Id, b: Id) -> Id {
    let item = lanes.item(a);
    let (size, sign) = (magnitude(lanes, a), sign(lanes, item));
    let sign = lanes.commuting(AND.of(item), b, sign);
    lanes.commuting(OR.of(item), size, sign)
}

/// `value` where the comparison of `a` with 0 holds, else +0.
fn where_beside_zero(lanes: &mut Lanes, a: Id, how: u8, value: Id) -> Id {
    let item = lanes.item(a);
    let zero = lanes.constant(0, item);
    let mask = compare(lanes, a, zero, how);
    lanes.commuting(AND.of(item), mask, value)
}

/// NaN where `a` is, else `number`.
fn or_nan(lanes: &mut Lanes, a: Id, number: Id) -> Id {
    let nan = compare(lanes, a, a, predicate::UNORDERED);
    lanes.commuting(OR.of(lanes.item(a)), number, nan)
}

fn sign_of(lanes: &mut Lanes, a: Id) -> Id {
    let item = lanes.item(a);
    let (one, minus) = (lanes.constant(bits(1.0, item), item), lanes.constant(bits(-1.0, item), item));
    let above = where_beside_zero(lanes, a, predicate::GREATER, one);
    let below = where_beside_zero(lanes, a, predicate::LESS, minus);
    let number = lanes.commuting(OR.of(item), above, below);
    or_nan(lanes, a, number)
}

fn heaviside(lanes: &mut Lanes, a: Id, b: Id) -> Id {
    let item = lanes.item(a);
    let one = lanes.constant(bits(1.0, item), item);
    let above = where_beside_zero(lanes, a, predicate::GREATER, one);
    let at_zero = where_beside_zero(lanes, a, predicate::EQUAL, b);
    let number = lanes.commuting(OR.of(item), above, at_zero);
    or_nan(lanes, a, number)
}

/// What is behind the point, with the sign of the number; 0 of infinity.
fn fraction(lanes: &mut Lanes, a: Id) -> Id {
    let item = lanes.item(a);
    let whole = lanes.one_immediate(ROUND.of(item), a, TOWARDS_ZERO);
    let rest = lanes.two(SUBTRACT.of(item), a, whole);
    let (size, infinity) = (magnitude(lanes, a), lanes.constant(bits(f64::INFINITY, item), item));
    let not_infinite = compare(lanes, size, infinity, predicate::NOT_EQUAL_OR_UNORDERED);
    let rest = lanes.commuting(AND.of(item), rest, not_infinite);
    signed_like(lanes, rest, a)
}

/// Tests of floats: their masks.
pub(super) fn classify(lanes: &mut Lanes, op: Op, a: Id) -> Option<Id> {
    let item = lanes.item(a);
    let (how, against) = match op {
        Op::Isnan => return Some(compare(lanes, a, a, predicate::UNORDERED)),
        Op::Isinf => (predicate::EQUAL, f64::INFINITY),
        Op::Isfinite => (predicate::LESS, f64::INFINITY),
        _ => return None,
    };
    let (size, against) = (magnitude(lanes, a), lanes.constant(bits(against, item), item));
    Some(compare(lanes, size, against, how))
}

/// The instruction gives its second operand where the operands are equal or one is NaN: both orders united are the
/// smaller one, −0 of two zeros, and a NaN if there is one.
fn smaller(lanes: &mut Lanes, a: Id, b: Id) -> Id {
    let item = lanes.item(a);
    if range::are_tame(lanes, a, b, true) {
        return lanes.two(LESSER.of(item), a, b);
    }
    let (one, other) = (lanes.two(LESSER.of(item), a, b), lanes.two(LESSER.of(item), b, a));
    lanes.commuting(OR.of(item), one, other)
}

/// The same cut: the larger one, +0 of two different zeros; a NaN must be put back.
fn larger(lanes: &mut Lanes, a: Id, b: Id) -> Id {
    let item = lanes.item(a);
    if range::are_tame(lanes, a, b, false) {
        return lanes.two(GREATER.of(item), a, b);
    }
    let (one, other) = (lanes.two(GREATER.of(item), a, b), lanes.two(GREATER.of(item), b, a));
    let cut = lanes.commuting(AND.of(item), one, other);
    let nan = compare(lanes, a, b, predicate::UNORDERED);
    lanes.commuting(OR.of(item), cut, nan)
}

/// `pick`, but the other operand where one is NaN.
fn number_of(lanes: &mut Lanes, a: Id, b: Id, pick: Id) -> Id {
    let item = lanes.item(a);
    let (no_a, no_b) = (compare(lanes, a, a, predicate::UNORDERED), compare(lanes, b, b, predicate::UNORDERED));
    let pick = lanes.blend(BLEND.of(item), no_b, a, pick);
    lanes.blend(BLEND.of(item), no_a, b, pick)
}
