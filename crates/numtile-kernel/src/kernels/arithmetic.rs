//! Addition, subtraction, multiplication, and the functions of sign.

use half::f16;
use num_complex::Complex;
use numtile_core::dtype::{Bool8, Element};
use numtile_math::single;

use super::group::{
    binary_bools, binary_complexes, binary_floats, binary_words, unary_bools, unary_complexes, unary_floats,
    unary_integers, unary_words,
};
use super::number::{Float, Number, narrow, widen};
use super::{Binary, Kernel, Unary, slices};
use crate::isa::Isa;
use crate::types::Signature;

struct Add;
struct Subtract;
struct Multiply;
struct Negative;
struct Square;
struct Absolute;
struct Sign;
struct Copysign;
struct Heaviside;

/// `a + b`.
pub fn add(types: &Signature, isa: Isa) -> Option<Kernel> {
    let t = types.input();
    binary_bools::<Add>(t, isa)
        .or_else(|| binary_words::<Add>(t, isa))
        .or_else(|| binary_floats::<Add>(t, isa))
        .or_else(|| binary_complexes::<Add>(t, isa))
}

/// `a - b`.
pub fn subtract(types: &Signature, isa: Isa) -> Option<Kernel> {
    let t = types.input();
    binary_words::<Subtract>(t, isa)
        .or_else(|| binary_floats::<Subtract>(t, isa))
        .or_else(|| binary_complexes::<Subtract>(t, isa))
}

/// `a * b`.
pub fn multiply(types: &Signature, isa: Isa) -> Option<Kernel> {
    let t = types.input();
    binary_bools::<Multiply>(t, isa)
        .or_else(|| binary_words::<Multiply>(t, isa))
        .or_else(|| binary_floats::<Multiply>(t, isa))
        .or_else(|| binary_complexes::<Multiply>(t, isa))
}

/// `-a`.
pub fn negative(types: &Signature, isa: Isa) -> Option<Kernel> {
    let t = types.input();
    unary_words::<Negative>(t, isa)
        .or_else(|| unary_floats::<Negative>(t, isa))
        .or_else(|| unary_complexes::<Negative>(t, isa))
}

/// `a * a`.
pub fn square(types: &Signature, isa: Isa) -> Option<Kernel> {
    let t = types.input();
    unary_words::<Square>(t, isa)
        .or_else(|| unary_floats::<Square>(t, isa))
        .or_else(|| unary_complexes::<Square>(t, isa))
}

/// `|a|`; the smallest signed integer stays itself, complex numbers give their modulus.
pub fn absolute(types: &Signature, isa: Isa) -> Option<Kernel> {
    let t = types.input();
    unary_bools::<Absolute>(t, isa)
        .or_else(|| unary_integers::<Absolute>(t, isa))
        .or_else(|| unary_floats::<Absolute>(t, isa))
        .or_else(|| slices::modulus(t, isa))
}

/// −1, 0 or 1 by sign (NaN stays); complex numbers divided by their modulus.
pub fn sign(types: &Signature, isa: Isa) -> Option<Kernel> {
    let t = types.input();
    unary_integers::<Sign>(t, isa).or_else(|| unary_floats::<Sign>(t, isa)).or_else(|| unary_complexes::<Sign>(t, isa))
}

/// `|a|` with the sign of `b`.
pub fn copysign(types: &Signature, isa: Isa) -> Option<Kernel> {
    binary_floats::<Copysign>(types.input(), isa)
}

/// 0 below zero, 1 above it, `b` at zero; NaN stays.
pub fn heaviside(types: &Signature, isa: Isa) -> Option<Kernel> {
    binary_floats::<Heaviside>(types.input(), isa)
}

impl<T: Number> Binary<T> for Add {
    type Out = T;
    #[inline(always)]
    fn apply(a: T, b: T) -> T {
        a.add(b)
    }
}

impl<T: Number> Binary<T> for Subtract {
    type Out = T;
    #[inline(always)]
    fn apply(a: T, b: T) -> T {
        a.subtract(b)
    }
}

impl<T: Number> Binary<T> for Multiply {
    type Out = T;
    #[inline(always)]
    fn apply(a: T, b: T) -> T {
        a.multiply(b)
    }
}

impl<T: Number> Unary<T> for Negative {
    type Out = T;
    #[inline(always)]
    fn apply(a: T) -> T {
        a.negative()
    }
}

impl<T: Number> Unary<T> for Square {
    type Out = T;
    #[inline(always)]
    fn apply(a: T) -> T {
        a.square()
    }
}

