//! Casts between all element types.
//!
//! What NumPy defines is as in NumPy: integers wrap, floats round to nearest even (float64 to float16 in one step),
//! floats truncate to integers, complex numbers lose their imaginary part, and everything is true unless it is 0. What
//! NumPy leaves to the C compiler has a table of our own, the same on every machine: a float outside the integer
//! type gives the nearest end of its range (so a negative one gives 0 for unsigned types), and NaN gives 0.

use std::marker::PhantomData;

use half::f16;
use num_complex::Complex;
use numtile_core::DType;
use numtile_core::dtype::{Bool8, Element};
use numtile_math::half as half_bits;

use super::number::{narrow, widen};
use super::strips::unary;
use super::truncate::Truncate;
use super::{Kernel, Unary};
use crate::flags::Flags;
use crate::isa::Isa;
use crate::strip::Strip;
use crate::types::Signature;

/// The cast to one type.
struct To<U>(PhantomData<U>);

/// A value as another element type.
pub trait CastTo<U>: Element {
    /// The value as a `U`.
    fn cast_to(self) -> U;
}

impl<T: CastTo<U>, U: Element> Unary<T> for To<U> {
    type Out = U;
    #[inline(always)]
    fn apply(a: T) -> U {
        a.cast_to()
    }
}

/// From any element type to any other; a cast to the same type is a copy.
pub fn cast(types: &Signature, isa: Isa) -> Option<Kernel> {
    let from = types.input();
    if from == types.output {
        return Some(copy_of_size(from));
    }
    Some(match types.output {
        DType::Bool => cast_to::<Bool8>(from, isa),
        DType::I8 => cast_to::<i8>(from, isa),
        DType::I16 => cast_to::<i16>(from, isa),
        DType::I32 => cast_to::<i32>(from, isa),
        DType::I64 => cast_to::<i64>(from, isa),
        DType::U8 => cast_to::<u8>(from, isa),
        DType::U16 => cast_to::<u16>(from, isa),
        DType::U32 => cast_to::<u32>(from, isa),
        DType::U64 => cast_to::<u64>(from, isa),
        DType::F16 => cast_to::<f16>(from, isa),
        DType::F32 => cast_to::<f32>(from, isa),
        DType::F64 => cast_to::<f64>(from, isa),
        DType::C64 => cast_to::<Complex<f32>>(from, isa),
        DType::C128 => cast_to::<Complex<f64>>(from, isa),
    })
}

fn cast_to<U>(from: DType, isa: Isa) -> Kernel
where
    U: Element,
    i8: CastTo<U>,
    i16: CastTo<U>,
    i32: CastTo<U>,
    i64: CastTo<U>,
    u8: CastTo<U>,
    u16: CastTo<U>,
    u32: CastTo<U>,
    u64: CastTo<U>,
    f16: CastTo<U>,
    f32: CastTo<U>,
    f64: CastTo<U>,
    Bool8: CastTo<U>,
    Complex<f32>: CastTo<U>,
    Complex<f64>: CastTo<U>,
{
    match from {
        DType::Bool => unary::<To<U>, Bool8>(isa),
        DType::I8 => unary::<To<U>, i8>(isa),
        DType::I16 => unary::<To<U>, i16>(isa),
        DType::I32 => unary::<To<U>, i32>(isa),
        DType::I64 => unary::<To<U>, i64>(isa),
        DType::U8 => unary::<To<U>, u8>(isa),
        DType::U16 => unary::<To<U>, u16>(isa),
        DType::U32 => unary::<To<U>, u32>(isa),
        DType::U64 => unary::<To<U>, u64>(isa),
        DType::F16 => unary::<To<U>, f16>(isa),
        DType::F32 => unary::<To<U>, f32>(isa),
        DType::F64 => unary::<To<U>, f64>(isa),
        DType::C64 => unary::<To<U>, Complex<f32>>(isa),
        DType::C128 => unary::<To<U>, Complex<f64>>(isa),
    }
}

/// The copy of elements of a type (bool becomes exactly 0 or 1).
fn copy_of_size(dtype: DType) -> Kernel {
    match dtype.size() {
        1 if dtype == DType::Bool => unary::<To<Bool8>, Bool8>(Isa::Baseline),
        1 => copy::<u8>,
        2 => copy::<u16>,
        4 => copy::<u32>,
        8 => copy::<[u32; 2]>,
        _ => copy::<[u64; 2]>,
    }
}

pub(super) unsafe fn copy<T: Copy>(n: usize, args: &[Strip; 3], to: *mut u8) -> Flags {
    let (from, to) = (args[0].start.cast::<T>(), to.cast::<T>());
    // SAFETY: the contract of `Kernel`.
    unsafe {
        if args[0].uniform {
            let value = from.read();
            (0..n).for_each(|i| to.add(i).write(value));
        } else {
            std::ptr::copy_nonoverlapping(from, to, n);
        }
    }
    Flags::NONE
}

