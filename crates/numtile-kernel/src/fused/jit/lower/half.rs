//! float16: computed in float32 and rounded once per operation.

use iced_x86::Code;
use numtile_core::DType;

use super::convert::between_floats;
use super::float::{self, predicate};
use super::{integer, truth};
use crate::fused::jit::lanes::{Form, Id, Lanes};
use crate::op::Op;

/// 1.
pub(super) const ONE: u64 = 0x3c00;

/// As float32, exactly.
pub(super) fn widened(lanes: &mut Lanes, a: Id) -> Id {
    let codes = [Code::VEX_Vcvtph2ps_xmm_xmmm64, Code::VEX_Vcvtph2ps_ymm_xmmm128];
    lanes.resize(Form::Widen(lanes.pick(codes, 4)), [a; 3], 4)
}

/// A float32 to the nearest float16, ties to even.
pub(super) fn narrowed(lanes: &mut Lanes, a: Id) -> Id {
    let codes = [Code::VEX_Vcvtps2ph_xmmm64_xmm_imm8, Code::VEX_Vcvtps2ph_xmmm128_ymm_imm8];
    lanes.resize(Form::Narrow(lanes.pick(codes, 4), 0), [a; 3], 2)
}

/// A float64 to the nearest float16: float32 on the way is rounded to odd, so that only the second rounding counts.
pub(super) fn from_double(lanes: &mut Lanes, a: Id) -> Option<Id> {
    let near = between_floats(lanes, DType::F32, a)?;
    let back = between_floats(lanes, DType::F64, near)?;
    let inexact = float::compare(lanes, back, a, predicate::NOT_EQUAL);
    let (size, back_size) = (float::magnitude(lanes, a), float::magnitude(lanes, back));
    let beyond = float::compare(lanes, back_size, size, predicate::GREATER);
    let (inexact, beyond) = (truth::resized(lanes, inexact, 4)?, truth::resized(lanes, beyond, 4)?);
    let cut = lanes.commuting(integer::ADD[2], near, beyond);
    let one = lanes.constant(1, 4);
    let sticky = lanes.commuting(integer::AND, inexact, one);
    let odd = lanes.commuting(integer::OR, cut, sticky);
    Some(narrowed(lanes, odd))
}

/// The operation `op` on float16, if it is known.
pub(super) fn arithmetic(lanes: &mut Lanes, op: Op, args: &[Id]) -> Option<Id> {
    if matches!(op, Op::Positive | Op::Conjugate | Op::Real) {
        return Some(args[0]);
    }
    let wide: Vec<Id> = args.iter().map(|&arg| widened(lanes, arg)).collect();
    let single = float::arithmetic(lanes, op, &wide)?;
    Some(narrowed(lanes, single))
}
