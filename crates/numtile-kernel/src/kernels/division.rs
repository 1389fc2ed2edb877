//! Division in its forms: true, floor, both remainders and reciprocal.
//!
//! Integer division by zero gives 0 and `MIN // -1` wraps, as in NumPy. Float floor division and remainder follow
//! NumPy's `divmod`, which starts from the exact `fmod`. Complex division is Smith's method.

use half::f16;
use num_complex::Complex;
use numtile_core::dtype::Element;

use super::group::{binary_complexes, binary_floats, binary_integers, unary_complexes, unary_floats, unary_integers};
use super::number::{Float, narrow, widen};
use super::truncate::Truncate;
use super::{Binary, Kernel, Unary};
use crate::isa::Isa;
use crate::types::Signature;

struct Divide;
struct FloorDivide;
struct Remainder;
struct Fmod;
struct Reciprocal;

/// `a / b`.
pub fn divide(types: &Signature, isa: Isa) -> Option<Kernel> {
    binary_floats::<Divide>(types.input(), isa).or_else(|| binary_complexes::<Divide>(types.input(), isa))
}

/// `a // b`.
pub fn floor_divide(types: &Signature, isa: Isa) -> Option<Kernel> {
    binary_integers::<FloorDivide>(types.input(), isa).or_else(|| binary_floats::<FloorDivide>(types.input(), isa))
}

/// `a % b`, with the sign of `b`.
pub fn remainder(types: &Signature, isa: Isa) -> Option<Kernel> {
    binary_integers::<Remainder>(types.input(), isa).or_else(|| binary_floats::<Remainder>(types.input(), isa))
}

/// `a` less its truncated quotient times `b`, with the sign of `a`.
pub fn fmod(types: &Signature, isa: Isa) -> Option<Kernel> {
    binary_integers::<Fmod>(types.input(), isa).or_else(|| binary_floats::<Fmod>(types.input(), isa))
}

/// `1 / a`; of integers truncated, and 0 for 0 (where NumPy's result is undefined).
pub fn reciprocal(types: &Signature, isa: Isa) -> Option<Kernel> {
    let t = types.input();
    unary_integers::<Reciprocal>(t, isa)
        .or_else(|| unary_floats::<Reciprocal>(t, isa))
        .or_else(|| unary_complexes::<Reciprocal>(t, isa))
}

/// The truncated quotient of integers of up to 32 bits, by a float division that the vector units have: the quotient's
/// distance to a whole number is at least 1/b, its rounding error at most 2^-8/b. The divisor must not be 0, nor the
/// quotient beyond the type.
trait Quotient: Copy {
    fn quotient(self, divisor: Self) -> Self;
}

macro_rules! quotients {
    ($($t:ty, $float:ty, $whole:ty;)*) => {$(
        impl Quotient for $t {
            #[inline(always)]
            fn quotient(self, divisor: $t) -> $t {
                let quotient = <$whole>::from(self) as $float / <$whole>::from(divisor) as $float;
                Truncate::<$whole>::truncate(quotient) as $t
            }
        }
    )*};
}
quotients! { i8, f32, i32; u8, f32, i32; i16, f32, i32; u16, f32, i32; i32, f64, i32; u32, f64, u32; }

macro_rules! long_quotients {
    ($($t:ty),*) => {$(
        impl Quotient for $t {
            #[inline(always)]
            fn quotient(self, divisor: $t) -> $t { self.checked_div(divisor).unwrap_or(0) }
        }
    )*};
}
long_quotients!(i64, u64);

/// A divisor for which the quotient exists, without a branch. In place of the divisor −1 of the smallest number stands
/// 1: both give the smallest number, wrapped or not.
macro_rules! safe_divisor {
    ($a:expr, $b:expr, $t:ty) => {{
        let wraps = (<$t>::MIN != 0) & ($a == <$t>::MIN) & ($b.wrapping_add(1) == 0);
        $b.wrapping_add(($b == 0) as $t).wrapping_add((wraps as $t) << 1)
    }};
}

