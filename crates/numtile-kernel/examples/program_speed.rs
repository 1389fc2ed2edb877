//! Nanoseconds per element of whole programs on strips in the cache. Run once as it is and once with `NUMTILE_JIT=0`.
//!
//! `cargo run --release -p numtile-kernel --example program_speed [strip]`

use std::time::Instant;

use numtile_core::DType::{self, Bool, C64, C128, F16, F32, F64, I8, I16, I32, I64, U8};
use numtile_core::{Result, Scalar};
use numtile_kernel::{Interpreter, Isa, Op, Step, Strip, TileProgram, Value, Writing};

/// Elements that each program is run over in all.
const ELEMENTS: usize = 1 << 22;

fn main() -> Result<()> {
    let strip = std::env::args().nth(1).and_then(|n| n.parse().ok()).unwrap_or(1024);
    for (name, program) in programs() {
        let interpreter = Interpreter::new(&program, Isa::detect())?;
        let time = time(&program, &interpreter, strip);
        println!("{name:24} {time:.3} ns/element, {} bytes of code", interpreter.code_bytes());
    }
    Ok(())
}

/// Writes a program step by step.
struct Writer(TileProgram);

impl Writer {
    fn new(inputs: &[DType]) -> Writer {
        Writer(TileProgram { inputs: inputs.to_vec(), ..TileProgram::default() })
    }

    fn constant(&mut self, value: f64, dtype: DType) -> Value {
        self.0.constants.push(Scalar::from_f64(value, dtype));
        Value::Constant((self.0.constants.len() - 1) as u32)
    }

    fn step(&mut self, op: Op, input: DType, output: DType, operands: &[Value]) -> Value {
        let mut args = [Value::Input(0); 3];
        args[..operands.len()].copy_from_slice(operands);
        self.0.steps.push(Step { op, input, output, args });
        Value::Step((self.0.steps.len() - 1) as u32)
    }

    fn finish(mut self, output: Value) -> TileProgram {
        self.0.outputs.push(output);
        self.0
    }
}

fn programs() -> Vec<(String, TileProgram)> {
    let mut all = Vec::new();
    for t in [F64, F32] {
        all.push((format!("a*a + b*b + 2*a*b {t}"), squares(t)));
        all.push((format!("polynomial of 20 {t}"), polynomial(t)));
        all.push((format!("where(a > b, ...) {t}"), choice(t)));
    }
    all.push(("grey picture".into(), grey()));
    all.push(("int32 + float64*float32".into(), mixed()));
    for t in [C128, C64] {
        all.push((format!("a*b + a {t}"), product(t)));
    }
    for t in [I64, I32, I16, I8, U8, F16] {
        all.push((format!("a*b + a {t}"), product(t)));
    }
    all.push(("(a + b) / 2 int64".into(), mean_of_integers()));
    all.push(("a // b int32".into(), quotient()));
    all
}

fn product(t: DType) -> TileProgram {
    let mut w = Writer::new(&[t, t]);
    let product = w.step(Op::Multiply, t, t, &[Value::Input(0), Value::Input(1)]);
    let sum = w.step(Op::Add, t, t, &[product, Value::Input(0)]);
    w.finish(sum)
}

fn mean_of_integers() -> TileProgram {
    let mut w = Writer::new(&[I64, I64]);
    let two = w.constant(2.0, F64);
    let sum = w.step(Op::Add, I64, I64, &[Value::Input(0), Value::Input(1)]);
    let sum = w.step(Op::Cast, I64, F64, &[sum]);
    let mean = w.step(Op::Divide, F64, F64, &[sum, two]);
    w.finish(mean)
}

fn quotient() -> TileProgram {
    let mut w = Writer::new(&[I32, I32]);
    let quotient = w.step(Op::FloorDivide, I32, I32, &[Value::Input(0), Value::Input(1)]);
    let sum = w.step(Op::Add, I32, I32, &[quotient, Value::Input(0)]);
    w.finish(sum)
}

fn squares(t: DType) -> TileProgram {
    let mut w = Writer::new(&[t, t]);
    let (a, b, two) = (Value::Input(0), Value::Input(1), w.constant(2.0, t));
    let (aa, bb) = (w.step(Op::Multiply, t, t, &[a, a]), w.step(Op::Multiply, t, t, &[b, b]));
    let sum = w.step(Op::Add, t, t, &[aa, bb]);
    let doubled = w.step(Op::Multiply, t, t, &[two, a]);
    let cross = w.step(Op::Multiply, t, t, &[doubled, b]);
    let all = w.step(Op::Add, t, t, &[sum, cross]);
    w.finish(all)
}

