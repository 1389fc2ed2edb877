//! AVX2 and FMA: four doubles or eight floats.

use std::arch::x86_64::*;
use std::ops::{Add, BitAnd, BitOr, BitXor, Div, Mul, Neg, Not, Sub};

use crate::lanes::{Lanes, Real, Vector, Words};

/// An instruction. Vectors of these types are only made by `Vector::load`, whose caller answers for the machine.
macro_rules! instruction {
    ($instruction:expr) => {
        // SAFETY: a vector exists, so the machine has AVX2 and FMA; nothing here touches memory.
        unsafe { $instruction }
    };
}

/// A vector type from the names of its instructions.
macro_rules! vector {
    (
        $vector:ident, $words:ident, $mask:ident: $lanes:literal of $float:ident, $register:ident, $int:ident;
        $splat:ident, $splat_word:ident, $load:ident, $store:ident, $to_words:ident, $from_words:ident;
        $add:ident, $sub:ident, $mul:ident, $div:ident, $mul_add:ident, $mul_sub:ident, $neg_mul_add:ident, $sqrt:ident;
        $min:ident, $max:ident, $compare:ident, $blend:ident, $and:ident, $and_not:ident, $or:ident, $xor:ident, $any:ident;
        $word_add:ident, $word_sub:ident, $shift_left:ident, $shift_right:ident
    ) => {
        #[doc = concat!(stringify!($lanes), " of ", stringify!($float), ".")]
        #[derive(Clone, Copy, Debug)]
        pub struct $vector($register);

        #[doc = concat!("The bits of ", stringify!($lanes), " of ", stringify!($float), ".")]
        #[derive(Clone, Copy, Debug)]
        pub struct $words(__m256i);

        #[doc = concat!(stringify!($lanes), " truth values: all bits or none.")]
        #[derive(Clone, Copy, Debug)]
        pub struct $mask($register);

        impl Add for $vector {
            type Output = Self;
            #[inline(always)]
            fn add(self, other: Self) -> Self {
                $vector(instruction!($add(self.0, other.0)))
            }
        }
        impl Sub for $vector {
            type Output = Self;
            #[inline(always)]
            fn sub(self, other: Self) -> Self {
                $vector(instruction!($sub(self.0, other.0)))
            }
        }
        impl Mul for $vector {
            type Output = Self;
            #[inline(always)]
            fn mul(self, other: Self) -> Self {
                $vector(instruction!($mul(self.0, other.0)))
            }
        }
        impl Div for $vector {
            type Output = Self;
            #[inline(always)]
            fn div(self, other: Self) -> Self {
                $vector(instruction!($div(self.0, other.0)))
            }
        }
        impl Neg for $vector {
            type Output = Self;
            #[inline(always)]
            fn neg(self) -> Self {
                $vector(instruction!($xor(self.0, $splat(-0.0))))
            }
        }

        impl Lanes for $vector {
            type Real = $float;
            type Words = $words;
            type Mask = $mask;

            #[inline(always)]
            fn splat(self, value: $float) -> Self {
                $vector(instruction!($splat(value)))
            }
            #[inline(always)]
            fn splat_word(self, value: u64) -> $words {
                $words(instruction!($splat_word(value as $int)))
            }
            #[inline(always)]
            fn mul_add(self, b: Self, c: Self) -> Self {
                $vector(instruction!($mul_add(self.0, b.0, c.0)))
            }
            #[inline(always)]
            fn mul_sub(self, b: Self, c: Self) -> Self {
                $vector(instruction!($mul_sub(self.0, b.0, c.0)))
            }
            #[inline(always)]
            fn neg_mul_add(self, b: Self, c: Self) -> Self {
                $vector(instruction!($neg_mul_add(self.0, b.0, c.0)))
            }
            #[inline(always)]
            fn sqrt(self) -> Self {
                $vector(instruction!($sqrt(self.0)))
            }
            #[inline(always)]
            fn lesser(self, other: Self) -> Self {
                $vector(instruction!($min(self.0, other.0)))
            }
            #[inline(always)]
            fn greater(self, other: Self) -> Self {
                $vector(instruction!($max(self.0, other.0)))
            }
            #[inline(always)]
            fn lt(self, other: Self) -> $mask {
                $mask(instruction!($compare::<_CMP_LT_OQ>(self.0, other.0)))
            }
            #[inline(always)]
            fn le(self, other: Self) -> $mask {
                $mask(instruction!($compare::<_CMP_LE_OQ>(self.0, other.0)))
            }
            #[inline(always)]
            fn eq(self, other: Self) -> $mask {
                $mask(instruction!($compare::<_CMP_EQ_OQ>(self.0, other.0)))
            }
            #[inline(always)]
            fn select(mask: $mask, yes: Self, no: Self) -> Self {
                $vector(instruction!($blend(no.0, yes.0, mask.0)))
            }
            #[inline(always)]
            fn select_or_zero(mask: $mask, yes: Self) -> Self {
                $vector(instruction!($and(mask.0, yes.0)))
            }
            #[inline(always)]
            fn to_words(self) -> $words {
                $words(instruction!($to_words(self.0)))
            }
            #[inline(always)]
            fn from_words(words: $words) -> Self {
                $vector(instruction!($from_words(words.0)))
            }
            #[inline(always)]
            fn abs(self) -> Self {
                $vector(instruction!($and_not($splat(-0.0), self.0)))
            }
            #[inline(always)]
            fn sign(self) -> $words {
                $words(instruction!($to_words($and($splat(-0.0), self.0))))
            }
        }

        impl Vector for $vector {
            const LANES: usize = $lanes;

            #[inline(always)]
            unsafe fn load(from: *const $float) -> Self {
                // SAFETY: readable, and the machine has AVX2, by the caller.
                $vector(unsafe { $load(from) })
            }
            #[inline(always)]
            unsafe fn store(self, to: *mut $float) {
                // SAFETY: writable by the caller.
                unsafe { $store(to, self.0) }
            }
            #[inline(always)]
            fn any(mask: $mask) -> bool {
                instruction!($any(mask.0)) != 0
            }
        }

        impl BitAnd for $mask {
            type Output = Self;
            #[inline(always)]
            fn bitand(self, other: Self) -> Self {
                $mask(instruction!($and(self.0, other.0)))
            }
        }
        impl BitOr for $mask {
            type Output = Self;
            #[inline(always)]
            fn bitor(self, other: Self) -> Self {
                $mask(instruction!($or(self.0, other.0)))
            }
        }
        impl Not for $mask {
            type Output = Self;
            #[inline(always)]
            fn not(self) -> Self {
                $mask(instruction!($xor(self.0, $from_words(_mm256_set1_epi32(-1)))))
            }
        }

        impl Add for $words {
            type Output = Self;
            #[inline(always)]
            fn add(self, other: Self) -> Self {
                $words(instruction!($word_add(self.0, other.0)))
            }
        }
        impl Sub for $words {
            type Output = Self;
            #[inline(always)]
            fn sub(self, other: Self) -> Self {
                $words(instruction!($word_sub(self.0, other.0)))
            }
        }
        impl BitAnd for $words {
            type Output = Self;
            #[inline(always)]
            fn bitand(self, other: Self) -> Self {
                $words(instruction!(_mm256_and_si256(self.0, other.0)))
            }
        }
        impl BitOr for $words {
            type Output = Self;
            #[inline(always)]
            fn bitor(self, other: Self) -> Self {
                $words(instruction!(_mm256_or_si256(self.0, other.0)))
            }
        }
        impl BitXor for $words {
            type Output = Self;
            #[inline(always)]
            fn bitxor(self, other: Self) -> Self {
                $words(instruction!(_mm256_xor_si256(self.0, other.0)))
            }
        }
        impl Words for $words {
            #[inline(always)]
            fn halved(self) -> Self {
                $words(instruction!($shift_right::<1>(self.0)))
            }
            #[inline(always)]
            fn to_exponent(self) -> Self {
                $words(instruction!($shift_left::<{ $float::MANTISSA as i32 }>(self.0)))
            }
            #[inline(always)]
            fn exponent_bits(self) -> Self {
                $words(instruction!($shift_right::<{ $float::MANTISSA as i32 }>(self.0)))
            }
            #[inline(always)]
            fn to_sign(self) -> Self {
                $words(instruction!($shift_left::<{ $int::BITS as i32 - 1 }>(self.0)))
            }
        }
    };
}

