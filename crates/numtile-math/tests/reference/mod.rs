//! The true values of the functions, to about 90 bits: slow, obvious methods in double-double arithmetic.
//!
//! `reference.rs` compares them with values from mpmath. Arguments are finite and inside the domain; the special values
//! are tested by themselves.
#![allow(dead_code, clippy::unwrap_used, clippy::panic)]

mod double_double;
pub mod errors;
pub mod rounded;

use double_double::{Dd, LN_2, LN_10, PI};
use numtile_math::elementary::coefficients::TWO_PI_DIGITS;

/// `value`·2^`exponent`: functions overflow and underflow where doubles do, their true values do not.
#[derive(Clone, Copy, Debug)]
pub struct Exact {
    value: Dd,
    exponent: i32,
}

impl From<Dd> for Exact {
    fn from(value: Dd) -> Exact {
        Exact { value, exponent: 0 }
    }
}

impl Exact {
    /// The number `high + low`, both in units of 2^`exponent`.
    pub fn new(high: f64, low: f64, exponent: i32) -> Exact {
        Exact { value: Dd(high, low), exponent }
    }

    fn scaled(self, k: i32) -> Exact {
        Exact { exponent: self.exponent + k, ..self }
    }

    /// How far `got` is away, in units in the last place of the true value in a type with `digits` binary digits whose
    /// last place is at least 2^`smallest`, and which ends at 2^`end`.
    fn error(self, got: f64, digits: i32, smallest: i32, end: i32) -> f64 {
        if self.value.0 == 0.0 {
            return if got == 0.0 { 0.0 } else { f64::INFINITY };
        }
        let exponent = self.exponent + exponent_of(self.value.0);
        if exponent >= end {
            return if got == f64::INFINITY.copysign(self.value.0) { 0.0 } else { f64::INFINITY };
        }
        let place = (exponent - digits + 1).max(smallest);
        // An infinity stands for the number where the type ends.
        let (got, shift) = if got.is_infinite() { (1f64.copysign(got), end) } else { (got, 0) };
        // In units of the last place: what is compared is near 2^digits, or small.
        let got = scaled(got, shift - place);
        (self.value.scaled(self.exponent - place) - Dd(got, 0.0)).0.abs()
    }

    /// The error of a double.
    pub fn error64(self, got: f64) -> f64 {
        self.error(got, 53, -1074, 1024)
    }

    /// The error of a float.
    pub fn error32(self, got: f32) -> f64 {
        self.error(f64::from(got), 24, -149, 128)
    }

    /// The error of a float16, given as a float.
    pub fn error16(self, got: f32) -> f64 {
        self.error(f64::from(got), 11, -24, 16)
    }

    /// The error of a double in units in the last place of a number that is larger.
    pub fn error64_at(self, got: f64, larger: f64) -> f64 {
        self.error(got, 53, (exponent_of(larger) - 52).max(-1074), 1024)
    }

    /// The error of a float in units in the last place of a number that is larger.
    pub fn error32_at(self, got: f32, larger: f64) -> f64 {
        self.error(f64::from(got), 24, (exponent_of(larger) - 23).max(-149), 128)
    }

    /// The error of a float16 in units in the last place of a number that is larger.
    pub fn error16_at(self, got: f32, larger: f64) -> f64 {
        self.error(f64::from(got), 11, (exponent_of(larger) - 10).max(-24), 16)
    }

    /// As a double; for messages.
    pub fn rounded(self) -> f64 {
        scaled(self.value.0 + self.value.1, self.exponent)
    }

    /// The difference relative to this.
    pub fn relative_difference(self, other: Exact) -> f64 {
        ((other.value.scaled(other.exponent - self.exponent) - self.value) / self.value).0.abs()
    }
}

fn scaled(x: f64, k: i32) -> f64 {
    // Powers too large or too small for one step.
    let half = k / 2;
    libm::scalbn(libm::scalbn(x, half), k - half)
}

/// The exponent e of a number in [2^e, 2^(e+1)).
fn exponent_of(x: f64) -> i32 {
    libm::frexp(x.abs()).1 - 1
}

