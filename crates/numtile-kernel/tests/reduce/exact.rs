//! Sums against exact arithmetic.

use numtile_core::DType;
use numtile_kernel::builtin::reduce::{ReduceOp, Reducer};

use crate::run::{Elements, Leaf, Random, isas, reduce};

/// Adds `x` to a sum held as numbers that do not overlap (Shewchuk): nothing is ever lost.
fn grow(partials: &mut Vec<f64>, mut x: f64) {
    let mut kept = Vec::new();
    for &p in partials.iter() {
        let (large, small) = if x.abs() < p.abs() { (p, x) } else { (x, p) };
        let high = large + small;
        let low = small - (high - large);
        if low != 0.0 {
            kept.push(low);
        }
        x = high;
    }
    kept.push(x);
    *partials = kept;
}

/// `exact sum - got`, accurate to the last bits.
fn error(values: &[f64], got: f64) -> f64 {
    let mut partials = Vec::new();
    for &x in values {
        grow(&mut partials, x);
    }
    grow(&mut partials, -got);
    partials.iter().sum::<f64>().abs()
}

/// Additions that the first element of a leaf goes through: the bound is this many times u Σ|x|.
fn depth(leaf: Leaf) -> usize {
    let levels = |n: usize| n.next_power_of_two().trailing_zeros() as usize;
    match leaf {
        Leaf::Across { rows, cols, .. } => {
            let lanes = if cols == 1 { 0 } else { 1 + usize::from(cols > 2) + usize::from(cols > 4) };
            (cols.min(64).div_ceil(8) - 1) + levels(rows * cols.div_ceil(64)) + lanes
        }
        Leaf::Down { rows, .. } => rows.min(4) - 1 + levels(rows.div_ceil(4)),
    }
}

fn promised(n: usize) -> f64 {
    2.0 * (n as f64).log2()
}

/// Values that make every addition round as badly as it can.
fn adversaries(n: usize, random: &mut Random) -> Vec<Vec<f64>> {
    let u = f64::EPSILON / 2.0;
    let mut first = vec![u; n];
    first[0] = 1.0;
    let mut last = vec![u; n];
    last[n - 1] = 1.0;
    let wide = (0..n).map(|_| random.signed() * f64::exp2(random.below(100) as f64)).collect();
    let mut cancelling: Vec<f64> = (0..n).map(|_| random.signed() * f64::exp2(random.below(60) as f64)).collect();
    for i in 0..n / 2 {
        cancelling[n - 1 - i] = -cancelling[i];
    }
    let same_sign = (0..n).map(|_| 1.0 + random.signed().abs()).collect();
    let greedy = greedy(n);
    vec![first, last, wide, cancelling, same_sign, greedy]
}

/// Each addition to the running sum just fails to round up.
fn greedy(n: usize) -> Vec<f64> {
    let mut sum = 1.0f64;
    let mut values = vec![1.0];
    for _ in 1..n {
        let half_ulp = (sum.next_up() - sum) / 2.0;
        values.push(half_ulp.next_down());
        sum += half_ulp.next_down();
    }
    values
}

fn check(leaf: Leaf, factor: f64, random: &mut Random) {
    for values in adversaries(leaf.per_kept(), random) {
        for isa in isas() {
            let reducer = Reducer::new(ReduceOp::Sum, DType::F64, DType::F64, 0.0, isa).unwrap();
            let got = reduce(&reducer, &Elements::new(&values), leaf)[0].to_f64();
            let magnitude: f64 = values.iter().map(|x| x.abs()).sum();
            let error = error(&values, got);
            let bound = factor * f64::EPSILON / 2.0 * magnitude * (1.0 + 1e-12);
            assert!(error <= bound, "{leaf:?}: {error:e} > {bound:e}");
        }
    }
}

#[test]
fn errors_stay_below_the_promise_across() {
    let mut random = Random(21);
    for cols in (2..=300).chain([1000, 4095, 4096]) {
        check(Leaf::Across { kept: 1, rows: 1, cols }, promised(cols), &mut random);
    }
    for rows in 1..=64 {
        for cols in [1, 2, 3, 7, 8, 9, 17, 63, 64] {
            if rows * cols > 1 {
                check(Leaf::Across { kept: 1, rows, cols }, promised(rows * cols), &mut random);
            }
        }
    }
}

#[test]
fn errors_stay_below_the_depth_down() {
    let mut random = Random(22);
    for rows in 2..=256 {
        let leaf = Leaf::Down { rows, kept: 1 };
        check(leaf, depth(leaf) as f64, &mut random);
    }
}

/// The depth of the tree is the proof of the bound.
#[test]
fn depths() {
    for rows in 1..=64 {
        for cols in 1..=4096 / rows {
            if rows * cols > 1 && (rows == 1 || cols <= 64) {
                let leaf = Leaf::Across { kept: 1, rows, cols };
                assert!(depth(leaf) as f64 <= promised(rows * cols) + 1e-9, "{leaf:?}");
            }
        }
    }
    for rows in 2..=256 {
        let leaf = Leaf::Down { rows, kept: 1 };
        assert!(depth(leaf) as f64 <= promised(rows) + 1e-9, "{leaf:?}");
    }
}

#[test]
fn narrow_floats_are_right_to_the_last_place() {
    let mut random = Random(23);
    for n in [1, 10, 100, 4096] {
        let values: Vec<f32> = (0..n).map(|_| random.signed() as f32).collect();
        let wide: Vec<f64> = values.iter().map(|&x| f64::from(x)).collect();
        for isa in isas() {
            let reducer = Reducer::new(ReduceOp::Sum, DType::F32, DType::F32, 0.0, isa).unwrap();
            let leaf = Leaf::Across { kept: 1, rows: 1, cols: n };
            let got = reduce(&reducer, &Elements::new(&values), leaf)[0].to_f64();
            let ulp = f64::from((got as f32).abs().next_up() - (got as f32).abs());
            assert!(error(&wide, got) <= 0.5000001 * ulp, "{n}");
        }
    }
}
