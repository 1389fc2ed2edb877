//! Which element is least, and how the greatest becomes the least of something.

use std::convert::identity;

use half::f16;
use num_complex::Complex;
use numtile_core::dtype::{Bool8, Element};

/// A value that is compared. Kernels only look for the least one: [`flip`](Lane::flip) makes it the greatest, or makes
/// the bits of an unsigned number those of a signed one of the same rank.
pub(super) trait Lane: Copy + Send + Sync + 'static {
    /// Bits to turn over.
    type Mask: Copy + Send + Sync;
    /// An index below 256 as wide as the lane, so that both fit one vector.
    type Index: Copy;
    /// Whether [`pick`](Lane::pick) is commutative and associative bit for bit.
    const COMMUTES: bool;
    /// What every other value wins over.
    const LAST: Self;

    /// What to turn over so that the wanted element is the least lane.
    fn mask(greatest: bool, unsigned: bool) -> Self::Mask;

    /// The value with the bits of the mask turned over: its own inverse. A NaN stays one.
    fn flip(self, mask: Self::Mask) -> Self;

    /// The lesser, −0.0 before 0.0, a NaN before anything; of two that are equal `self`.
    fn pick(self, other: Self) -> Self;

    /// Whether `self` comes before `other`: less, or the first NaN. −0.0 and 0.0 are equal here.
    fn before(self, other: Self) -> bool;

    /// Neither comes before the other.
    fn same(self, other: Self) -> bool;

    /// The pick of `n` values, in any order.
    fn least(n: usize, at: impl Fn(usize) -> Self) -> Self;

    /// A row number as an index.
    fn index(row: usize) -> Self::Index;

    /// The index as a position.
    fn position(index: Self::Index) -> u64;
}

macro_rules! indices {
    ($index:ty) => {
        type Index = $index;
        #[inline(always)]
        fn index(row: usize) -> $index {
            row as $index
        }
        #[inline(always)]
        fn position(index: $index) -> u64 {
            index as u64
        }
    };
}

macro_rules! integer_lanes {
    ($($rust:ty, $index:ty);*) => {$(
        impl Lane for $rust {
            indices!($index);
            type Mask = $rust;
            const COMMUTES: bool = true;
            const LAST: Self = <$rust>::MAX;
            fn mask(greatest: bool, unsigned: bool) -> $rust {
                (if unsigned { <$rust>::MIN } else { 0 }) ^ (if greatest { -1 } else { 0 })
            }
            #[inline(always)]
            fn flip(self, mask: $rust) -> Self {
                self ^ mask
            }
            #[inline(always)]
            fn pick(self, other: Self) -> Self {
                if other < self { other } else { self }
            }
            #[inline(always)]
            fn before(self, other: Self) -> bool {
                self < other
            }
            #[inline(always)]
            fn same(self, other: Self) -> bool {
                self == other
            }
            #[inline(always)]
            fn least(n: usize, at: impl Fn(usize) -> Self) -> Self {
                (0..n).fold(Self::LAST, |best, i| best.pick(at(i)))
            }
        }
    )*};
}
integer_lanes!(i8, u8; i16, u16; i32, u32; i64, u64);

macro_rules! float_lanes {
    ($($rust:ty, $index:ty);*) => {$(
        impl Lane for $rust {
            indices!($index);
            type Mask = $index;
            const COMMUTES: bool = true;
            const LAST: Self = <$rust>::INFINITY;
            fn mask(greatest: bool, _unsigned: bool) -> $index {
                if greatest { (-0.0 as $rust).to_bits() } else { 0 }
            }
            #[inline(always)]
            fn flip(self, mask: $index) -> Self {
                <$rust>::from_bits(self.to_bits() ^ mask)
            }
            #[inline(always)]
            fn pick(self, other: Self) -> Self {
                // Two comparisons that each answer with their right side when in doubt. Where both found a lesser one
                // it is the same; two zeros give the one with a sign; a NaN's bits survive whatever is added to them.
                let one = if self < other { self } else { other };
                let two = if other < self { other } else { self };
                <$rust>::from_bits(one.to_bits() | two.to_bits())
            }
            #[inline(always)]
            #[allow(clippy::neg_cmp_op_on_partial_ord)]
            fn before(self, other: Self) -> bool {
                // A NaN is not at or behind anything.
                !(self >= other) & (other == other)
            }
            #[inline(always)]
            fn same(self, other: Self) -> bool {
                (self == other) | ((self != self) & (other != other))
            }
            #[inline(always)]
            fn least(n: usize, at: impl Fn(usize) -> Self) -> Self {
                const LANES: usize = 128 / size_of::<$rust>();
                if n < LANES {
                    return (0..n).fold(Self::LAST, |best, i| best.pick(at(i)));
                }
                // One instruction each: a minimum that passes NaNs by, and a note of NaNs.
                let (mut best, mut nans) = ([Self::LAST; LANES], [0 as $index; LANES]);
                for i in 0..n / LANES {
                    for j in 0..LANES {
                        let x = at(i * LANES + j);
                        best[j] = if x < best[j] { x } else { best[j] };
                        nans[j] |= if x != x { <$index>::MAX } else { 0 };
                    }
                }
                // By halves, which leaves the lanes of a register in their places.
                let mut half = LANES / 2;
                while half > 0 {
                    for j in 0..half {
                        best[j] = best[j].pick(best[j + half]);
                        nans[j] |= nans[j + half];
                    }
                    half /= 2;
                }
                let least = (n / LANES * LANES..n).fold(best[0], |least, i| least.pick(at(i)));
                if nans[0] != 0 {
                    return Self::NAN;
                }
                // That minimum takes either zero. The sign that comes first is looked for only where it matters.
                let negative = |x: Self| x.to_bits() == (-0.0 as $rust).to_bits();
                if least == 0.0 && (0..n).fold(false, |found, i| found | negative(at(i))) { -0.0 } else { least }
            }
        }
    )*};
}
float_lanes!(f32, u32; f64, u64);