/// Casts that Rust's `as` defines the way we want them: wrapping and rounding.
macro_rules! primitive_casts {
    ($($from:ty => [$($to:ty),*];)*) => {$($(
        impl CastTo<$to> for $from {
            #[inline(always)]
            fn cast_to(self) -> $to { self as $to }
        }
    )*)*};
}
primitive_casts! {
    i8 => [i8, i16, i32, i64, u8, u16, u32, u64, f32, f64];
    i16 => [i8, i16, i32, i64, u8, u16, u32, u64, f32, f64];
    i32 => [i8, i16, i32, i64, u8, u16, u32, u64, f32, f64];
    i64 => [i8, i16, i32, i64, u8, u16, u32, u64, f32, f64];
    u8 => [i8, i16, i32, i64, u8, u16, u32, u64, f32, f64];
    u16 => [i8, i16, i32, i64, u8, u16, u32, u64, f32, f64];
    u32 => [i8, i16, i32, i64, u8, u16, u32, u64, f32, f64];
    u64 => [i8, i16, i32, i64, u8, u16, u32, u64, f32, f64];
    f32 => [f32, f64];
    f64 => [f32, f64];
}

macro_rules! truncating_casts {
    ($($from:ty => [$($to:ty),*];)*) => {$($(
        impl CastTo<$to> for $from {
            #[inline(always)]
            fn cast_to(self) -> $to { self.truncate() }
        }
    )*)*};
}
truncating_casts! {
    f32 => [i8, i16, i32, i64, u8, u16, u32, u64];
    f64 => [i8, i16, i32, i64, u8, u16, u32, u64];
}

/// float16 goes through float32 in both directions, exactly on the way in; integers too large for float32 to hold
/// exactly are infinite in float16 anyway.
macro_rules! half_casts {
    ($($t:ty),*) => {$(
        impl CastTo<$t> for f16 {
            #[inline(always)]
            fn cast_to(self) -> $t { widen(self).cast_to() }
        }
        impl CastTo<f16> for $t {
            #[inline(always)]
            fn cast_to(self) -> f16 { narrow(self.cast_to()) }
        }
    )*};
}
half_casts!(i8, i16, i32, i64, u8, u16, u32, u64, f32);

impl CastTo<f64> for f16 {
    #[inline(always)]
    fn cast_to(self) -> f64 {
        f64::from(widen(self))
    }
}

impl CastTo<f16> for f64 {
    #[inline(always)]
    fn cast_to(self) -> f16 {
        f16::from_bits(half_bits::from_f64(self))
    }
}

impl CastTo<f16> for f16 {
    #[inline(always)]
    fn cast_to(self) -> f16 {
        self
    }
}

/// bool is 0 or 1 as a number, and a number is true unless it is 0.
macro_rules! truth {
    ($($t:ty),*) => {$(
        impl CastTo<$t> for Bool8 {
            #[inline(always)]
            fn cast_to(self) -> $t { ((self.0 != 0) as u8).cast_to() }
        }
        impl CastTo<Bool8> for $t {
            #[inline(always)]
            fn cast_to(self) -> Bool8 { Bool8::from(self != <$t as super::number::Number>::ZERO) }
        }
    )*};
}
truth!(i8, i16, i32, i64, u8, u16, u32, u64, f32, f64, Complex<f32>, Complex<f64>);

impl CastTo<f16> for Bool8 {
    #[inline(always)]
    fn cast_to(self) -> f16 {
        f16::from_bits(0x3c00 * (self.0 != 0) as u16)
    }
}

impl CastTo<Bool8> for f16 {
    #[inline(always)]
    fn cast_to(self) -> Bool8 {
        Bool8::from(self.to_bits() & 0x7fff != 0)
    }
}

impl CastTo<Bool8> for Bool8 {
    #[inline(always)]
    fn cast_to(self) -> Bool8 {
        Bool8::from(self.get())
    }
}

/// A real number becomes the real part; a complex number loses its imaginary part.
macro_rules! complex_casts {
    ($($t:ty),*) => {$(
        impl CastTo<Complex<f32>> for $t {
            #[inline(always)]
            fn cast_to(self) -> Complex<f32> { Complex::new(self.cast_to(), 0.0) }
        }
        impl CastTo<Complex<f64>> for $t {
            #[inline(always)]
            fn cast_to(self) -> Complex<f64> { Complex::new(self.cast_to(), 0.0) }
        }
        impl CastTo<$t> for Complex<f32> {
            #[inline(always)]
            fn cast_to(self) -> $t { self.re.cast_to() }
        }
        impl CastTo<$t> for Complex<f64> {
            #[inline(always)]
            fn cast_to(self) -> $t { self.re.cast_to() }
        }
    )*};
}
complex_casts!(i8, i16, i32, i64, u8, u16, u32, u64, f16, f32, f64);

macro_rules! between_complex {
    ($($from:ty => $to:ty;)*) => {$(
        impl CastTo<Complex<$to>> for Complex<$from> {
            #[inline(always)]
            fn cast_to(self) -> Complex<$to> { Complex::new(self.re as $to, self.im as $to) }
        }
    )*};
}
between_complex! { f32 => f32; f32 => f64; f64 => f32; f64 => f64; }
