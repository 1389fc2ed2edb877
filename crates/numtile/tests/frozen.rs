//! Bits that must never change: results of reductions and scans that span several leaves on every axis they go along.
//!
//! A change here is a change of what numtile promises. If one is ever meant, it is a major version.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

use std::sync::Arc;

use numtile::expr::Operand;
use numtile::{Config, Context, DType, Expr, Layout, Op, ReduceOp, Run, expr};

/// Numbers in ±1000 that use all bits of the type, the same on every machine.
fn numbers(count: usize) -> Vec<f64> {
    let mut state = 0x9e37_79b9_7f4a_7c15u64;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 11) as f64 / (1u64 << 52) as f64 * 1000.0 - 1000.0
    };
    (0..count).map(|_| next()).collect()
}

fn array(shape: &[usize]) -> Expr {
    let values = Arc::new(numbers(shape.iter().product()));
    // SAFETY: the source keeps the vector.
    let source = unsafe {
        let layout = Layout::c_order(0, shape, 8);
        numtile::memory_source(values.as_ptr().cast(), layout, DType::F64, false, Box::new(values.clone()), "test")
    };
    expr::source(source)
}

/// FNV-1a over the bytes of a result.
fn digest(context: &Context, expr: &Expr) -> u64 {
    let results = context.compute(std::slice::from_ref(expr), &Run::default()).unwrap();
    // SAFETY: the evaluation is over.
    let bytes = unsafe { results[0].buffer.as_slice() };
    let hash = |hash: u64, &byte: &u8| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    bytes[..expr.nbytes() as usize].iter().fold(0xcbf2_9ce4_8422_2325, hash)
}

#[test]
fn sums_and_variances() {
    let context = Context::new(Config { memory: Some(64 << 20), threads: Some(2), ..Config::default() });
    let (line, plane, cube) = (array(&[300_007]), array(&[1031, 259]), array(&[67, 71, 73]));
    let cases: [(&Expr, Option<&[i64]>, u64, u64); 12] = [
        (&line, None, 0x02e7_edcf_223a_3f37, 0x5149_4c60_09ba_0d2c),
        (&plane, None, 0x0007_aae1_5cdc_740d, 0x8b6a_d2a2_008a_c8b0),
        (&plane, Some(&[0]), 0xcc39_3893_b11e_8097, 0xc4ff_18b4_021a_935c),
        (&plane, Some(&[1]), 0xde7a_6c6e_3be5_4152, 0x4fc1_e9d2_0b83_2eab),
        (&cube, None, 0x2bff_6f84_5734_c2ef, 0x9832_3811_9e74_1268),
        (&cube, Some(&[0]), 0xf023_eab0_4bbb_828f, 0xcb73_cf3e_bfdd_5add),
        (&cube, Some(&[1]), 0x1dcb_a5c0_f97f_f75a, 0xe655_e2f5_515f_6415),
        (&cube, Some(&[2]), 0x6679_4bdb_e24b_cd5a, 0xee3b_329d_a34c_17fa),
        (&cube, Some(&[0, 1]), 0x5b96_d42d_a4b7_329c, 0x1603_4ece_84b4_809d),
        (&cube, Some(&[0, 2]), 0x6b97_1956_876d_3344, 0xa5b3_68ef_5d19_4a07),
        (&cube, Some(&[1, 2]), 0x878e_e8b1_c792_af9f, 0x2d18_71e7_f982_2c4f),
        (&cube, Some(&[]), 0x92f3_9b1a_afe8_0dfc, 0xd8ae_3a0d_8127_2745),
    ];
    let got: Vec<(u64, u64)> = cases
        .iter()
        .map(|(x, axes, ..)| {
            let of = |op| digest(&context, &expr::reduce(x, op, *axes, false, None, 0.0).unwrap());
            (of(ReduceOp::Sum), of(ReduceOp::Var))
        })
        .collect();
    let want: Vec<(u64, u64)> = cases.iter().map(|&(.., sum, var)| (sum, var)).collect();
    assert_eq!(got, want, "{got:#018x?}");
}

/// Factors near one, made of the numbers by exact rules.
fn factors(x: &Expr) -> Expr {
    let small = expr::map(Op::Multiply, &[Operand::Array(x.clone()), Operand::Float(f64::exp2(-20.0))]).unwrap();
    expr::map(Op::Add, &[Operand::Array(small), Operand::Float(1.0)]).unwrap()
}

#[test]
fn products() {
    let context = Context::new(Config { memory: Some(64 << 20), threads: Some(2), ..Config::default() });
    let (line, cube) = (factors(&array(&[300_007])), factors(&array(&[67, 71, 73])));
    let cases: [(&Expr, Option<&[i64]>, u64); 6] = [
        (&line, None, 0x6645_02d2_79aa_6533),
        (&cube, None, 0xf3fd_c842_148e_abd4),
        (&cube, Some(&[0]), 0x23f0_b3f5_981b_f737),
        (&cube, Some(&[2]), 0xed35_f762_b36f_1ebc),
        (&cube, Some(&[0, 1]), 0x3c08_fd1d_91d6_8f39),
        (&cube, Some(&[1, 2]), 0xb67f_d180_f4c7_e5b5),
    ];
    let of = |x, axes| digest(&context, &expr::reduce(x, ReduceOp::Prod, axes, false, None, 0.0).unwrap());
    let got: Vec<u64> = cases.iter().map(|&(x, axes, _)| of(x, axes)).collect();
    let want: Vec<u64> = cases.iter().map(|&(.., product)| product).collect();
    assert_eq!(got, want, "{got:#x?}");
}

#[test]
fn running_sums_and_differences() {
    let context = Context::new(Config { memory: Some(64 << 20), threads: Some(2), ..Config::default() });
    let (line, plane, cube) = (array(&[20_011]), array(&[1031, 259]), array(&[7, 811, 13]));
    let cases: [(&Expr, i64, u64, u64, u64); 4] = [
        (&line, 0, 0x1306_3c2c_21df_9d03, 0xe3f9_72f5_25d7_1112, 0xb49d_53b7_387b_7747),
        (&plane, 0, 0xdb78_bfc3_f3d5_119b, 0x986d_7cd7_72d9_f410, 0x74aa_2278_891f_0841),
        (&plane, 1, 0xad00_344d_7b3f_caed, 0x21ad_1c2f_e30b_6e44, 0x1f37_2f40_ac08_8527),
        (&cube, 1, 0x2190_54ad_82f4_2843, 0x0f44_f7ba_86cb_c9e0, 0xfeac_aa8c_9330_c126),
    ];
    let got: Vec<(u64, u64, u64)> = cases
        .iter()
        .map(|&(x, axis, ..)| {
            let of = |op, dtype| digest(&context, &expr::scan(x, op, axis, dtype).unwrap());
            (of(Op::Add, DType::F64), of(Op::Add, DType::F32), of(Op::Subtract, DType::F64))
        })
        .collect();
    let want: Vec<(u64, u64, u64)> =
        cases.iter().map(|&(.., wide, small, difference)| (wide, small, difference)).collect();
    assert_eq!(got, want, "{got:#018x?}");
}
