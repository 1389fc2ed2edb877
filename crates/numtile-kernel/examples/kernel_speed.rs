//! Nanoseconds per element of single kernels on strips that stay in the first-level cache.
//!
//! `cargo run --release -p numtile-kernel --example kernel_speed [filter]`

use std::time::Instant;

use numtile_core::DType;
use numtile_core::DType::*;
use numtile_core::Scalar;
use numtile_kernel::{Isa, Op, Signature, Strip};

const N: usize = 1024;

fn main() {
    let filter = std::env::args().nth(1).unwrap_or_default();
    for (op, input, output) in cases() {
        let label = format!("{op} {input} -> {output}");
        if !label.contains(&filter) {
            continue;
        }
        let mut types = Signature::uniform(input, output);
        if op == Op::Where {
            types.inputs[0] = Bool;
        }
        let times = Isa::ALL.map(|isa| if isa.is_supported() { time(op, &types, isa) } else { f64::NAN });
        println!("{label:40} baseline {:.3}  avx2 {:.3}  avx512 {:.3} ns/element", times[0], times[1], times[2]);
    }
}

fn cases() -> Vec<(Op, DType, DType)> {
    let mut cases = Vec::new();
    for t in [F64, F32, F16, U8, I32, I64, C128] {
        cases.extend([
            (Op::Add, t, t),
            (Op::Multiply, t, t),
            (Op::Minimum, t, t),
            (Op::Less, t, Bool),
            (Op::Where, t, t),
        ]);
    }
    for t in [F64, F32] {
        cases.extend(
            [
                Op::Divide,
                Op::Sqrt,
                Op::FloorDivide,
                Op::Remainder,
                Op::Fmin,
                Op::Sign,
                Op::Rint,
                Op::Floor,
                Op::Exp,
                Op::Sin,
                Op::Power,
            ]
            .map(|op| (op, t, t)),
        );
        cases.push((Op::Isnan, t, Bool));
    }
    for t in [I32, I64, U8, I16, U32] {
        cases.extend(
            [Op::FloorDivide, Op::Remainder, Op::Power, Op::LeftShift, Op::RightShift, Op::BitwiseAnd, Op::Absolute]
                .map(|op| (op, t, t)),
        );
    }
    cases.extend([
        (Op::Divide, C128, C128),
        (Op::Absolute, C128, F64),
        (Op::LogicalAnd, Bool, Bool),
        (Op::Equal, I8, Bool),
    ]);
    let casts = [
        (U8, F32),
        (F32, U8),
        (F32, I8),
        (F32, I16),
        (F32, U16),
        (F32, I32),
        (F32, U32),
        (F32, I64),
        (F64, U8),
        (F64, I16),
        (F64, I32),
        (F64, U32),
        (F64, I64),
        (F64, U64),
        (I32, F64),
        (U32, F64),
        (I64, F64),
        (U64, F64),
        (F64, F32),
        (F32, F64),
        (F16, F32),
        (F32, F16),
        (F64, F16),
        (U8, I32),
        (I32, U8),
        (I64, I32),
        (U8, U16),
        (F64, Bool),
        (U8, Bool),
        (Bool, F64),
        (F64, C128),
        (C128, F64),
    ];
    cases.extend(casts.map(|(a, b)| (Op::Cast, a, b)));
    cases
}

/// The fastest of many runs.
fn time(op: Op, types: &Signature, isa: Isa) -> f64 {
    let Some(kernel) = op.kernel(types, isa) else { return f64::NAN };
    let mut arrays: Vec<Vec<Line>> = (0..4).map(|k| image(types.inputs[k.min(2)], k as u64)).collect();
    let to = arrays[3].as_mut_ptr().cast::<u8>();
    let strip = |k: usize| Strip::contiguous(arrays[k].as_ptr().cast());
    let args = [strip(0), strip(1), strip(2)];
    let mut best = f64::INFINITY;
    for _ in 0..200 {
        let start = Instant::now();
        for _ in 0..10 {
            // SAFETY: every array has room for `N` elements of any type.
            let _ = std::hint::black_box(unsafe { kernel(N, &args, to) });
        }
        best = best.min(start.elapsed().as_secs_f64() / 10.0);
    }
    best * 1e9 / N as f64
}

/// A cache line, so that arrays start at one.
#[derive(Clone, Copy)]
#[repr(align(64))]
struct Line(#[allow(dead_code, reason = "read through pointers")] [u8; 64]);

/// `N` ordinary values between 1 and 100.
fn image(dtype: DType, seed: u64) -> Vec<Line> {
    let mut bytes = Vec::new();
    for i in 0..N as u64 {
        let value = (i.wrapping_mul(2_654_435_761).wrapping_add(seed * 977) >> 7) % 99;
        let value = if dtype == Bool { (value % 2) as f64 } else { value as f64 + 1.0 };
        bytes.extend_from_slice(Scalar::from_f64(value, dtype).bytes());
    }
    bytes.resize(N * 16, 0);
    bytes.as_chunks::<64>().0.iter().map(|&line| Line(line)).collect()
}
