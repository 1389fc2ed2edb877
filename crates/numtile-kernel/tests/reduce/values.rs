//! Integers, extrema, positions and truth values, and what joins them.

use std::cmp::Ordering;

use numtile_core::region::Grid;
use numtile_core::{DType, Error, Scalar};
use numtile_kernel::Op;
use numtile_kernel::builtin::reduce::{ReduceOp, Reducer};

use crate::run::{
    Elements, KINDS, Kind, Leaf, Random, elements, finalize, isas, leaves, reduce, reducer, same_bits, states,
};

/// An element that can be compared without looking at its type again.
#[derive(Clone, Copy)]
struct Key {
    int: i128,
    re: f64,
    im: f64,
}

impl Key {
    fn of(x: Scalar) -> Key {
        match x.to_int() {
            Some(int) => Key { int, re: 0.0, im: 0.0 },
            None => Key { int: 0, re: x.to_complex().re, im: x.to_complex().im },
        }
    }

    fn is_nan(self) -> bool {
        self.re.is_nan() || self.im.is_nan()
    }

    /// NumPy's order of two elements that are no NaNs.
    fn compare(self, other: Key) -> Ordering {
        let floats = |a: f64, b: f64| a.partial_cmp(&b).unwrap();
        self.int.cmp(&other.int).then(floats(self.re, other.re)).then(floats(self.im, other.im))
    }
}

/// The place of the first NaN, or of the first of the best.
fn best(keys: &[Key], greatest: bool) -> usize {
    let wanted = if greatest { Ordering::Greater } else { Ordering::Less };
    let mut best = 0;
    for (place, new) in keys.iter().enumerate() {
        let old = keys[best];
        if !old.is_nan() && (new.is_nan() || new.compare(old) == wanted) {
            best = place;
        }
    }
    best
}

/// The extremum; a real zero has the sign that comes first.
fn extremum(values: &[Scalar], keys: &[Key], greatest: bool) -> Scalar {
    let found = values[best(keys, greatest)];
    if found.dtype().is_float() && found.to_f64() == 0.0 {
        let with_sign = |x: &Scalar| x.to_f64() == 0.0 && x.to_f64().is_sign_negative() != greatest;
        return values.iter().copied().find(with_sign).unwrap_or(found);
    }
    found
}

fn each_case(kinds: &[Kind], mut check: impl FnMut(&Elements, Leaf)) {
    let mut random = Random(2);
    for dtype in DType::ALL {
        for &kind in kinds {
            for leaf in leaves() {
                check(&elements(dtype, leaf.len(), kind, &mut random), leaf);
            }
        }
    }
}

#[test]
fn extrema_and_positions() {
    each_case(&KINDS, |values, leaf| {
        let columns: Vec<(Vec<Scalar>, Vec<Key>)> = (0..leaf.kept())
            .map(|k| leaf.indices(k).into_iter().map(|i| (values.get(i), Key::of(values.get(i)))).unzip())
            .collect();
        for (op, arg, greatest) in [(ReduceOp::Min, ReduceOp::ArgMin, false), (ReduceOp::Max, ReduceOp::ArgMax, true)] {
            let want: Vec<(Scalar, i64)> = columns
                .iter()
                .map(|(values, keys)| (extremum(values, keys, greatest), best(keys, greatest) as i64))
                .collect();
            for isa in isas() {
                let extrema = reduce(&reducer(op, values.dtype, isa), values, leaf);
                let places = reduce(&reducer(arg, values.dtype, isa), values, leaf);
                for (k, &(value, place)) in want.iter().enumerate() {
                    let context = || format!("{isa:?} {op} {} {leaf:?} {k}", values.dtype);
                    assert!(same_bits(extrema[k], value), "{}: {:?} {value:?}", context(), extrema[k]);
                    assert_eq!(places[k], Scalar::new(place), "arg {}", context());
                }
            }
        }
    });
}

