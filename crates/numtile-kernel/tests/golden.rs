//! Results on edge values against NumPy's own.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use std::collections::HashMap;

use common::{Memory, close, dtype, element, isas, run, same_bits};
use numtile_core::{DType, Scalar};
use numtile_kernel::builtin::iota::{Sequence, fill, positions};
use numtile_kernel::{Op, Signature};

/// One record: the words of its head line, and the bytes after it.
struct Record {
    words: Vec<String>,
    bytes: Vec<u8>,
}

struct Records {
    rest: &'static [u8],
}

impl Records {
    fn open() -> Records {
        Records { rest: include_bytes!("data/golden.bin") }
    }

    fn next(&mut self) -> Option<Record> {
        if self.rest.is_empty() {
            return None;
        }
        let end = self.rest.iter().position(|&b| b == b'\n').unwrap();
        let head = std::str::from_utf8(&self.rest[..end]).unwrap();
        let words: Vec<String> = head.split(' ').map(str::to_owned).collect();
        let last = dtype(words[1].chars().last().unwrap());
        let count: usize = words[2].parse().unwrap();
        let ends = match words[0].as_str() {
            "arange" => 2 * last.size(),
            "linspace" => 16,
            _ => 0,
        };
        let (bytes, rest) = self.rest[end + 1..].split_at(ends + count * last.size());
        self.rest = rest;
        Some(Record { words, bytes: bytes.to_vec() })
    }
}

/// Where our answer is a choice and not NumPy's.
fn ours(op: Op, a: &Scalar, b: &Scalar, types: &Signature) -> bool {
    let zero = |s: &Scalar| s.to_complex().re == 0.0 && s.to_complex().im == 0.0;
    match op {
        Op::Minimum | Op::Maximum | Op::Fmin | Op::Fmax => types.output.is_float() && zero(a) && zero(b),
        // NumPy's float16 gives the first of two zeros, its other floats the second.
        Op::Nextafter => types.output == DType::F16 && zero(a) && zero(b),
        // NumPy's formula makes NaN of what exp(z) has a value for.
        Op::Expm1 => types.output.is_complex() && !(a.to_complex().re.is_finite() && a.to_complex().im.is_finite()),
        Op::Reciprocal => types.output.is_integer() && zero(a),
        Op::Cast => types.output.is_integer() && !types.input().is_integer() && out_of_range(a, types.output),
        _ => false,
    }
}

fn out_of_range(value: &Scalar, to: DType) -> bool {
    let x = value.to_f64().trunc();
    let bits = 8 * to.size() as i32;
    let (low, high) = if to.kind() == numtile_core::Kind::Signed {
        (-(2f64.powi(bits - 1)), 2f64.powi(bits - 1))
    } else {
        (0.0, 2f64.powi(bits))
    };
    !(low <= x && x < high)
}

const ELEMENTARY: &[Op] = {
    use Op::*;
    &[
        Exp, Exp2, Expm1, Log, Log2, Log10, Log1p, Sin, Cos, Tan, Sinh, Cosh, Tanh, Arcsin, Arccos, Arctan, Arcsinh,
        Arccosh, Arctanh, Arctan2, Hypot, Logaddexp, Logaddexp2,
    ]
};

/// Units in the last place by which a result may differ from NumPy's: both are within one of the true value, or nearly;
/// complex powers are NumPy's own error.
fn tolerance(op: Op, types: &Signature) -> Option<f64> {
    let approximate = match op {
        Op::Power | Op::FloatPower if types.output.is_complex() => return Some(256.0),
        Op::Power | Op::FloatPower if types.output.is_float() => return Some(2.0),
        _ if ELEMENTARY.contains(&op) && types.input().is_float() => return Some(2.0),
        _ if ELEMENTARY.contains(&op) => true,
        Op::Sqrt | Op::Absolute | Op::Multiply | Op::Square | Op::Divide | Op::Reciprocal | Op::Sign => {
            types.input().is_complex()
        }
        _ => false,
    };
    approximate.then_some(4.0)
}

#[test]
fn edge_values_are_numpys() {
    let mut values: HashMap<DType, Vec<u8>> = HashMap::new();
    let mut records = Records::open();
    let (mut compared, mut wrong) = (0, Vec::new());
    while let Some(Record { words, bytes }) = records.next() {
        let types: Vec<DType> = words[1].chars().map(dtype).collect();
        if words[0] == "values" {
            values.insert(types[0], bytes);
            continue;
        }
        let Some(op) = Op::from_name(&words[0]) else { continue };
        let (output, inputs) = types.split_last().unwrap();
        let signature = signature(op, inputs, *output);
        let (left, right) = operands(op, inputs, &values);
        for isa in isas() {
            let n = bytes.len() / output.size();
            let (got, _) = run(op, &signature, isa, n, &[left.0.strip(), right.0.strip()][..op.arity()]);
            for i in 0..n {
                let (a, b) = (element(left.1, left.0.bytes(), i), element(right.1, right.0.bytes(), i));
                let (got, want) = (element(*output, &got, i), element(*output, &bytes, i));
                compared += 1;
                let right =
                    same_bits(&got, &want) || tolerance(op, &signature).is_some_and(|ulps| close(&got, &want, ulps));
                if !right && !ours(op, &a, &b, &signature) {
                    wrong.push(format!(
                        "{op} {a} {b}: {got}, NumPy {want}",
                        a = show(&a),
                        b = show(&b),
                        got = show(&got),
                        want = show(&want)
                    ));
                }
            }
        }
    }
    for line in wrong.iter().take(12) {
        println!("{line}");
    }
    assert!(wrong.is_empty(), "{} of {compared}", wrong.len());
    assert!(compared > 30_000);
}

