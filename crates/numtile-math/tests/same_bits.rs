//! Every instruction set gives the bits of the portable code: all functions, both types, any bits, any length.
#![allow(clippy::unwrap_used, clippy::panic)]

mod common;

use common::draws::Draws;
use common::{fill, map, map_pairs};
use numtile_math::simd::{Element, Simd};
use numtile_math::{Operand, single};

fn assert_same<R: Element>(got: &[R], want: &[R], context: impl Fn(usize) -> String) {
    for (i, (got, want)) in got.iter().zip(want).enumerate() {
        let both_nan = got.to_f64().is_nan() && want.to_f64().is_nan();
        assert!(got.bits() == want.bits() || both_nan, "{}: {got:?} and {want:?}", context(i));
    }
}

fn check<R: Element>(
    any: fn(&mut Draws) -> R,
    ordinary: fn(&mut Draws, &str) -> R,
    pair: fn(&mut Draws, &str) -> (R, R),
) {
    const N: usize = 20_000;
    let mut draws = Draws::new(11);
    for (name, f) in common::unary_functions::<R>() {
        let x: Vec<R> = (0..N).map(|i| if i % 4 == 0 { any(&mut draws) } else { ordinary(&mut draws, name) }).collect();
        let want = map(f, Simd::PORTABLE, &x);
        for simd in Simd::all() {
            assert_same(&map(f, simd, &x), &want, |i| format!("{simd:?} {name}({:?})", x[i]));
            for n in 0..100 {
                assert_same(&map(f, simd, &x[n..2 * n]), &want[n..2 * n], |i| format!("{simd:?} {name} {i} of {n}"));
            }
        }
    }
    for (name, f) in common::binary_functions::<R>() {
        let (x, y): (Vec<R>, Vec<R>) = (0..N)
            .map(|i| if i % 4 == 0 { (any(&mut draws), any(&mut draws)) } else { pair(&mut draws, name) })
            .unzip();
        let want = map_pairs(f, Simd::PORTABLE, &x, &y);
        for simd in Simd::all() {
            assert_same(&map_pairs(f, simd, &x, &y), &want, |i| format!("{simd:?} {name}({:?}, {:?})", x[i], y[i]));
            for n in 0..100 {
                let (x, y) = (&x[n..2 * n], &y[n..2 * n]);
                assert_same(&map_pairs(f, simd, x, y), &want[n..2 * n], |i| format!("{simd:?} {name} {i} of {n}"));
                let Some((&first, &last)) = x.first().zip(y.last()) else { continue };
                for (a, b) in [
                    (Operand::All(first), Operand::Each(y)),
                    (Operand::Each(x), Operand::All(last)),
                    (Operand::All(first), Operand::All(last)),
                ] {
                    let got = fill(n, |out| f(simd, a, b, out));
                    let want = fill(n, |out| f(Simd::PORTABLE, a, b, out));
                    assert_same(&got, &want, |i| format!("{simd:?} {name} {i} of {n}, uniform"));
                }
            }
        }
    }
}

#[test]
fn float64() {
    check(Draws::any_f64, Draws::argument, Draws::arguments);
}

#[test]
fn float32() {
    check(Draws::any_f32, Draws::argument32, Draws::arguments32);
}

/// Uniform operands are what repeated ones are.
#[test]
fn uniform_operands() {
    let mut draws = Draws::new(3);
    for (name, f) in common::binary_functions::<f64>() {
        let (x, y) = draws.arguments(name);
        let got = fill(7, |out| f(Simd::PORTABLE, Operand::All(x), Operand::All(y), out));
        assert_same(&got, &map_pairs(f, Simd::PORTABLE, &[x; 7], &[y; 7]), |_| name.to_string());
    }
}

type OfOne<R> = fn(R) -> R;
type OfTwo<R> = fn(R, R) -> R;

/// A number by itself, as complex functions ask for it, has the bits it has in a slice.
fn check_single<R: Element>(any: fn(&mut Draws) -> R, ordinary: fn(&mut Draws, &str) -> R) {
    let of_one: [(&str, OfOne<R>); 18] = [
        ("exp", single::exp),
        ("exp2", single::exp2),
        ("expm1", single::expm1),
        ("log", single::log),
        ("log2", single::log2),
        ("log10", single::log10),
        ("log1p", single::log1p),
        ("sin", single::sin),
        ("cos", single::cos),
        ("tan", single::tan),
        ("arcsin", single::arcsin),
        ("arccos", single::arccos),
        ("arctan", single::arctan),
        ("sinh", single::sinh),
        ("cosh", single::cosh),
        ("tanh", single::tanh),
        ("arcsinh", single::arcsinh),
        ("arctanh", single::arctanh),
    ];
    let of_two: [(&str, OfTwo<R>); 2] = [("arctan2", single::arctan2), ("hypot", single::hypot)];
    let mut draws = Draws::new(21);
    let mut numbers = |name: &str| -> Vec<R> {
        (0..2000).map(|i| if i % 2 == 0 { any(&mut draws) } else { ordinary(&mut draws, name) }).collect()
    };
    for (name, f) in of_one {
        let x = numbers(name);
        let got: Vec<R> = x.iter().map(|&x| f(x)).collect();
        let want = map(common::unary_function(name), Simd::PORTABLE, &x);
        assert_same(&got, &want, |i| format!("{name}({:?})", x[i]));
    }
    for (name, f) in of_two {
        let (x, y) = (numbers(name), numbers(name));
        let got: Vec<R> = x.iter().zip(&y).map(|(&x, &y)| f(x, y)).collect();
        let want = map_pairs(common::binary_function(name), Simd::PORTABLE, &x, &y);
        assert_same(&got, &want, |i| format!("{name}({:?}, {:?})", x[i], y[i]));
    }
}

#[test]
fn single_numbers() {
    check_single(Draws::any_f64, Draws::argument);
    check_single(Draws::any_f32, Draws::argument32);
}
