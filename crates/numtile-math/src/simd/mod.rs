//! Instruction sets. Each makes vectors of the same functions; the bits are the same.

#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "x86_64")]
mod avx512;
mod portable;

use crate::functions::Stored;
use crate::lanes::{Real, Vector};

/// An instruction set that this machine has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Simd(Level);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Level {
    Portable,
    #[cfg(target_arch = "x86_64")]
    Avx2,
    #[cfg(target_arch = "x86_64")]
    Avx512,
}

impl Simd {
    /// One element at a time. Without an instruction for it, fused multiply-add is emulated, which is slow.
    pub const PORTABLE: Simd = Simd(Level::Portable);

    /// AVX2 and FMA, if the machine has them.
    pub fn avx2() -> Option<Simd> {
        #[cfg(target_arch = "x86_64")]
        if std::is_x86_feature_detected!("avx2") && std::is_x86_feature_detected!("fma") {
            return Some(Simd(Level::Avx2));
        }
        None
    }

    /// AVX-512F, if the machine has it.
    pub fn avx512() -> Option<Simd> {
        #[cfg(target_arch = "x86_64")]
        if std::is_x86_feature_detected!("avx512f") {
            return Some(Simd(Level::Avx512));
        }
        None
    }

    /// All that the machine has, the slowest first.
    pub fn all() -> impl Iterator<Item = Simd> {
        [Some(Simd::PORTABLE), Simd::avx2(), Simd::avx512()].into_iter().flatten()
    }

    pub(crate) fn level(self) -> Level {
        self.0
    }
}

/// A float type with its vectors.
pub trait Element: Real + Stored {
    /// One element.
    type Portable: Vector<Real = Self>;
    /// An AVX2 register.
    #[cfg(target_arch = "x86_64")]
    type Avx2: Vector<Real = Self>;
    /// An AVX-512 register.
    #[cfg(target_arch = "x86_64")]
    type Avx512: Vector<Real = Self>;
}

impl Element for f64 {
    type Portable = portable::One<f64>;
    #[cfg(target_arch = "x86_64")]
    type Avx2 = avx2::F64x4;
    #[cfg(target_arch = "x86_64")]
    type Avx512 = avx512::F64x8;
}

impl Element for f32 {
    type Portable = portable::One<f32>;
    #[cfg(target_arch = "x86_64")]
    type Avx2 = avx2::F32x8;
    #[cfg(target_arch = "x86_64")]
    type Avx512 = avx512::F32x16;
}
