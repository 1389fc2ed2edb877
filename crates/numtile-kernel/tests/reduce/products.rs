//! Products follow their order bit for bit, and integers wrap.

use num_complex::Complex;
use numtile_core::{DType, Scalar};
use numtile_kernel::builtin::reduce::{ReduceOp, Reducer};

use crate::reference;
use crate::run::{Elements, KINDS, Kind, Leaf, Random, elements, finalize, isas, leaves, reduce, reducer, same_bits};

fn each_case(dtypes: &[DType], kinds: &[Kind], mut check: impl FnMut(&Elements, Leaf)) {
    let mut random = Random(31);
    for &dtype in dtypes {
        for &kind in kinds {
            for leaf in leaves() {
                check(&elements(dtype, leaf.len(), kind, &mut random), leaf);
            }
        }
    }
}

/// `ac - bd, ad + bc`, each operation rounded.
fn times(a: Complex<f64>, b: Complex<f64>) -> Complex<f64> {
    Complex::new(a.re * b.re - a.im * b.im, a.re * b.im + a.im * b.re)
}

#[test]
fn float_products() {
    each_case(&[DType::F16, DType::F32, DType::F64, DType::C64, DType::C128], &KINDS, |values, leaf| {
        let wide = if values.dtype.is_complex() { DType::C128 } else { DType::F64 };
        for isa in isas() {
            let got = reduce(&Reducer::new(ReduceOp::Prod, values.dtype, wide, 0.0, isa).unwrap(), values, leaf);
            for (k, &got) in got.iter().enumerate() {
                let column: Vec<Complex<f64>> =
                    leaf.indices(k).into_iter().map(|i| values.get(i).to_complex()).collect();
                let want = if wide == DType::C128 {
                    Scalar::new(reference::product(&column, leaf, times))
                } else {
                    let reals: Vec<f64> = column.iter().map(|z| z.re).collect();
                    Scalar::new(reference::product(&reals, leaf, |a, b| a * b))
                };
                assert!(same_bits(got, want), "{isa:?} {leaf:?} {k}: {got:?} {want:?}");
            }
        }
    });
}

#[test]
fn narrow_products_round_once() {
    let values = Elements::new(&[1.1f32, 1.2, 1.3, -1.7, 1e30, 1e30, 1e-30, 1e-30, 3.3, 0.7]);
    let leaf = Leaf::Across { kept: 1, rows: 1, cols: 10 };
    for isa in isas() {
        let wide = reduce(&Reducer::new(ReduceOp::Prod, DType::F32, DType::F64, 0.0, isa).unwrap(), &values, leaf)[0];
        let got = reduce(&reducer(ReduceOp::Prod, DType::F32, isa), &values, leaf)[0];
        assert!(wide.to_f64().is_finite());
        assert_eq!(got, Scalar::new(wide.to_f64() as f32), "partial products beyond float32 do no harm");
    }
}

#[test]
fn integer_products_wrap() {
    let integers: Vec<DType> = DType::ALL.into_iter().filter(|d| d.is_integer() || *d == DType::Bool).collect();
    each_case(&integers, &[Kind::Ordinary, Kind::Ties], |values, leaf| {
        for isa in isas() {
            let wide = reduce(&reducer(ReduceOp::Prod, values.dtype, isa), values, leaf);
            let narrow = Reducer::new(ReduceOp::Prod, values.dtype, DType::I16, 0.0, isa).unwrap();
            let narrow = reduce(&narrow, values, leaf);
            for k in 0..leaf.kept() {
                let factors = leaf.indices(k).into_iter().filter_map(|i| values.get(i).to_int());
                let want = factors.fold(1i128, |product, x| (product * (x as i64 as i128)) as i64 as i128);
                assert_eq!(wide[k].to_int().unwrap() as u64, want as u64, "{isa:?} {} {leaf:?} {k}", values.dtype);
                assert_eq!(narrow[k], Scalar::new(want as i16));
            }
        }
    });
}

#[test]
fn a_product_of_bool_as_bool_is_all() {
    let values = Elements::new(&[2u8, 128]);
    let reducer = Reducer::new(ReduceOp::Prod, DType::U8, DType::Bool, 0.0, isas()[0]).unwrap();
    let got = reduce(&reducer, &values, Leaf::Across { kept: 1, rows: 1, cols: 2 });
    assert_eq!(got[0].bytes(), [1], "and, not multiplication modulo 256");
}

#[test]
fn one_infinite_factor_is_the_product() {
    let z = Complex::new(f64::INFINITY, 0.0);
    for leaf in [Leaf::Across { kept: 1, rows: 1, cols: 1 }, Leaf::Down { rows: 1, kept: 1 }] {
        assert_eq!(
            reduce(&reducer(ReduceOp::Prod, DType::C128, isas()[0]), &Elements::new(&[z]), leaf),
            [Scalar::new(z)]
        );
    }
}

#[test]
fn products_join() {
    for isa in isas() {
        let reducer = reducer(ReduceOp::Prod, DType::C128, isa);
        let (a, b) = (Complex::new(1.1, -0.3), Complex::new(0.7, 2.9));
        let (mut left, right) = ([a], [b]);
        // SAFETY: one state each, which is the number itself.
        unsafe { reducer.join(left.as_mut_ptr().cast(), right.as_ptr().cast(), 1, 1, 1) };
        assert_eq!(finalize(&reducer, left.as_ptr().cast(), 1, 2), [Scalar::new(times(a, b))]);
    }
}