/// The value, or 0 if the divisor is.
macro_rules! unless_by_zero {
    ($b:expr, $value:expr, $t:ty) => {
        $value & (($b != 0) as $t).wrapping_neg()
    };
}

macro_rules! signed {
    ($($t:ty),*) => {$(
        impl Binary<$t> for FloorDivide {
            type Out = $t;
            #[inline(always)]
            fn apply(a: $t, b: $t) -> $t {
                let divisor = safe_divisor!(a, b, $t);
                let quotient = a.quotient(divisor);
                let inexact = quotient.wrapping_mul(divisor) != a;
                let floored = quotient.wrapping_sub((inexact & ((a < 0) != (b < 0))) as $t);
                unless_by_zero!(b, floored, $t)
            }
        }
        impl Binary<$t> for Remainder {
            type Out = $t;
            #[inline(always)]
            fn apply(a: $t, b: $t) -> $t {
                let divisor = safe_divisor!(a, b, $t);
                let rest = a.wrapping_sub(a.quotient(divisor).wrapping_mul(divisor));
                let other_sign = (rest != 0) & ((rest < 0) != (b < 0));
                let floored = if other_sign { rest.wrapping_add(b) } else { rest };
                unless_by_zero!(b, floored, $t)
            }
        }
    )*};
}
signed!(i8, i16, i32, i64);

macro_rules! unsigned {
    ($($t:ty),*) => {$(
        impl Binary<$t> for FloorDivide {
            type Out = $t;
            #[inline(always)]
            fn apply(a: $t, b: $t) -> $t {
                let quotient = a.quotient(safe_divisor!(a, b, $t));
                unless_by_zero!(b, quotient, $t)
            }
        }
        impl Binary<$t> for Remainder {
            type Out = $t;
            #[inline(always)]
            fn apply(a: $t, b: $t) -> $t { Fmod::apply(a, b) }
        }
    )*};
}
unsigned!(u8, u16, u32, u64);

macro_rules! truncated_remainders {
    ($($t:ty),*) => {$(
        impl Binary<$t> for Fmod {
            type Out = $t;
            #[inline(always)]
            fn apply(a: $t, b: $t) -> $t {
                let divisor = safe_divisor!(a, b, $t);
                let rest = a.wrapping_sub(a.quotient(divisor).wrapping_mul(divisor));
                unless_by_zero!(b, rest, $t)
            }
        }
    )*};
}
truncated_remainders!(i8, i16, i32, i64, u8, u16, u32, u64);

macro_rules! integer_reciprocals {
    ($($t:ty),*) => {$(
        impl Unary<$t> for Reciprocal {
            type Out = $t;
            #[inline(always)]
            fn apply(a: $t) -> $t { if a == 1 || a.wrapping_add(1) == 0 && <$t>::MIN != 0 { a } else { 0 } }
        }
    )*};
}
integer_reciprocals!(i8, i16, i32, i64, u8, u16, u32, u64);

/// NumPy's `npy_divmod` for `b != 0`: the floored quotient and the remainder with the sign of `b`.
#[inline(always)]
fn divmod<T: Float>(a: T, b: T) -> (T, T) {
    let half = T::ONE.divide(T::ONE.add(T::ONE));
    let mut rest = a.truncated_remainder(b);
    let mut quotient = a.subtract(rest).divide(b);
    if rest.equals(T::ZERO) {
        rest = T::ZERO.signed_like(b);
    } else if (b < T::ZERO) != (rest < T::ZERO) {
        rest = rest.add(b);
        quotient = quotient.subtract(T::ONE);
    }
    if quotient.equals(T::ZERO) {
        return (T::ZERO.signed_like(a.divide(b)), rest);
    }
    let floor = quotient.floor();
    let whole = if quotient.subtract(floor) > half { floor.add(T::ONE) } else { floor };
    (whole, rest)
}

#[inline(always)]
fn float_floor_divide<T: Float>(a: T, b: T) -> T {
    if b.equals(T::ZERO) { a.divide(b) } else { divmod(a, b).0 }
}

