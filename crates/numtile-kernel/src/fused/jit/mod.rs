//! Machine code for segments of tile programs: superinstructions of the interpreter.
//!
//! [`lower`](lower::lower) turns steps into operations on vector registers ([`lanes`]), [`emit`] those into a loop,
//! [`assembler`] and iced-x86 that into bytes, and [`memory`] makes them executable. Code is made when a segment has
//! been interpreted for a while, once per pattern of inputs that are one element for all, and kept for every program
//! with the same segment. It gives the interpreter's bits; where it cannot be made, the interpreter goes on.

mod assembler;
mod emit;
mod lanes;
mod lower;
mod memory;
#[cfg(test)]
pub mod mistakes;

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, LazyLock, Mutex, OnceLock, PoisonError};

use smallvec::SmallVec;

use self::lanes::VECTOR;
use self::memory::Executable;
use super::program::{Step, TileProgram};
use crate::isa::Isa;
use crate::strip::Strip;
use numtile_core::DType;

/// Elements that are interpreted before a segment is compiled: about what compiling costs.
const REPAID_AFTER: u64 = 1 << 15;
/// Patterns that one segment is compiled for.
const PATTERNS: usize = 8;
/// Segments that are kept for later programs.
const KEPT: usize = 1024;

/// Whether segments are compiled at all for this instruction set. `NUMTILE_JIT=0` turns it off, `NUMTILE_JIT=eager`
/// compiles at first sight.
pub fn is_available(isa: Isa) -> bool {
    isa.has_avx2() && has_f16c() && patience() != u64::MAX && !memory::is_refused()
}

/// Whether there are conversions to and from float16, as on every processor that has AVX2.
#[cfg(target_arch = "x86_64")]
fn has_f16c() -> bool {
    std::is_x86_feature_detected!("f16c")
}

#[cfg(not(target_arch = "x86_64"))]
fn has_f16c() -> bool {
    false
}

fn patience() -> u64 {
    static PATIENCE: OnceLock<u64> = OnceLock::new();
    if cfg!(test) {
        return 0;
    }
    *PATIENCE.get_or_init(|| match std::env::var("NUMTILE_JIT").as_deref() {
        Ok("0") => u64::MAX,
        Ok("eager") => 0,
        _ => REPAID_AFTER,
    })
}

/// What was made of all segments since the process started.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MachineCode {
    /// Pieces of machine code made.
    pub made: u64,
    /// Pieces that the system did not allow to be executed. After the first one nothing more is tried.
    pub refused: u64,
}

/// What was made of all segments since the process started: tells whether programs are compiled or interpreted here.
pub fn machine_code() -> MachineCode {
    MachineCode { made: MADE.load(Ordering::Relaxed), refused: memory::refusals() }
}

static MADE: AtomicU64 = AtomicU64::new(0);

/// Whether machine code can be made for a step with operands of these types.
pub fn is_known(step: &Step, types: &[DType]) -> bool {
    lower::is_known(step, types)
}

/// What one piece of machine code is made for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Pattern {
    /// Inputs that are one element for all.
    uniform: u64,
    /// Outputs that are written past the caches.
    streamed: u64,
}

/// A part of a program that can be compiled.
#[derive(Debug)]
pub struct Segment {
    /// Bytes per element of the inputs and, behind them, the outputs.
    sizes: Vec<usize>,
    inputs: usize,
    known: Arc<Known>,
}

/// What is known of a segment, shared by all programs that have it.
#[derive(Debug)]
struct Known {
    program: TileProgram,
    /// Elements interpreted so far.
    seen: AtomicU64,
    codes: [OnceLock<(Pattern, Option<Code>)>; PATTERNS],
}

/// Machine code for one pattern.
#[derive(Debug)]
struct Code {
    executable: Executable,
    constants: Box<[Constant]>,
    /// Elements per turn of its loop.
    block: usize,
}

