//! float16, as its 16 bits: exact widening and narrowing with one rounding, half to even.
//!
//! Written without branches, so that a loop over them becomes vector code on every instruction set; the hardware's
//! conversions give the same bits (NaNs stay NaN, their payload is not kept).

const SIGN: u32 = 0x8000_0000;

/// float16 to float32, exactly.
#[inline(always)]
pub fn to_f32(bits: u16) -> f32 {
    const EXPONENT: u32 = 0x7c00 << 13;
    let magnitude = (u32::from(bits) & 0x7fff) << 13;
    let exponent = magnitude & EXPONENT;
    let normal = magnitude + ((127 - 15) << 23);
    let special = normal + ((128 - 16) << 23);
    // Subnormal: give it the exponent of 2^-14 and take the implied one away again.
    let subnormal = (f32::from_bits(normal + (1 << 23)) - f32::from_bits(113 << 23)).to_bits();
    let finite = if exponent == 0 { subnormal } else { normal };
    let value = if exponent == EXPONENT { special } else { finite };
    f32::from_bits(value | (u32::from(bits) & 0x8000) << 16)
}

/// float32 to float16, rounded once to nearest, ties to even.
#[inline(always)]
pub fn from_f32(value: f32) -> u16 {
    const SMALLEST_NORMAL: u32 = 113 << 23;
    const TOO_LARGE: u32 = (127 + 16) << 23;
    // Adding one half puts the last bit of a float16 subnormal at the last bit of the sum: the adder rounds.
    const SHIFT: u32 = 126 << 23;
    let bits = value.to_bits();
    let magnitude = bits & !SIGN;
    let special = if magnitude > 0x7f80_0000 { 0x7e00 } else { 0x7c00 };
    let subnormal = (f32::from_bits(magnitude) + f32::from_bits(SHIFT)).to_bits().wrapping_sub(SHIFT);
    let odd = magnitude >> 13 & 1;
    let normal = magnitude.wrapping_sub(112 << 23).wrapping_add(0xfff + odd) >> 13;
    let finite = if magnitude < SMALLEST_NORMAL { subnormal } else { normal };
    let half = if magnitude >= TOO_LARGE { special } else { finite };
    (half | (bits & SIGN) >> 16) as u16
}

/// float16 to float64, exactly.
#[inline(always)]
pub fn to_f64(bits: u16) -> f64 {
    f64::from(to_f32(bits))
}

/// float64 to float16, rounded once: float32 on the way is rounded to odd, which keeps the second rounding honest.
#[inline(always)]
pub fn from_f64(value: f64) -> u16 {
    let near = value as f32;
    let widened = f64::from(near);
    let inexact = widened != value && !value.is_nan();
    let beyond = (widened.abs() > value.abs()) as u32;
    let odd = near.to_bits().wrapping_sub(beyond) | 1;
    from_f32(if inexact { f32::from_bits(odd) } else { near })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The float16 nearest to `value` by exhaustive definition: neighbours by bits, distance in float64.
    fn nearest(value: f64) -> u16 {
        if value.is_nan() {
            return 0x7e00;
        }
        let sign = if value.is_sign_negative() { 0x8000 } else { 0 };
        let magnitude = value.abs();
        let (mut low, mut high) = (0u16, 0x7c00u16);
        let scale = |bits: u16| if bits == 0x7c00 { 65536.0 } else { to_f64(bits) };
        while high - low > 1 {
            let middle = (low + high) / 2;
            if scale(middle) <= magnitude { low = middle } else { high = middle }
        }
        let (below, above) = (magnitude - scale(low), scale(high) - magnitude);
        let up = magnitude >= 65536.0 || above < below || (above == below && low & 1 == 1);
        sign | if up { high } else { low }
    }

    #[test]
    fn every_half_survives_the_round_trip() {
        for bits in 0..=u16::MAX {
            let back = from_f32(to_f32(bits));
            let (exponent, mantissa) = (i32::from(bits >> 10 & 31), f64::from(bits & 0x3ff));
            if exponent == 31 && mantissa != 0.0 {
                assert!(to_f32(bits).is_nan() && back & 0x7fff == 0x7e00);
                continue;
            }
            assert_eq!(back, bits);
            assert_eq!(from_f64(to_f64(bits)), bits);
            let by_definition = match exponent {
                0 => mantissa * (-24f64).exp2(),
                31 => f64::INFINITY,
                e => (1024.0 + mantissa) * f64::from(e - 25).exp2(),
            };
            assert_eq!(to_f64(bits).abs(), by_definition);
        }
    }

    #[test]
    fn narrowing_rounds_once() {
        for bits in 0..0x7c00u16 {
            let (here, next) = (to_f64(bits), if bits == 0x7bff { 65536.0 } else { to_f64(bits + 1) });
            let tie = (here + next) / 2.0;
            for v in [here, tie, tie.next_down(), tie.next_up(), here.next_up(), -tie, -tie.next_down()] {
                assert_eq!(from_f64(v), nearest(v), "{v:e}");
                assert_eq!(from_f32(v as f32), nearest(f64::from(v as f32)), "{v:e}");
            }
        }
        assert_eq!(from_f64(1e300), 0x7c00);
        assert_eq!(from_f64(-1e-300), 0x8000);
        assert_eq!(from_f64(f64::NEG_INFINITY), 0xfc00);
    }

    #[test]
    fn every_float32_near_every_exponent() {
        let mut bits = 0u32;
        loop {
            let v = f32::from_bits(bits);
            assert_eq!(from_f32(v) & 0x7fff | if v.is_nan() { 0 } else { from_f32(v) & 0x8000 }, nearest(f64::from(v)));
            bits = match bits.checked_add(65_519) {
                Some(next) => next,
                None => break,
            };
        }
    }
}
