//! The bits of a few sums, variances and products, written down: whoever changes them breaks a promise.

use numtile_core::DType;
use numtile_kernel::builtin::reduce::{ReduceOp, Reducer};

use crate::run::{Elements, Leaf, isas, reduce};

/// Numbers of mixed sizes and signs from a fixed formula; all arithmetic here is exact.
fn values(n: usize) -> Vec<f64> {
    (0..n as u64)
        .map(|i| {
            let mixed = (i + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
            (mixed as i64 >> 11) as f64 * f64::exp2(-40.0 - (mixed % 13) as f64)
        })
        .collect()
}

const fn across(rows: usize, cols: usize) -> Leaf {
    Leaf::Across { kept: 1, rows, cols }
}

const fn down(rows: usize, kept: usize) -> Leaf {
    Leaf::Down { rows, kept }
}

/// A leaf, and the bits of its (last) sum and variance in float64.
const FROZEN: [(Leaf, u64, u64); 12] = [
    (across(1, 4096), 0x40b5_af6f_9c07_caf8, 0x4121_6dcb_3884_ab84),
    (across(64, 64), 0x40b5_af6f_9c07_caf8, 0x4121_6dcb_3884_ab84),
    (across(16 * 16, 16), 0x40b5_af6f_9c07_cafb, 0x4121_6dcb_3884_ab84),
    (across(8 * 8 * 8, 8), 0x40b5_af6f_9c07_cafb, 0x4121_6dcb_3884_ab84),
    (across(1, 3001), 0xc0ab_0675_0fc8_731d, 0x4121_6528_92ff_c805),
    (across(61, 37), 0xc0b9_22a1_01ad_98fa, 0x4121_68ab_ca80_2cff),
    (across(50, 3), 0xc09c_bc0f_8d33_bb67, 0x4120_5c03_bc0d_7f91),
    (across(1, 7), 0x407f_4cff_7742_89b1, 0x40db_b102_acbc_efaa),
    (down(256, 1), 0x4080_02eb_f765_75d2, 0x4120_b673_c744_0190),
    (down(256, 70), 0xc0e8_b2f4_4fb8_b9e5, 0x4124_6725_07a4_6eee),
    (down(203, 5), 0xc0c3_0c1d_c367_baf0, 0x411d_208a_df6a_f382),
    (down(13, 3), 0xc064_d98c_cd3b_9750, 0x40fa_d711_2a27_808c),
];

#[test]
fn frozen_bits() {
    for (leaf, sum, var) in FROZEN {
        let values = Elements::new(&values(leaf.len()));
        for isa in isas() {
            let bits = |op| {
                let results = reduce(&Reducer::new(op, DType::F64, DType::F64, 0.0, isa).unwrap(), &values, leaf);
                results.last().map(|x| x.to_f64().to_bits())
            };
            let got = (bits(ReduceOp::Sum).unwrap(), bits(ReduceOp::Var).unwrap());
            assert_eq!(got, (sum, var), "{isa:?} {leaf:?}: {:#x}, {:#x}", got.0, got.1);
        }
    }
}

/// Factors near one from a fixed formula.
fn factors(n: usize) -> Vec<f64> {
    values(n).into_iter().map(|x| 1.0 + x * f64::exp2(-20.0)).collect()
}

/// A leaf, and the bits of its (last) product in float64.
const FROZEN_PRODUCTS: [(Leaf, u64); 6] = [
    (across(1, 4096), 0x3ff0_115d_6777_7bd9),
    (across(64, 64), 0x3ff0_115d_6777_7bd9),
    (across(61, 37), 0x3fef_c91e_15d1_bca7),
    (across(1, 7), 0x3ff0_01f4_d1fa_c589),
    (down(256, 70), 0x3fee_7d8d_4465_b533),
    (down(13, 3), 0x3fef_feb1_1087_305c),
];

#[test]
fn frozen_products() {
    for (leaf, product) in FROZEN_PRODUCTS {
        let values = Elements::new(&factors(leaf.len()));
        for isa in isas() {
            let reducer = Reducer::new(ReduceOp::Prod, DType::F64, DType::F64, 0.0, isa).unwrap();
            let got = reduce(&reducer, &values, leaf).last().map(|x| x.to_f64().to_bits()).unwrap();
            assert_eq!(got, product, "{isa:?} {leaf:?}: {got:#x}");
        }
    }
}
