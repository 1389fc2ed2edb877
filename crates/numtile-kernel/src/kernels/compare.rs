//! Comparisons, to bool.
//!
//! Complex numbers are ordered by real part, then by imaginary part, as in NumPy. int64 and uint64 are compared as the
//! integers they are.

use half::f16;
use num_complex::Complex;
use numtile_core::DType;
use numtile_core::dtype::{Bool8, Element};

use super::group::{binary_bools, binary_complexes, binary_floats, binary_integers, binary_words};
use super::number::{Float, widen};
use super::strips::binary;
use super::{Binary, Kernel};
use crate::isa::Isa;
use crate::types::Signature;

struct Equal;
struct NotEqual;
struct Less;
struct LessEqual;

/// What a comparison needs: equality and an order (partial where there is NaN).
pub trait Ordered<B = Self>: Element {
    /// `self == other`.
    fn equal(self, other: B) -> bool;
    /// `self < other`.
    fn less(self, other: B) -> bool;
    /// `self <= other`.
    fn less_equal(self, other: B) -> bool;
}

/// `a == b`.
pub fn equal(types: &Signature, isa: Isa) -> Option<Kernel> {
    equality::<Equal>(types, isa)
}

/// `a != b`.
pub fn not_equal(types: &Signature, isa: Isa) -> Option<Kernel> {
    equality::<NotEqual>(types, isa)
}

/// `a < b`.
pub fn less(types: &Signature, isa: Isa) -> Option<Kernel> {
    order::<Less>(types, isa)
}

/// `a <= b`.
pub fn less_equal(types: &Signature, isa: Isa) -> Option<Kernel> {
    order::<LessEqual>(types, isa)
}

struct Greater;
struct GreaterEqual;

/// `a > b`.
pub fn greater(types: &Signature, isa: Isa) -> Option<Kernel> {
    order::<Greater>(types, isa)
}

/// `a >= b`.
pub fn greater_equal(types: &Signature, isa: Isa) -> Option<Kernel> {
    order::<GreaterEqual>(types, isa)
}

/// Equality of integers of one type does not look at the sign.
fn equality<K>(types: &Signature, isa: Isa) -> Option<Kernel>
where
    K: Binary<Bool8> + Binary<u8> + Binary<u16> + Binary<u32> + Binary<u64>,
    K: Binary<f16> + Binary<f32> + Binary<f64> + Binary<Complex<f32>> + Binary<Complex<f64>>,
    K: Binary<i64, u64> + Binary<u64, i64>,
{
    let t = types.input();
    mixed::<K>(types, isa)
        .or_else(|| binary_words::<K>(t, isa))
        .or_else(|| binary_bools::<K>(t, isa))
        .or_else(|| binary_floats::<K>(t, isa))
        .or_else(|| binary_complexes::<K>(t, isa))
}

fn order<K>(types: &Signature, isa: Isa) -> Option<Kernel>
where
    K: Binary<Bool8> + Binary<u8> + Binary<u16> + Binary<u32> + Binary<u64>,
    K: Binary<i8> + Binary<i16> + Binary<i32> + Binary<i64>,
    K: Binary<f16> + Binary<f32> + Binary<f64> + Binary<Complex<f32>> + Binary<Complex<f64>>,
    K: Binary<i64, u64> + Binary<u64, i64>,
{
    let t = types.input();
    mixed::<K>(types, isa)
        .or_else(|| binary_integers::<K>(t, isa))
        .or_else(|| binary_bools::<K>(t, isa))
        .or_else(|| binary_floats::<K>(t, isa))
        .or_else(|| binary_complexes::<K>(t, isa))
}

fn mixed<K>(types: &Signature, isa: Isa) -> Option<Kernel>
where
    K: Binary<i64, u64> + Binary<u64, i64>,
{
    match (types.inputs[0], types.inputs[1]) {
        (DType::I64, DType::U64) => Some(binary::<K, i64, u64>(isa)),
        (DType::U64, DType::I64) => Some(binary::<K, u64, i64>(isa)),
        _ => None,
    }
}

impl<A: Ordered<B>, B> Binary<A, B> for Equal {
    type Out = Bool8;
    #[inline(always)]
    fn apply(a: A, b: B) -> Bool8 {
        Bool8::from(a.equal(b))
    }
}

