//! The largest errors of the elementary functions, and where: writes docs/accuracy.md to standard output.
//!
//! `cargo run --release -p numtile-math --example accuracy -- [--points N] [--only NAME] > docs/accuracy.md`
//!
//! Functions of one number are measured for every float32 and float16, float64 and functions of two numbers at N points
//! (by default two million), which takes about half an hour on one core.
#![allow(clippy::expect_used, clippy::panic)]

#[path = "../tests/common/mod.rs"]
mod common;
#[path = "../tests/reference/mod.rs"]
mod reference;

use common::draws::Draws;
use common::{best, map, map_pairs};
use numtile_math::functions::{BINARY, BinaryFunction, UNARY, UnaryFunction};
use numtile_math::half;
use reference::errors::{error16_of_two, error32_of_two, error64_of_two};
use reference::rounded;

/// The largest error so far, and the argument or arguments.
struct Worst {
    error: f64,
    place: String,
}

impl Worst {
    fn new() -> Worst {
        Worst { error: 0.0, place: String::new() }
    }

    fn see(&mut self, error: f64, place: impl FnOnce() -> String) {
        if error > self.error || error.is_nan() {
            *self = Worst { error, place: place() };
        }
    }

    fn columns(&self) -> String {
        format!("{:.3} | {}", self.error, self.place)
    }
}

fn main() {
    let mut points = 2_000_000;
    let mut only = None;
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        let value = arguments.next().unwrap_or_default();
        match argument.as_str() {
            "--points" => points = value.parse().expect("--points takes a number"),
            "--only" => only = Some(value),
            other => panic!("unknown argument {other}"),
        }
    }
    let wanted = |name: &str| only.as_deref().is_none_or(|only| only == name);
    println!("{HEADER}");
    for function in UNARY.iter().filter(|function| wanted(function.name)) {
        let wide = measure64(function, points);
        let narrow = measure32(function);
        let half = measure16(function);
        println!("| `{}` | {} | {} | {} |", function.name, wide.columns(), narrow.columns(), half.columns());
    }
    for function in BINARY.iter().filter(|function| wanted(function.name)) {
        let (wide, narrow, half) = measure_two(function, points);
        println!("| `{}` | {} | {} | {} |", function.name, wide.columns(), narrow.columns(), half.columns());
    }
}

const HEADER: &str = "\
# Accuracy of the elementary functions

Largest errors found, in units in the last place of the true value, and the arguments where they were found. An error of
0.5 is that of correct rounding. Every instruction set gives the same bits, so the table holds for all of them.

- float32 and float16, functions of one number: every argument. float16 is computed in float32 and rounded.
- float64, and functions of two numbers: two million arguments per function, drawn over the whole domain and densely
  where a function changes its method, around powers of two, multiples of π and the ends of the domain.
- True values of float64 and of functions of two numbers come from double-double arithmetic, which the tests compare with
  mpmath; those of float32 from the same functions in float64; those of float16 from `libm` in float64.
- `logaddexp` and `logaddexp2` are the larger argument and what the other adds to it. Where these two cancel, near 0, units
  are those of the larger of them.
- Multiples of π that `arctan2`, `arccos`, `arcsin` and `arctan` give on axes and diagonals are correctly rounded, also where
  NumPy's are not (`arctan2(1, 1)` in float32).
- Results that are subnormal are rounded twice in some functions; that is where errors of `exp` above 0.6 come from. `logaddexp2`
  is the one function with an error above 1, and only there.

Functions of complex numbers are made of these; `crates/numtile-math/src/complex` states their errors. The bounds that the
tests hold the functions to are in `crates/numtile-math/tests/reference/errors.rs`.

This file is written by `cargo run --release -p numtile-math --example accuracy > docs/accuracy.md`, which takes about half an
hour.

| function | float64 | at | float32 | at | float16 | at |
|---|---|---|---|---|---|---|";

const BLOCK: usize = 1 << 12;

fn measure64(function: &UnaryFunction, points: usize) -> Worst {
    let truth = reference::unary(function.name);
    let mut draws = Draws::new(2);
    let mut worst = Worst::new();
    for _ in 0..points.div_ceil(BLOCK) {
        let x: Vec<f64> = (0..BLOCK).map(|_| draws.argument(function.name)).collect();
        for (&x, got) in x.iter().zip(map(function.f64, best(), &x)) {
            worst.see(truth(x).error64(got), || format!("{x:e}"));
        }
    }
    worst
}

/// Odd functions, and even ones: half of the numbers say all.
const ODD: [&str; 9] = ["sin", "tan", "arcsin", "arctan", "sinh", "tanh", "arcsinh", "arctanh", "cbrt"];
const EVEN: [&str; 2] = ["cos", "cosh"];

