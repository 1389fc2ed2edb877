//! Zeros with their signs, infinities, NaN, and results that must be exact, on every instruction set.
#![allow(clippy::unwrap_used, clippy::panic)]

mod common;

use std::f64::consts::{FRAC_PI_2, FRAC_PI_4, LN_2, PI};

use common::{map, map_pairs};
use numtile_math::simd::{Element, Simd};

const INF: f64 = f64::INFINITY;
const NAN: f64 = f64::NAN;

/// Arguments and results.
type Cases<T> = &'static [T];
type One = (f64, f64);
type Two = (f64, f64, f64);

/// What a function of one number must give, in both float types: rounded to the type.
const UNARY: &[(&str, Cases<One>)] = &[
    ("exp", &[(0.0, 1.0), (-0.0, 1.0), (INF, INF), (-INF, 0.0), (NAN, NAN), (1e4, INF), (-1e4, 0.0)]),
    ("exp2", &[(0.0, 1.0), (-0.0, 1.0), (INF, INF), (-INF, 0.0), (NAN, NAN), (1e4, INF), (-1e4, 0.0), (3.0, 8.0)]),
    ("expm1", &[(0.0, 0.0), (-0.0, -0.0), (INF, INF), (-INF, -1.0), (NAN, NAN), (1e4, INF), (-1e4, -1.0)]),
    ("log", &[(1.0, 0.0), (0.0, -INF), (-0.0, -INF), (-1.0, NAN), (-INF, NAN), (INF, INF), (NAN, NAN)]),
    ("log2", &[(1.0, 0.0), (0.0, -INF), (-0.0, -INF), (-1.0, NAN), (-INF, NAN), (INF, INF), (NAN, NAN), (8.0, 3.0)]),
    ("log10", &[(1.0, 0.0), (0.0, -INF), (-0.0, -INF), (-1.0, NAN), (INF, INF), (NAN, NAN), (1000.0, 3.0)]),
    ("log1p", &[(0.0, 0.0), (-0.0, -0.0), (-1.0, -INF), (-2.0, NAN), (-INF, NAN), (INF, INF), (NAN, NAN)]),
    ("sin", &[(0.0, 0.0), (-0.0, -0.0), (INF, NAN), (-INF, NAN), (NAN, NAN)]),
    ("cos", &[(0.0, 1.0), (-0.0, 1.0), (INF, NAN), (-INF, NAN), (NAN, NAN)]),
    ("tan", &[(0.0, 0.0), (-0.0, -0.0), (INF, NAN), (-INF, NAN), (NAN, NAN)]),
    ("arcsin", &[(0.0, 0.0), (-0.0, -0.0), (1.0, FRAC_PI_2), (-1.0, -FRAC_PI_2), (1.5, NAN), (-INF, NAN), (NAN, NAN)]),
    ("arccos", &[(1.0, 0.0), (-1.0, PI), (0.0, FRAC_PI_2), (-0.0, FRAC_PI_2), (1.5, NAN), (-INF, NAN), (NAN, NAN)]),
    ("arctan", &[(0.0, 0.0), (-0.0, -0.0), (INF, FRAC_PI_2), (-INF, -FRAC_PI_2), (1.0, FRAC_PI_4), (NAN, NAN)]),
    ("sinh", &[(0.0, 0.0), (-0.0, -0.0), (INF, INF), (-INF, -INF), (NAN, NAN), (1e4, INF), (-1e4, -INF)]),
    ("cosh", &[(0.0, 1.0), (-0.0, 1.0), (INF, INF), (-INF, INF), (NAN, NAN), (1e4, INF), (-1e4, INF)]),
    ("tanh", &[(0.0, 0.0), (-0.0, -0.0), (INF, 1.0), (-INF, -1.0), (NAN, NAN), (1e4, 1.0), (-25.0, -1.0)]),
    ("arcsinh", &[(0.0, 0.0), (-0.0, -0.0), (INF, INF), (-INF, -INF), (NAN, NAN)]),
    ("arccosh", &[(1.0, 0.0), (0.5, NAN), (-2.0, NAN), (-INF, NAN), (INF, INF), (NAN, NAN)]),
    ("arctanh", &[(0.0, 0.0), (-0.0, -0.0), (1.0, INF), (-1.0, -INF), (1.5, NAN), (-INF, NAN), (NAN, NAN)]),
    ("cbrt", &[(0.0, 0.0), (-0.0, -0.0), (INF, INF), (-INF, -INF), (NAN, NAN), (27.0, 3.0), (-8.0, -2.0)]),
];

