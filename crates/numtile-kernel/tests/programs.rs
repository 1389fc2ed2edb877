//! Programs: registers, outputs, uniform operands, and what the checker refuses.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use common::{Memory, element, isas, run, same_bits};
use numtile_core::{DType, Scalar};
use numtile_kernel::{
    Flags, Interpreter, Isa, Op, Operand, Signature, Step, Strip, TileProgram, Value, Writing, resolve,
};
use proptest::prelude::*;

use Value::{Constant, Input};

fn step(op: Op, types: Signature, args: &[Value]) -> Step {
    let mut all = [Input(0); 3];
    all[..args.len()].copy_from_slice(args);
    Step { op, input: types.inputs[op.arity() - 1], output: types.output, args: all }
}

fn f64_step(op: Op, args: &[Value]) -> Step {
    step(op, Signature::uniform(DType::F64, DType::F64), args)
}

fn doubles(values: &[f64]) -> Memory {
    Memory::from(&values.iter().flat_map(|v| v.to_ne_bytes()).collect::<Vec<_>>())
}

/// Runs a program and returns the bytes of its outputs.
fn interpret(program: &TileProgram, isa: Isa, n: usize, inputs: &[Strip]) -> (Vec<Vec<u8>>, Flags) {
    let interpreter = Interpreter::new(program, isa).unwrap();
    let sizes: Vec<usize> = program.outputs.iter().map(|&o| program.dtype(o).unwrap().size()).collect();
    let mut outputs: Vec<Memory> = sizes.iter().map(|size| Memory::new(n * size + 64)).collect();
    let pointers: Vec<*mut u8> = outputs.iter_mut().map(Memory::as_mut_ptr).collect();
    let bytes = interpreter.scratch_bytes(n);
    let mut scratch = Memory::new(bytes + 64);
    // SAFETY: everything has the size that the program asks for.
    let flags = unsafe { interpreter.run(n, inputs, &pointers, Writing::Cached, scratch.as_mut_ptr()) };
    assert!(scratch.bytes()[bytes..].iter().all(|&b| b == 0xa5));
    let results = outputs.iter().zip(&sizes).map(|(m, size)| {
        assert!(m.bytes()[n * size..].iter().all(|&b| b == 0xa5));
        m.bytes()[..n * size].to_vec()
    });
    (results.collect(), flags)
}

/// The program evaluated step by step on single elements.
fn by_hand(program: &TileProgram, i: usize, inputs: &[Strip]) -> Vec<Scalar> {
    let mut values: Vec<Scalar> = Vec::new();
    let fetch = |value: Value, values: &[Scalar]| match value {
        Input(k) => {
            let (strip, dtype) = (inputs[k as usize], program.inputs[k as usize]);
            let at = if strip.uniform { 0 } else { i * dtype.size() };
            // SAFETY: the strip holds this element.
            Scalar::from_bytes(dtype, unsafe { std::slice::from_raw_parts(strip.start.add(at), dtype.size()) })
        }
        Constant(k) => program.constants[k as usize],
        Value::Step(k) => values[k as usize],
    };
    for step in &program.steps {
        let args: Vec<Scalar> = step.args[..step.op.arity()].iter().map(|&v| fetch(v, &values)).collect();
        let mut inputs = [step.input; 3];
        for (slot, arg) in inputs.iter_mut().zip(&args) {
            *slot = arg.dtype();
        }
        let strips: Vec<Strip> = args.iter().map(|a| Strip::uniform(a.as_ptr())).collect();
        let (bytes, _) = run(step.op, &Signature { inputs, output: step.output }, Isa::Baseline, 1, &strips);
        values.push(element(step.output, &bytes, 0));
    }
    program.outputs.iter().map(|&v| fetch(v, &values)).collect()
}

fn check(program: &TileProgram, n: usize, inputs: &[Strip]) {
    for isa in isas() {
        let (got, _) = interpret(program, isa, n, inputs);
        for i in 0..n {
            for (k, want) in by_hand(program, i, inputs).iter().enumerate() {
                let got = element(want.dtype(), &got[k], i);
                assert!(same_bits(&got, want), "{program}out{k}[{i}] {isa:?}: {got:?} {want:?}");
            }
        }
    }
}

#[test]
fn a_polynomial_with_every_kind_of_output() {
    let program = TileProgram {
        inputs: vec![DType::F64, DType::F64],
        constants: vec![Scalar::new(2.0), Scalar::new(0.5)],
        steps: vec![
            f64_step(Op::Multiply, &[Input(0), Input(0)]),
            f64_step(Op::Add, &[Constant(0), Constant(1)]),
            f64_step(Op::Multiply, &[Value::Step(0), Value::Step(1)]),
            f64_step(Op::Subtract, &[Value::Step(2), Input(1)]),
            f64_step(Op::Multiply, &[Value::Step(3), Value::Step(3)]),
        ],
        outputs: vec![Value::Step(4), Value::Step(2), Value::Step(2), Value::Step(1), Input(1), Constant(1)],
    };
    let (a, b) = (doubles(&[1.0, 2.0, -3.0, 0.25, 7.0]), doubles(&[5.0, 4.0, 3.0, 2.0, 1.0]));
    for (left, right) in [(false, false), (true, false), (false, true), (true, true)] {
        let inputs = [Strip { start: a.as_ptr(), uniform: left }, Strip { start: b.as_ptr(), uniform: right }];
        for n in 0..=5 {
            check(&program, n, &inputs);
        }
    }
    assert_eq!(
        program.to_string().lines().collect::<Vec<_>>()[..7],
        [
            "in0: float64",
            "in1: float64",
            "const0: float64 = 2.0",
            "const1: float64 = 0.5",
            "%0: float64 = multiply in0, in0",
            "%1: float64 = add const0, const1",
            "%2: float64 = multiply %0, %1",
        ]
    );
}