fn show(s: &Scalar) -> String {
    format!("{}({:?})", s.dtype(), s.to_complex())
}

/// The loop, given the types of NumPy's operands: bool and integers are looked at as bool where that is enough.
fn signature(op: Op, inputs: &[DType], output: DType) -> Signature {
    let mut types = Signature { inputs: [inputs[inputs.len() - 1]; 3], output };
    types.inputs[..inputs.len()].copy_from_slice(inputs);
    let operands: Vec<_> = inputs.iter().map(|&d| numtile_kernel::Operand::Typed(d)).collect();
    if op == Op::Cast { types } else { numtile_kernel::resolve(op, &operands[..op.arity()]).unwrap() }
}

type Operand = (Memory, DType);

/// All pairs of edge values (each value, for one operand), cast to the loop's types.
fn operands(op: Op, inputs: &[DType], values: &HashMap<DType, Vec<u8>>) -> (Operand, Operand) {
    let (a, b) = (inputs[0], inputs[inputs.len() - 1]);
    let count = |d: DType| values[&d].len() / d.size();
    let types = signature(op, inputs, inputs[0]);
    let mut left = Vec::new();
    let mut right = Vec::new();
    for i in 0..count(a) {
        for j in 0..if op.arity() == 1 { 1 } else { count(b) } {
            left.extend_from_slice(element(a, &values[&a], i).bytes());
            let exponent = element(b, &values[&b], j);
            let negative = op == Op::Power && b.kind() == numtile_core::Kind::Signed && exponent.to_int() < Some(0);
            right.extend_from_slice(if negative { Scalar::zero(b) } else { exponent }.bytes());
        }
    }
    (convert(left, a, types.inputs[0]), convert(right, b, types.inputs[1]))
}

fn convert(bytes: Vec<u8>, from: DType, to: DType) -> Operand {
    let memory = Memory::from(&bytes);
    let n = bytes.len() / from.size();
    let (cast, _) = run(Op::Cast, &Signature::uniform(from, to), isas()[0], n, &[memory.strip()]);
    (Memory::from(&cast), to)
}

#[test]
fn sequences_are_numpys() {
    let mut records = Records::open();
    let mut seen = 0;
    while let Some(Record { words, bytes }) = records.next() {
        let dtype = dtype(words[1].chars().next().unwrap());
        let n: usize = words[2].parse().unwrap();
        let (sequence, want) = match words[0].as_str() {
            "arange" => {
                let (ends, want) = bytes.split_at(2 * dtype.size());
                (Sequence::Arange { start: element(dtype, ends, 0), next: element(dtype, ends, 1) }, want)
            }
            "linspace" if dtype == DType::F64 => {
                let (ends, want) = bytes.split_at(16);
                (line(element(DType::F64, ends, 0), element(DType::F64, ends, 1), n, words[3] == "1"), want)
            }
            _ => continue,
        };
        seen += 1;
        let mut whole = Memory::new(n * dtype.size());
        // SAFETY: there is room for `n` elements.
        unsafe { fill(whole.as_mut_ptr(), &sequence, 0, None, n) };
        for i in 0..n {
            let (got, want) = (element(dtype, whole.bytes(), i), element(dtype, want, i));
            assert!(same_bits(&got, &want), "{words:?} {i} {got:?} {want:?}");
        }
        // Backwards and with gaps.
        let count = n.div_ceil(3);
        let mut at = vec![0i64; count];
        let mut part = Memory::new(n * dtype.size());
        // SAFETY: as above, and for as many positions.
        unsafe {
            positions(at.as_mut_ptr(), n as i64 - 1, &[count], &[-3]);
            fill(part.as_mut_ptr(), &sequence, 0, Some(at.as_ptr()), count);
        }
        for i in 0..count {
            assert!(same_bits(&element(dtype, part.bytes(), i), &element(dtype, want, n - 1 - 3 * i)));
        }
    }
    assert!(seen > 8);
}

fn line(start: Scalar, stop: Scalar, n: usize, endpoint: bool) -> Sequence {
    let (start, stop) = (start.to_f64(), stop.to_f64());
    let step = (stop - start) / (n as f64 - f64::from(u8::from(endpoint)));
    Sequence::Linspace { start, step, last: endpoint.then_some((n as u64 - 1, stop)) }
}
