//! Errors of narrow floats, measured against a double that is close enough to the true value.

/// The error of a float32 in units in the last place of `want`.
pub fn error32(got: f32, want: f64) -> f64 {
    error(f64::from(got), want, 24, -126, 128)
}

/// The error of a float16 in units in the last place of `want`.
pub fn error16(got: f32, want: f64) -> f64 {
    error(f64::from(got), want, 11, -14, 16)
}

/// For a type with `digits` binary digits, the smallest normal number 2^`first` and the end 2^`end`, which is what
/// infinities count as. NaN must meet NaN.
fn error(got: f64, want: f64, digits: i64, first: i64, end: i64) -> f64 {
    if got.is_nan() || want.is_nan() {
        return if got.is_nan() && want.is_nan() { 0.0 } else { f64::INFINITY };
    }
    let power = |exponent: i64| f64::from_bits(((1023 + exponent) as u64) << 52);
    let (got, want) = (got.clamp(-power(end), power(end)), want.clamp(-power(end), power(end)));
    let exponent = ((want.to_bits() >> 52 & 0x7ff) as i64 - 1023).clamp(first, end - 1);
    (got - want).abs() * power(digits - 1 - exponent)
}
