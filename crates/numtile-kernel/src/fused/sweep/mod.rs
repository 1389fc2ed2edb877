//! Machine code against the kernels of single steps, bit for bit (all NaNs being one), over random programs.
//!
//! Every program is made around one case: an operation, the types of a loop of it, and which of its operands are one
//! element for all. It runs over strips of whole blocks of its machine code, with a rest, of less than a block, and of
//! any length up to 1,000. A table tells what was seen; a gap in it is a failure.

mod cases;
#[path = "../../../tests/common/mod.rs"]
mod common;
mod draft;
mod random;
mod table;
mod wrong;

use std::sync::atomic::{AtomicUsize, Ordering};

use self::cases::Case;
use self::common::{Memory, run, same_bits};
use self::draft::{Draft, draft};
use self::random::Random;
use self::table::{Table, Tail};
use super::interp::Interpreter;
use super::program::{TileProgram, Value};
use super::segments::{self, Piece};
use crate::isa::Isa;
use crate::strip::{Strip, Writing};

/// The longest strip.
const LONGEST: usize = 1000;

/// A case and a layout of its operands.
struct Wanted {
    case: Case,
    layout: Vec<bool>,
}

fn everything(cases: &[Case]) -> Vec<Wanted> {
    let layouts = |case: &Case| 0..1usize << case.op.arity();
    let layout = |case: &Case, number: usize| (0..case.op.arity()).map(|k| number >> k & 1 != 0).collect();
    let of_case = |case: &Case| layouts(case).map(|n| Wanted { case: *case, layout: layout(case, n) }).collect();
    cases.iter().flat_map(|case| -> Vec<Wanted> { of_case(case) }).collect()
}

/// Every step by its kernel on all elements.
fn step_by_step(program: &TileProgram, n: usize, inputs: &[Strip]) -> Vec<Memory> {
    let mut results: Vec<Memory> = Vec::new();
    for step in &program.steps {
        let strip = |&value: &Value| match value {
            Value::Input(i) => inputs[i as usize],
            Value::Constant(i) => Strip::uniform(program.constants[i as usize].as_ptr()),
            Value::Step(i) => Strip::contiguous(results[i as usize].as_ptr()),
        };
        let strips: Vec<Strip> = step.operands().iter().map(strip).collect();
        let (bytes, _) = run(step.op, &program.signature(step).unwrap(), Isa::Baseline, n, &strips);
        results.push(Memory::from(&bytes));
    }
    results
}

/// Runs the program as a whole; what is wrong with its results, if anything is.
fn compare(
    program: &TileProgram,
    interpreter: &Interpreter,
    n: usize,
    inputs: &[Strip],
    writing: Writing,
) -> Result<(), String> {
    let want = step_by_step(program, n, inputs);
    let sizes: Vec<usize> = program.outputs.iter().map(|&value| program.dtype(value).unwrap().size()).collect();
    let mut outputs: Vec<Memory> = sizes.iter().map(|size| Memory::new(n * size + 64)).collect();
    let pointers: Vec<*mut u8> = outputs.iter_mut().map(Memory::as_mut_ptr).collect();
    let bytes = interpreter.scratch_bytes(n);
    let mut scratch = Memory::new(bytes + 64);
    // SAFETY: everything has the size that the program asks for.
    let _ = unsafe { interpreter.run(n, inputs, &pointers, writing, scratch.as_mut_ptr()) };
    if scratch.bytes()[bytes..].iter().any(|&b| b != 0xa5) {
        return Err("wrote past its scratch".to_owned());
    }
    for ((&output, memory), size) in program.outputs.iter().zip(&outputs).zip(sizes) {
        let Value::Step(step) = output else { return Err("an output is no step".to_owned()) };
        if memory.bytes()[n * size..].iter().any(|&b| b != 0xa5) {
            return Err("wrote past its end".to_owned());
        }
        same_elements(program, output, memory, &want[step as usize], n)?;
    }
    Ok(())
}

fn same_elements(program: &TileProgram, value: Value, got: &Memory, want: &Memory, n: usize) -> Result<(), String> {
    let dtype = program.dtype(value).unwrap();
    if got.bytes()[..n * dtype.size()] == want.bytes()[..n * dtype.size()] {
        return Ok(());
    }
    for i in 0..n {
        let (got, want) = (common::element(dtype, got.bytes(), i), common::element(dtype, want.bytes(), i));
        if !same_bits(&got, &want) {
            return Err(format!("{value}[{i}] of {n}: {got:?}, not {want:?}\n{program}"));
        }
    }
    Ok(())
}

/// One program with the machine code of its pieces.
struct Subject {
    draft: Draft,
    interpreter: Interpreter,
    pieces: Vec<Piece>,
}

impl Subject {
    fn new(draft: Draft) -> Subject {
        let interpreter = Interpreter::without_tables(&draft.program, Isa::Avx2).unwrap();
        let pieces = segments::find(&draft.program, &[]);
        Subject { draft, interpreter, pieces }
    }

