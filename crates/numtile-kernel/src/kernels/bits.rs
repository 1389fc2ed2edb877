//! Bit operations, shifts and counts. On bool, the bit operations are the logical ones.
//!
//! Shifting by the width or more (or by a negative count) gives 0, or −1 for a negative number shifted right.

use super::group::{binary_integers, binary_words, unary_integers, unary_words};
use super::{Binary, Kernel, Unary, logic};
use crate::isa::Isa;
use crate::types::Signature;

struct And;
struct Or;
struct Xor;
struct Invert;
struct LeftShift;
struct RightShift;
struct Count;

/// `a & b`.
pub fn and(types: &Signature, isa: Isa) -> Option<Kernel> {
    logic::and(types, isa).or_else(|| binary_words::<And>(types.input(), isa))
}

/// `a | b`.
pub fn or(types: &Signature, isa: Isa) -> Option<Kernel> {
    logic::or(types, isa).or_else(|| binary_words::<Or>(types.input(), isa))
}

/// `a ^ b`.
pub fn xor(types: &Signature, isa: Isa) -> Option<Kernel> {
    logic::xor(types, isa).or_else(|| binary_words::<Xor>(types.input(), isa))
}

/// `~a`.
pub fn invert(types: &Signature, isa: Isa) -> Option<Kernel> {
    logic::not(types, isa).or_else(|| unary_words::<Invert>(types.input(), isa))
}

/// `a << b`.
pub fn left_shift(types: &Signature, isa: Isa) -> Option<Kernel> {
    binary_words::<LeftShift>(types.input(), isa)
}

/// `a >> b`.
pub fn right_shift(types: &Signature, isa: Isa) -> Option<Kernel> {
    binary_integers::<RightShift>(types.input(), isa)
}

/// How many bits of `|a|` are 1.
pub fn count(types: &Signature, isa: Isa) -> Option<Kernel> {
    unary_integers::<Count>(types.input(), isa)
}

macro_rules! words {
    ($($t:ty),*) => {$(
        impl Binary<$t> for And {
            type Out = $t;
            #[inline(always)]
            fn apply(a: $t, b: $t) -> $t { a & b }
        }
        impl Binary<$t> for Or {
            type Out = $t;
            #[inline(always)]
            fn apply(a: $t, b: $t) -> $t { a | b }
        }
        impl Binary<$t> for Xor {
            type Out = $t;
            #[inline(always)]
            fn apply(a: $t, b: $t) -> $t { a ^ b }
        }
        impl Unary<$t> for Invert {
            type Out = $t;
            #[inline(always)]
            fn apply(a: $t) -> $t { !a }
        }
        // A negative count read without its sign is at least the width.
        impl Binary<$t> for LeftShift {
            type Out = $t;
            #[inline(always)]
            fn apply(a: $t, b: $t) -> $t {
                let shifted = a.wrapping_shl(b as u32);
                if b < <$t>::BITS as $t { shifted } else { 0 }
            }
        }
        impl Binary<$t> for RightShift {
            type Out = $t;
            #[inline(always)]
            fn apply(a: $t, b: $t) -> $t {
                let shifted = a.wrapping_shr(b as u32);
                if b < <$t>::BITS as $t { shifted } else { 0 }
            }
        }
    )*};
}
words!(u8, u16, u32, u64);

macro_rules! counts {
    ($($t:ty, $magnitude:ident;)*) => {$(
        impl Unary<$t> for Count {
            type Out = u8;
            #[inline(always)]
            fn apply(a: $t) -> u8 { a.$magnitude().count_ones() as u8 }
        }
    )*};
}
counts! {
    i8, unsigned_abs; i16, unsigned_abs; i32, unsigned_abs; i64, unsigned_abs;
    u8, to_owned; u16, to_owned; u32, to_owned; u64, to_owned;
}

macro_rules! signed_shifts {
    ($($t:ty, $unsigned:ty;)*) => {$(
        impl Binary<$t> for RightShift {
            type Out = $t;
            #[inline(always)]
            fn apply(a: $t, b: $t) -> $t {
                // The last bit of the width fills the number with its sign.
                let last = (<$t>::BITS - 1) as $unsigned;
                let count = if (b as $unsigned) < last { b as $unsigned } else { last };
                a.wrapping_shr(count as u32)
            }
        }
    )*};
}
signed_shifts! { i8, u8; i16, u16; i32, u32; i64, u64; }
