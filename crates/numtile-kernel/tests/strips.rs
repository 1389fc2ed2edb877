//! Every kernel on every shape of operands: strips and single elements, all lengths, all instruction sets. The
//! meaning of one element is settled by the golden data and by the naive integer oracle below.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use common::{Memory, element, isas, run, same_bits};
use numtile_core::{DType, Kind, Scalar};
use numtile_kernel::{Flags, Isa, Op, Operand, Signature, Strip, resolve};
use proptest::prelude::*;

/// Elements with many special values: raw bits, small integers, edges.
fn elements(dtype: DType, seed: u64, n: usize) -> Memory {
    let mut state = seed | 1;
    let mut next = move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state
    };
    let mut bytes = Vec::new();
    for _ in 0..n {
        let scalar = match next() % 4 {
            0 => Scalar::from_bytes(dtype, &[next().to_ne_bytes(), next().to_ne_bytes()].concat()),
            1 => special(dtype, next()),
            _ => Scalar::from_f64((next() % 32) as f64 / 2.0 - 8.0, dtype),
        };
        bytes.extend_from_slice(scalar.bytes());
    }
    Memory::from(&bytes)
}

fn special(dtype: DType, pick: u64) -> Scalar {
    let values =
        [0.0, -0.0, 1.0, -1.0, f64::INFINITY, f64::NEG_INFINITY, f64::NAN, f64::MAX, f64::MIN, 1e-310, 65519.9];
    Scalar::from_f64(values[pick as usize % values.len()], dtype)
}

/// Every loop of every operation.
fn loops() -> Vec<(Op, Signature)> {
    let mut loops = Vec::new();
    for &op in Op::ALL {
        for a in DType::ALL {
            for b in DType::ALL {
                let types = match op {
                    Op::Cast => Signature::uniform(a, b),
                    _ => {
                        let operands = [Operand::Typed(a), Operand::Typed(b), Operand::Typed(b)];
                        match resolve(op, &operands[..op.arity()]) {
                            Ok(types) => types,
                            Err(_) => continue,
                        }
                    }
                };
                if !loops.contains(&(op, types)) {
                    loops.push((op, types));
                }
            }
        }
    }
    loops
}

/// Element `i` of each strip, alone, on the baseline: the meaning of the kernel.
fn alone(op: Op, types: &Signature, strips: &[Strip], i: usize) -> (Scalar, Flags) {
    let one: Vec<Strip> = (strips.iter().zip(types.inputs))
        .map(|(s, t)| Strip {
            start: if s.uniform { s.start } else { s.start.wrapping_add(i * t.size()) },
            uniform: true,
        })
        .collect();
    let (bytes, flags) = run(op, types, Isa::Baseline, 1, &one);
    (element(types.output, &bytes, 0), flags)
}

fn check(op: Op, types: &Signature, seed: u64, n: usize) {
    let data: Vec<Memory> =
        (0..op.arity()).map(|k| elements(types.inputs[k], seed.wrapping_mul(k as u64 + 3), n.max(1))).collect();
    for shape in 0..1u32 << op.arity() {
        let strips: Vec<Strip> =
            data.iter().enumerate().map(|(k, m)| Strip { start: m.as_ptr(), uniform: shape >> k & 1 == 1 }).collect();
        let want: Vec<(Scalar, Flags)> = (0..n).map(|i| alone(op, types, &strips, i)).collect();
        let all_flags = want.iter().fold(Flags::NONE, |all, (_, flags)| all | *flags);
        for isa in isas() {
            let (got, flags) = run(op, types, isa, n, &strips);
            assert_eq!(flags, all_flags, "{op} {types:?} {isa:?} shape {shape}");
            for (i, (want, _)) in want.iter().enumerate() {
                let got = element(types.output, &got, i);
                assert!(same_bits(&got, want), "{op} {types:?} {isa:?} shape {shape} [{i}/{n}]: {got:?} {want:?}");
            }
        }
        for (i, (want, _)) in want.iter().enumerate() {
            let arg = |k: usize| element(types.inputs[k], data[k].bytes(), if shape >> k & 1 == 1 { 0 } else { i });
            if let Some(naive) = naive(op, types, &arg) {
                assert!(
                    same_bits(want, &naive),
                    "{op} {types:?} {:?}: {want:?}, should be {naive:?}",
                    (0..op.arity()).map(arg).collect::<Vec<_>>()
                );
            }
        }
    }
}

