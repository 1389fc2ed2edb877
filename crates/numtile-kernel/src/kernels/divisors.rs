//! The greatest common divisor and the least common multiple, by the binary algorithm on magnitudes.
//!
//! Results wrap: the divisor of the smallest number and 0 is that number itself.

use super::group::binary_integers;
use super::{Binary, Kernel};
use crate::isa::Isa;
use crate::types::Signature;

struct Gcd;
struct Lcm;

/// The greatest number that divides both; 0 of zeros.
pub fn gcd(types: &Signature, isa: Isa) -> Option<Kernel> {
    binary_integers::<Gcd>(types.input(), isa)
}

/// The least number that both divide; 0 if either is.
pub fn lcm(types: &Signature, isa: Isa) -> Option<Kernel> {
    binary_integers::<Lcm>(types.input(), isa)
}

macro_rules! common_divisors {
    ($($name:ident $t:ty;)*) => {$(
        fn $name(a: $t, b: $t) -> $t {
            if a == 0 || b == 0 {
                return a | b;
            }
            let twos = (a | b).trailing_zeros();
            let (mut small, mut large) = (a >> a.trailing_zeros(), b);
            loop {
                large >>= large.trailing_zeros();
                (small, large) = (small.min(large), small.max(large));
                large -= small;
                if large == 0 {
                    return small << twos;
                }
            }
        }
    )*};
}
common_divisors! { divisor_32 u32; divisor_64 u64; }

macro_rules! integers {
    ($($t:ty, $magnitude:ident, $divisor:ident, $wide:ty;)*) => {$(
        impl Binary<$t> for Gcd {
            type Out = $t;
            #[inline(always)]
            fn apply(a: $t, b: $t) -> $t {
                $divisor(<$wide>::from(a.$magnitude()), <$wide>::from(b.$magnitude())) as $t
            }
        }
        impl Binary<$t> for Lcm {
            type Out = $t;
            #[inline(always)]
            fn apply(a: $t, b: $t) -> $t {
                let (a, b) = (<$wide>::from(a.$magnitude()), <$wide>::from(b.$magnitude()));
                let divisor = $divisor(a, b).max(1);
                (a / divisor).wrapping_mul(b) as $t
            }
        }
    )*};
}
integers! {
    i8, unsigned_abs, divisor_32, u32; i16, unsigned_abs, divisor_32, u32; i32, unsigned_abs, divisor_32, u32;
    i64, unsigned_abs, divisor_64, u64;
    u8, to_owned, divisor_32, u32; u16, to_owned, divisor_32, u32; u32, to_owned, divisor_32, u32;
    u64, to_owned, divisor_64, u64;
}