vector! {
    F64x4, W64x4, M64x4: 4 of f64, __m256d, i64;
    _mm256_set1_pd, _mm256_set1_epi64x, _mm256_loadu_pd, _mm256_storeu_pd, _mm256_castpd_si256, _mm256_castsi256_pd;
    _mm256_add_pd, _mm256_sub_pd, _mm256_mul_pd, _mm256_div_pd,
    _mm256_fmadd_pd, _mm256_fmsub_pd, _mm256_fnmadd_pd, _mm256_sqrt_pd;
    _mm256_min_pd, _mm256_max_pd, _mm256_cmp_pd, _mm256_blendv_pd,
    _mm256_and_pd, _mm256_andnot_pd, _mm256_or_pd, _mm256_xor_pd, _mm256_movemask_pd;
    _mm256_add_epi64, _mm256_sub_epi64, _mm256_slli_epi64, _mm256_srli_epi64
}

vector! {
    F32x8, W32x8, M32x8: 8 of f32, __m256, i32;
    _mm256_set1_ps, _mm256_set1_epi32, _mm256_loadu_ps, _mm256_storeu_ps, _mm256_castps_si256, _mm256_castsi256_ps;
    _mm256_add_ps, _mm256_sub_ps, _mm256_mul_ps, _mm256_div_ps,
    _mm256_fmadd_ps, _mm256_fmsub_ps, _mm256_fnmadd_ps, _mm256_sqrt_ps;
    _mm256_min_ps, _mm256_max_ps, _mm256_cmp_ps, _mm256_blendv_ps,
    _mm256_and_ps, _mm256_andnot_ps, _mm256_or_ps, _mm256_xor_ps, _mm256_movemask_ps;
    _mm256_add_epi32, _mm256_sub_epi32, _mm256_slli_epi32, _mm256_srli_epi32
}
