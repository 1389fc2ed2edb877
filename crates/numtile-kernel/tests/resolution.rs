//! Type resolution against NumPy's own, for every operation and every combination of operand types.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use std::collections::HashMap;

use common::{CODES, dtype};
use numtile_core::{DType, Error};
use numtile_kernel::{Op, Operand, Signature, resolve};

fn operand(letter: char) -> Operand {
    match letter {
        'x' => Operand::Int(1),
        'y' => Operand::Float,
        'z' => Operand::Complex,
        typed => Operand::Typed(dtype(typed)),
    }
}

/// Rules under which numtile looks at operands through another type than NumPy's loop does, with the same result.
fn has_other_inputs(op: Op) -> bool {
    use Op::*;
    matches!(op, LogicalAnd | LogicalOr | LogicalXor | LogicalNot | Isnan | Isinf | Isfinite)
}

/// What the data file says besides loops.
#[derive(Default)]
struct Words {
    /// Messages by letter.
    errors: HashMap<String, String>,
    /// NumPy's names of the operands' types by letter.
    classes: HashMap<char, String>,
}

impl Words {
    fn message(&self, op: Op, letters: &[char], template: &str) -> String {
        let classes: Vec<&str> = letters.iter().map(|letter| self.classes[letter].as_str()).collect();
        let types = match classes.as_slice() {
            [one] => (*one).to_owned(),
            many => format!("({})", many.join(", ")),
        };
        template.replace("{}", op.name()).replace("{types}", &types)
    }
}

fn check(op: Op, letters: &[char], answer: &str, words: &Words) {
    let operands: Vec<Operand> = letters.iter().map(|&c| operand(c)).collect();
    let got = resolve(op, &operands);
    let case = format!("{op} {letters:?} {answer} {got:?}");
    if let Some(template) = words.errors.get(answer) {
        let error = got.expect_err(&case);
        assert!(matches!(error, Error::Type(_)), "{case}");
        assert_eq!(error.to_string(), words.message(op, letters, template), "{case}");
        return;
    }
    if answer.starts_with('O') {
        return; // Two Python ints: NumPy compares objects.
    }
    let types: Vec<DType> = answer.chars().map(dtype).collect();
    let (output, inputs) = types.split_last().unwrap();
    match got {
        Err(error) => panic!("{case} {error}"),
        Ok(Signature { inputs: ours, output: out }) => {
            assert_eq!(out, *output, "{case}");
            assert!(has_other_inputs(op) || &ours[..inputs.len()] == inputs, "{case}");
        }
    }
}

#[test]
fn every_combination_is_numpys() {
    let mut texts = Words::default();
    let letters: Vec<char> = CODES.chars().chain("xyz".chars()).collect();
    let mut seen = 0;
    for line in include_str!("data/resolution.txt").lines() {
        let (name, rest) = line.split_once(' ').unwrap();
        if name == "error" || name == "class" {
            let (letter, text) = rest.split_once(' ').unwrap();
            match name {
                "error" => drop(texts.errors.insert(letter.to_owned(), text.to_owned())),
                _ => drop(texts.classes.insert(letter.chars().next().unwrap(), text.to_owned())),
            }
            continue;
        }
        let op = Op::from_name(name).unwrap_or_else(|| panic!("no operation {name}"));
        let mut words: Vec<&str> = rest.split(' ').collect();
        let mut first = Vec::new();
        match op.arity() {
            2 => first = words.remove(0).chars().collect(),
            3 => first = ['?'].into_iter().chain(words.remove(0).chars()).collect(),
            _ => {}
        }
        for (&last, answer) in letters.iter().zip(words) {
            let operands: Vec<char> = first.iter().copied().chain([last]).collect();
            check(op, &operands, answer, &texts);
            seen += 1;
        }
    }
    assert!(seen > 11_000, "{seen}");
}

#[test]
fn every_resolved_loop_has_a_kernel() {
    for &op in Op::ALL {
        for a in DType::ALL {
            for b in DType::ALL {
                let operands = [Operand::Typed(a), Operand::Typed(b), Operand::Typed(b)];
                let Ok(types) = resolve(op, &operands[..op.arity()]) else { continue };
                for isa in common::isas() {
                    assert!(op.kernel(&types, isa).is_some(), "{op} {types:?}");
                }
            }
        }
    }
}

#[test]
fn python_ints_compare_exactly() {
    let types = |op, a, b| resolve(op, &[a, b]).unwrap();
    let got = types(Op::Less, Operand::Typed(DType::U8), Operand::Int(300));
    assert_eq!(got.inputs[..2], [DType::U64, DType::I64]);
    let got = types(Op::Equal, Operand::Int(-1), Operand::Typed(DType::U64));
    assert_eq!(got.inputs[..2], [DType::I64, DType::U64]);
    let got = types(Op::Less, Operand::Typed(DType::I64), Operand::Int(1 << 63));
    assert_eq!(got.inputs[..2], [DType::I64, DType::U64]);
    let got = types(Op::Less, Operand::Typed(DType::I8), Operand::Int(1 << 90));
    assert_eq!(got.inputs[..2], [DType::F64, DType::F64]);
    let got = types(Op::Less, Operand::Typed(DType::U8), Operand::Int(255));
    assert_eq!(got.inputs[..2], [DType::U8, DType::U8]);
}
