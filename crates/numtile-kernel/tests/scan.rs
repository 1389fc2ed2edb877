//! Scans of one stretch: against elements taken one by one, in pieces, from carries, on every instruction set.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on should stop")]

mod common;

use common::{Memory, canonical, element, isas, run};
use num_complex::Complex;
use numtile_core::{DType, Scalar};
use numtile_kernel::builtin::scan::{Scanner, Stretch};
use numtile_kernel::{Flags, Isa, Op, Signature, Strip};

/// Slices, rows and row lengths around the numbers that go side by side; a gap between slices must stay as it is.
const SHAPES: [(usize, usize, usize); 10] = [
    (1, 1, 1),
    (1, 33, 1),
    (3, 20, 1),
    (9, 17, 1),
    (2, 9, 2),
    (1, 12, 3),
    (2, 11, 7),
    (1, 9, 16),
    (2, 5, 23),
    (1, 3, 1100),
];
const GAP: usize = 3;

fn stretch((outer, length, inner): (usize, usize, usize)) -> Stretch {
    Stretch { outer, pitch: length * inner + GAP, length, inner }
}

/// Elements of moderate size with some that are special, the same on every machine.
fn values(dtype: DType, count: usize, seed: u64) -> Memory {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut memory = Memory::new(count * dtype.size());
    for i in 0..count {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        let unit = (state >> 11) as f64 / (1u64 << 53) as f64;
        let value = match state % 23 {
            0 => 0.0,
            1 => -0.0,
            2 if dtype.is_float() || dtype.is_complex() => {
                [f64::INFINITY, f64::NAN, -f64::INFINITY][(state >> 8) as usize % 3]
            }
            _ => unit * 3.0 - 1.5,
        };
        let scalar = match dtype {
            DType::Bool => Scalar::from_f64(f64::from(u8::from(unit > 0.4)), dtype),
            _ if dtype.is_complex() => Scalar::from_complex(Complex::new(value, 1.0 - unit), dtype),
            _ if dtype.is_float() => Scalar::from_f64(value, dtype),
            _ => Scalar::from_bytes(dtype, &state.to_le_bytes()[..dtype.size()]),
        };
        memory.bytes_mut()[i * dtype.size()..][..dtype.size()].copy_from_slice(scalar.bytes());
    }
    memory
}

/// Runs a scan over the rows of a stretch, cut at these rows.
fn scanned(scanner: &Scanner, values: &Memory, whole: &Stretch, cuts: &[usize]) -> (Memory, Flags) {
    let mut out = values.clone();
    let mut states = Memory::new(whole.sequences() * scanner.state_bytes() + 64);
    let mut flags = Flags::NONE;
    let ends: Vec<usize> = cuts.iter().copied().chain([whole.length]).collect();
    let mut at = 0;
    for end in ends {
        let part = Stretch { length: end - at, ..*whole };
        let start = out.as_mut_ptr().wrapping_add(at * whole.inner * scanner.dtype().size());
        // SAFETY: the part lies in the values, and there are states for its sequences.
        flags |= unsafe { scanner.run(start, &part, states.as_mut_ptr(), at == 0) };
        at = end;
    }
    let used = whole.sequences() * scanner.state_bytes();
    assert!(states.bytes()[used..].iter().all(|&b| b == 0xa5), "{scanner:?} wrote past its states");
    (out, flags)
}

/// The same one element after the other.
fn one_by_one(
    whole: &Stretch,
    dtype: DType,
    values: &Memory,
    mut step: impl FnMut(&Scalar, &Scalar) -> Scalar,
) -> Memory {
    let mut out = values.clone();
    let size = dtype.size();
    for slice in 0..whole.outer {
        for column in 0..whole.inner {
            let place = |row: usize| slice * whole.pitch + row * whole.inner + column;
            for row in 1..whole.length {
                let before = element(dtype, out.bytes(), place(row - 1));
                let next = step(&before, &element(dtype, values.bytes(), place(row)));
                out.bytes_mut()[place(row) * size..][..size].copy_from_slice(next.bytes());
            }
        }
    }
    out
}

fn assert_same(scanner: &Scanner, whole: &Stretch, got: &Memory, want: &Memory) {
    let dtype = scanner.dtype();
    for i in 0..whole.outer * whole.pitch - GAP {
        let (got, want) = (element(dtype, got.bytes(), i), element(dtype, want.bytes(), i));
        assert_eq!(canonical(&got), canonical(&want), "{scanner:?} of {whole:?} at {i}: {got:?}, not {want:?}");
    }
}

