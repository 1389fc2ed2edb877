//! Chan's joins against exact variances, and the ends of the variance's range.

use num_complex::Complex;
use numtile_core::{DType, Scalar};
use numtile_kernel::builtin::reduce::{ReduceOp, Reducer};

use crate::run::{Elements, Leaf, Random, finalize, isas, reduce, states};

fn var(dtype: DType, ddof: f64) -> Reducer {
    Reducer::new(ReduceOp::Var, dtype, DType::F64, ddof, isas()[0]).unwrap()
}

/// The variance of integers, from exact sums.
fn exact(values: &[i64]) -> f64 {
    let n = values.len() as i128;
    let sum: i128 = values.iter().map(|&x| i128::from(x)).sum();
    let squares: i128 = values.iter().map(|&x| i128::from(x) * i128::from(x)).sum();
    (n * squares - sum * sum) as f64 / (n * n) as f64
}

/// Leaves of uneven sizes, joined as a binary tree or one after another.
fn joined(values: &[i64], sizes: &[usize], balanced: bool) -> f64 {
    let reducer = var(DType::I64, 0.0);
    let mut parts = Vec::new();
    let mut rest = values;
    for &size in sizes.iter().cycle() {
        let (part, tail) = rest.split_at(size.min(rest.len()));
        let leaf = Leaf::Across { kept: 1, rows: 1, cols: part.len() };
        parts.push((states(&reducer, &Elements::new(part), leaf), part.len() as u64));
        rest = tail;
        if rest.is_empty() {
            break;
        }
    }
    while parts.len() > 1 {
        let at = if balanced { 1 } else { parts.len() };
        let mut next = Vec::new();
        let mut iter = parts.into_iter();
        while let Some((mut left, mut n)) = iter.next() {
            for (right, n_right) in iter.by_ref().take(at) {
                // SAFETY: one state each.
                unsafe { reducer.join(left.as_mut_ptr().cast(), right.as_ptr().cast(), 1, n, n_right) };
                n += n_right;
            }
            next.push((left, n));
        }
        parts = next;
    }
    finalize(&reducer, parts[0].0.as_ptr(), 1, parts[0].1)[0].to_f64()
}

#[test]
fn joins_are_accurate() {
    let mut random = Random(11);
    for offset in [0i64, 1_000_000, -(1 << 40)] {
        let values: Vec<i64> = (0..50_000).map(|_| offset + random.below(1000) as i64).collect();
        let want = exact(&values);
        for sizes in [&[4096][..], &[256], &[1], &[7, 100, 1, 3000]] {
            for balanced in [true, false] {
                if !balanced && sizes == [1] {
                    continue;
                }
                let got = joined(&values, sizes, balanced);
                let error = (got - want).abs() / want;
                assert!(error < 1e-13, "{offset} {sizes:?} {balanced}: {error:e}");
            }
        }
    }
}

#[test]
fn a_constant_has_no_variance() {
    for x in [0.1, 1e300, 1e-300, -3.7e17] {
        for n in [1, 2, 3, 63, 100, 4096] {
            for leaf in [Leaf::Across { kept: 1, rows: 1, cols: n }, Leaf::Down { rows: n.min(256), kept: 1 }] {
                let values = Elements::new(&vec![x; leaf.per_kept()]);
                let got = reduce(&var(DType::F64, 0.0), &values, leaf)[0].to_f64();
                // A mean of 4096 equal numbers may be off by the rounding of their sum, nothing more.
                assert!((0.0..=x * x * 1e-30).contains(&got) || (x == 1e300 && n > 1), "{x} {n} {got:e}");
            }
        }
    }
}

#[test]
fn an_empty_side_changes_nothing() {
    let reducer = var(DType::F64, 0.0);
    let leaf = Leaf::Across { kept: 1, rows: 1, cols: 3 };
    let full = states(&reducer, &Elements::new(&[1.0, 2.5, 4.0]), leaf);
    let rubbish = vec![f64::NAN.to_bits(); full.len()];
    let (mut left, mut right) = (full.clone(), rubbish.clone());
    // SAFETY: one state each.
    unsafe {
        reducer.join(left.as_mut_ptr().cast(), rubbish.as_ptr().cast(), 1, 3, 0);
        reducer.join(right.as_mut_ptr().cast(), full.as_ptr().cast(), 1, 0, 3);
    }
    assert_eq!(left, full);
    assert_eq!(right, full);
}

#[test]
fn degrees_of_freedom_as_numpys() {
    let values = Elements::new(&[1.0, 2.0]);
    let leaf = Leaf::Across { kept: 1, rows: 1, cols: 2 };
    for (ddof, want) in [(0.0, 0.25), (1.0, 0.5), (0.5, 0.5 / 1.5), (2.0, f64::INFINITY), (3.0, f64::INFINITY)] {
        assert_eq!(reduce(&var(DType::F64, ddof), &values, leaf)[0], Scalar::new(want), "{ddof}");
    }
    let one = Leaf::Across { kept: 1, rows: 1, cols: 1 };
    assert!(reduce(&var(DType::F64, 1.0), &Elements::new(&[1.0]), one)[0].to_f64().is_nan());
}

#[test]
fn special_values_as_numpys() {
    let leaf = |cols| Leaf::Across { kept: 1, rows: 1, cols };
    let of = |values: &[f64]| reduce(&var(DType::F64, 0.0), &Elements::new(values), leaf(values.len()))[0].to_f64();
    assert!(of(&[f64::INFINITY, 1.0]).is_nan());
    assert!(of(&[f64::NAN, 1.0]).is_nan());
    assert_eq!(of(&[1e200, -1e200]), f64::INFINITY);
    assert_eq!(of(&[1e200, -1e200, 1e200]), f64::INFINITY);
    assert_eq!(of(&[1e308, 1e308, -1e308]), f64::INFINITY, "the sum overflows, and so does NumPy's result");
    let z = [Complex::new(1.0, 0.0), Complex::new(0.0, 2.0)];
    assert_eq!(reduce(&var(DType::C128, 0.0), &Elements::new(&z), leaf(2))[0].to_f64(), 1.25);
    let z = [Complex::new(1.0, 0.0), Complex::new(f64::INFINITY, 2.0)];
    assert!(reduce(&var(DType::C128, 0.0), &Elements::new(&z), leaf(2))[0].to_f64().is_nan());
}
