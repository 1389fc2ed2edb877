//! Every instruction set gives the bits of the portable code: all functions, both types, any bits, any length.
#![allow(clippy::unwrap_used, clippy::panic)]

mod common;

use common::draws::Draws;
use common::{fill, map, map_pairs};
use numtile_math::Operand;
use numtile_math::simd::{Element, Simd};

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
