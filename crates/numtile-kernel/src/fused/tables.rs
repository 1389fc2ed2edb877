//! Functions of one byte as tables: runs of steps that depend on a single value of one byte, and take longer than looking
//! up what they come to.
//!
//! The 256 answers are worked out by the run's own kernels, so they have the bits of every other way. Where one of the
//! answers is a mistake (an integer to a negative power), there is no table and whoever meets the mistake reports it.

use std::ops::Range;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};

use numtile_core::DType;

use super::interp::Interpreter;
use super::jit;
use super::program::{Step, TileProgram, Value};
use super::segments::{OwnProgram, own_program, read_until};
use crate::flags::Flags;
use crate::isa::Isa;
use crate::strip::{Strip, Writing};

/// The values of a byte.
const VALUES: usize = 256;
/// Elements that are computed step by step before a table is worth making: a few times as many as it has.
const REPAID_AFTER: usize = 8 * VALUES;
/// Steps of a table at most.
const LONGEST: usize = 64;

/// Consecutive steps that are one table.
#[derive(Debug)]
pub(super) struct Piece {
    /// The steps.
    pub steps: Range<usize>,
    /// The byte they depend on.
    pub input: Value,
    /// What they come to.
    pub output: Value,
    program: TileProgram,
    item: usize,
    isa: Isa,
    /// Elements computed so far.
    seen: AtomicUsize,
    table: OnceLock<Option<Table>>,
}

/// The answers, one after another.
#[derive(Debug)]
struct Table(Vec<Line>);

#[derive(Clone, Copy, Debug)]
#[repr(C, align(64))]
struct Line([u8; 64]);

impl Line {
    fn room(bytes: usize) -> Vec<Line> {
        vec![Line([0; 64]); bytes.div_ceil(64)]
    }
}

/// The pieces of a program that are tables, in order.
pub(super) fn find(program: &TileProgram, isa: Isa) -> Vec<Piece> {
    let dear: Vec<bool> = program.steps.iter().map(|step| is_dear(program, step)).collect();
    let mut pieces = Vec::new();
    if !dear.contains(&true) {
        return pieces;
    }
    let read_until = read_until(program);
    let mut first = 0;
    while first < program.steps.len() {
        let runs = (1..=run_of_one_byte(program, first)).rev().map(|run| first..first + run);
        let found = runs
            .filter(|steps| dear[steps.clone()].contains(&true))
            .find_map(|steps| piece(program, steps, &read_until, isa));
        first = found.as_ref().map_or(first + 1, |piece| piece.steps.end);
        pieces.extend(found);
    }
    pieces
}

/// How many steps from this one on depend on one value of one byte.
fn run_of_one_byte(program: &TileProgram, first: usize) -> usize {
    let mut root = None;
    let follows = |step: &Step, root: &mut Option<Value>| {
        step.operands().iter().all(|&value| match value {
            Value::Constant(_) => true,
            Value::Step(of) if of as usize >= first => true,
            other if root.is_none() && is_byte(program, other) => {
                *root = Some(other);
                true
            }
            other => *root == Some(other),
        })
    };
    program.steps[first..].iter().take(LONGEST).take_while(|step| follows(step, &mut root)).count()
}

fn is_byte(program: &TileProgram, value: Value) -> bool {
    program.dtype(value).is_ok_and(|dtype| dtype.size() == 1)
}

/// These steps as a table, if others read their last result alone.
fn piece(program: &TileProgram, steps: Range<usize>, read_until: &[usize], isa: Isa) -> Option<Piece> {
    let OwnProgram { program: own, inputs, outputs } = own_program(program, steps.clone(), read_until)?;
    let (&[input], &[output]) = (inputs.as_slice(), outputs.as_slice()) else { return None };
    let item = program.dtype(output).ok()?.size();
    let (seen, table) = (AtomicUsize::new(0), OnceLock::new());
    (output == Value::Step(steps.end as u32 - 1)).then_some(Piece {
        steps,
        input,
        output,
        program: own,
        item,
        isa,
        seen,
        table,
    })
}

/// Steps that take longer than a look-up: those that no machine code is made for.
fn is_dear(program: &TileProgram, step: &Step) -> bool {
    let types: Option<Vec<DType>> = step.operands().iter().map(|&value| program.dtype(value).ok()).collect();
    types.is_some_and(|types| !jit::is_known(step, &types))
}

impl Piece {
    /// Looks up what `elements` bytes come to; false where there is no table (yet).
    ///
    /// # Safety
    /// `input` and `output` are valid for so many elements, and apart.
    pub unsafe fn run(&self, elements: usize, input: Strip, output: *mut u8) -> bool {
        if input.uniform {
            return false;
        }
        let Some(table) = self.table(elements) else { return false };
        // SAFETY: the caller's promise; the table has an answer for every byte.
        unsafe { look_up(self.isa, table.0.as_ptr().cast(), self.item, elements, input.start, output) };
        true
    }