#[test]
fn integer_sums_and_means() {
    each_case(&[Kind::Ordinary, Kind::Ties], |values, leaf| {
        if values.dtype.is_float() || values.dtype.is_complex() {
            return;
        }
        for isa in isas() {
            let sums = reduce(&reducer(ReduceOp::Sum, values.dtype, isa), values, leaf);
            let narrow = Reducer::new(ReduceOp::Sum, values.dtype, DType::I16, 0.0, isa).unwrap();
            let narrow = reduce(&narrow, values, leaf);
            let means = reduce(&reducer(ReduceOp::Mean, values.dtype, isa), values, leaf);
            for k in 0..leaf.kept() {
                let exact: i128 = leaf.indices(k).into_iter().filter_map(|i| values.get(i).to_int()).sum();
                let got = sums[k].to_int().unwrap();
                assert_eq!(got as u64, exact as u64, "{isa:?} {} {leaf:?} {k}", values.dtype);
                assert_eq!(narrow[k], Scalar::new(exact as i16));
                let mean = means[k].to_f64();
                let n = leaf.per_kept() as f64;
                if exact.unsigned_abs() < 1 << 53 {
                    assert_eq!(
                        mean,
                        exact as f64 / n,
                        "both exact, so one rounding: {isa:?} {} {leaf:?}",
                        values.dtype
                    );
                }
                assert!((mean - exact as f64 / n).abs() <= mean.abs() * 1e-15);
            }
        }
    });
}

#[test]
fn truth() {
    each_case(&KINDS, |values, leaf| {
        let truth = |i: usize| {
            let z = values.get(i).to_complex();
            z.re != 0.0 || z.im != 0.0
        };
        for isa in isas() {
            let any = reduce(&reducer(ReduceOp::Any, values.dtype, isa), values, leaf);
            let all = reduce(&reducer(ReduceOp::All, values.dtype, isa), values, leaf);
            for k in 0..leaf.kept() {
                let indices = leaf.indices(k);
                assert_eq!(any[k].to_int(), Some(i128::from(indices.iter().any(|&i| truth(i)))), "{leaf:?}");
                assert_eq!(all[k].to_int(), Some(i128::from(indices.iter().all(|&i| truth(i)))), "{leaf:?}");
            }
        }
    });
}

#[test]
fn one_element_decides() {
    for isa in isas() {
        for dtype in DType::ALL {
            let zero = vec![0u8; dtype.size()];
            for n in [1usize, 2, 5, 63, 64, 200] {
                for at in [0, n / 2, n - 1] {
                    let bytes = |one: usize| -> Vec<u8> {
                        (0..n)
                            .flat_map(|i| {
                                if (i == at) == (one == 1) {
                                    Scalar::from_int(1, dtype).unwrap().bytes().to_vec()
                                } else {
                                    zero.clone()
                                }
                            })
                            .collect()
                    };
                    for leaf in [Leaf::Across { kept: 1, rows: 1, cols: n }, Leaf::Down { rows: n, kept: 1 }] {
                        let lone = of_bytes(dtype, &bytes(1));
                        let all_but_one = of_bytes(dtype, &bytes(0));
                        let run = |op, values| reduce(&reducer(op, dtype, isa), values, leaf)[0].to_int();
                        assert_eq!(run(ReduceOp::Any, &lone), Some(1), "{dtype} {leaf:?}");
                        assert_eq!(run(ReduceOp::All, &all_but_one), Some(0), "{dtype} {leaf:?}");
                        assert_eq!(run(ReduceOp::ArgMax, &lone), Some(at as i128), "{dtype} {leaf:?}");
                        assert_eq!(run(ReduceOp::ArgMin, &all_but_one), Some(at as i128), "{dtype} {leaf:?}");
                    }
                }
            }
        }
    }
}

fn of_bytes(dtype: DType, bytes: &[u8]) -> Elements {
    let mut out = Elements::new(bytes);
    out.dtype = dtype;
    out.len = bytes.len() / dtype.size();
    out
}