/// Every float32. The function in float64 is close enough to the true value.
fn measure32(function: &UnaryFunction) -> Worst {
    let (odd, even) = (ODD.contains(&function.name), EVEN.contains(&function.name));
    // What is correctly rounded.
    let mut worst = Worst { error: 0.5, place: String::new() };
    for first in (0..=u32::MAX).step_by(BLOCK) {
        let x: Vec<f32> = (0..BLOCK as u32).map(|i| f32::from_bits(first + i)).collect();
        let got = map(function.f32, best(), &x);
        if (odd || even) && x[0].is_sign_negative() {
            let mirrored: Vec<f32> = x.iter().map(|x| -x).collect();
            for ((&x, got), mirror) in x.iter().zip(got).zip(map(function.f32, best(), &mirrored)) {
                let want = if odd { -mirror } else { mirror };
                assert!(got.to_bits() == want.to_bits() || got.is_nan(), "{}({x:e}) breaks symmetry", function.name);
            }
            continue;
        }
        let wide: Vec<f64> = x.iter().map(|&x| f64::from(x)).collect();
        let truth = map(function.f64, best(), &wide);
        if exceeds(worst.error, &got, &truth) {
            for ((&x, &got), &truth) in x.iter().zip(&got).zip(&truth) {
                worst.see(rounded::error32(got, truth), || format!("{x:e}"));
            }
        }
    }
    worst
}

/// Whether an error of float32 may be larger than `limit`, or whether a result is not a number and should be, or the other
/// way round: vector code sees that most blocks are not worth a closer look.
fn exceeds(limit: f64, got: &[f32], truth: &[f64]) -> bool {
    got.iter().zip(truth).fold(false, |exceeds, (&got, &truth)| {
        let nearest = truth as f32;
        let correct = (got == nearest) | (got.is_nan() & nearest.is_nan());
        let power = f64::from_bits(truth.to_bits() & f64::INFINITY.to_bits());
        let place = (power * 2f64.powi(-23)).max(2f64.powi(-149));
        let small = (f64::from(got) - truth).abs() < place * (limit * 0.999_999);
        exceeds | !(correct | small)
    })
}

fn measure16(function: &UnaryFunction) -> Worst {
    let truth = libm64(function.name);
    let mut worst = Worst::new();
    let x: Vec<u16> = (0..=u16::MAX).collect();
    for (&x, got) in x.iter().zip(map(function.f16, best(), &x)) {
        let x = half::to_f32(x);
        worst.see(rounded::error16(half::to_f32(got), truth(f64::from(x))), || format!("{x:e}"));
    }
    worst
}

fn measure_two(function: &BinaryFunction, points: usize) -> (Worst, Worst, Worst) {
    let name = function.name;
    let truth = reference::binary(name);
    let mut draws = Draws::new(2);
    let (mut wide, mut narrow, mut narrowest) = (Worst::new(), Worst::new(), Worst::new());
    for _ in 0..points.div_ceil(BLOCK) {
        let (x, y): (Vec<f64>, Vec<f64>) = (0..BLOCK).map(|_| draws.arguments(name)).unzip();
        for ((&x, &y), got) in x.iter().zip(&y).zip(map_pairs(function.f64, best(), &x, &y)) {
            wide.see(error64_of_two(name, truth(x, y), x, y, got), || format!("{x:e}, {y:e}"));
        }
        let (x, y): (Vec<f32>, Vec<f32>) = (0..BLOCK).map(|_| draws.arguments32(name)).unzip();
        for ((&x, &y), got) in x.iter().zip(&y).zip(map_pairs(function.f32, best(), &x, &y)) {
            let truth = truth(f64::from(x), f64::from(y));
            narrow.see(error32_of_two(name, truth, x, y, got), || format!("{x:e}, {y:e}"));
        }
        let (x, y): (Vec<u16>, Vec<u16>) = (0..BLOCK).map(|_| draws.arguments16(name)).unzip();
        for ((&x, &y), got) in x.iter().zip(&y).zip(map_pairs(function.f16, best(), &x, &y)) {
            let [x, y, got] = [x, y, got].map(half::to_f32);
            let truth = truth(f64::from(x), f64::from(y));
            narrowest.see(error16_of_two(name, truth, x, y, got), || format!("{x:e}, {y:e}"));
        }
    }
    (wide, narrow, narrowest)
}

fn libm64(name: &str) -> fn(f64) -> f64 {
    common::libm64(name).expect("libm has every function of one number")
}