fn polynomial(t: DType) -> TileProgram {
    let mut w = Writer::new(&[t]);
    let x = Value::Input(0);
    let mut sum = w.constant(1.0, t);
    for k in 0..20 {
        let product = w.step(Op::Multiply, t, t, &[sum, x]);
        let next = w.constant(1.0 / f64::from(k + 2), t);
        sum = w.step(Op::Add, t, t, &[product, next]);
    }
    w.finish(sum)
}

fn choice(t: DType) -> TileProgram {
    let mut w = Writer::new(&[t, t, t]);
    let (a, b, c) = (Value::Input(0), Value::Input(1), Value::Input(2));
    let (half, one) = (w.constant(0.5, t), w.constant(1.0, t));
    let above = w.step(Op::Greater, t, Bool, &[a, b]);
    let halved = w.step(Op::Multiply, t, t, &[a, half]);
    let yes = w.step(Op::Add, t, t, &[halved, one]);
    let no = w.step(Op::Subtract, t, t, &[b, a]);
    let chosen = w.step(Op::Where, t, t, &[above, yes, no]);
    let all = w.step(Op::Multiply, t, t, &[chosen, c]);
    w.finish(all)
}

fn grey() -> TileProgram {
    let mut w = Writer::new(&[U8, U8, U8]);
    let mut parts = Vec::new();
    for (channel, weight) in [0.3, 0.59, 0.11].into_iter().enumerate() {
        let weight = w.constant(weight, F32);
        let value = w.step(Op::Cast, U8, F32, &[Value::Input(channel as u32)]);
        parts.push(w.step(Op::Multiply, F32, F32, &[value, weight]));
    }
    let sum = w.step(Op::Add, F32, F32, &parts[..2]);
    let sum = w.step(Op::Add, F32, F32, &[sum, parts[2]]);
    let (low, high) = (w.constant(0.0, F32), w.constant(255.0, F32));
    let sum = w.step(Op::Maximum, F32, F32, &[sum, low]);
    let sum = w.step(Op::Minimum, F32, F32, &[sum, high]);
    let grey = w.step(Op::Cast, F32, U8, &[sum]);
    w.finish(grey)
}

fn mixed() -> TileProgram {
    let mut w = Writer::new(&[I32, F64, F32]);
    let whole = w.step(Op::Cast, I32, F64, &[Value::Input(0)]);
    let single = w.step(Op::Cast, F32, F64, &[Value::Input(2)]);
    let product = w.step(Op::Multiply, F64, F64, &[Value::Input(1), single]);
    let sum = w.step(Op::Add, F64, F64, &[whole, product]);
    w.finish(sum)
}

/// The fastest of many runs over strips of this length.
fn time(program: &TileProgram, interpreter: &Interpreter, strip: usize) -> f64 {
    // Every byte 0x3f: a number between 0 and 1 in both float types.
    let lines = |bytes: usize| vec![Line([0x3f; 64]); bytes / 64 + 2];
    let inputs: Vec<Vec<Line>> = program.inputs.iter().map(|dtype| lines(strip * dtype.size())).collect();
    let strips: Vec<Strip> = inputs.iter().map(|input| Strip::contiguous(input.as_ptr().cast())).collect();
    let mut output = lines(strip * 16);
    let mut scratch = lines(interpreter.scratch_bytes(strip));
    let runs = ELEMENTS / strip;
    let mut best = f64::INFINITY;
    for _ in 0..15 {
        let start = Instant::now();
        for _ in 0..runs {
            let outputs = [output.as_mut_ptr().cast()];
            // SAFETY: everything has room for a strip of the program's types.
            let _ = unsafe { interpreter.run(strip, &strips, &outputs, Writing::Cached, scratch.as_mut_ptr().cast()) };
        }
        best = best.min(start.elapsed().as_secs_f64());
    }
    best * 1e9 / (runs * strip) as f64
}

/// A cache line, so that arrays start at one.
#[derive(Clone, Copy)]
#[repr(align(64))]
struct Line(#[allow(dead_code, reason = "read through pointers")] [u8; 64]);