/// Operations with loops of one type, and the types.
fn loops() -> impl Iterator<Item = (Op, DType)> {
    let has_loop = |&(op, dtype): &(Op, DType)| Scanner::new(op, dtype, Isa::Baseline).is_ok();
    Op::ALL.iter().flat_map(|&op| DType::ALL.map(|dtype| (op, dtype))).filter(has_loop)
}

/// True where running values are kept in more bits than elements have.
fn is_wider(op: Op, dtype: DType) -> bool {
    let wider = dtype.is_float() || dtype.is_complex();
    (op == Op::Add && wider) || (op == Op::Multiply && Scanner::carry(op, dtype) != dtype)
}

#[test]
fn running_values_are_those_of_the_elementwise_kernel() {
    let mut count = 0;
    for (op, dtype) in loops().filter(|&(op, dtype)| !is_wider(op, dtype)) {
        let types = Signature::uniform(dtype, dtype);
        for (number, shape) in SHAPES.into_iter().enumerate() {
            let whole = stretch(shape);
            let x = values(dtype, whole.outer * whole.pitch, number as u64 + 1);
            let want = one_by_one(&whole, dtype, &x, |a, b| {
                let (a, b) = (Memory::from(a.bytes()), Memory::from(b.bytes()));
                let (bytes, _) = run(op, &types, Isa::Baseline, 1, &[Strip::contiguous(a.as_ptr()), b.strip()]);
                Scalar::from_bytes(dtype, &bytes)
            });
            for isa in isas() {
                let scanner = Scanner::new(op, dtype, isa).unwrap();
                assert_same(&scanner, &whole, &scanned(&scanner, &x, &whole, &[]).0, &want);
                count += 1;
            }
        }
    }
    assert!(count > 1000, "only {count} cases");
}

#[test]
fn small_floats_are_kept_in_float64_and_rounded_once() {
    for (op, dtype) in loops().filter(|&(op, dtype)| is_wider(op, dtype) && Scanner::carry(op, dtype) != dtype) {
        for shape in SHAPES {
            let whole = stretch(shape);
            let x = values(dtype, whole.outer * whole.pitch, 5);
            let mut out = x.clone();
            for slice in 0..whole.outer {
                for column in 0..whole.inner {
                    let place = |row: usize| slice * whole.pitch + row * whole.inner + column;
                    let mut running = element(dtype, x.bytes(), place(0)).to_complex();
                    for row in 1..whole.length {
                        let next = element(dtype, x.bytes(), place(row)).to_complex();
                        running = match (op, dtype.is_complex()) {
                            (Op::Add, _) => running + next,
                            (_, true) => running * next,
                            (_, false) => Complex::new(running.re * next.re, 0.0),
                        };
                        let value = match dtype.is_complex() {
                            true => Scalar::from_complex(running, dtype),
                            false => Scalar::from_f64(running.re, dtype),
                        };
                        out.bytes_mut()[place(row) * dtype.size()..][..dtype.size()].copy_from_slice(value.bytes());
                    }
                }
            }
            for isa in isas() {
                let scanner = Scanner::new(op, dtype, isa).unwrap();
                assert_same(&scanner, &whole, &scanned(&scanner, &x, &whole, &[]).0, &out);
            }
        }
    }
}

#[test]
fn pieces_do_not_matter_and_gaps_stay() {
    for (op, dtype) in loops() {
        for shape in SHAPES {
            let whole = stretch(shape);
            let x = values(dtype, whole.outer * whole.pitch, 9);
            let scanner = Scanner::new(op, dtype, isas()[0]).unwrap();
            let (want, _) = scanned(&scanner, &x, &whole, &[]);
            for isa in isas() {
                let scanner = Scanner::new(op, dtype, isa).unwrap();
                let cuts: Vec<usize> = [1, 2, 7, 8].into_iter().filter(|&cut| cut < whole.length).collect();
                let (got, _) = scanned(&scanner, &x, &whole, &cuts);
                assert_same(&scanner, &whole, &got, &want);
                let size = dtype.size();
                for slice in 0..whole.outer {
                    let gap =
                        (slice * whole.pitch + whole.length * whole.inner) * size..(slice + 1) * whole.pitch * size;
                    assert_eq!(got.bytes()[gap.clone()], x.bytes()[gap], "{scanner:?} wrote into a gap");
                }
            }
        }
    }
}