    /// The table, made if it is time.
    fn table(&self, elements: usize) -> Option<&Table> {
        if let Some(table) = self.table.get() {
            return table.as_ref();
        }
        if self.seen.fetch_add(elements, Ordering::Relaxed).saturating_add(elements) < REPAID_AFTER {
            return None;
        }
        self.table.get_or_init(|| self.make()).as_ref()
    }

    fn make(&self) -> Option<Table> {
        let machine = Interpreter::of_kernels(&self.program, self.isa).ok()?;
        let bytes: Vec<u8> = (0..=u8::MAX).map(|byte| self.valid(byte)).collect();
        let mut scratch = Line::room(machine.scratch_bytes(VALUES));
        let mut answers = Line::room(VALUES * self.item);
        // SAFETY: the program reads one byte per element and writes `item`; there is room for all, apart and aligned.
        let flags = unsafe {
            let (to, scratch) = (answers.as_mut_ptr().cast(), scratch.as_mut_ptr().cast());
            machine.run(VALUES, &[Strip::contiguous(bytes.as_ptr())], &[to], Writing::Cached, scratch)
        };
        (flags == Flags::NONE).then_some(Table(answers))
    }

    /// A byte that is a value of the input's type: truth values are 0 and 1.
    fn valid(&self, byte: u8) -> u8 {
        match self.program.inputs.first() {
            Some(DType::Bool) => u8::from(byte != 0),
            _ => byte,
        }
    }
}

/// # Safety
/// `table` has 256 answers of `item` bytes; `from` is valid for reading `n` bytes, `to` for writing `n` answers, aligned.
unsafe fn look_up(isa: Isa, table: *const u8, item: usize, n: usize, from: *const u8, to: *mut u8) {
    // SAFETY: the caller's promise; the instructions are there if the instruction set has them.
    unsafe {
        match item {
            #[cfg(target_arch = "x86_64")]
            1 if isa.has_avx2() => bytes_avx2(table, n, from, to),
            1 => each::<u8>(table, n, from, to),
            2 => each::<u16>(table, n, from, to),
            4 => each::<u32>(table, n, from, to),
            8 => each::<u64>(table, n, from, to),
            _ => each::<[u64; 2]>(table, n, from, to),
        }
    }
}

/// # Safety
/// As [`look_up`], for answers of this size.
unsafe fn each<T: Copy>(table: *const u8, n: usize, from: *const u8, to: *mut u8) {
    let (table, to) = (table.cast::<T>(), to.cast::<T>());
    for i in 0..n {
        // SAFETY: the caller's promise.
        unsafe { to.add(i).write(*table.add(usize::from(*from.add(i)))) };
    }
}

/// Sixteen shuffles, one for each sixteenth of the table: a byte that lies elsewhere is shuffled to zero.
///
/// # Safety
/// As [`look_up`], for answers of one byte; the machine has AVX2.
#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
unsafe fn bytes_avx2(table: *const u8, n: usize, from: *const u8, to: *mut u8) {
    use std::arch::x86_64::{
        __m128i, __m256i, _mm_loadu_si128, _mm256_adds_epu8, _mm256_broadcastsi128_si256, _mm256_loadu_si256,
        _mm256_or_si256, _mm256_set1_epi8, _mm256_setzero_si256, _mm256_shuffle_epi8, _mm256_storeu_si256,
        _mm256_sub_epi8,
    };
    const WIDTH: usize = 32;
    let whole = n / (2 * WIDTH) * (2 * WIDTH);
    // SAFETY: the table has 256 bytes; `whole` is at most `n`.
    unsafe {
        let parts: [__m256i; 16] = std::array::from_fn(|part| {
            _mm256_broadcastsi128_si256(_mm_loadu_si128(table.add(16 * part).cast::<__m128i>()))
        });
        let (step, beyond) = (_mm256_set1_epi8(16), _mm256_set1_epi8(0x70));
        for i in (0..whole).step_by(2 * WIDTH) {
            let mut left = [_mm256_loadu_si256(from.add(i).cast()), _mm256_loadu_si256(from.add(i + WIDTH).cast())];
            let mut found = [_mm256_setzero_si256(); 2];
            for part in parts {
                for (left, found) in left.iter_mut().zip(&mut found) {
                    // Bytes of 16 and more get their highest bit set, which shuffles them to zero.
                    let here = _mm256_adds_epu8(*left, beyond);
                    *found = _mm256_or_si256(*found, _mm256_shuffle_epi8(part, here));
                    *left = _mm256_sub_epi8(*left, step);
                }
            }
            _mm256_storeu_si256(to.add(i).cast(), found[0]);
            _mm256_storeu_si256(to.add(i + WIDTH).cast(), found[1]);
        }
        each::<u8>(table, n - whole, from.add(whole), to.add(whole));
    }
}

