//! Reductions with elementwise operations: their own kernel, one element at a time, in the documented order.

use numtile_core::{DType, Scalar};
use numtile_kernel::builtin::reduce::{ReduceOp, Reducer};
use numtile_kernel::{Isa, Op, Signature, Strip};

use crate::reference;
use crate::run::{Elements, KINDS, Kind, Leaf, Random, elements, finalize, isas, leaves, reduce, same_bits, states};

fn op_of(reduction: ReduceOp) -> Op {
    let ReduceOp::Ufunc(op) = reduction else { unreachable!("{reduction} is no elementwise operation") };
    op
}

/// Every operation with every type that it computes in.
fn pairs() -> Vec<(ReduceOp, DType)> {
    let all = ReduceOp::ufuncs().flat_map(|op| DType::ALL.into_iter().map(move |dtype| (op, dtype)));
    all.filter(|&(op, dtype)| Reducer::new(op, dtype, dtype, 0.0, isas()[0]).is_ok()).collect()
}

/// The operation on two elements.
fn combine(op: Op, isa: Isa, a: Scalar, b: Scalar) -> Scalar {
    let dtype = a.dtype();
    let kernel = op.kernel(&Signature::uniform(dtype, dtype), isa).unwrap();
    let mut out = [0u64; 2];
    let strips = [Strip::contiguous(a.as_ptr()), Strip::contiguous(b.as_ptr()), Strip::NONE];
    // SAFETY: one element each, of the loop's type.
    let _ = unsafe { kernel(1, &strips, out.as_mut_ptr().cast()) };
    // SAFETY: as many bytes were written.
    Scalar::from_bytes(dtype, unsafe { std::slice::from_raw_parts(out.as_ptr().cast(), dtype.size()) })
}

/// Leaves of every form, fewer of them where elements are slow.
fn some_leaves(op: Op) -> Vec<Leaf> {
    let slow = matches!(op.name(), "hypot" | "logaddexp" | "logaddexp2" | "gcd" | "lcm");
    leaves().into_iter().step_by(if slow { 19 } else { 5 }).collect()
}

#[test]
fn every_operation_in_its_order() {
    let mut random = Random(41);
    for (reduction, dtype) in pairs() {
        let op = op_of(reduction);
        for kind in KINDS {
            for leaf in some_leaves(op) {
                let values = elements(dtype, leaf.len(), kind, &mut random);
                for isa in isas() {
                    let reducer = Reducer::new(reduction, dtype, dtype, 0.0, isa).unwrap();
                    let got = reduce(&reducer, &values, leaf);
                    for (k, &got) in got.iter().enumerate() {
                        let column: Vec<Scalar> = leaf.indices(k).into_iter().map(|i| values.get(i)).collect();
                        let want = reference::folded(&column, leaf, |a, b| combine(op, isa, a, b));
                        assert!(same_bits(got, want), "{isa:?} {op} {dtype} {leaf:?} {k}: {got:?} {want:?}");
                    }
                }
            }
        }
    }
}

#[test]
fn there_are_such_operations() {
    let count = |name: &str| pairs().iter().filter(|(op, _)| op.name() == name).count();
    for (name, types) in [
        ("bitwise_and", 9),
        ("bitwise_or", 9),
        ("bitwise_xor", 9),
        ("logical_xor", 1),
        ("fmin", 14),
        ("fmax", 14),
        ("gcd", 8),
        ("lcm", 8),
        ("hypot", 3),
        ("logaddexp", 3),
        ("logaddexp2", 3),
    ] {
        assert_eq!(count(name), types, "{name}");
        assert_eq!(ReduceOp::from_name(name).map(op_of), Op::from_name(name), "{name}");
    }
    assert_eq!(ReduceOp::from_name("subtract"), None, "the order would matter");
}

#[test]
fn halves_join_to_the_whole() {
    let mut random = Random(42);
    for (op, dtype) in pairs() {
        // More kept elements than join in one go.
        for kept in [5, 3000] {
            let values = elements(dtype, 64 * kept, Kind::Ordinary, &mut random);
            let reducer = Reducer::new(op, dtype, dtype, 0.0, isas()[0]).unwrap();
            // Down, 32 rows are half the tree of 64.
            let whole = reduce(&reducer, &values, Leaf::Down { rows: 64, kept });
            let half = |first: usize| {
                let mut part = elements(dtype, 32 * kept, Kind::NegativeZeros, &mut Random(0));
                part.copy_from(&values, first * kept);
                states(&reducer, &part, Leaf::Down { rows: 32, kept })
            };
            let (mut left, right) = (half(0), half(32));
            // SAFETY: as many states each.
            unsafe { reducer.join(left.as_mut_ptr().cast(), right.as_ptr().cast(), kept, 32, 32) };
            let got = finalize(&reducer, left.as_ptr(), kept, 64);
            assert!(got.iter().zip(&whole).all(|(&a, &b)| same_bits(a, b)), "{op} {dtype} {kept}");
        }
    }
}

#[test]
fn results_of_nothing_are_identities() {
    for (op, dtype) in pairs() {
        let got = finalize(&Reducer::new(op, dtype, dtype, 0.0, isas()[0]).unwrap(), std::ptr::null(), 2, 0);
        let want = match op.name() {
            "bitwise_and" if dtype == DType::Bool => Scalar::from_bytes(dtype, &[1]),
            "bitwise_and" => Scalar::from_bytes(dtype, &[0xff; 16]),
            "fmin" | "fmax" | "lcm" => {
                assert!(!op.has_empty_result());
                continue;
            }
            "logaddexp" | "logaddexp2" => Scalar::from_f64(f64::NEG_INFINITY, dtype),
            _ => Scalar::zero(dtype),
        };
        assert!(op.has_empty_result());
        assert_eq!(got, [want; 2], "{op} {dtype}");
    }
}

#[test]
fn a_real_nan_is_always_the_same() {
    for name in ["fmin", "fmax", "hypot", "logaddexp", "logaddexp2"] {
        let op = ReduceOp::from_name(name).unwrap();
        for isa in isas() {
            for (rows, sign) in [(1, 1.0), (2, 1.0), (2, -1.0), (7, -1.0)] {
                let values = Elements::new(&vec![f32::NAN.copysign(sign); rows]);
                for leaf in [Leaf::Down { rows, kept: 1 }, Leaf::Across { kept: 1, rows: 1, cols: rows }] {
                    let reducer = Reducer::new(op, DType::F32, DType::F32, 0.0, isa).unwrap();
                    assert_eq!(reduce(&reducer, &values, leaf), [Scalar::new(f32::NAN)], "{name} {leaf:?}");
                }
            }
        }
    }
}
