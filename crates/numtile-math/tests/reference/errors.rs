//! Which errors the functions may have, in units in the last place.

use super::Exact;

/// Name, bound in float64, bound in float32. Measured maxima are in docs/accuracy.md.
pub const BOUNDS: &[(&str, f64, f64)] = &[
    ("exp", 0.8, 0.8),
    ("exp2", 0.8, 0.8),
    ("expm1", 0.8, 0.8),
    ("log", 0.8, 0.8),
    ("log2", 0.95, 0.95),
    ("log10", 0.8, 0.8),
    ("log1p", 0.8, 0.8),
    ("sin", 0.8, 0.8),
    ("cos", 0.8, 0.8),
    ("tan", 0.95, 0.98),
    ("arcsin", 0.7, 0.7),
    ("arccos", 0.65, 0.65),
    ("arctan", 0.95, 0.95),
    ("sinh", 0.7, 0.95),
    ("cosh", 0.8, 0.8),
    ("tanh", 0.7, 0.7),
    ("arcsinh", 0.8, 0.8),
    ("arccosh", 0.65, 0.75),
    ("arctanh", 0.65, 0.65),
    ("cbrt", 0.51, 0.51),
    ("arctan2", 0.95, 0.95),
    ("hypot", 0.8, 0.8),
    ("power", 0.95, 0.8),
    ("logaddexp", 0.9, 0.9),
    ("logaddexp2", 0.8, 1.2),
];

/// The error of a function of two numbers. Logarithms of sums are the larger argument and something positive: where these
/// two cancel, units are those of the larger of them.
pub fn error64_of_two(name: &str, truth: Exact, x: f64, y: f64, got: f64) -> f64 {
    if name.starts_with("logaddexp") { truth.error64_at(got, larger_term(x.max(y), truth)) } else { truth.error64(got) }
}

/// The same in float32.
pub fn error32_of_two(name: &str, truth: Exact, x: f32, y: f32, got: f32) -> f64 {
    let term = || larger_term(f64::from(x.max(y)), truth);
    if name.starts_with("logaddexp") { truth.error32_at(got, term()) } else { truth.error32(got) }
}

/// The same in float16; the numbers are given as floats.
pub fn error16_of_two(name: &str, truth: Exact, x: f32, y: f32, got: f32) -> f64 {
    let term = || larger_term(f64::from(x.max(y)), truth);
    if name.starts_with("logaddexp") { truth.error16_at(got, term()) } else { truth.error16(got) }
}

/// The larger of two numbers without their signs, one of which is given by their sum.
fn larger_term(one: f64, sum: Exact) -> f64 {
    one.abs().max((sum.rounded() - one).abs())
}