    /// Runs over a strip of this length.
    fn check(&self, n: usize, random: &mut Random) -> Result<(), String> {
        let program = &self.draft.program;
        let inputs = program.inputs.iter().zip(&self.draft.uniform);
        let (_memories, strips): (Vec<Memory>, Vec<Strip>) =
            inputs.map(|(&dtype, &uniform)| random::strip(random, dtype, uniform, n)).unzip();
        let writing = if random.below(3) == 0 { Writing::PastCaches } else { Writing::Cached };
        compare(program, &self.interpreter, n, &strips, writing)
    }

    /// Elements per turn of the machine code around a step; `None` where it is interpreted.
    fn block(&self, step: usize, uniform_steps: &[bool]) -> Option<usize> {
        let piece = self.pieces.iter().find(|piece| piece.steps.contains(&step))?;
        let is_uniform = |&value: &Value| self.draft.is_uniform(value, uniform_steps);
        let pattern = piece.inputs.iter().enumerate().fold(0, |mask, (k, v)| mask | u64::from(is_uniform(v)) << k);
        piece.segment.block(pattern)
    }

    /// Counts all steps of a strip of `n` elements.
    fn count(&self, n: usize, table: &mut Table) {
        let uniform = self.draft.uniform_steps();
        for (number, step) in self.draft.program.steps.iter().enumerate() {
            let case = Case { op: step.op, types: self.draft.program.signature(step).unwrap() };
            // What is interpreted has no block of its own: any will do to tell lengths apart.
            let block = match self.block(number, &uniform) {
                None if case.is_known() => continue,
                block => block.unwrap_or(8),
            };
            let layout: Vec<bool> =
                step.operands().iter().map(|&value| self.draft.is_uniform(value, &uniform)).collect();
            table.count(&case, &layout, tail(n, block));
        }
    }
}

fn tail(n: usize, block: usize) -> Tail {
    match n {
        _ if n < block => Tail::Short,
        _ if n.is_multiple_of(block) => Tail::Whole,
        _ => Tail::Rest,
    }
}

/// Program `number`, made for `wanted`: right on strips of every kind, or what is wrong.
fn sweep_one(number: u64, wanted: &Wanted, table: &mut Table) -> Result<(), String> {
    let random = &mut Random::new(number);
    let subject = Subject::new(draft(&wanted.case, &wanted.layout, random));
    let first = random.below(LONGEST + 1);
    subject.check(first, random)?;
    subject.count(first, table);
    let block = subject.block(subject.draft.target, &subject.draft.uniform_steps()).unwrap_or(8);
    let whole = block * (1 + random.below(3.min(LONGEST / block)));
    let mut lengths = vec![whole];
    if block > 1 {
        lengths.push(whole - block + random.below(block));
        lengths.push((whole + 1 + random.below(block - 1)).min(LONGEST));
        lengths.push(random.below(block));
    }
    for n in lengths {
        subject.check(n, random)?;
        subject.count(n, table);
    }
    Ok(())
}

/// Random programs, numbers from `first` on, on as many threads as there are processors.
fn sweep(first: u64, count: usize, cases: &[Case]) -> Table {
    let wanted = everything(cases);
    let next = AtomicUsize::new(0);
    let work = || {
        let mut table = Table::new(cases);
        loop {
            let number = next.fetch_add(1, Ordering::Relaxed);
            if number >= count {
                return table;
            }
            let outcome = sweep_one(first + number as u64, &wanted[number % wanted.len()], &mut table);
            outcome.unwrap_or_else(|wrong| panic!("program {number}: {wrong}"));
        }
    };
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let mut whole = Table::new(cases);
    std::thread::scope(|scope| {
        let workers: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
        workers.into_iter().for_each(|worker| whole.merge(&worker.join().unwrap()));
    });
    whole
}

/// Every loop in every layout a few times: fast enough to be run each time.
#[test]
fn compiled_programs_have_the_bits_of_their_steps() {
    if !Isa::Avx2.is_supported() {
        return;
    }
    let cases = cases::all();
    let table = sweep(0, 3 * everything(&cases).len(), &cases);
    let gaps = table.gaps();
    assert!(gaps.is_empty(), "{} gaps, for example {:?}", gaps.len(), &gaps[..gaps.len().min(9)]);
}

/// The long run, with the table: `cargo test --release -p numtile-kernel --lib sweep -- --ignored --nocapture`.
#[test]
#[ignore = "a million programs take minutes"]
fn a_million_programs() {
    let count = std::env::var("PROGRAMS").ok().and_then(|n| n.parse().ok()).unwrap_or(1_000_000);
    let table = sweep(1 << 32, count, &cases::all());
    print!("{table}");
    assert_eq!(table.gaps(), Vec::<String>::new());
}
