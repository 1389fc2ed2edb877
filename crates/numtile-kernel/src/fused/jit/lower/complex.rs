//! Complex numbers: the real parts of a vector of elements in one register, the imaginary parts in another.
//!
//! In memory the parts alternate. Taking 256-bit registers apart leaves the pairs of lanes in another order, which
//! putting them together undoes: where nothing but complex numbers of one type comes and goes, it is left so.

use iced_x86::Code;

use super::float::{self, ADD, DIVIDE, MULTIPLY, SUBTRACT, predicate};
use super::{Held, integer, truth};
use crate::fused::jit::lanes::{Id, Lanes, Node};
use crate::op::Op;

/// The imaginary parts, or the real parts, of two registers of `[re, im, …]`, and the way back.
const LOWER: float::Forms = float::Forms {
    single: [Code::VEX_Vunpcklps_xmm_xmm_xmmm128, Code::VEX_Vunpcklps_ymm_ymm_ymmm256],
    double: [Code::VEX_Vunpcklpd_xmm_xmm_xmmm128, Code::VEX_Vunpcklpd_ymm_ymm_ymmm256],
};
const UPPER: float::Forms = float::Forms {
    single: [Code::VEX_Vunpckhps_xmm_xmm_xmmm128, Code::VEX_Vunpckhps_ymm_ymm_ymmm256],
    double: [Code::VEX_Vunpckhpd_xmm_xmm_xmmm128, Code::VEX_Vunpckhpd_ymm_ymm_ymmm256],
};
const SHUFFLE: [Code; 2] = [Code::VEX_Vshufps_xmm_xmm_xmmm128_imm8, Code::VEX_Vshufps_ymm_ymm_ymmm256_imm8];
/// Of float32: the even and the odd elements of each half.
const EVEN: u8 = 0x88;
const ODD: u8 = 0xdd;
/// The two middle quarters swapped.
const SWAP_MIDDLE: u8 = 0xd8;

/// Elements of an input.
pub(super) fn load(lanes: &mut Lanes, input: usize, item: usize) -> Held {
    let [a, b] = [0, 1].map(|half| lanes.add(Node::LoadHalf(input, half), item));
    let (re, im) = if item == 4 {
        (lanes.two_immediate(SHUFFLE, a, b, EVEN), lanes.two_immediate(SHUFFLE, a, b, ODD))
    } else {
        (lanes.two(LOWER.of(item), a, b), lanes.two(UPPER.of(item), a, b))
    };
    Held::Pair(in_order(lanes, re), in_order(lanes, im))
}

/// The two registers of `[re, im, …]` that are stored.
pub(super) fn joined(lanes: &mut Lanes, re: Id, im: Id) -> [Id; 2] {
    let item = lanes.item(re);
    let (re, im) = (in_order(lanes, re), in_order(lanes, im));
    [LOWER, UPPER].map(|forms| lanes.two(forms.of(item), re, im))
}

fn in_order(lanes: &mut Lanes, a: Id) -> Id {
    if lanes.pairs_only || !lanes.is_wide(lanes.item(a)) {
        return a;
    }
    let codes = [Code::VEX_Vpermpd_ymm_ymmm256_imm8; 2];
    lanes.one_immediate(codes, a, SWAP_MIDDLE)
}

/// The operation `op` on complex numbers, if it is known.
pub(super) fn arithmetic(lanes: &mut Lanes, op: Op, args: &[(Id, Id)]) -> Option<Held> {
    let (re, im) = *args.first()?;
    let item = lanes.item(re);
    let pair = match (op, args) {
        (Op::Real, _) => return Some(Held::Plain(re)),
        (Op::Imag, _) => return Some(Held::Plain(im)),
        (Op::Positive, _) => (re, im),
        (Op::Conjugate, _) => (re, negative(lanes, im)),
        (Op::Negative, _) => (negative(lanes, re), negative(lanes, im)),
        (Op::Rint, _) => (float::arithmetic(lanes, op, &[re])?, float::arithmetic(lanes, op, &[im])?),
        (Op::Square, _) => multiply(lanes, (re, im), (re, im)),
        (Op::Add, &[_, b]) => (lanes.commuting(ADD.of(item), re, b.0), lanes.commuting(ADD.of(item), im, b.1)),
        (Op::Subtract, &[_, b]) => (lanes.two(SUBTRACT.of(item), re, b.0), lanes.two(SUBTRACT.of(item), im, b.1)),
        (Op::Multiply, &[a, b]) => multiply(lanes, a, b),
        (Op::Divide, &[a, b]) => divide(lanes, a, b),
        (Op::Minimum, &[a, b]) => extreme(lanes, a, b, a, [a, b]),
        (Op::Maximum, &[a, b]) => extreme(lanes, a, b, a, [b, a]),
        (Op::Fmin, &[a, b]) => extreme(lanes, a, b, b, [a, b]),
        (Op::Fmax, &[a, b]) => extreme(lanes, a, b, b, [b, a]),
        _ => return None,
    };
    Some(Held::Pair(pair.0, pair.1))
}

fn negative(lanes: &mut Lanes, a: Id) -> Id {
    let sign = float::sign(lanes, lanes.item(a));
    lanes.commuting(integer::XOR, a, sign)
}

