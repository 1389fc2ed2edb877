//! The functions against their true values: stored ones from mpmath, and many more from a double-double reference, which
//! is itself compared with mpmath. `examples/accuracy.rs` does the same with many more points and all of float32.
#![allow(clippy::unwrap_used, clippy::panic)]

mod common;
mod reference;

use common::draws::Draws;
use common::{best, fill, map, map_pairs};
use numtile_math::functions::{BINARY, UNARY};
use numtile_math::{Operand, half};
use reference::errors::{BOUNDS, error32_of_two, error64_of_two};
use reference::{Exact, rounded};

/// A line of the stored values.
struct Stored {
    name: &'static str,
    arguments: Vec<f64>,
    value: Exact,
}

fn stored() -> Vec<Stored> {
    let number = |word: &str| f64::from_bits(u64::from_str_radix(word, 16).unwrap());
    let parse = |line: &'static str| {
        let words: Vec<&str> = line.split(' ').collect();
        let (arguments, value) = words[1..].split_at(words.len() - 4);
        Stored {
            name: words[0],
            arguments: arguments.iter().map(|word| number(word)).collect(),
            value: Exact::new(number(value[0]), number(value[1]), value[2].parse().unwrap()),
        }
    };
    include_str!("data/values.txt").lines().map(parse).collect()
}

#[test]
fn the_reference_agrees_with_mpmath() {
    for Stored { name, arguments, value } in stored() {
        let got = match arguments[..] {
            [x] => reference::unary(name)(x),
            [x, y] => reference::binary(name)(x, y),
            _ => panic!("{name}"),
        };
        let difference = match arguments[..] {
            // Where the logarithm of the sum is near 0, what is added cancels.
            [x, y] if name.starts_with("logaddexp") => (value.rounded() / x.max(y)).abs().min(1.0),
            _ => 1.0,
        } * value.relative_difference(got);
        assert!(difference < 1e-24, "{name}({arguments:?}): {difference:e}");
    }
}

#[test]
fn stored_values() {
    for Stored { name, arguments, value } in stored() {
        let bound = BOUNDS.iter().find(|(n, ..)| *n == name).unwrap().1;
        let error = match arguments[..] {
            [x] => {
                let f = common::unary_function::<f64>(name);
                value.error64(map(f, best(), &[x])[0])
            }
            [x, y] => {
                let f = common::binary_function::<f64>(name);
                error64_of_two(name, value, x, y, map_pairs(f, best(), &[x], &[y])[0])
            }
            _ => panic!("{name}"),
        };
        assert!(error <= bound, "{name}({arguments:?}): {error} ulp");
    }
}

const POINTS: usize = 20_000;

#[test]
fn functions_of_one_number() {
    for &(name, bound64, bound32) in BOUNDS {
        let Some(function) = UNARY.iter().find(|f| f.name == name) else { continue };
        let truth = reference::unary(name);
        let mut draws = Draws::new(5);
        let x: Vec<f64> = (0..POINTS).map(|_| draws.argument(name)).collect();
        for (&x, got) in x.iter().zip(map(function.f64, best(), &x)) {
            let error = truth(x).error64(got);
            assert!(error <= bound64, "{name}({x:e}) = {got:e}: {error} ulp");
        }
        let x: Vec<f32> = (0..POINTS).map(|_| draws.argument32(name)).collect();
        for (&x, got) in x.iter().zip(map(function.f32, best(), &x)) {
            let error = truth(f64::from(x)).error32(got);
            assert!(error <= bound32, "{name}({x:e}_f32) = {got:e}: {error} ulp");
        }
    }
}

#[test]
fn functions_of_two_numbers() {
    for &(name, bound64, bound32) in BOUNDS {
        let Some(function) = BINARY.iter().find(|f| f.name == name) else { continue };
        let truth = reference::binary(name);
        let mut draws = Draws::new(5);
        let (x, y): (Vec<f64>, Vec<f64>) = (0..POINTS).map(|_| draws.arguments(name)).unzip();
        let got = map_pairs(function.f64, best(), &x, &y);
        for ((&x, &y), got) in x.iter().zip(&y).zip(got) {
            let error = error64_of_two(name, truth(x, y), x, y, got);
            assert!(error <= bound64, "{name}({x:e}, {y:e}) = {got:e}: {error} ulp");
        }
        let (x, y): (Vec<f32>, Vec<f32>) = (0..POINTS).map(|_| draws.arguments32(name)).unzip();
        let got = map_pairs(function.f32, best(), &x, &y);
        for ((&x, &y), got) in x.iter().zip(&y).zip(got) {
            let error = error32_of_two(name, truth(f64::from(x), f64::from(y)), x, y, got);
            assert!(error <= bound32, "{name}({x:e}_f32, {y:e}_f32) = {got:e}: {error} ulp");
        }
    }
}

/// float16 is computed in float32 and rounded: hardly more than half a unit, for every argument.
#[test]
fn every_float16() {
    let x: Vec<u16> = (0..=u16::MAX).collect();
    for function in UNARY {
        let truth = common::libm64(function.name).unwrap();
        for (&x, got) in x.iter().zip(map(function.f16, best(), &x)) {
            let (x, got) = (half::to_f32(x), half::to_f32(got));
            let error = rounded::error16(got, truth(f64::from(x)));
            assert!(error <= 0.501, "{}({x:e}) = {got:e}: {error} ulp", function.name);
        }
    }
}

/// The same half, all NaNs being one.
fn same_half(a: u16, b: u16) -> bool {
    a == b || [a, b].iter().all(|&bits| half::to_f32(bits).is_nan())
}

/// Halves of pairs, whichever operand stands for all.
#[test]
fn pairs_of_float16() {
    let mut draws = Draws::new(9);
    let [x, y]: [Vec<u16>; 2] = [0; 2].map(|_| (0..1000).map(|_| draws.bits() as u16).collect());
    for function in BINARY {
        let of = |x: u16, y: u16| {
            let [x, y] = [x, y].map(|bits| [half::to_f32(bits)]);
            half::from_f32(map_pairs(function.f32, best(), &x, &y)[0])
        };
        for (a, b) in [(0, 1000), (998, 999), (1, 258)] {
            let (x, y) = (&x[a..b], &y[a..b]);
            let (first, last) = (x[0], y[y.len() - 1]);
            let got = map_pairs(function.f16, best(), x, y);
            assert!(x.iter().zip(y).zip(got).all(|((&x, &y), got)| same_half(got, of(x, y))), "{}", function.name);
            let got = fill(x.len(), |out| (function.f16)(best(), Operand::All(first), Operand::Each(y), out));
            assert!(y.iter().zip(got).all(|(&y, got)| same_half(got, of(first, y))), "{}", function.name);
            let got = fill(x.len(), |out| (function.f16)(best(), Operand::Each(x), Operand::All(last), out));
            assert!(x.iter().zip(got).all(|(&x, got)| same_half(got, of(x, last))), "{}", function.name);
        }
    }
}