macro_rules! complex_lanes {
    ($($rust:ty, $index:ty);*) => {$(
        /// Lexicographic, a number with a NaN in it before all others, as in NumPy. Of equal ones the first, whose
        /// bits may differ.
        impl Lane for Complex<$rust> {
            indices!($index);
            type Mask = $index;
            const COMMUTES: bool = false;
            const LAST: Self = Complex::new(<$rust>::INFINITY, <$rust>::INFINITY);
            fn mask(greatest: bool, unsigned: bool) -> $index {
                <$rust as Lane>::mask(greatest, unsigned)
            }
            #[inline(always)]
            fn flip(self, mask: $index) -> Self {
                Complex::new(self.re.flip(mask), self.im.flip(mask))
            }
            #[inline(always)]
            fn pick(self, other: Self) -> Self {
                if other.before(self) { other } else { self }
            }
            #[inline(always)]
            fn before(self, other: Self) -> bool {
                let less = (self.re < other.re) | ((self.re == other.re) & (self.im < other.im));
                (less | has_nan(self)) & !has_nan(other)
            }
            #[inline(always)]
            fn same(self, other: Self) -> bool {
                (self == other) | (has_nan(self) & has_nan(other))
            }
            #[inline(always)]
            fn least(n: usize, at: impl Fn(usize) -> Self) -> Self {
                (0..n).fold(Self::LAST, |best, i| best.pick(at(i)))
            }
        }
    )*};
}
complex_lanes!(f32, u32; f64, u64);

#[inline(always)]
fn has_nan<T: PartialEq + Copy>(z: Complex<T>) -> bool {
    #[allow(clippy::eq_op)]
    let nan = (z.re != z.re) | (z.im != z.im);
    nan
}

/// An element type with an order; unsigned integers are looked at as signed ones.
pub(super) trait Ordered: Element {
    /// What is compared.
    type Lane: Lane;

    /// The element as a lane.
    fn lane(self) -> Self::Lane;

    /// The element of a lane; every real NaN becomes the same NaN.
    fn element(lane: Self::Lane) -> Self;
}

macro_rules! own_lanes {
    ($($rust:ty: $tidy:expr),* $(,)?) => {$(
        impl Ordered for $rust {
            type Lane = $rust;
            #[inline(always)]
            fn lane(self) -> $rust {
                self
            }
            fn element(lane: $rust) -> $rust {
                $tidy(lane)
            }
        }
    )*};
}
own_lanes!(
    i8: identity, i16: identity, i32: identity, i64: identity,
    f32: |x: f32| if x.is_nan() { f32::NAN } else { x },
    f64: |x: f64| if x.is_nan() { f64::NAN } else { x },
    Complex<f32>: identity, Complex<f64>: identity,
);

impl Ordered for Bool8 {
    type Lane = i8;
    #[inline(always)]
    fn lane(self) -> i8 {
        i8::from(self.get())
    }
    fn element(lane: i8) -> Bool8 {
        Bool8(lane as u8)
    }
}

impl Ordered for f16 {
    type Lane = f32;
    #[inline(always)]
    fn lane(self) -> f32 {
        numtile_math::half::to_f32(self.to_bits())
    }
    fn element(lane: f32) -> f16 {
        let bits = numtile_math::half::from_f32(lane);
        if lane.is_nan() { f16::NAN } else { f16::from_bits(bits) }
    }
}
