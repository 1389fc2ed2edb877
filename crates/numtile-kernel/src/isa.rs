//! Which instruction set the kernels use. Both give the same bits: the wider one is only faster.

use std::sync::OnceLock;

/// An instruction set that kernels are compiled for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Isa {
    /// What every machine of the target architecture has.
    Baseline,
    /// AVX2, FMA and F16C (x86-64-v3); fused multiply-add is never formed implicitly.
    Avx2,
}

impl Isa {
    /// The best instruction set of this machine. `NUMTILE_ISA=baseline` forces [`Isa::Baseline`].
    pub fn detect() -> Isa {
        static DETECTED: OnceLock<Isa> = OnceLock::new();
        *DETECTED.get_or_init(|| {
            let forced = std::env::var_os("NUMTILE_ISA").is_some_and(|v| v.eq_ignore_ascii_case("baseline"));
            if forced { Isa::Baseline } else { Isa::best() }
        })
    }

    /// Whether this machine can run kernels of this instruction set.
    pub fn is_supported(self) -> bool {
        match self {
            Isa::Baseline => true,
            Isa::Avx2 => has_avx2(),
        }
    }

    fn best() -> Isa {
        if has_avx2() { Isa::Avx2 } else { Isa::Baseline }
    }
}

#[cfg(target_arch = "x86_64")]
fn has_avx2() -> bool {
    std::is_x86_feature_detected!("avx2")
        && std::is_x86_feature_detected!("fma")
        && std::is_x86_feature_detected!("f16c")
}

#[cfg(not(target_arch = "x86_64"))]
fn has_avx2() -> bool {
    false
}
