//! Machine code against the kernels of single steps, bit for bit (all NaNs being one).
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use std::collections::BTreeMap;
use std::sync::Once;

use common::{Memory, element, run, same_bits};
use numtile_core::{DType, Scalar};
use numtile_kernel::{Interpreter, Isa, Op, Operand, Signature, Step, Strip, TileProgram, Value, resolve};

/// Compiles at first sight; must come before the first interpreter.
fn eager() {
    static ONCE: Once = Once::new();
    // SAFETY: every test of this file calls this first, and nothing else reads or writes the environment meanwhile.
    ONCE.call_once(|| unsafe { std::env::set_var("NUMTILE_JIT", "eager") });
}

/// A small generator of pseudo-random numbers (xorshift64*).
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    fn below(&mut self, n: usize) -> usize {
        (self.next() >> 33) as usize % n
    }

    fn pick<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.below(of.len())]
    }
}

const TYPES: [DType; 11] = [
    DType::Bool,
    DType::I8,
    DType::I16,
    DType::I32,
    DType::I64,
    DType::U8,
    DType::U16,
    DType::U32,
    DType::U64,
    DType::F32,
    DType::F64,
];

/// The bytes of an element: anything, small numbers, or what breaks things.
fn random_element(random: &mut Random, dtype: DType) -> Scalar {
    let small = random.below(41) as i64 - 20;
    match dtype {
        DType::Bool => Scalar::from_int((random.next() & 1) as i128, dtype).unwrap(),
        DType::F32 | DType::F64 => {
            let special =
                [0.0, -0.0, f64::INFINITY, f64::NEG_INFINITY, f64::NAN, 0.5, 127.5, 255.0, 3e9, -1e300, 5e-324];
            let value = match random.below(4) {
                0 => random.pick(&special),
                1 => small as f64 / 4.0,
                2 => f64::from_bits(random.next()),
                _ => (random.next() as i32) as f64 / 1e5,
            };
            Scalar::from_f64(value, dtype)
        }
        _ => {
            let bits = if random.below(2) == 0 { random.next() } else { small as u64 };
            Scalar::from_bytes(dtype, &bits.to_le_bytes()[..dtype.size()])
        }
    }
}

/// A program under construction.
struct Draft<'r> {
    random: &'r mut Random,
    program: TileProgram,
}

impl Draft<'_> {
    fn any(&mut self) -> Value {
        let (inputs, steps) = (self.program.inputs.len(), self.program.steps.len());
        match self.random.below(8) {
            0 => {
                let dtype = self.random.pick(&TYPES);
                let constant = random_element(self.random, dtype);
                self.program.constants.push(constant);
                Value::Constant((self.program.constants.len() - 1) as u32)
            }
            1 | 2 => Value::Input(self.random.below(inputs) as u32),
            _ if steps == 0 => Value::Input(self.random.below(inputs) as u32),
            _ => Value::Step((steps - 1 - self.random.below(steps.min(6))) as u32),
        }
    }

    fn cast(&mut self, value: Value, dtype: DType) -> Value {
        let from = self.program.dtype(value).unwrap();
        if from == dtype { value } else { self.push(Op::Cast, Signature::uniform(from, dtype), &[value]) }
    }

    fn push(&mut self, op: Op, types: Signature, args: &[Value]) -> Value {
        let mut all = [Value::Input(0); 3];
        all[..args.len()].copy_from_slice(args);
        self.program.steps.push(Step { op, input: types.inputs[op.arity() - 1], output: types.output, args: all });
        Value::Step((self.program.steps.len() - 1) as u32)
    }

    /// Adds one operation on values that exist; nothing where their types have no loop.
    fn grow(&mut self) {
        let op = self.random.pick(Op::ALL);
        if op == Op::Cast {
            let (value, to) = (self.any(), self.random.pick(&TYPES));
            self.cast(value, to);
            return;
        }
        let args: Vec<Value> = (0..op.arity()).map(|_| self.any()).collect();
        let looks_at_sign = matches!(op, Op::Signbit | Op::Copysign);
        if looks_at_sign && args.iter().any(|arg| matches!(arg, Value::Step(_))) {
            // The sign of a NaN that arithmetic made is nobody's promise.
            return;
        }
        let operands: Vec<Operand> = args.iter().map(|&arg| Operand::Typed(self.program.dtype(arg).unwrap())).collect();
        let Ok(types) = resolve(op, &operands) else { return };
        let is_held = |dtype: &DType| TYPES.contains(dtype);
        if !types.inputs[..op.arity()].iter().chain([&types.output]).all(is_held) || op == Op::Power {
            return;
        }
        if op.kernel(&types, Isa::Baseline).is_none() {
            return;
        }
        let args: Vec<Value> = args.iter().zip(types.inputs).map(|(&arg, dtype)| self.cast(arg, dtype)).collect();
        self.push(op, types, &args);
    }
}

fn random_program(random: &mut Random) -> TileProgram {
    let inputs = (0..1 + random.below(4)).map(|_| random.pick(&TYPES)).collect();
    let mut draft = Draft { program: TileProgram { inputs, ..TileProgram::default() }, random };
    let length = 2 + draft.random.below(14);
    while draft.program.steps.len() < length {
        draft.grow();
    }
    let mut program = draft.program;
    let steps = program.steps.len();
    program.outputs = (0..1 + random.below(3)).map(|_| Value::Step(random.below(steps) as u32)).collect();
    program.outputs.push(Value::Step((steps - 1) as u32));
    program
}

