//! The bits of a few sums, written down: whoever changes them breaks a promise.

use numtile_core::DType;
use numtile_kernel::builtin::reduce::{ReduceOp, Reducer};

use crate::run::{Elements, Leaf, isas, reduce};

/// Numbers of mixed sizes and signs from a fixed formula; all arithmetic here is exact.
fn values(n: usize) -> Vec<f64> {
    (0..n as u64)
        .map(|i| {
            let mixed = (i + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
            (mixed >> 11) as i64 as f64 * f64::exp2(-40.0 - (mixed % 13) as f64) - 4096.0
        })
        .collect()
}

#[test]
fn frozen_bits() {
    let leaves = [
        (Leaf::Across { kept: 1, rows: 1, cols: 4096 }, 0u64, 0u64),
    ];
    for (leaf, sum, var) in leaves {
        let values = Elements::new(&values(leaf.len()));
        for isa in isas() {
            let run = |op| reduce(&Reducer::new(op, DType::F64, DType::F64, 0.0, isa).unwrap(), &values, leaf);
            let bits = |op| run(op).last().map(|x| x.to_f64().to_bits());
            println!("(Leaf::{leaf:?}, {:#x}, {:#x}),", bits(ReduceOp::Sum).unwrap(), bits(ReduceOp::Var).unwrap());
            assert_eq!(bits(ReduceOp::Sum), Some(sum), "{isa:?} {leaf:?}");
            assert_eq!(bits(ReduceOp::Var), Some(var), "{isa:?} {leaf:?}");
        }
    }
}