/// The true value of a function of one number.
pub fn unary(name: &str) -> fn(f64) -> Exact {
    match name {
        "exp" => |x| exp(Dd(x, 0.0)),
        "exp2" => |x| {
            let k = x.round();
            exp(LN_2 * Dd(x - k, 0.0)).scaled(k as i32)
        },
        "expm1" => |x| {
            if x > 300.0 { exp(Dd(x, 0.0)) } else { expm1(Dd(x, 0.0)).into() }
        },
        "log" => |x| log(x).into(),
        "log2" => |x| {
            let (fraction, k) = log_split(x);
            (fraction / LN_2 + f64::from(k)).into()
        },
        "log10" => |x| (log(x) / LN_10).into(),
        "log1p" => |x| log1p(Dd(x, 0.0)).into(),
        "sin" => |x| turned(x, 0).into(),
        "cos" => |x| turned(x, 1).into(),
        "tan" => |x| (turned(x, 0) / turned(x, 1)).into(),
        "arcsin" => |x| angle(Dd(x, 0.0), leg(x)).into(),
        "arccos" => |x| angle(leg(x), Dd(x, 0.0)).into(),
        "arctan" => |x| angle(Dd(x, 0.0), Dd(1.0, 0.0)).into(),
        "sinh" => |x| {
            if x.abs() > 300.0 {
                let e = exp(Dd(x.abs(), 0.0)).scaled(-1);
                return if x < 0.0 { Exact { value: -e.value, ..e } } else { e };
            }
            let e = expm1(Dd(x.abs(), 0.0));
            let value = (e + e / (e + 1.0)) * 0.5;
            if x < 0.0 { (-value).into() } else { value.into() }
        },
        "cosh" => |x| {
            if x.abs() > 300.0 {
                return exp(Dd(x.abs(), 0.0)).scaled(-1);
            }
            let e = expm1(Dd(x.abs(), 0.0)) + 1.0;
            ((e + Dd(1.0, 0.0) / e) * 0.5).into()
        },
        "tanh" => |x| {
            if x.abs() > 300.0 {
                return Dd(1f64.copysign(x), 0.0).into();
            }
            let e = expm1(Dd(2.0 * x, 0.0));
            (e / (e + 2.0)).into()
        },
        "arcsinh" => |x| {
            let y = x.abs();
            let value = if y > 1e20 {
                log(y) + LN_2
            } else {
                let square = Dd::product(y, y);
                log1p(square / ((square + 1.0).sqrt() + 1.0) + y)
            };
            if x < 0.0 { (-value).into() } else { value.into() }
        },
        "arccosh" => |x| {
            if x > 1e20 {
                return (log(x) + LN_2).into();
            }
            let t = Dd::sum(x, -1.0);
            log1p(t + (t * (t + 2.0)).sqrt()).into()
        },
        "arctanh" => |x| {
            let y = x.abs();
            let value = log1p(Dd(2.0 * y, 0.0) / Dd::sum(1.0, -y)) * 0.5;
            if x < 0.0 { (-value).into() } else { value.into() }
        },
        "cbrt" => |x| {
            // Away from the ends of the range, by a power of 8.
            let k = exponent_of(x) / 3;
            let m = scaled(x, -3 * k);
            let root = Dd(libm::cbrt(m), 0.0);
            let square = root * root;
            Exact::from(root - (square * root - Dd(m, 0.0)) / (square * 3.0)).scaled(k)
        },
        _ => panic!("{name}"),
    }
}