impl<A: Ordered<B>, B> Binary<A, B> for NotEqual {
    type Out = Bool8;
    #[inline(always)]
    fn apply(a: A, b: B) -> Bool8 {
        Bool8::from(!a.equal(b))
    }
}

impl<A: Ordered<B>, B> Binary<A, B> for Less {
    type Out = Bool8;
    #[inline(always)]
    fn apply(a: A, b: B) -> Bool8 {
        Bool8::from(a.less(b))
    }
}

impl<A: Ordered<B>, B> Binary<A, B> for LessEqual {
    type Out = Bool8;
    #[inline(always)]
    fn apply(a: A, b: B) -> Bool8 {
        Bool8::from(a.less_equal(b))
    }
}

impl<A, B: Ordered<A>> Binary<A, B> for Greater {
    type Out = Bool8;
    #[inline(always)]
    fn apply(a: A, b: B) -> Bool8 {
        Bool8::from(b.less(a))
    }
}

impl<A, B: Ordered<A>> Binary<A, B> for GreaterEqual {
    type Out = Bool8;
    #[inline(always)]
    fn apply(a: A, b: B) -> Bool8 {
        Bool8::from(b.less_equal(a))
    }
}

macro_rules! primitives {
    ($($t:ty),*) => {$(
        impl Ordered for $t {
            #[inline(always)]
            fn equal(self, other: $t) -> bool { self == other }
            #[inline(always)]
            fn less(self, other: $t) -> bool { self < other }
            #[inline(always)]
            fn less_equal(self, other: $t) -> bool { self <= other }
        }
    )*};
}
primitives!(i8, i16, i32, i64, u8, u16, u32, u64, f32, f64);

impl Ordered for Bool8 {
    #[inline(always)]
    fn equal(self, other: Bool8) -> bool {
        (self.0 != 0) == (other.0 != 0)
    }
    #[inline(always)]
    fn less(self, other: Bool8) -> bool {
        (self.0 == 0) & (other.0 != 0)
    }
    #[inline(always)]
    fn less_equal(self, other: Bool8) -> bool {
        (self.0 == 0) | (other.0 != 0)
    }
}

impl Ordered for f16 {
    #[inline(always)]
    fn equal(self, other: f16) -> bool {
        widen(self) == widen(other)
    }
    #[inline(always)]
    fn less(self, other: f16) -> bool {
        widen(self) < widen(other)
    }
    #[inline(always)]
    fn less_equal(self, other: f16) -> bool {
        widen(self) <= widen(other)
    }
}

impl<T: Float> Ordered for Complex<T>
where
    Complex<T>: Element,
{
    #[inline(always)]
    fn equal(self, other: Self) -> bool {
        self.re.equals(other.re) & self.im.equals(other.im)
    }
    #[inline(always)]
    fn less(self, other: Self) -> bool {
        before(self, other) | (self.re.equals(other.re) & (self.im < other.im))
    }
    #[inline(always)]
    fn less_equal(self, other: Self) -> bool {
        before(self, other) | (self.re.equals(other.re) & (self.im <= other.im))
    }
}

/// Decided by the real parts alone; no imaginary part may be NaN.
#[inline(always)]
fn before<T: Float>(a: Complex<T>, b: Complex<T>) -> bool {
    (a.re < b.re) & !a.im.is_nan() & !b.im.is_nan()
}

impl Ordered<u64> for i64 {
    #[inline(always)]
    fn equal(self, other: u64) -> bool {
        (self >= 0) & (self as u64 == other)
    }
    #[inline(always)]
    fn less(self, other: u64) -> bool {
        (self < 0) | ((self as u64) < other)
    }
    #[inline(always)]
    fn less_equal(self, other: u64) -> bool {
        (self < 0) | (self as u64 <= other)
    }
}

impl Ordered<i64> for u64 {
    #[inline(always)]
    fn equal(self, other: i64) -> bool {
        (other >= 0) & (self == other as u64)
    }
    #[inline(always)]
    fn less(self, other: i64) -> bool {
        (other >= 0) & (self < other as u64)
    }
    #[inline(always)]
    fn less_equal(self, other: i64) -> bool {
        (other >= 0) & (self <= other as u64)
    }
}
