//! What is known of floats beforehand: pictures and other small integers become floats that are never NaN and never
//! large, and need none of the care that others do.

use crate::fused::jit::lanes::{Id, Lanes};
use crate::op::Op;

/// More than any rounding in float32, relative to the result.
const ROUNDING: f64 = 1e-6;
/// Results beyond this might be infinite in float32.
const LARGE: f64 = 1e37;

/// Notes between what the results of an operation lie.
pub(super) fn note(lanes: &mut Lanes, op: Op, args: &[Id], result: Id) {
    let ranges: Option<Vec<[f64; 2]>> = args.iter().map(|&arg| lanes.range(arg)).collect();
    let range = match (op, ranges.as_deref()) {
        (Op::Add, Some(&[a, b])) => rounded(a[0] + b[0], a[1] + b[1]),
        (Op::Subtract, Some(&[a, b])) => rounded(a[0] - b[1], a[1] - b[0]),
        (Op::Multiply, Some(&[a, b])) => product(a, b),
        (Op::Minimum, Some(&[a, b])) => Some([a[0].min(b[0]), a[1].min(b[1])]),
        (Op::Maximum, Some(&[a, b])) => Some([a[0].max(b[0]), a[1].max(b[1])]),
        _ => None,
    };
    if let Some(range) = range {
        lanes.note_range(result, range);
    }
}

fn product(a: [f64; 2], b: [f64; 2]) -> Option<[f64; 2]> {
    let corners = [a[0] * b[0], a[0] * b[1], a[1] * b[0], a[1] * b[1]];
    if corners.iter().any(|corner| corner.is_nan()) {
        return None;
    }
    rounded(corners.into_iter().fold(f64::INFINITY, f64::min), corners.into_iter().fold(f64::NEG_INFINITY, f64::max))
}

/// The range with what rounding may add; nothing where it might leave the finite numbers.
fn rounded(low: f64, high: f64) -> Option<[f64; 2]> {
    let most = low.abs().max(high.abs());
    (most < LARGE).then_some([low - ROUNDING * most, high + ROUNDING * most])
}

/// Whether neither value has a NaN, and either zeros of different signs cannot meet or the second is the zero that is
/// wanted then, which is the one that the instruction gives.
pub(super) fn are_tame(lanes: &Lanes, a: Id, b: Id, wants_negative_zero: bool) -> bool {
    let (Some(a), Some(b)) = (lanes.range(a), lanes.range(b)) else { return false };
    let has_zero = |range: [f64; 2]| range[0] <= 0.0 && range[1] >= 0.0;
    let is_wanted = b.iter().all(|&end| end == 0.0 && end.is_sign_negative() == wants_negative_zero);
    !(has_zero(a) && has_zero(b)) || is_wanted
}