/// The true value of a function of two numbers.
pub fn binary(name: &str) -> fn(f64, f64) -> Exact {
    match name {
        "arctan2" => |y, x| {
            let k = exponent_of(x).max(exponent_of(y));
            let (far_left, far) = (x < 0.0, (exponent_of(y) - exponent_of(x)).abs() > 900);
            if far && !far_left && x.abs() > y.abs() {
                // The quotient is the angle, and may underflow.
                let (p, q) = (exponent_of(y), exponent_of(x));
                return Exact::from(Dd(scaled(y, -p), 0.0) / Dd(scaled(x, -q), 0.0)).scaled(p - q);
            }
            angle(Dd(scaled(y, -k), 0.0), Dd(scaled(x, -k), 0.0)).into()
        },
        "hypot" => |x, y| {
            let k = exponent_of(x.abs().max(y.abs()));
            let (x, y) = (scaled(x, -k), scaled(y, -k));
            Exact::from((Dd::product(x, x) + Dd::product(y, y)).sqrt()).scaled(k)
        },
        "power" => |x, y| {
            let (fraction, k) = log_split(x.abs());
            // 2^(k·y) exactly where it matters, e to the rest.
            let whole = Dd::product(f64::from(k), y);
            let rest = fraction * Dd(y, 0.0) + LN_2 * (whole + -whole.0.round());
            let e = exp(rest).scaled(whole.0.round() as i32);
            if x < 0.0 && y % 2.0 != 0.0 { Exact { value: -e.value, ..e } } else { e }
        },
        "logaddexp" => |x, y| (Dd(x.max(y), 0.0) + log_one_plus_exp(Dd::sum(x.min(y), -x.max(y)))).into(),
        "logaddexp2" => |x, y| {
            let distance = Dd::sum(x.min(y), -x.max(y)) * LN_2;
            (Dd(x.max(y), 0.0) + log_one_plus_exp(distance) / LN_2).into()
        },
        _ => panic!("{name}"),
    }
}

/// sqrt(1 - x²).
fn leg(x: f64) -> Dd {
    (Dd::sum(1.0, -x) * Dd::sum(1.0, x)).sqrt()
}

/// log(1 + e^d) for d <= 0.
fn log_one_plus_exp(d: Dd) -> Dd {
    if d.0 < -2000.0 || d.0.is_nan() {
        // Also where the distance is beyond the range.
        return Dd(0.0, 0.0);
    }
    let e = exp(d);
    log1p(e.value.scaled(e.exponent))
}

/// x = k·ln 2 + r.
fn exponent_and_rest(x: Dd) -> (i32, Dd) {
    let k = (x.0 / LN_2.0).round();
    // ln 2 in three parts, so that the rest keeps its bits.
    let third = Dd(5.707708438416212e-34, 0.0);
    (k as i32, ((x - Dd::product(k, LN_2.0)) - Dd::product(k, LN_2.1)) - third * k)
}

/// e^r - 1 for |r| < 0.4: Taylor's series of r/256, squared up again.
fn small_expm1(r: Dd) -> Dd {
    let r = r.scaled(-8);
    let mut sum = Dd(0.0, 0.0);
    for n in (1..=12).rev() {
        sum = (sum + 1.0) * r / f64::from(n);
    }
    for _ in 0..8 {
        sum = sum * (sum + 2.0);
    }
    sum
}

fn exp(x: Dd) -> Exact {
    let (k, r) = exponent_and_rest(x);
    Exact::from(small_expm1(r) + 1.0).scaled(k)
}

fn expm1(x: Dd) -> Dd {
    if x.0.abs() < 1e-20 {
        return x + x * x * 0.5;
    }
    let (k, r) = exponent_and_rest(x);
    if k < -200 {
        return Dd(-1.0, 0.0);
    }
    small_expm1(r).scaled(k) + (Dd(1.0, 0.0).scaled(k) + -1.0)
}

/// log(1 + u): one step of Newton's from double precision.
fn log1p(u: Dd) -> Dd {
    if u.0.abs() < 1e-20 {
        return u - u * u * 0.5;
    }
    if u.0 >= 1.0 {
        let sum = u + 1.0;
        let k = exponent_of(sum.0);
        return log1p(sum.scaled(-k) + -1.0) + LN_2 * f64::from(k);
    }
    let first = libm::log1p(u.0);
    let e = expm1(Dd(-first, 0.0));
    let rest = u + (u + 1.0) * e;
    (rest - rest * rest * 0.5) + first
}