#[derive(Clone, Copy, Debug)]
#[repr(align(32))]
struct Constant(#[allow(dead_code, reason = "read by machine code")] [u8; VECTOR]);

#[cfg(target_arch = "x86_64")]
type Function =
    unsafe extern "sysv64" fn(pointers: *const *const u8, reserved: usize, elements: usize, constants: *const Constant);

static SEGMENTS: LazyLock<Mutex<HashMap<TileProgram, Arc<Known>>>> = LazyLock::new(Mutex::default);

impl Segment {
    /// The segment that this program is; its steps are known, and its outputs are steps.
    pub fn new(program: TileProgram) -> Option<Segment> {
        let inputs = program.inputs.len();
        let outputs = program.outputs.iter().map(|&value| program.dtype(value).ok());
        let types: Option<Vec<DType>> = program.inputs.iter().copied().map(Some).chain(outputs).collect();
        let sizes: Vec<usize> = types?.into_iter().map(DType::size).collect();
        (sizes.len() < 64).then(|| Segment { sizes, inputs, known: Known::of(program) })
    }

    /// Bytes of machine code made so far.
    pub fn code_bytes(&self) -> usize {
        let codes = self.known.codes.iter().filter_map(OnceLock::get);
        codes.filter_map(|(_, code)| code.as_ref()).map(|code| code.executable.len()).sum()
    }

    /// Elements per turn of the code for a pattern of uniform inputs, if there is any.
    #[cfg(test)]
    pub fn block(&self, uniform: u64) -> Option<usize> {
        let mut codes = self.known.codes.iter().filter_map(OnceLock::get);
        let (_, code) = codes.find(|(pattern, _)| *pattern == Pattern { uniform, streamed: 0 })?;
        code.as_ref().map(|code| code.block)
    }

    /// Runs the segment on `n` elements, with the outputs in `streamed` written past the caches if they lie well; false
    /// where the interpreter has to.
    ///
    /// # Safety
    /// As for [`Interpreter::run`](super::interp::Interpreter::run), for the inputs and outputs of the segment. The
    /// machine has AVX2.
    pub unsafe fn run(&self, n: usize, inputs: &[Strip], outputs: &[*mut u8], streamed: u64) -> bool {
        // SAFETY: the caller's promise.
        unsafe { self.run_rows(1, n, &[], inputs, outputs, streamed) }
    }

    /// The same on several rows; from one to the next, inputs and behind them outputs move by so many bytes.
    ///
    /// # Safety
    /// As for [`Segment::run`], in each row. There is a step for each input and output, unless there is one row.
    pub unsafe fn run_rows(
        &self,
        rows: usize,
        n: usize,
        steps: &[usize],
        inputs: &[Strip],
        outputs: &[*mut u8],
        streamed: u64,
    ) -> bool {
        let uniform = inputs.iter().enumerate().fold(0u64, |mask, (i, strip)| mask | u64::from(strip.uniform) << i);
        if uniform.count_ones() as usize == self.inputs {
            return false;
        }
        let streamed = if are_aligned(outputs, rows, steps.get(self.inputs..), streamed) { streamed } else { 0 };
        // A single kernel call is as fast as machine code, but does not write past the caches.
        if streamed == 0 && rows == 1 && self.known.program.steps.len() == 1 {
            return false;
        }
        let Some(code) = self.known.code(Pattern { uniform, streamed }, n * rows) else { return false };
        let rest = n % code.block;
        // The last block overlaps the one before and does not lie well.
        let last = if rest > 0 { self.known.code(Pattern { uniform, streamed: 0 }, n * rows) } else { Some(code) };
        let Some(last) = last.filter(|last| last.block == code.block && n >= code.block) else { return false };
        let starts = inputs.iter().map(|strip| strip.start).chain(outputs.iter().map(|start| start.cast_const()));
        let mut pointers: SmallVec<[*const u8; 16]> = starts.collect();
        let by = |array: usize| if array >= self.inputs || uniform >> array & 1 == 0 { self.sizes[array] } else { 0 };
        let to_last: SmallVec<[usize; 16]> = (0..pointers.len()).map(|array| (n - code.block) * by(array)).collect();
        for row in 0..rows {
            if row > 0 {
                pointers.iter_mut().zip(steps).for_each(|(pointer, &step)| *pointer = pointer.wrapping_add(step));
            }
            // SAFETY: the caller's promise; the last block is computed again from its start where it is not whole, which is
            // harmless because no output overlaps an input.
            unsafe {
                code.call(&pointers, n - rest);
                if rest > 0 {
                    let last_block: SmallVec<[*const u8; 16]> =
                        pointers.iter().zip(&to_last).map(|(pointer, &by)| pointer.wrapping_add(by)).collect();
                    last.call(&last_block, code.block);
                }
            }
        }
        true
    }
}

/// Whether whole vectors may be written past the caches to these places in all rows.
fn are_aligned(outputs: &[*mut u8], rows: usize, steps: Option<&[usize]>, streamed: u64) -> bool {
    let step = |output: usize| steps.filter(|_| rows > 1).map_or(0, |steps| steps[output]);
    let mut places = outputs.iter().enumerate().filter(|(output, _)| streamed >> output & 1 != 0);
    places.all(|(output, &place)| (place as usize | step(output)).is_multiple_of(VECTOR))
}

impl Known {
    fn of(program: TileProgram) -> Arc<Known> {
        #[cfg(test)]
        if mistakes::is_active() {
            return Arc::new(Known { program, seen: AtomicU64::new(0), codes: Default::default() });
        }
        let mut segments = SEGMENTS.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = segments.get(&program) {
            return known.clone();
        }
        if segments.len() >= KEPT {
            segments.retain(|_, known| Arc::strong_count(known) > 1);
        }
        let known = Arc::new(Known { program: program.clone(), seen: AtomicU64::new(0), codes: Default::default() });
        if segments.len() < KEPT {
            segments.insert(program, known.clone());
        }
        known
    }

    /// The code for this pattern, made now if it is time; `None` where there is none.
    fn code(&self, wanted: Pattern, n: usize) -> Option<&Code> {
        for slot in &self.codes {
            match slot.get() {
                Some((pattern, code)) if *pattern == wanted => return code.as_ref(),
                Some(_) => {}
                None if self.seen.fetch_add(n as u64, Ordering::Relaxed) < patience() => return None,
                None => {
                    // Another thread may have come first with another pattern.
                    let (pattern, code) = slot.get_or_init(|| (wanted, Code::new(&self.program, wanted)));
                    if *pattern == wanted {
                        return code.as_ref();
                    }
                }
            }
        }
        None
    }
}

impl Code {
    fn new(program: &TileProgram, pattern: Pattern) -> Option<Code> {
        let lanes = lower::lower(program, pattern.uniform)?;
        let emitted = emit::emit(&lanes, program.inputs.len(), pattern.streamed)?;
        let constants = emitted.constants.into_iter().map(Constant).collect();
        let executable = Executable::new(&emitted.code)?;
        MADE.fetch_add(1, Ordering::Relaxed);
        Some(Code { executable, constants, block: emitted.block })
    }

    /// # Safety
    /// `pointers` are those of the segment; `elements` is a multiple of the block, not zero.
    #[cfg(target_arch = "x86_64")]
    unsafe fn call(&self, pointers: &[*const u8], elements: usize) {
        // SAFETY: the mapping holds a function of this type, written by `emit`.
        unsafe {
            let function = std::mem::transmute::<*const u8, Function>(self.executable.start());
            function(pointers.as_ptr(), 0, elements, self.constants.as_ptr());
        }
    }

    /// # Safety
    /// Never called: no code is made for other processors.
    #[cfg(not(target_arch = "x86_64"))]
    unsafe fn call(&self, _pointers: &[*const u8], _elements: usize) {
        let _ = (self.executable.start(), self.constants.as_ptr());
    }
}
