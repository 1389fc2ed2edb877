//! Fused multiply-add with the same bits on every machine.

/// `a·b + c` rounded once.
#[inline(always)]
pub fn mul_add_f64(a: f64, b: f64, c: f64) -> f64 {
    if cfg!(any(target_feature = "fma", target_arch = "aarch64")) { a.mul_add(b, c) } else { libm::fma(a, b, c) }
}

/// `a·b + c` rounded once.
#[inline(always)]
pub fn mul_add_f32(a: f32, b: f32, c: f32) -> f32 {
    if cfg!(any(target_feature = "fma", target_arch = "aarch64")) { a.mul_add(b, c) } else { emulated_f32(a, b, c) }
}

/// The product is exact in float64; the sum is rounded to odd there, which keeps the second rounding honest (Boldo and
/// Melquiond, "Emulation of FMA and correctly rounded sums: proved algorithms using rounding to odd", 2008).
#[inline(always)]
fn emulated_f32(a: f32, b: f32, c: f32) -> f32 {
    let (product, c) = (f64::from(a) * f64::from(b), f64::from(c));
    let sum = product + c;
    let other = sum - product;
    let error = (product - (sum - other)) + (c - other);
    if error == 0.0 || !error.is_finite() || sum.to_bits() & 1 == 1 {
        return sum as f32;
    }
    // The neighbour on the error's side has an odd last bit.
    let away = (error > 0.0) == (sum > 0.0);
    f64::from_bits(if away { sum.to_bits() + 1 } else { sum.to_bits() - 1 }) as f32
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::draws::Draws;

    #[test]
    fn emulation_agrees_with_the_machine() {
        // Where the machine has no instruction this compares with the platform's fma, which is as good an oracle.
        let mut draws = Draws::new(1);
        for _ in 0..400_000 {
            let (a, b) = (draws.any_f32(), draws.any_f32());
            // Near cancellation, near ties, and unrelated.
            let c = match draws.below(3) {
                0 => -(a * b) * (1.0 + draws.below(5) as f32 * f32::EPSILON),
                1 => f32::from_bits((a * b).to_bits().wrapping_sub((draws.below(30) as u32) << 23)),
                _ => draws.any_f32(),
            };
            let (got, want) = (emulated_f32(a, b, c), a.mul_add(b, c));
            assert!(got.to_bits() == want.to_bits() || got.is_nan() && want.is_nan(), "{a:e} {b:e} {c:e}");
            let (a, b) = (draws.any_f64(), draws.any_f64());
            let c = match draws.below(3) {
                0 => -(a * b) * (1.0 + draws.below(5) as f64 * f64::EPSILON),
                1 => f64::from_bits((a * b).to_bits().wrapping_sub(draws.below(60) << 52)),
                _ => draws.any_f64(),
            };
            let (got, want) = (libm::fma(a, b, c), a.mul_add(b, c));
            assert!(got.to_bits() == want.to_bits() || got.is_nan() && want.is_nan(), "{a:e} {b:e} {c:e}");
        }
    }
}