#[inline(always)]
fn float_remainder<T: Float>(a: T, b: T) -> T {
    if b.equals(T::ZERO) { T::NAN } else { divmod(a, b).1 }
}

macro_rules! floating {
    ($($t:ty),*) => {$(
        impl Binary<$t> for Divide {
            type Out = $t;
            #[inline(always)]
            fn apply(a: $t, b: $t) -> $t { a / b }
        }
        impl Binary<$t> for FloorDivide {
            type Out = $t;
            #[inline(always)]
            fn apply(a: $t, b: $t) -> $t { float_floor_divide(a, b) }
        }
        impl Binary<$t> for Remainder {
            type Out = $t;
            #[inline(always)]
            fn apply(a: $t, b: $t) -> $t { float_remainder(a, b) }
        }
        impl Binary<$t> for Fmod {
            type Out = $t;
            #[inline(always)]
            fn apply(a: $t, b: $t) -> $t { a.truncated_remainder(b) }
        }
        impl Unary<$t> for Reciprocal {
            type Out = $t;
            #[inline(always)]
            fn apply(a: $t) -> $t { 1.0 / a }
        }
    )*};
}
floating!(f32, f64);

impl Binary<f16> for Divide {
    type Out = f16;
    #[inline(always)]
    fn apply(a: f16, b: f16) -> f16 {
        narrow(widen(a) / widen(b))
    }
}

impl Binary<f16> for FloorDivide {
    type Out = f16;
    #[inline(always)]
    fn apply(a: f16, b: f16) -> f16 {
        narrow(float_floor_divide(widen(a), widen(b)))
    }
}

impl Binary<f16> for Remainder {
    type Out = f16;
    #[inline(always)]
    fn apply(a: f16, b: f16) -> f16 {
        narrow(float_remainder(widen(a), widen(b)))
    }
}

impl Binary<f16> for Fmod {
    type Out = f16;
    #[inline(always)]
    fn apply(a: f16, b: f16) -> f16 {
        narrow(widen(a).truncated_remainder(widen(b)))
    }
}

impl Unary<f16> for Reciprocal {
    type Out = f16;
    #[inline(always)]
    fn apply(a: f16) -> f16 {
        narrow(1.0 / widen(a))
    }
}

impl<T: Float> Binary<Complex<T>> for Divide
where
    Complex<T>: Element,
{
    type Out = Complex<T>;
    #[inline(always)]
    fn apply(a: Complex<T>, b: Complex<T>) -> Complex<T> {
        let (re_size, im_size) = (b.re.magnitude(), b.im.magnitude());
        if re_size >= im_size {
            if re_size.equals(T::ZERO) && im_size.equals(T::ZERO) {
                return Complex { re: a.re.divide(re_size), im: a.im.divide(re_size) };
            }
            let ratio = b.im.divide(b.re);
            let scale = T::ONE.divide(b.re.add(b.im.multiply(ratio)));
            Complex {
                re: a.re.add(a.im.multiply(ratio)).multiply(scale),
                im: a.im.subtract(a.re.multiply(ratio)).multiply(scale),
            }
        } else {
            let ratio = b.re.divide(b.im);
            let scale = T::ONE.divide(b.im.add(b.re.multiply(ratio)));
            Complex {
                re: a.re.multiply(ratio).add(a.im).multiply(scale),
                im: a.im.multiply(ratio).subtract(a.re).multiply(scale),
            }
        }
    }
}

impl<T: Float> Unary<Complex<T>> for Reciprocal
where
    Complex<T>: Element,
{
    type Out = Complex<T>;
    #[inline(always)]
    fn apply(a: Complex<T>) -> Complex<T> {
        if a.im.magnitude() <= a.re.magnitude() {
            let ratio = a.im.divide(a.re);
            let size = a.re.add(a.im.multiply(ratio));
            Complex { re: T::ONE.divide(size), im: ratio.negative().divide(size) }
        } else {
            let ratio = a.re.divide(a.im);
            let size = a.re.multiply(ratio).add(a.im);
            Complex { re: ratio.divide(size), im: T::ONE.negative().divide(size) }
        }
    }
}
