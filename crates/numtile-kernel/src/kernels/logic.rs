//! Truth: operations on bool. Operands of other types are cast to bool first.

use numtile_core::dtype::Bool8;

use super::group::{binary_bools, unary_bools};
use super::{Binary, Kernel, Unary};
use crate::isa::Isa;
use crate::types::Signature;

struct And;
struct Or;
struct Xor;
struct Not;

/// Both are true.
pub fn and(types: &Signature, isa: Isa) -> Option<Kernel> {
    binary_bools::<And>(types.input(), isa)
}

/// At least one is true.
pub fn or(types: &Signature, isa: Isa) -> Option<Kernel> {
    binary_bools::<Or>(types.input(), isa)
}

/// Exactly one is true.
pub fn xor(types: &Signature, isa: Isa) -> Option<Kernel> {
    binary_bools::<Xor>(types.input(), isa)
}

/// It is false.
pub fn not(types: &Signature, isa: Isa) -> Option<Kernel> {
    unary_bools::<Not>(types.input(), isa)
}

impl Binary<Bool8> for And {
    type Out = Bool8;
    #[inline(always)]
    fn apply(a: Bool8, b: Bool8) -> Bool8 {
        Bool8::from((a.0 != 0) & (b.0 != 0))
    }
}

impl Binary<Bool8> for Or {
    type Out = Bool8;
    #[inline(always)]
    fn apply(a: Bool8, b: Bool8) -> Bool8 {
        Bool8::from((a.0 | b.0) != 0)
    }
}

impl Binary<Bool8> for Xor {
    type Out = Bool8;
    #[inline(always)]
    fn apply(a: Bool8, b: Bool8) -> Bool8 {
        Bool8::from((a.0 != 0) != (b.0 != 0))
    }
}

impl Unary<Bool8> for Not {
    type Out = Bool8;
    #[inline(always)]
    fn apply(a: Bool8) -> Bool8 {
        Bool8::from(a.0 == 0)
    }
}