/// What a function of two numbers must give.
const BINARY: &[(&str, Cases<Two>)] = &[
    (
        "arctan2",
        &[
            (0.0, 0.0, 0.0),
            (-0.0, 0.0, -0.0),
            (0.0, -0.0, PI),
            (-0.0, -0.0, -PI),
            (0.0, 1.0, 0.0),
            (-0.0, 1.0, -0.0),
            (0.0, -1.0, PI),
            (-0.0, -1.0, -PI),
            (1.0, 0.0, FRAC_PI_2),
            (1.0, -0.0, FRAC_PI_2),
            (-1.0, -0.0, -FRAC_PI_2),
            (1.0, 1.0, FRAC_PI_4),
            (INF, INF, FRAC_PI_4),
            (-INF, INF, -FRAC_PI_4),
            (INF, -INF, 3.0 * FRAC_PI_4),
            (-INF, -INF, -3.0 * FRAC_PI_4),
            (INF, 3.0, FRAC_PI_2),
            (-INF, -3.0, -FRAC_PI_2),
            (3.0, INF, 0.0),
            (-3.0, INF, -0.0),
            (3.0, -INF, PI),
            (-3.0, -INF, -PI),
            (NAN, 1.0, NAN),
            (1.0, NAN, NAN),
            (NAN, INF, NAN),
            (INF, NAN, NAN),
        ],
    ),
    (
        "hypot",
        &[
            (0.0, 0.0, 0.0),
            (-0.0, -0.0, 0.0),
            (3.0, 4.0, 5.0),
            (-3.0, 0.0, 3.0),
            (0.0, -3.0, 3.0),
            (INF, 1.0, INF),
            (1.0, -INF, INF),
            (INF, NAN, INF),
            (NAN, -INF, INF),
            (NAN, 0.0, NAN),
            (0.0, NAN, NAN),
        ],
    ),
    (
        "power",
        &[
            (2.0, 10.0, 1024.0),
            (-2.0, 3.0, -8.0),
            (-2.0, -2.0, 0.25),
            (-2.0, 0.5, NAN),
            (4.0, 0.5, 2.0),
            (NAN, 0.0, 1.0),
            (NAN, -0.0, 1.0),
            (INF, 0.0, 1.0),
            (1.0, NAN, 1.0),
            (1.0, INF, 1.0),
            (-1.0, INF, 1.0),
            (-1.0, -INF, 1.0),
            (-1.0, 1e30, 1.0),
            (NAN, 1.0, NAN),
            (2.0, NAN, NAN),
            (0.0, 3.0, 0.0),
            (-0.0, 3.0, -0.0),
            (-0.0, 2.0, 0.0),
            (-0.0, 2.5, 0.0),
            (0.0, -3.0, INF),
            (-0.0, -3.0, -INF),
            (-0.0, -2.0, INF),
            (-0.0, -2.5, INF),
            (0.0, -INF, INF),
            (-0.0, -INF, INF),
            (0.0, INF, 0.0),
            (INF, 2.0, INF),
            (INF, -2.0, 0.0),
            (-INF, 3.0, -INF),
            (-INF, 2.0, INF),
            (-INF, -3.0, -0.0),
            (-INF, -2.0, 0.0),
            (-INF, 0.5, INF),
            (2.0, INF, INF),
            (2.0, -INF, 0.0),
            (0.5, INF, 0.0),
            (0.5, -INF, INF),
            (-2.0, INF, INF),
            (2.0, 1e30, INF),
            (2.0, -1e30, 0.0),
            (-2.0, 16_777_215.0, -INF),
            (0.5, 1e30, 0.0),
        ],
    ),
    (
        "logaddexp",
        &[
            (0.0, 0.0, LN_2),
            (INF, INF, INF),
            (INF, -INF, INF),
            (-INF, -INF, -INF),
            (-INF, 3.0, 3.0),
            (3.0, INF, INF),
            (NAN, 1.0, NAN),
            (INF, NAN, NAN),
            (1e6, 0.0, 1e6),
        ],
    ),
    (
        "logaddexp2",
        &[
            (0.0, 0.0, 1.0),
            (3.0, 3.0, 4.0),
            (INF, INF, INF),
            (INF, -INF, INF),
            (-INF, -INF, -INF),
            (-INF, 3.0, 3.0),
            (3.0, INF, INF),
            (NAN, 1.0, NAN),
            (INF, NAN, NAN),
            (1e6, 0.0, 1e6),
        ],
    ),
];