#[test]
fn a_hundred_thousand_steps_take_few_registers() {
    let mut steps = vec![f64_step(Op::Add, &[Input(0), Constant(0)])];
    for i in 0..100_000u32 {
        steps.push(f64_step(if i % 2 == 0 { Op::Multiply } else { Op::Add }, &[Value::Step(i), Constant(0)]));
    }
    let program = TileProgram {
        inputs: vec![DType::F64],
        constants: vec![Scalar::new(1.0)],
        outputs: vec![Value::Step(100_000)],
        steps,
    };
    let start = std::time::Instant::now();
    let interpreter = Interpreter::new(&program, Isa::detect()).unwrap();
    // Were a step to look at all the others, this would take minutes.
    assert!(start.elapsed().as_secs_f64() < 20.0);
    assert!(interpreter.register_bytes_per_element() <= 24);
    let input = doubles(&[0.0; 4]);
    let (got, _) = interpret(&program, Isa::detect(), 4, &[input.strip()]);
    assert_eq!(element(DType::F64, &got[0], 3).to_f64(), 50_001.0);
}

#[test]
fn mistakes_are_refused() {
    let good = f64_step(Op::Add, &[Input(0), Input(0)]);
    let refused = |step: Step, outputs: Vec<Value>| {
        let program = TileProgram { inputs: vec![DType::F64], constants: vec![], steps: vec![step], outputs };
        Interpreter::new(&program, Isa::Baseline).unwrap_err().to_string()
    };
    assert!(
        refused(Step { args: [Input(0), Value::Step(0), Input(0)], ..good }, vec![]).contains("does not exist yet")
    );
    assert!(refused(Step { args: [Input(0), Input(1), Input(0)], ..good }, vec![]).contains("in1"));
    assert!(refused(Step { output: DType::F32, ..good }, vec![]).contains("no kernel"));
    assert!(refused(Step { input: DType::F32, ..good }, vec![]).contains("another type"));
    assert!(refused(Step { op: Op::BitwiseAnd, ..good }, vec![]).contains("no kernel"));
    assert!(refused(Step { op: Op::Ldexp, ..good }, vec![]).contains("no kernel"));
    assert!(refused(Step { op: Op::RejectAllNan, ..good }, vec![]).contains("no kernel"));
    assert!(refused(good, vec![Value::Step(1)]).contains("%1"));
}

/// A random program over all types: each step takes what is there and casts what does not fit.
fn random_program(choices: &[(usize, usize, usize, usize)]) -> TileProgram {
    let mut program = TileProgram {
        inputs: vec![DType::F64, DType::I16, DType::U8],
        constants: vec![Scalar::new(2.5f32), Scalar::new(3i64)],
        ..TileProgram::default()
    };
    for &(op, a, b, c) in choices {
        let op = Op::ALL[op % Op::ALL.len()];
        let values: Vec<Value> = (0..3)
            .map(Input)
            .chain((0..2).map(Constant))
            .chain((0..program.steps.len() as u32).map(Value::Step))
            .collect();
        let picked = [a, b, c].map(|k| values[k % values.len()]);
        let operands = picked.map(|v| Operand::Typed(program.dtype(v).unwrap()));
        let Ok(types) = resolve(op, &operands[..op.arity()]) else { continue };
        let mut args = picked;
        for (k, arg) in args[..op.arity()].iter_mut().enumerate() {
            let from = program.dtype(*arg).unwrap();
            if from != types.inputs[k] {
                program.steps.push(step(Op::Cast, Signature::uniform(from, types.inputs[k]), &[*arg]));
                *arg = Value::Step(program.steps.len() as u32 - 1);
            }
        }
        program.steps.push(step(op, types, &args[..op.arity()]));
    }
    let count = program.steps.len() as u32;
    program.outputs = (0..count).rev().step_by(3).map(Value::Step).chain([Input(1), Constant(0)]).collect();
    program
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]
    #[test]
    fn random_programs_mean_what_their_steps_mean(
        choices in prop::collection::vec(any::<(usize, usize, usize, usize)>(), 0..24),
        uniform in any::<[bool; 3]>(),
        n in 0usize..40,
    ) {
        let program = random_program(&choices);
        let a = doubles(&(0..40).map(|i| f64::from(i) * 0.75 - 9.0).collect::<Vec<_>>());
        let b = Memory::from(&(0..80u8).map(|i| i.wrapping_mul(37)).collect::<Vec<_>>());
        let c = Memory::from(&(0..40u8).map(|i| i.wrapping_mul(91)).collect::<Vec<_>>());
        let inputs = [(&a, uniform[0]), (&b, uniform[1]), (&c, uniform[2])]
            .map(|(m, uniform)| Strip { start: m.as_ptr(), uniform });
        check(&program, n, &inputs);
    }
}