/// Reduces a three-dimensional array over all axes leaf by leaf, joins in any order, compares with one scan.
#[test]
fn positions_become_global_and_join() {
    let mut random = Random(5);
    let shape = [5, 7, 9];
    for dtype in DType::ALL {
        for kind in KINDS {
            let values = elements(dtype, 5 * 7 * 9, kind, &mut random);
            let keys: Vec<Key> = (0..values.len).map(|i| Key::of(values.get(i))).collect();
            for (op, greatest) in [(ReduceOp::ArgMin, false), (ReduceOp::ArgMax, true)] {
                let reducer = reducer(op, dtype, isas()[0]);
                let grid = Grid::new(&shape, &[2, 3, 4], &[2, 0, 1]);
                let mut total: Option<Vec<u64>> = None;
                for number in 0..grid.len() {
                    let region = grid.region(number);
                    let mut bytes = Vec::new();
                    for local in 0..region.count() {
                        let (i, rest) =
                            (local / (region.shape[1] * region.shape[2]), local % (region.shape[1] * region.shape[2]));
                        let (j, k) = (rest / region.shape[2], rest % region.shape[2]);
                        let flat = ((region.start[0] + i) * 7 + region.start[1] + j) * 9 + region.start[2] + k;
                        bytes.extend_from_slice(values.get(flat).bytes());
                    }
                    let leaf_values = of_bytes(dtype, &bytes);
                    let cols = region.shape[2];
                    let leaf = Leaf::Across { kept: 1, rows: region.count() / cols, cols };
                    let mut state = states(&reducer, &leaf_values, leaf);
                    // SAFETY: one state of this leaf.
                    unsafe { reducer.globalize(state.as_mut_ptr().cast(), 1, &region, &shape) };
                    match &mut total {
                        None => total = Some(state),
                        // SAFETY: one state each.
                        Some(left) => unsafe {
                            reducer.join(left.as_mut_ptr().cast(), state.as_ptr().cast(), 1, 1, 1);
                        },
                    }
                }
                let got = finalize(&reducer, total.unwrap().as_ptr(), 1, 315)[0];
                assert_eq!(got.to_int(), Some(best(&keys, greatest) as i128), "{dtype} {kind:?} {op}");
            }
        }
    }
}

#[test]
fn halves_join_to_the_whole() {
    let mut random = Random(6);
    for dtype in DType::ALL {
        for kind in KINDS {
            let values = elements(dtype, 64 * 5, kind, &mut random);
            let size = dtype.size() * 5;
            for op in [ReduceOp::Sum, ReduceOp::Mean, ReduceOp::Min, ReduceOp::Max, ReduceOp::Any, ReduceOp::All] {
                let reducer = reducer(op, dtype, isas()[0]);
                // Down, 32 rows are half the tree of 64.
                let whole = reduce(&reducer, &values, Leaf::Down { rows: 64, kept: 5 });
                let half = |first: usize| {
                    // SAFETY: the rows are there.
                    let bytes = unsafe { std::slice::from_raw_parts(values.as_ptr().add(first * size), 32 * size) };
                    states(&reducer, &of_bytes(dtype, bytes), Leaf::Down { rows: 32, kept: 5 })
                };
                let (mut left, right) = (half(0), half(32));
                // SAFETY: five states each.
                unsafe { reducer.join(left.as_mut_ptr().cast(), right.as_ptr().cast(), 5, 32, 32) };
                let got = finalize(&reducer, left.as_ptr(), 5, 64);
                assert!(got.iter().zip(&whole).all(|(&a, &b)| same_bits(a, b)), "{op} {dtype} {kind:?}");
            }
        }
    }
}

#[test]
fn results_of_nothing() {
    for dtype in DType::ALL {
        for op in ReduceOp::ALL {
            let reducer = reducer(op, dtype, isas()[0]);
            let got = finalize(&reducer, std::ptr::null(), 3, 0);
            let want = match op {
                ReduceOp::Sum | ReduceOp::Any => Some(0.0),
                ReduceOp::All | ReduceOp::Prod => Some(1.0),
                ReduceOp::Mean | ReduceOp::Var | ReduceOp::Std => Some(f64::NAN),
                _ => None,
            };
            assert_eq!(want.is_some(), op.has_empty_result());
            for (got, want) in got.iter().zip(std::iter::repeat_n(want, 3)) {
                let Some(want) = want else { continue };
                assert!(got.to_f64() == want || (want.is_nan() && got.to_f64().is_nan()), "{op} {dtype} {got:?}");
                assert!(!got.to_f64().is_sign_negative() || want.is_nan());
            }
        }
    }
}

#[test]
fn booleans_need_not_be_tidy() {
    let untidy = of_bytes(DType::Bool, &[0, 2, 255, 0, 128]);
    for isa in isas() {
        for leaf in [Leaf::Across { kept: 1, rows: 1, cols: 5 }, Leaf::Down { rows: 5, kept: 1 }] {
            let run = |op| reduce(&reducer(op, DType::Bool, isa), &untidy, leaf)[0];
            assert_eq!(run(ReduceOp::Sum), Scalar::new(3i64));
            assert_eq!(run(ReduceOp::Mean), Scalar::new(0.6));
            assert_eq!(run(ReduceOp::Max).bytes(), [1]);
            assert_eq!(run(ReduceOp::ArgMax), Scalar::new(1i64));
        }
    }
}