fn same<R: Element>(got: R, want: R) -> bool {
    got.bits() == want.bits() || got.to_f64().is_nan() && want.to_f64().is_nan()
}

fn check_tables<R: Element>() {
    for simd in Simd::all() {
        for (name, f) in common::unary_functions::<R>() {
            let (_, cases) = UNARY.iter().find(|(n, _)| *n == name).unwrap();
            for &(x, want) in *cases {
                let got = map(f, simd, &[R::from_f64(x)])[0];
                assert!(same(got, R::from_f64(want)), "{simd:?} {name}({x:?}) = {got:?}, not {want:?}");
            }
        }
        for (name, f) in common::binary_functions::<R>() {
            let (_, cases) = BINARY.iter().find(|(n, _)| *n == name).unwrap();
            for &(x, y, want) in *cases {
                let got = map_pairs(f, simd, &[R::from_f64(x)], &[R::from_f64(y)])[0];
                assert!(same(got, R::from_f64(want)), "{simd:?} {name}({x:?}, {y:?}) = {got:?}, not {want:?}");
            }
        }
    }
}

#[test]
fn the_table_in_float64() {
    check_tables::<f64>();
}

#[test]
fn the_table_in_float32() {
    check_tables::<f32>();
}

/// The function itself, applied to one number.
fn one(name: &str, simd: Simd, x: f64) -> f64 {
    map(common::unary_function(name), simd, &[x])[0]
}

#[test]
fn powers_and_their_logarithms_are_exact() {
    for simd in Simd::all() {
        for k in -1074..1024 {
            let power = libm::scalbn(1.0, k);
            assert_eq!(one("exp2", simd, f64::from(k)), power, "{k}");
            assert_eq!(one("log2", simd, power), f64::from(k), "{k}");
        }
        let mut power = 1.0;
        for k in 0..=22 {
            assert_eq!(one("log10", simd, power), f64::from(k));
            power *= 10.0;
        }
        for n in 1..200 {
            let n = f64::from(n);
            assert_eq!(one("cbrt", simd, n * n * n), n);
        }
    }
}

/// Where libm has a function of its own, it must agree on which results are NaN, infinite, zero, and negative, for all
/// pairs of awkward numbers.
#[test]
fn awkward_pairs_agree_in_kind_with_libm() {
    let magnitudes = [
        0.0,
        5e-324,
        f64::MIN_POSITIVE,
        1e-160,
        0.3,
        0.5,
        1.0 - f64::EPSILON,
        1.0,
        1.0 + f64::EPSILON,
        2.0,
        3.0,
        4_503_599_627_370_495.5,
        4_503_599_627_370_497.0,
        9_007_199_254_740_991.0,
        9_007_199_254_740_992.0,
        1e160,
        f64::MAX,
        INF,
        NAN,
    ];
    let numbers: Vec<f64> = magnitudes.iter().flat_map(|&m| [m, -m]).collect();
    for simd in Simd::all() {
        for (name, f) in common::binary_functions::<f64>() {
            let Some(g) = common::libm64_of_two(name) else { continue };
            for &x in &numbers {
                let got = map_pairs(f, simd, &vec![x; numbers.len()], &numbers);
                for (&y, &got) in numbers.iter().zip(&got) {
                    let want = g(x, y);
                    let kind = |v: f64| (v.is_nan(), v.is_infinite(), v == 0.0, v.is_sign_negative() && !v.is_nan());
                    assert_eq!(kind(got), kind(want), "{simd:?} {name}({x:e}, {y:e}) = {got:e}, not {want:e}");
                }
            }
        }
    }
}
