//! AVX-512F: eight doubles or sixteen floats.

use std::arch::x86_64::*;
use std::ops::{Add, BitAnd, BitOr, BitXor, Div, Mul, Neg, Not, Sub};

use crate::lanes::{Lanes, Real, Vector, Words};

/// An instruction. Vectors of these types are only made by `Vector::load`, whose caller answers for the machine.
macro_rules! instruction {
    ($instruction:expr) => {
        // SAFETY: a vector exists, so the machine has AVX-512F; nothing here touches memory.
        unsafe { $instruction }
    };
}

/// A vector type from the names of its instructions.
macro_rules! vector {
    (
        $vector:ident, $words:ident, $mask:ident: $lanes:literal of $float:ident, $register:ident, $int:ident, $bits:ident;
        $splat:ident, $splat_word:ident, $load:ident, $store:ident, $to_words:ident, $from_words:ident;
        $add:ident, $sub:ident, $mul:ident, $div:ident, $mul_add:ident, $mul_sub:ident, $neg_mul_add:ident, $sqrt:ident;
        $min:ident, $max:ident, $compare:ident, $blend:ident, $keep:ident;
        $word_add:ident, $word_sub:ident, $shift_left:ident, $shift_right:ident
    ) => {
        #[doc = concat!(stringify!($lanes), " of ", stringify!($float), ".")]
        #[derive(Clone, Copy, Debug)]
        pub struct $vector($register);

        #[doc = concat!("The bits of ", stringify!($lanes), " of ", stringify!($float), ".")]
        #[derive(Clone, Copy, Debug)]
        pub struct $words(__m512i);

        #[doc = concat!(stringify!($lanes), " truth values: a bit each.")]
        #[derive(Clone, Copy, Debug)]
        pub struct $mask($bits);

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
                let sign = instruction!($to_words($splat(-0.0)));
                $vector(instruction!($from_words(_mm512_xor_si512($to_words(self.0), sign))))
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
                $vector(instruction!($blend(mask.0, no.0, yes.0)))
            }
            #[inline(always)]
            fn select_or_zero(mask: $mask, yes: Self) -> Self {
                $vector(instruction!($keep(mask.0, yes.0)))
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
                let sign = instruction!($to_words($splat(-0.0)));
                $vector(instruction!($from_words(_mm512_andnot_si512(sign, $to_words(self.0)))))
            }
            #[inline(always)]
            fn sign(self) -> $words {
                let sign = instruction!($to_words($splat(-0.0)));
                $words(instruction!(_mm512_and_si512(sign, $to_words(self.0))))
            }
        }

        impl Vector for $vector {
            const LANES: usize = $lanes;

            #[inline(always)]
            unsafe fn load(from: *const $float) -> Self {
                // SAFETY: readable, and the machine has AVX-512F, by the caller.
                $vector(unsafe { $load(from) })
            }
            #[inline(always)]
            unsafe fn store(self, to: *mut $float) {
                // SAFETY: writable by the caller.
                unsafe { $store(to, self.0) }
            }
            #[inline(always)]
            fn any(mask: $mask) -> bool {
                mask.0 != 0
            }
        }

        impl BitAnd for $mask {
            type Output = Self;
            #[inline(always)]
            fn bitand(self, other: Self) -> Self {
                $mask(self.0 & other.0)
            }
        }
        impl BitOr for $mask {
            type Output = Self;
            #[inline(always)]
            fn bitor(self, other: Self) -> Self {
                $mask(self.0 | other.0)
            }
        }
        impl Not for $mask {
            type Output = Self;
            #[inline(always)]
            fn not(self) -> Self {
                $mask(!self.0)
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
                $words(instruction!(_mm512_and_si512(self.0, other.0)))
            }
        }
        impl BitOr for $words {
            type Output = Self;
            #[inline(always)]
            fn bitor(self, other: Self) -> Self {
                $words(instruction!(_mm512_or_si512(self.0, other.0)))
            }
        }
        impl BitXor for $words {
            type Output = Self;
            #[inline(always)]
            fn bitxor(self, other: Self) -> Self {
                $words(instruction!(_mm512_xor_si512(self.0, other.0)))
            }
        }
        impl Words for $words {
            #[inline(always)]
            fn halved(self) -> Self {
                $words(instruction!($shift_right::<1>(self.0)))
            }
            #[inline(always)]
            fn to_exponent(self) -> Self {
                $words(instruction!($shift_left::<{ $float::MANTISSA }>(self.0)))
            }
            #[inline(always)]
            fn exponent_bits(self) -> Self {
                $words(instruction!($shift_right::<{ $float::MANTISSA }>(self.0)))
            }
            #[inline(always)]
            fn to_sign(self) -> Self {
                $words(instruction!($shift_left::<{ $int::BITS - 1 }>(self.0)))
            }
        }
    };
}

vector! {
    F64x8, W64x8, M64x8: 8 of f64, __m512d, i64, __mmask8;
    _mm512_set1_pd, _mm512_set1_epi64, _mm512_loadu_pd, _mm512_storeu_pd, _mm512_castpd_si512, _mm512_castsi512_pd;
    _mm512_add_pd, _mm512_sub_pd, _mm512_mul_pd, _mm512_div_pd,
    _mm512_fmadd_pd, _mm512_fmsub_pd, _mm512_fnmadd_pd, _mm512_sqrt_pd;
    _mm512_min_pd, _mm512_max_pd, _mm512_cmp_pd_mask, _mm512_mask_blend_pd, _mm512_maskz_mov_pd;
    _mm512_add_epi64, _mm512_sub_epi64, _mm512_slli_epi64, _mm512_srli_epi64
}

vector! {
    F32x16, W32x16, M32x16: 16 of f32, __m512, i32, __mmask16;
    _mm512_set1_ps, _mm512_set1_epi32, _mm512_loadu_ps, _mm512_storeu_ps, _mm512_castps_si512, _mm512_castsi512_ps;
    _mm512_add_ps, _mm512_sub_ps, _mm512_mul_ps, _mm512_div_ps,
    _mm512_fmadd_ps, _mm512_fmsub_ps, _mm512_fnmadd_ps, _mm512_sqrt_ps;
    _mm512_min_ps, _mm512_max_ps, _mm512_cmp_ps_mask, _mm512_mask_blend_ps, _mm512_maskz_mov_ps;
    _mm512_add_epi32, _mm512_sub_epi32, _mm512_slli_epi32, _mm512_srli_epi32
}