#[test]
fn sums_of_any_type_as_bool() {
    let values = Elements::new(&[2u8, 254]);
    let reducer = Reducer::new(ReduceOp::Sum, DType::U8, DType::Bool, 0.0, isas()[0]).unwrap();
    let got = reduce(&reducer, &values, Leaf::Across { kept: 1, rows: 1, cols: 2 });
    assert_eq!(got[0].bytes(), [1], "or, not addition modulo 256");
}

#[test]
fn result_types_are_numpys() {
    use DType::*;
    let rows = [
        (ReduceOp::Sum, [I64, I64, I64, I64, I64, U64, U64, U64, U64, F16, F32, F64, C64, C128]),
        (ReduceOp::Prod, [I64, I64, I64, I64, I64, U64, U64, U64, U64, F16, F32, F64, C64, C128]),
        (ReduceOp::Mean, [F64, F64, F64, F64, F64, F64, F64, F64, F64, F16, F32, F64, C64, C128]),
        (ReduceOp::Var, [F64, F64, F64, F64, F64, F64, F64, F64, F64, F16, F32, F64, F32, F64]),
        (ReduceOp::Std, [F64, F64, F64, F64, F64, F64, F64, F64, F64, F16, F32, F64, F32, F64]),
        (ReduceOp::Min, DType::ALL),
        (ReduceOp::Max, DType::ALL),
        (ReduceOp::ArgMin, [I64; 14]),
        (ReduceOp::ArgMax, [I64; 14]),
        (ReduceOp::Any, [Bool; 14]),
        (ReduceOp::All, [Bool; 14]),
    ];
    assert_eq!(rows.map(|row| row.0), ReduceOp::ALL);
    for (op, outputs) in rows {
        assert_eq!(ReduceOp::from_name(op.name()), Some(op));
        for (input, output) in DType::ALL.into_iter().zip(outputs) {
            assert_eq!(Reducer::default_output(op, input).unwrap(), output, "{op} {input}");
        }
    }
}

#[test]
fn result_types_of_operations_are_those_of_their_loops() {
    use DType::*;
    let rows = [
        (Op::Hypot, [F16, F16, F32, F64, F64, F16, F32, F64, F64, F16, F32, F64].as_slice()),
        (Op::Fmin, DType::ALL.as_slice()),
        (Op::LogicalXor, [Bool; 14].as_slice()),
        (Op::BitwiseAnd, &[Bool, I8, I16, I32, I64, U8, U16, U32, U64]),
    ];
    for (op, outputs) in rows {
        for (index, input) in DType::ALL.into_iter().enumerate() {
            let got = Reducer::default_output(ReduceOp::Ufunc(op), input).ok();
            assert_eq!(got, outputs.get(index).copied(), "{op} {input}");
        }
    }
}

#[test]
fn combinations_that_are_left_to_casts() {
    for (op, input, output) in [
        (ReduceOp::Sum, DType::F64, DType::I64),
        (ReduceOp::Sum, DType::I64, DType::F64),
        (ReduceOp::Prod, DType::F64, DType::I64),
        (ReduceOp::Prod, DType::C64, DType::F32),
        (ReduceOp::Ufunc(Op::Hypot), DType::I32, DType::F64),
        (ReduceOp::Ufunc(Op::BitwiseOr), DType::F64, DType::F64),
        (ReduceOp::Ufunc(Op::Subtract), DType::F64, DType::F64),
        (ReduceOp::Mean, DType::I32, DType::F32),
        (ReduceOp::Mean, DType::F64, DType::C128),
        (ReduceOp::Var, DType::F64, DType::I32),
        (ReduceOp::Min, DType::F64, DType::F32),
        (ReduceOp::ArgMin, DType::F64, DType::I32),
    ] {
        let error = Reducer::new(op, input, output, 0.0, isas()[0]).unwrap_err();
        assert!(matches!(error, Error::NotImplemented(_)), "{op} {input} {output}");
    }
}
