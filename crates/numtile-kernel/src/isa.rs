//! Which instruction set the kernels use. All give the same bits: the wider ones are only faster.

use std::sync::OnceLock;

use numtile_math::simd::Simd;

/// An instruction set that kernels are compiled for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Isa {
    /// What every machine of the target architecture has.
    Baseline,
    /// AVX2 and FMA (x86-64-v3); fused multiply-add is never formed implicitly.
    Avx2,
    /// AVX-512F for the elementary functions, which gain by it; AVX2 for everything else.
    Avx512,
}

impl Isa {
    /// Every instruction set, the slowest first.
    pub const ALL: [Isa; 3] = [Isa::Baseline, Isa::Avx2, Isa::Avx512];

    /// The best instruction set of this machine, unless `NUMTILE_ISA` names one that it has: `baseline`, `avx2` or
    /// `avx512`.
    pub fn detect() -> Isa {
        static DETECTED: OnceLock<Isa> = OnceLock::new();
        *DETECTED.get_or_init(|| Isa::wanted().filter(|isa| isa.is_supported()).unwrap_or_else(Isa::best))
    }

    /// Whether this machine can run kernels of this instruction set.
    pub fn is_supported(self) -> bool {
        match self {
            Isa::Baseline => true,
            Isa::Avx2 => Simd::avx2().is_some(),
            Isa::Avx512 => Simd::avx2().and(Simd::avx512()).is_some(),
        }
    }

    /// Whether machine code may use AVX2 and FMA.
    pub fn has_avx2(self) -> bool {
        self != Isa::Baseline
    }

    fn wanted() -> Option<Isa> {
        match std::env::var("NUMTILE_ISA").ok()?.to_ascii_lowercase().as_str() {
            "baseline" => Some(Isa::Baseline),
            "avx2" => Some(Isa::Avx2),
            "avx512" => Some(Isa::Avx512),
            _ => None,
        }
    }

    fn best() -> Isa {
        Isa::ALL.into_iter().rev().find(|isa| isa.is_supported()).unwrap_or(Isa::Baseline)
    }
}