#[test]
fn every_kernel_on_the_lengths_around_vectors() {
    let loops = loops();
    assert!(loops.len() > 750, "{}", loops.len());
    for (op, types) in loops {
        for n in (0..=18).chain([31, 32, 33, 47, 63, 64, 65, 70]) {
            check(op, &types, 0x9e37_79b9_7f4a_7c15u64.wrapping_mul(n as u64 + 1), n);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]
    #[test]
    fn any_kernel_on_any_elements(pick in any::<prop::sample::Index>(), seed in any::<u64>(), n in 0usize..70) {
        thread_local!(static LOOPS: Vec<(Op, Signature)> = loops());
        let (op, types) = LOOPS.with(|loops| *pick.get(loops));
        check(op, &types, seed, n);
    }
}

/// Exact integer arithmetic in 128 bits, cut to the type; float arithmetic by the operators of the language.
fn naive(op: Op, types: &Signature, arg: &dyn Fn(usize) -> Scalar) -> Option<Scalar> {
    let output = types.output;
    if types.inputs[..op.arity()].iter().all(|t| t.is_integer()) {
        let second = if op.arity() > 1 { arg(1).to_int()? } else { 0 };
        return naive_integer(op, arg(0).to_int()?, second, output);
    }
    if types.inputs[0] == DType::F64 && output == DType::F64 {
        let a = arg(0).to_f64();
        let b = if op.arity() > 1 { arg(1).to_f64() } else { 0.0 };
        return naive_float(op, a, b).map(Scalar::new);
    }
    (types.inputs[0] == DType::F32 && output == DType::F32 && op.arity() == 2).then_some(())?;
    // Twice the precision, rounded again, is one rounding for these.
    let (a, b) = (arg(0).to_f64(), arg(1).to_f64());
    let exact = match op {
        Op::Add => a + b,
        Op::Subtract => a - b,
        Op::Multiply => a * b,
        Op::Divide => a / b,
        _ => return None,
    };
    Some(Scalar::new(exact as f32))
}

fn naive_integer(op: Op, a: i128, b: i128, output: DType) -> Option<Scalar> {
    let bits = 8 * output.size() as i128;
    let count = if b < 0 || b >= bits { None } else { Some(b) };
    let value = match op {
        Op::Add => a + b,
        Op::Subtract => a - b,
        Op::Multiply => a.wrapping_mul(b),
        Op::Negative => -a,
        Op::Absolute => a.abs(),
        Op::Square => a.wrapping_mul(a),
        Op::FloorDivide if b == 0 => 0,
        Op::FloorDivide => a.div_euclid(b) - i128::from(b < 0 && a.rem_euclid(b) != 0),
        Op::Remainder if b == 0 => 0,
        Op::Remainder => a - b * (a.div_euclid(b) - i128::from(b < 0 && a.rem_euclid(b) != 0)),
        Op::Fmod if b == 0 => 0,
        Op::Fmod => a % b,
        Op::Gcd => naive_divisor(a, b),
        Op::Lcm if a == 0 || b == 0 => 0,
        Op::Lcm => (a.abs() / naive_divisor(a, b)).wrapping_mul(b.abs()),
        Op::BitwiseCount => i128::from(a.unsigned_abs().count_ones()),
        Op::Minimum | Op::Fmin => a.min(b),
        Op::Maximum | Op::Fmax => a.max(b),
        Op::Equal => i128::from(a == b),
        Op::NotEqual => i128::from(a != b),
        Op::Less => i128::from(a < b),
        Op::LessEqual => i128::from(a <= b),
        Op::Greater => i128::from(a > b),
        Op::GreaterEqual => i128::from(a >= b),
        Op::BitwiseAnd => a & b,
        Op::BitwiseOr => a | b,
        Op::BitwiseXor => a ^ b,
        Op::Invert => !a,
        Op::LeftShift => count.map_or(0, |c| a << c),
        Op::RightShift => count.map_or(if a < 0 { -1 } else { 0 }, |c| a >> c),
        Op::Sign => a.signum(),
        Op::Power if b < 0 => 0,
        Op::Power => (0..b.min(300)).fold(1i128, |p, _| p.wrapping_mul(a)),
        Op::Cast if output.is_integer() => a,
        _ => return None,
    };
    if op == Op::Power && b > 300 {
        return None;
    }
    Some(cut(value, output))
}

/// Euclid's algorithm.
fn naive_divisor(a: i128, b: i128) -> i128 {
    if b == 0 { a.abs() } else { naive_divisor(b, a % b) }
}

/// The low bits of an integer as an element.
fn cut(value: i128, dtype: DType) -> Scalar {
    if dtype.kind() == Kind::Bool {
        return Scalar::from_int(i128::from(value != 0), dtype).unwrap();
    }
    Scalar::from_bytes(dtype, &value.to_le_bytes())
}

fn naive_float(op: Op, a: f64, b: f64) -> Option<f64> {
    Some(match op {
        Op::Add => a + b,
        Op::Subtract => a - b,
        Op::Multiply => a * b,
        Op::Divide => a / b,
        Op::Negative => -a,
        Op::Absolute => a.abs(),
        Op::Sqrt => a.sqrt(),
        Op::Floor => a.floor(),
        Op::Ceil => a.ceil(),
        Op::Trunc => a.trunc(),
        Op::Rint => a.round_ties_even(),
        Op::Minimum if a.is_nan() || b.is_nan() => f64::NAN,
        Op::Maximum if a.is_nan() || b.is_nan() => f64::NAN,
        Op::Minimum => {
            if a.total_cmp(&b).is_le() {
                a
            } else {
                b
            }
        }
        Op::Maximum => {
            if a.total_cmp(&b).is_ge() {
                a
            } else {
                b
            }
        }
        _ => return None,
    })
}

#[test]
fn rejected_values_are_reported() {
    let types = Signature { inputs: [DType::I32, DType::Bool, DType::Bool], output: DType::I32 };
    let (values, bad) = (Memory::from(bytes(&[7, 8, 9])), Memory::from(&[0, 0, 1]));
    let (got, flags) = run(Op::RejectAllNan, &types, Isa::Baseline, 3, &[values.strip(), bad.strip()]);
    assert_eq!((got.as_slice(), flags), (bytes(&[7, 8, 9]), Flags::ALL_NAN));
    assert_eq!(flags.check().unwrap_err().to_string(), "All-NaN slice encountered");
    let (_, flags) = run(Op::RejectAllNan, &types, Isa::Baseline, 2, &[values.strip(), bad.strip()]);
    assert!(flags.check().is_ok());
}

#[test]
fn negative_powers_are_reported() {
    let types = Signature::uniform(DType::I32, DType::I32);
    let (base, exponent) = (Memory::from(bytes(&[2, 3, 4])), Memory::from(bytes(&[1, -1, 2])));
    let (_, flags) = run(Op::Power, &types, Isa::Baseline, 3, &[base.strip(), exponent.strip()]);
    assert_eq!(flags, Flags::NEGATIVE_POWER);
    assert_eq!(flags.check().unwrap_err().to_string(), "Integers to negative integer powers are not allowed.");
    let (_, flags) = run(Op::Power, &types, Isa::Baseline, 1, &[base.strip(), exponent.strip()]);
    assert!(flags.check().is_ok());
}

fn bytes(values: &[i32]) -> &[u8] {
    // SAFETY: plain data.
    unsafe { std::slice::from_raw_parts(values.as_ptr().cast(), size_of_val(values)) }
}