impl Unary<Bool8> for Absolute {
    type Out = Bool8;
    #[inline(always)]
    fn apply(a: Bool8) -> Bool8 {
        Bool8::from(a.get())
    }
}

macro_rules! signed {
    ($($t:ty),*) => {$(
        impl Unary<$t> for Absolute {
            type Out = $t;
            #[inline(always)]
            fn apply(a: $t) -> $t { a.wrapping_abs() }
        }
        impl Unary<$t> for Sign {
            type Out = $t;
            #[inline(always)]
            fn apply(a: $t) -> $t { a.signum() }
        }
    )*};
}
signed!(i8, i16, i32, i64);

macro_rules! unsigned {
    ($($t:ty),*) => {$(
        impl Unary<$t> for Absolute {
            type Out = $t;
            #[inline(always)]
            fn apply(a: $t) -> $t { a }
        }
        impl Unary<$t> for Sign {
            type Out = $t;
            #[inline(always)]
            fn apply(a: $t) -> $t { (a != 0) as $t }
        }
    )*};
}
unsigned!(u8, u16, u32, u64);

#[inline(always)]
fn step<T: Float>(a: T, at_zero: T) -> T {
    let beside = if a < T::ZERO { T::ZERO } else { T::ONE };
    let number = if a.equals(T::ZERO) { at_zero } else { beside };
    if a.is_nan() { a } else { number }
}

/// −1, 0, 1 or NaN.
#[inline(always)]
fn sign_of<T: Float>(a: T) -> T {
    let negative = if a < T::ZERO { T::ONE.negative() } else { T::ZERO };
    let finite = if a > T::ZERO { T::ONE } else { negative };
    if a.is_nan() { a } else { finite }
}

macro_rules! floating {
    ($($t:ty),*) => {$(
        impl Unary<$t> for Absolute {
            type Out = $t;
            #[inline(always)]
            fn apply(a: $t) -> $t { a.magnitude() }
        }
        impl Unary<$t> for Sign {
            type Out = $t;
            #[inline(always)]
            fn apply(a: $t) -> $t { sign_of(a) }
        }
        impl Binary<$t> for Copysign {
            type Out = $t;
            #[inline(always)]
            fn apply(a: $t, b: $t) -> $t { a.signed_like(b) }
        }
        impl Binary<$t> for Heaviside {
            type Out = $t;
            #[inline(always)]
            fn apply(a: $t, b: $t) -> $t { step(a, b) }
        }
        impl Unary<Complex<$t>> for Sign {
            type Out = Complex<$t>;
            #[inline(always)]
            fn apply(a: Complex<$t>) -> Complex<$t> { direction(a, single::hypot(a.re, a.im)) }
        }
    )*};
}
floating!(f32, f64);

/// `a / modulus`, NumPy's sign of a complex number.
#[inline(always)]
fn direction<T: Float>(a: Complex<T>, modulus: T) -> Complex<T>
where
    Complex<T>: Element,
{
    if modulus.is_nan() {
        Complex { re: T::NAN, im: T::NAN }
    } else if modulus.equals(T::INFINITY) {
        infinite_direction(a)
    } else if modulus.equals(T::ZERO) {
        Complex { re: T::ZERO, im: T::ZERO }
    } else {
        Complex { re: a.re.divide(modulus), im: a.im.divide(modulus) }
    }
}

#[inline(always)]
fn infinite_direction<T: Float>(a: Complex<T>) -> Complex<T> {
    match (a.re.magnitude().equals(T::INFINITY), a.im.magnitude().equals(T::INFINITY)) {
        (true, true) => Complex { re: T::NAN, im: T::NAN },
        (true, false) => Complex { re: T::ONE.signed_like(a.re), im: T::ZERO },
        _ => Complex { re: T::ZERO, im: T::ONE.signed_like(a.im) },
    }
}

impl Unary<f16> for Absolute {
    type Out = f16;
    #[inline(always)]
    fn apply(a: f16) -> f16 {
        f16::from_bits(a.to_bits() & 0x7fff)
    }
}

impl Unary<f16> for Sign {
    type Out = f16;
    #[inline(always)]
    fn apply(a: f16) -> f16 {
        narrow(sign_of(widen(a)))
    }
}

impl Binary<f16> for Heaviside {
    type Out = f16;
    #[inline(always)]
    fn apply(a: f16, b: f16) -> f16 {
        narrow(step(widen(a), widen(b)))
    }
}

impl Binary<f16> for Copysign {
    type Out = f16;
    #[inline(always)]
    fn apply(a: f16, b: f16) -> f16 {
        f16::from_bits(a.to_bits() & 0x7fff | b.to_bits() & 0x8000)
    }
}
