//! Sums and variances follow the tree bit for bit.

use num_complex::Complex;
use numtile_core::{DType, Scalar};
use numtile_kernel::builtin::reduce::{ReduceOp, Reducer};

use crate::reference;
use crate::run::{Elements, KINDS, Leaf, Random, elements, finalize, isas, leaves, reduce, same_bits, states};

/// The components (real, imaginary) of one kept element's values in float64.
fn components(values: &Elements, leaf: Leaf, k: usize) -> (Vec<f64>, Vec<f64>) {
    leaf.indices(k).into_iter().map(|i| values.get(i).to_complex()).map(|z| (z.re, z.im)).unzip()
}

fn wide(dtype: DType) -> DType {
    if dtype.is_complex() { DType::C128 } else { DType::F64 }
}

fn each_case(dtypes: &[DType], mut check: impl FnMut(&Elements, Leaf)) {
    let mut random = Random(1);
    for &dtype in dtypes {
        for kind in KINDS {
            for leaf in leaves() {
                check(&elements(dtype, leaf.len(), kind, &mut random), leaf);
            }
        }
    }
}

#[test]
fn float_sums() {
    each_case(&[DType::F16, DType::F32, DType::F64, DType::C64, DType::C128], |values, leaf| {
        for isa in isas() {
            let sum = Reducer::new(ReduceOp::Sum, values.dtype, wide(values.dtype), 0.0, isa).unwrap();
            let mean = Reducer::new(ReduceOp::Mean, values.dtype, wide(values.dtype), 0.0, isa).unwrap();
            let got = (reduce(&sum, values, leaf), reduce(&mean, values, leaf));
            for k in 0..leaf.kept() {
                let (re, im) = components(values, leaf, k);
                let z = Complex::new(reference::sum(&re, leaf), reference::sum(&im, leaf));
                let want = Scalar::from_complex(z, wide(values.dtype));
                assert!(same_bits(got.0[k], want), "{isa:?} {leaf:?} {k}: {:?} {want:?}", got.0[k]);
                let n = leaf.per_kept() as f64;
                let want = Scalar::from_complex(Complex::new(z.re / n, z.im / n), wide(values.dtype));
                assert!(same_bits(got.1[k], want), "mean {isa:?} {leaf:?} {k}");
            }
        }
    });
}

#[test]
fn variances() {
    each_case(&DType::ALL, |values, leaf| {
        for isa in isas() {
            let var = Reducer::new(ReduceOp::Var, values.dtype, DType::F64, 0.0, isa).unwrap();
            let std = Reducer::new(ReduceOp::Std, values.dtype, DType::F64, 1.0, isa).unwrap();
            assert!(var.needs_whole_leaf());
            let states = states(&var, values, leaf);
            let n = leaf.per_kept() as u64;
            let got =
                (finalize(&var, states.as_ptr(), leaf.kept(), n), finalize(&std, states.as_ptr(), leaf.kept(), n));
            for k in 0..leaf.kept() {
                let (re, im) = components(values, leaf, k);
                let mut m2 = reference::moments(&re, leaf).1;
                if values.dtype.is_complex() {
                    m2 += reference::moments(&im, leaf).1;
                }
                let want = Scalar::new(m2 / n as f64);
                assert!(same_bits(got.0[k], want), "{isa:?} {} {leaf:?} {k}: {:?} {want:?}", values.dtype, got.0[k]);
                let want = Scalar::new((m2 / (n as f64 - 1.0)).sqrt());
                assert!(same_bits(got.1[k], want), "std {isa:?} {leaf:?} {k}");
            }
        }
    });
}

#[test]
fn narrow_results_are_rounded_once() {
    let mut random = Random(9);
    let leaf = Leaf::Across { kept: 64, rows: 1, cols: 50 };
    let values = elements(DType::F32, leaf.len(), KINDS[0], &mut random);
    for isa in isas() {
        let exact = reduce(&Reducer::new(ReduceOp::Sum, DType::F32, DType::F64, 0.0, isa).unwrap(), &values, leaf);
        let single = reduce(&Reducer::new(ReduceOp::Sum, DType::F32, DType::F32, 0.0, isa).unwrap(), &values, leaf);
        let half = reduce(&Reducer::new(ReduceOp::Mean, DType::F32, DType::F16, 0.0, isa).unwrap(), &values, leaf);
        for k in 0..64 {
            assert_eq!(single[k], Scalar::new(exact[k].to_f64() as f32));
            let mean = exact[k].to_f64() / 50.0;
            let error = (half[k].to_f64() - mean).abs();
            assert!(error <= mean.abs() * f64::exp2(-11.0), "{mean} {:?}", half[k]);
        }
    }
}

#[test]
fn every_nan_is_the_same() {
    for isa in isas() {
        for (a, b) in [(f64::NAN, 1.0), (1.0, -f64::NAN), (f64::INFINITY, f64::NEG_INFINITY)] {
            for op in [ReduceOp::Sum, ReduceOp::Mean, ReduceOp::Var, ReduceOp::Prod, ReduceOp::Min, ReduceOp::Max] {
                if matches!(op, ReduceOp::Prod | ReduceOp::Min | ReduceOp::Max) && a.is_infinite() {
                    continue;
                }
                let leaf = Leaf::Across { kept: 1, rows: 1, cols: 2 };
                let reducer = Reducer::new(op, DType::F64, DType::F64, 0.0, isa).unwrap();
                assert_eq!(reduce(&reducer, &Elements::new(&[a, b]), leaf), [Scalar::new(f64::NAN)], "{op}");
            }
        }
    }
}