/// `ac − bd, ad + bc`, every operation rounded.
fn multiply(lanes: &mut Lanes, a: (Id, Id), b: (Id, Id)) -> (Id, Id) {
    let item = lanes.item(a.0);
    let mut product = |x, y| lanes.commuting(MULTIPLY.of(item), x, y);
    let (ac, bd, ad, bc) = (product(a.0, b.0), product(a.1, b.1), product(a.0, b.1), product(a.1, b.0));
    (lanes.two(SUBTRACT.of(item), ac, bd), lanes.commuting(ADD.of(item), ad, bc))
}

/// Smith's method: the parts change places so that the greater part of the divisor comes first.
fn divide(lanes: &mut Lanes, a: (Id, Id), b: (Id, Id)) -> (Id, Id) {
    let item = lanes.item(a.0);
    let (re_size, im_size) = (float::magnitude(lanes, b.0), float::magnitude(lanes, b.1));
    let in_place = float::compare(lanes, re_size, im_size, predicate::GREATER_EQUAL);
    let mut placed = |yes, no| lanes.blend(truth::blend_of(item), in_place, yes, no);
    let (greater, lesser) = (placed(b.0, b.1), placed(b.1, b.0));
    let (x, y) = (placed(a.0, a.1), placed(a.1, a.0));
    let ratio = lanes.two(DIVIDE.of(item), lesser, greater);
    let part = lanes.commuting(MULTIPLY.of(item), lesser, ratio);
    let size = lanes.commuting(ADD.of(item), greater, part);
    let one = lanes.constant(float::bits(1.0, item), item);
    let scale = lanes.two(DIVIDE.of(item), one, size);
    let (x_part, y_part) = (lanes.commuting(MULTIPLY.of(item), x, ratio), lanes.commuting(MULTIPLY.of(item), y, ratio));
    let re = lanes.commuting(ADD.of(item), x, y_part);
    let (im, other) = (lanes.two(SUBTRACT.of(item), y, x_part), lanes.two(SUBTRACT.of(item), x_part, y));
    let im = lanes.blend(truth::blend_of(item), in_place, im, other);
    let (re, im) = (lanes.commuting(MULTIPLY.of(item), re, scale), lanes.commuting(MULTIPLY.of(item), im, scale));
    // By zero each part is divided alone.
    let both = lanes.commuting(integer::OR, re_size, im_size);
    let zero = lanes.constant(0, item);
    let by_zero = float::compare(lanes, both, zero, predicate::EQUAL);
    let alone = [a.0, a.1].map(|part| lanes.two(DIVIDE.of(item), part, re_size));
    (
        lanes.blend(truth::blend_of(item), by_zero, alone[0], re),
        lanes.blend(truth::blend_of(item), by_zero, alone[1], im),
    )
}

/// `a` where `nan` has a NaN or the first of `order` is not above the second, else `b`.
fn extreme(lanes: &mut Lanes, a: (Id, Id), b: (Id, Id), nan: (Id, Id), order: [(Id, Id); 2]) -> (Id, Id) {
    let item = lanes.item(a.0);
    let has_nan = float::compare(lanes, nan.0, nan.1, predicate::UNORDERED);
    let ordered = before(lanes, order[0], order[1], predicate::LESS_EQUAL);
    let takes_a = lanes.commuting(integer::OR, has_nan, ordered);
    let blend = truth::blend_of(item);
    (lanes.blend(blend, takes_a, a.0, b.0), lanes.blend(blend, takes_a, a.1, b.1))
}

/// The mask of a comparison or test, if it is known.
pub(super) fn test(lanes: &mut Lanes, op: Op, args: &[(Id, Id)]) -> Option<Id> {
    Some(match (op, args) {
        (Op::Equal, &[a, b]) => equal(lanes, a, b),
        (Op::NotEqual, &[a, b]) => {
            let equal = equal(lanes, a, b);
            integer::invert(lanes, equal)
        }
        (Op::Less, &[a, b]) | (Op::Greater, &[b, a]) => before(lanes, a, b, predicate::LESS),
        (Op::LessEqual, &[a, b]) | (Op::GreaterEqual, &[b, a]) => before(lanes, a, b, predicate::LESS_EQUAL),
        (Op::Isnan | Op::Isinf | Op::Isfinite, &[(re, im)]) => {
            let (re, im) = (float::classify(lanes, op, re)?, float::classify(lanes, op, im)?);
            lanes.commuting(if op == Op::Isfinite { integer::AND } else { integer::OR }, re, im)
        }
        _ => return None,
    })
}

fn equal(lanes: &mut Lanes, a: (Id, Id), b: (Id, Id)) -> Id {
    let re = float::compare(lanes, a.0, b.0, predicate::EQUAL);
    let im = float::compare(lanes, a.1, b.1, predicate::EQUAL);
    lanes.commuting(integer::AND, re, im)
}

/// By the real parts, where no imaginary part is NaN; where they are equal, by the imaginary parts.
fn before(lanes: &mut Lanes, a: (Id, Id), b: (Id, Id), how: u8) -> Id {
    let less = float::compare(lanes, a.0, b.0, predicate::LESS);
    let ordered = float::compare(lanes, a.1, b.1, predicate::ORDERED);
    let decided = lanes.commuting(integer::AND, less, ordered);
    let equal = float::compare(lanes, a.0, b.0, predicate::EQUAL);
    let second = float::compare(lanes, a.1, b.1, how);
    let tied = lanes.commuting(integer::AND, equal, second);
    lanes.commuting(integer::OR, decided, tied)
}