#[cfg(test)]
mod tests {
    use numtile_core::Scalar;

    use super::*;
    use crate::op::Op;

    #[test]
    fn every_byte_is_looked_up() {
        let table: Vec<u8> = (0..VALUES).map(|i| (i * 7 + 3) as u8).collect();
        let wide: Vec<[u64; 2]> = (0..VALUES as u64).map(|i| [i * 3, !i]).collect();
        for isa in [Isa::Baseline, Isa::detect()] {
            for n in [0, 1, 31, 64, 65, 1000] {
                let from: Vec<u8> = (0..n).map(|i| (i * 31 + i / 256) as u8).collect();
                let (mut to, mut wide_to) = (vec![0xaa; n + 1], vec![[7u64; 2]; n + 1]);
                // SAFETY: there is room for n answers.
                unsafe {
                    look_up(isa, table.as_ptr(), 1, n, from.as_ptr(), to.as_mut_ptr());
                    look_up(isa, wide.as_ptr().cast(), 16, n, from.as_ptr(), wide_to.as_mut_ptr().cast());
                }
                for (i, &byte) in from.iter().enumerate() {
                    assert_eq!((to[i], wide_to[i]), (table[byte as usize], wide[byte as usize]));
                }
                assert_eq!((to[n], wide_to[n]), (0xaa, [7; 2]), "nothing is written behind");
            }
        }
    }

    fn step(op: Op, input: DType, output: DType, args: [Value; 3]) -> Step {
        Step { op, input, output, args }
    }

    /// uint8 ** float32 constant, as a byte again, times another byte.
    fn curve() -> TileProgram {
        let (x, y, c) = (Value::Input(0), Value::Input(1), Value::Constant(0));
        let s = Value::Step;
        TileProgram {
            inputs: vec![DType::U8, DType::U8],
            constants: vec![Scalar::new(0.45f32)],
            steps: vec![
                step(Op::Cast, DType::U8, DType::F32, [x, c, c]),
                step(Op::Power, DType::F32, DType::F32, [s(0), c, c]),
                step(Op::Cast, DType::F32, DType::U8, [s(1), c, c]),
                step(Op::Multiply, DType::U8, DType::U8, [s(2), y, c]),
            ],
            outputs: vec![s(3)],
        }
    }

    #[test]
    fn curves_are_tables_and_have_the_bits_of_their_steps() {
        let program = curve();
        let pieces = find(&program, Isa::detect());
        assert_eq!(pieces.iter().map(|piece| (piece.steps.start, piece.steps.end)).collect::<Vec<_>>(), [(0, 3)]);
        let x: Vec<u8> = (0..3000).map(|i| (i * 5 + i / 256) as u8).collect();
        let y: Vec<u8> = (0..3000).map(|i| (i % 11) as u8).collect();
        let run = |machine: &Interpreter, n: usize| {
            let (mut out, mut scratch) = (vec![0u8; n], Line::room(machine.scratch_bytes(n)));
            let strips = [Strip::contiguous(x.as_ptr()), Strip::contiguous(y.as_ptr())];
            // SAFETY: inputs, output and scratch are as large as the machine asks for.
            unsafe {
                let scratch = scratch.as_mut_ptr().cast();
                let _ = machine.run(n, &strips, &[out.as_mut_ptr()], Writing::Cached, scratch);
            }
            out
        };
        let kernels = Interpreter::of_kernels(&program, Isa::detect()).unwrap();
        let tables = Interpreter::new(&program, Isa::detect()).unwrap();
        for n in [100, 3000, 100] {
            assert_eq!(run(&tables, n), run(&kernels, n));
        }
    }

    #[test]
    fn what_is_cheap_or_depends_on_more_is_no_table() {
        let mut program = curve();
        program.steps[1] = step(Op::Add, DType::F32, DType::F32, program.steps[1].args);
        assert!(find(&program, Isa::detect()).is_empty(), "additions are faster");
        let mut program = curve();
        program.outputs.push(Value::Step(1));
        let found = find(&program, Isa::detect());
        assert_eq!(
            found.iter().map(|piece| (piece.steps.start, piece.steps.end)).collect::<Vec<_>>(),
            [(0, 2)],
            "others read the power"
        );
        let mut program = curve();
        program.inputs[0] = DType::U16;
        program.steps[0].input = DType::U16;
        assert!(find(&program, Isa::detect()).is_empty(), "65,536 answers");
    }
}