#[test]
fn a_carry_stands_for_all_that_comes_before() {
    for (op, dtype) in loops() {
        for shape in SHAPES.into_iter().filter(|&(_, length, _)| length > 1) {
            let whole = stretch(shape);
            let x = values(dtype, whole.outer * whole.pitch, 13);
            let scanner = Scanner::new(op, dtype, isas()[0]).unwrap();
            let (want, _) = scanned(&scanner, &x, &whole, &[]);
            let carry = Scanner::carry(op, dtype).size();
            let (mut got, count) = (x.clone(), whole.sequences());
            let mut states = Memory::new(count * scanner.state_bytes());
            let mut carries = Memory::new(count * carry);
            let first = Stretch { length: 1, ..whole };
            let rest = Stretch { length: whole.length - 1, ..whole };
            // SAFETY: states and carries have room for every sequence; the stretches lie in the values.
            unsafe {
                let _ = scanner.run(got.as_mut_ptr(), &first, states.as_mut_ptr(), true);
                scanner.carries(states.as_ptr(), count, carries.as_mut_ptr());
                states.bytes_mut().fill(0xee);
                scanner.resume(carries.as_ptr(), count, states.as_mut_ptr());
                let from = got.as_mut_ptr().wrapping_add(whole.inner * dtype.size());
                let _ = scanner.run(from, &rest, states.as_mut_ptr(), false);
            }
            assert_same(&scanner, &whole, &got, &want);
        }
    }
}

/// Sums of numbers that cancel and differ by 2^60 in size, compared with exact integers.
#[test]
fn float64_sums_lose_nothing_on_their_way() {
    let count = 4096;
    let mut state = 3u64;
    let units: Vec<i128> = (0..count)
        .map(|_| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (i128::from(state as i64) >> 11) << ((state >> 7) % 60)
        })
        .collect();
    let x = Memory::from(&units.iter().flat_map(|&unit| (unit as f64).to_le_bytes()).collect::<Vec<u8>>());
    let whole = Stretch { outer: 1, pitch: count, length: count, inner: 1 };
    for isa in isas() {
        let (got, _) = scanned(&Scanner::new(Op::Add, DType::F64, isa).unwrap(), &x, &whole, &[]);
        let (mut exact, mut size) = (0i128, 0i128);
        for (i, &unit) in units.iter().enumerate() {
            exact += unit;
            size += unit.abs();
            let value = element(DType::F64, got.bytes(), i).to_complex().re;
            let error = (value as i128 - exact).unsigned_abs() as f64;
            let allowed =
                exact.unsigned_abs() as f64 * f64::EPSILON + size as f64 * f64::EPSILON * f64::EPSILON * count as f64;
            assert!(error <= allowed, "{error} at {i} exceeds {allowed}");
        }
    }
}

#[test]
fn sums_that_overflow_stay_and_negative_zeros_too() {
    let max = f64::MAX;
    let cases: [(&[f64], &[f64]); 5] = [
        (&[max, max, -max, 1.0], &[max, f64::INFINITY, f64::INFINITY, f64::INFINITY]),
        (&[1.0, f64::INFINITY, 1e300, -f64::INFINITY, 1.0], &[1.0, f64::INFINITY, f64::INFINITY, f64::NAN, f64::NAN]),
        (&[-0.0, -0.0, 0.0, -0.0], &[-0.0, -0.0, 0.0, 0.0]),
        (&[1e16, 1.0, -1e16, -1.0], &[1e16, 1e16, 1.0, 0.0]),
        (&[-max, max / 2.0f64.powi(54), max], &[-max, -max, max / 2.0f64.powi(54)]),
    ];
    for (x, want) in cases {
        let bytes = |values: &[f64]| Memory::from(&values.iter().flat_map(|v| v.to_le_bytes()).collect::<Vec<u8>>());
        let whole = Stretch { outer: 1, pitch: x.len() + GAP, length: x.len(), inner: 1 };
        for isa in isas() {
            let scanner = Scanner::new(Op::Add, DType::F64, isa).unwrap();
            assert_same(&scanner, &whole, &scanned(&scanner, &bytes(x), &whole, &[]).0, &bytes(want));
        }
    }
}

#[test]
fn an_error_of_one_element_is_told() {
    let x = Memory::from(&[2i64, 3, -1, 5].iter().flat_map(|v| v.to_le_bytes()).collect::<Vec<u8>>());
    let whole = Stretch { outer: 1, pitch: 4, length: 4, inner: 1 };
    let scanner = Scanner::new(Op::Power, DType::I64, isas()[0]).unwrap();
    assert!(scanned(&scanner, &x, &whole, &[]).1.contains(Flags::NEGATIVE_POWER));
    assert!(Scanner::new(Op::Negative, DType::F64, isas()[0]).is_err());
    assert!(Scanner::new(Op::BitwiseAnd, DType::F64, isas()[0]).is_err());
    assert!(Scanner::new(Op::Less, DType::F64, isas()[0]).is_err());
}