/// Strips of random elements; some hold one element for all.
fn random_inputs(random: &mut Random, program: &TileProgram, n: usize) -> (Vec<Memory>, Vec<Strip>) {
    let mut memories = Vec::new();
    let mut strips = Vec::new();
    for &dtype in &program.inputs {
        let uniform = random.below(4) == 0;
        let elements = if uniform { 1 } else { n };
        // Elements need not start at a multiple of a vector.
        let lead = random.below(4) * dtype.size();
        let mut bytes = vec![0; lead];
        (0..elements).for_each(|_| bytes.extend_from_slice(random_element(random, dtype).bytes()));
        let memory = Memory::from(&bytes);
        strips.push(Strip { start: memory.as_ptr().wrapping_add(lead), uniform });
        memories.push(memory);
    }
    (memories, strips)
}

/// Every step by its kernel on all elements.
fn step_by_step(program: &TileProgram, n: usize, inputs: &[Strip]) -> Vec<Memory> {
    let mut results: Vec<Memory> = Vec::new();
    for step in &program.steps {
        let mut types = [step.input; 3];
        let strips: Vec<Strip> = step.args[..step.op.arity()]
            .iter()
            .enumerate()
            .map(|(k, &value)| {
                types[k] = program.dtype(value).unwrap();
                match value {
                    Value::Input(i) => inputs[i as usize],
                    Value::Constant(i) => Strip::uniform(program.constants[i as usize].as_ptr()),
                    Value::Step(i) => Strip::contiguous(results[i as usize].as_ptr()),
                }
            })
            .collect();
        let signature = Signature { inputs: types, output: step.output };
        let (bytes, _) = run(step.op, &signature, Isa::Baseline, n, &strips);
        results.push(Memory::from(&bytes));
    }
    results
}

fn check(program: &TileProgram, interpreter: &Interpreter, n: usize, inputs: &[Strip], number: u64) {
    let want = step_by_step(program, n, inputs);
    let types: Vec<DType> = program.outputs.iter().map(|&value| program.dtype(value).unwrap()).collect();
    let mut outputs: Vec<Memory> = types.iter().map(|dtype| Memory::new(n * dtype.size() + 64)).collect();
    let pointers: Vec<*mut u8> = outputs.iter_mut().map(Memory::as_mut_ptr).collect();
    let bytes = interpreter.scratch_bytes(n);
    let mut scratch = Memory::new(bytes + 64);
    // SAFETY: everything has the size that the program asks for.
    let _ = unsafe { interpreter.run(n, inputs, &pointers, scratch.as_mut_ptr()) };
    assert!(scratch.bytes()[bytes..].iter().all(|&b| b == 0xa5), "program {number} wrote past its scratch");
    for ((&output, memory), &dtype) in program.outputs.iter().zip(&outputs).zip(&types) {
        let Value::Step(step) = output else { panic!("outputs are steps") };
        assert!(memory.bytes()[n * dtype.size()..].iter().all(|&b| b == 0xa5), "program {number} wrote past its end");
        for i in 0..n {
            let (got, want) = (element(dtype, memory.bytes(), i), element(dtype, want[step as usize].bytes(), i));
            assert!(
                same_bits(&got, &want),
                "program {number}, {n} elements, %{step}[{i}]: {got:?}, not {want:?}\n{program}"
            );
        }
    }
}

/// Random programs, numbers `from..to`; the table of what was compiled.
fn sweep(from: u64, to: u64) -> BTreeMap<(Op, DType), u64> {
    eager();
    let mut table = BTreeMap::new();
    if !Isa::Avx2.is_supported() {
        return table;
    }
    for number in from..to {
        let mut random = Random(number.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
        let program = random_program(&mut random);
        let interpreter = Interpreter::new(&program, Isa::Avx2).unwrap();
        for _ in 0..2 {
            let n = if random.below(4) == 0 { random.below(40) } else { random.below(1001) };
            let (_memories, strips) = random_inputs(&mut random, &program, n);
            check(&program, &interpreter, n, &strips, number);
        }
        if interpreter.code_bytes() > 0 {
            for step in &program.steps {
                *table.entry((step.op, step.input)).or_default() += 1;
            }
        }
    }
    table
}

#[test]
fn compiled_programs_have_the_bits_of_their_steps() {
    let table = sweep(0, 3000);
    assert!(!Isa::Avx2.is_supported() || table.len() > 200, "only {} operations and types", table.len());
}

/// The long run: `cargo test --release -p numtile-kernel --test compiled -- --ignored --nocapture`.
#[test]
#[ignore = "a million programs take minutes"]
fn a_million_programs() {
    let count = std::env::var("PROGRAMS").ok().and_then(|n| n.parse().ok()).unwrap_or(1_000_000);
    for ((op, dtype), times) in sweep(1 << 32, (1 << 32) + count) {
        println!("{op:<16} {dtype:<8} {times}");
    }
}