/// log(x) = log(fraction) + k·ln 2, as the logarithm of the fraction and k; no k near 1.
fn log_split(x: f64) -> (Dd, i32) {
    let mut k = exponent_of(x);
    let mut m = scaled(x, -k);
    if m > std::f64::consts::SQRT_2 {
        m /= 2.0;
        k += 1;
    }
    (log1p(Dd(m - 1.0, 0.0)), k)
}

fn log(x: f64) -> Dd {
    let (fraction, k) = log_split(x);
    LN_2 * f64::from(k) + fraction
}

/// sin(x + turns·π/2).
fn turned(x: f64, turns: u64) -> Dd {
    let (quadrant, r) = quarter_turns(x.abs());
    // The sine is odd, the cosine even.
    let flip = x < 0.0 && turns == 0;
    let quadrant = (quadrant + turns) & 3;
    let value = if quadrant & 1 == 1 { small_cos(r) } else { small_sin(r) };
    if (quadrant & 2 == 2) != flip { -value } else { value }
}

/// x as quarter turns, modulo 4, and a rest: from the whole product with the digits of 2/π.
fn quarter_turns(x: f64) -> (u64, Dd) {
    if x < 0.7 {
        return (0, Dd(x, 0.0));
    }
    let bits = x.to_bits();
    let (mantissa, exponent) = (bits & ((1 << 52) - 1) | 1 << 52, (bits >> 52) as i32 - 1075);
    // limbs[0] is above the point of mantissa·2/π, the digits follow.
    let mut limbs = [0u64; 22];
    let mut carry = 0u128;
    for i in (0..20).rev() {
        let product = u128::from(TWO_PI_DIGITS[i]) * u128::from(mantissa) + carry;
        limbs[i + 1] = product as u64;
        carry = product >> 64;
    }
    limbs[0] = carry as u64;
    // Bit `i` has the weight 2^(63 - i + exponent).
    let bit = |i: i32| if (0..64 * 21).contains(&i) { limbs[i as usize / 64] >> (63 - i % 64) & 1 } else { 0 };
    let units = 63 + exponent;
    let quadrant = bit(units - 1) << 1 | bit(units);
    let up = bit(units + 1) == 1;
    // The fraction, or what is missing to the next unit, 53 bits at a time from its first bit on.
    let wanted = |i: i32| if up { 1 - bit(i) } else { bit(i) };
    let first = (units + 1..).find(|&i| wanted(i) == 1).unwrap_or(0);
    let piece = |from: i32| (0..53).fold(0.0, |sum, j| 2.0 * sum + wanted(from + j) as f64);
    let part = |n: i32| scaled(piece(first + 53 * n), units - first - 52 - 53 * n);
    let fraction = Dd(part(0), 0.0) + Dd(part(1), 0.0);
    let r = fraction * PI * 0.5;
    ((quadrant + u64::from(up)) & 3, if up { -r } else { r })
}

fn small_sin(r: Dd) -> Dd {
    let square = r * r;
    let mut sum = Dd(0.0, 0.0);
    for n in (1..=15).rev() {
        sum = (sum + 1.0) * square / -f64::from(2 * n * (2 * n + 1));
    }
    r + r * sum
}

fn small_cos(r: Dd) -> Dd {
    let square = r * r;
    let mut sum = Dd(0.0, 0.0);
    for n in (1..=15).rev() {
        sum = (sum + 1.0) * square / -f64::from(2 * n * (2 * n - 1));
    }
    sum + 1.0
}

/// The angle of the point (x, y): one step of Newton's from double precision.
fn angle(y: Dd, x: Dd) -> Dd {
    let first = libm::atan2(y.0, x.0);
    // Sine and cosine of the estimate, by way of the nearest quarter turn.
    let turns = (first / std::f64::consts::FRAC_PI_2).round();
    let rest = Dd(first, 0.0) - PI * (0.5 * turns);
    let (s, c) = (small_sin(rest), small_cos(rest));
    let (s, c) = match turns as i32 & 3 {
        0 => (s, c),
        1 => (c, -s),
        2 => (-s, -c),
        _ => (-c, s),
    };
    let delta = (y * c - x * s) / (x * c + y * s);
    delta - delta * delta * delta / 3.0 + first
}
