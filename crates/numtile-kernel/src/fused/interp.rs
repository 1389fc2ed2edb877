//! Runs tile programs, one kernel call per step: the portable way, and the meaning of every other way. Pieces that
//! have been compiled run as machine code instead, functions of one byte become tables.

use std::ops::Range;

use numtile_core::{Error, Result, Scalar};
use smallvec::SmallVec;

use super::jit::{self, Segment};
use super::program::{Step, TileProgram, Value};
use super::registers::{Assignment, Place, assign};
use super::segments;
use super::tables;
use super::verify::verify;
use crate::flags::Flags;
use crate::isa::Isa;
use crate::kernels::Kernel;
use crate::op::Op;
use crate::strip::{Strip, Writing};
use crate::types::Signature;

/// Registers start at multiples of this many bytes, and hold a multiple of this many elements.
const ALIGNMENT: usize = 64;

/// A program ready to run: kernels found, registers assigned.
#[derive(Debug)]
pub struct Interpreter {
    calls: Vec<Call>,
    pieces: Vec<Piece>,
    endings: Vec<Ending>,
    constants: Box<[Scalar]>,
    /// Bytes per element before each register.
    offsets: Vec<usize>,
    bytes_per_element: usize,
    inputs: usize,
    outputs: usize,
}

/// One step.
#[derive(Debug)]
struct Call {
    kernel: Kernel,
    arity: usize,
    args: [Place; 3],
    to: Place,
}

/// A piece of the program that can be done in one go.
#[derive(Debug)]
enum Piece {
    Compiled(Compiled),
    Tabulated(Tabulated),
}

impl Piece {
    fn steps(&self) -> &Range<usize> {
        match self {
            Piece::Compiled(piece) => &piece.steps,
            Piece::Tabulated(piece) => &piece.table.steps,
        }
    }
}

/// A piece that can be machine code, with the places it reads and writes.
#[derive(Debug)]
struct Compiled {
    steps: Range<usize>,
    inputs: Vec<Place>,
    outputs: Vec<Place>,
    /// Those of its outputs that are results of the program.
    delivered: u64,
    segment: Segment,
}

impl Compiled {
    fn new(piece: segments::Piece, places: &Assignment) -> Compiled {
        let place =
            |values: Vec<Value>| -> Vec<Place> { values.into_iter().map(|value| places.place(value)).collect() };
        let outputs = place(piece.outputs);
        let delivered = outputs.iter().enumerate().filter(|(_, place)| matches!(place, Place::Output(_)));
        Compiled {
            steps: piece.steps,
            inputs: place(piece.inputs),
            delivered: delivered.fold(0, |mask, (output, _)| mask | 1 << output),
            outputs,
            segment: piece.segment,
        }
    }
}

/// A piece that can be a table, with the places it reads and writes.
#[derive(Debug)]
struct Tabulated {
    input: Place,
    output: Place,
    table: tables::Piece,
}

impl Tabulated {
    fn new(table: tables::Piece, places: &Assignment) -> Tabulated {
        Tabulated { input: places.place(table.input), output: places.place(table.output), table }
    }
}

/// What is left to do for an output after the steps.
#[derive(Debug)]
enum Ending {
    /// The output was written by a step; if that computed one element only, spread it.
    Spread { output: u32, fill: Kernel, size: usize },
    /// The output is an input, a constant, or delivered elsewhere too: copy it.
    Copy { from: Place, output: u32, copy: Kernel },
}

impl Interpreter {
    /// Checks the program and prepares it for this instruction set.
    pub fn new(program: &TileProgram, isa: Isa) -> Result<Interpreter> {
        if !isa.is_supported() {
            return Err(Error::internal(format!("this machine cannot run {isa:?} kernels")));
        }
        verify(program)?;
        Interpreter::in_pieces(program, isa, tables::find(program, isa))
    }

    /// The same without tables, to see what machine code does.
    #[cfg(test)]
    pub(super) fn without_tables(program: &TileProgram, isa: Isa) -> Result<Interpreter> {
        verify(program)?;
        Interpreter::in_pieces(program, isa, Vec::new())
    }

    fn in_pieces(program: &TileProgram, isa: Isa, tables: Vec<tables::Piece>) -> Result<Interpreter> {
        let mut ranges: Vec<Range<usize>> = tables.iter().map(|table| table.steps.clone()).collect();
        let compiled = if jit::is_available(isa) { segments::find(program, &ranges) } else { Vec::new() };
        ranges.extend(compiled.iter().map(|piece| piece.steps.clone()));
        ranges.sort_by_key(|range| range.start);
        let places = assign(program, &ranges);
        let compiled = compiled.into_iter().map(|piece| Piece::Compiled(Compiled::new(piece, &places)));
        let tables = tables.into_iter().map(|table| Piece::Tabulated(Tabulated::new(table, &places)));
        let mut pieces: Vec<Piece> = compiled.chain(tables).collect();
        pieces.sort_by_key(|piece| piece.steps().start);
        Interpreter::with(program, isa, places, pieces)
    }

    /// The same, step by step and nothing else.
    pub(super) fn of_kernels(program: &TileProgram, isa: Isa) -> Result<Interpreter> {
        Interpreter::with(program, isa, assign(program, &[]), Vec::new())
    }

    fn with(program: &TileProgram, isa: Isa, places: Assignment, pieces: Vec<Piece>) -> Result<Interpreter> {
        let calls = (program.steps.iter().zip(&places.results))
            .map(|(step, &to)| call(program, step, &places, to, isa))
            .collect::<Result<Vec<_>>>()?;
        let endings = (0..program.outputs.len())
            .map(|output| ending(program, output, &places, isa))
            .collect::<Result<Vec<_>>>()?;
        Ok(Interpreter {
            calls,
            pieces,
            endings,
            constants: program.constants.clone().into(),
            offsets: places.offsets,
            bytes_per_element: places.bytes_per_element,
            inputs: program.inputs.len(),
            outputs: program.outputs.len(),
        })
    }

    /// Bytes of scratch that [`Interpreter::run`] needs for strips of up to `elements`.
    pub fn scratch_bytes(&self, elements: usize) -> usize {
        self.marks() + self.bytes_per_element * elements.next_multiple_of(ALIGNMENT)
    }

    /// Whether the program is one step, or one piece that can be machine code: nothing passes through memory on its way.
    pub fn is_one_call(&self) -> bool {
        self.calls.len() == 1 || self.pieces.first().is_some_and(|piece| piece.steps().len() == self.calls.len())
    }

    /// Bytes of machine code made so far for pieces of the program.
    pub fn code_bytes(&self) -> usize {
        let bytes = self.pieces.iter().map(|piece| match piece {
            Piece::Compiled(piece) => piece.segment.code_bytes(),
            Piece::Tabulated(_) => 0,
        });
        bytes.sum()
    }

    /// Bytes per element of all registers together, for choosing the length of strips.
    pub fn register_bytes_per_element(&self) -> usize {
        self.bytes_per_element
    }

    /// Bytes at the start of the scratch that say which registers and outputs hold one element for all.
    fn marks(&self) -> usize {
        (self.offsets.len() + self.outputs).next_multiple_of(ALIGNMENT)
    }

    /// Runs the program over one strip of `elements` (at least one).
    ///
    /// # Safety
    /// `inputs` and `outputs` are those of the program, in order and type. Each input holds `elements` elements (one
    /// if uniform), and each output has room for `elements`, both aligned for their type. `scratch` is aligned to 64
    /// bytes and has [`Interpreter::scratch_bytes`] bytes. No output overlaps an input, the scratch or another output.
    pub unsafe fn run(
        &self,
        elements: usize,
        inputs: &[Strip],
        outputs: &[*mut u8],
        writing: Writing,
        scratch: *mut u8,
    ) -> Flags {
        debug_assert!(inputs.len() == self.inputs && outputs.len() == self.outputs);
        if elements == 0 {
            return Flags::NONE;
        }
        let stride = elements.next_multiple_of(ALIGNMENT);
        let frame = Frame { machine: self, stride, inputs, outputs, writing, scratch };
        let mut flags = Flags::NONE;
        let mut done = 0;
        for piece in &self.pieces {
            let steps = piece.steps();
            // SAFETY: by the caller, every place is valid; a step's operands were written by earlier steps.
            flags |= unsafe { frame.steps(&self.calls[done..steps.start], elements) };
            // SAFETY: as above.
            let ran = unsafe {
                match piece {
                    Piece::Compiled(piece) => frame.compiled(piece, elements),
                    Piece::Tabulated(piece) => frame.tabulated(piece, elements),
                }
            };
            done = if ran { steps.end } else { steps.start };
        }
        // SAFETY: as above.
        flags |= unsafe { frame.steps(&self.calls[done..], elements) };
        for ending in &self.endings {
            // SAFETY: as above.
            unsafe { frame.finish(ending, elements) };
        }
        flags
    }

    /// Runs a program with one output on rows; `inputs` and `output` are those of the first one.
    ///
    /// # Safety
    /// As for [`Interpreter::run`], in each row.
    pub unsafe fn run_rows(
        &self,
        rows: &StripRows<'_>,
        inputs: &[Strip],
        output: *mut u8,
        writing: Writing,
        scratch: *mut u8,
    ) -> Flags {
        // SAFETY: the caller's promise.
        if unsafe { self.rows_compiled(rows, inputs, output, writing, scratch) } {
            return Flags::NONE;
        }
        let mut flags = Flags::NONE;
        let mut inputs: SmallVec<[Strip; 8]> = inputs.into();
        for row in 0..rows.count {
            let output = output.wrapping_add(row * rows.written);
            // SAFETY: the caller's promise, for this row.
            flags |= unsafe { self.run(rows.elements, &inputs, &[output], writing, scratch) };
            inputs.iter_mut().zip(rows.read).for_each(|(input, &by)| input.start = input.start.wrapping_add(by));
        }
        flags
    }

    /// The same for a program that is one piece of machine code and nothing else, which is looked up once; false for others.
    ///
    /// # Safety
    /// As for [`Interpreter::run_rows`].
    unsafe fn rows_compiled(
        &self,
        rows: &StripRows<'_>,
        inputs: &[Strip],
        output: *mut u8,
        writing: Writing,
        scratch: *mut u8,
    ) -> bool {
        let [Piece::Compiled(piece)] = self.pieces.as_slice() else { return false };
        let is_all = piece.steps.len() == self.calls.len() && piece.outputs == [Place::Output(0)];
        if !is_all || self.outputs != 1 || rows.elements == 0 {
            return false;
        }
        let outputs = [output];
        let frame = Frame { machine: self, stride: 0, inputs, outputs: &outputs, writing, scratch };
        // SAFETY: the piece reads nothing but inputs and constants, for nothing comes before it.
        let strips: SmallVec<[Strip; 8]> = piece.inputs.iter().map(|&place| unsafe { frame.read(place) }).collect();
        let by = |place: &Place| if let Place::Input(input) = place { rows.read[*input as usize] } else { 0 };
        let steps: SmallVec<[usize; 16]> = piece.inputs.iter().map(by).chain([rows.written]).collect();
        // SAFETY: the caller's promise.
        unsafe { piece.segment.run_rows(rows.count, rows.elements, &steps, &strips, &outputs, frame.streamed(piece)) }
    }
}

/// StripRows that a program is run on, one after the other.
#[derive(Clone, Copy, Debug)]
pub struct StripRows<'a> {
    /// How many.
    pub count: usize,
    /// Elements of each.
    pub elements: usize,
    /// Bytes that each input moves from one row to the next.
    pub read: &'a [usize],
    /// Bytes that the output moves.
    pub written: usize,
}

/// One run: where everything is.
struct Frame<'a> {
    machine: &'a Interpreter,
    stride: usize,
    inputs: &'a [Strip],
    outputs: &'a [*mut u8],
    writing: Writing,
    scratch: *mut u8,
}

impl Frame<'_> {
    /// # Safety
    /// The contract of [`Interpreter::run`], and the operands of the first call have been written.
    #[inline]
    unsafe fn steps(&self, calls: &[Call], elements: usize) -> Flags {
        calls.iter().fold(Flags::NONE, |flags, call| {
            // SAFETY: a call's operands were written by the caller or by earlier calls.
            flags | unsafe { self.step(call, elements) }
        })
    }

    /// Runs a piece as machine code; false where there is none (yet).
    ///
    /// # Safety
    /// As for [`Frame::steps`].
    unsafe fn compiled(&self, piece: &Compiled, elements: usize) -> bool {
        // SAFETY: what the piece reads has been written.
        let inputs: SmallVec<[Strip; 8]> = piece.inputs.iter().map(|&place| unsafe { self.read(place) }).collect();
        let written: SmallVec<[(*mut u8, *mut u8); 4]> = piece.outputs.iter().map(|&place| self.write(place)).collect();
        let outputs: SmallVec<[*mut u8; 4]> = written.iter().map(|(start, _)| *start).collect();
        // SAFETY: registers are assigned so that nothing the piece reads is where it writes; the marks lie in the scratch.
        unsafe {
            let ran = piece.segment.run(elements, &inputs, &outputs, self.streamed(piece));
            if ran {
                written.iter().for_each(|(_, mark)| mark.write(0));
            }
            ran
        }
    }

    /// Looks a piece up; false where there is no table (yet).
    ///
    /// # Safety
    /// As for [`Frame::steps`].
    unsafe fn tabulated(&self, piece: &Tabulated, elements: usize) -> bool {
        let (to, mark) = self.write(piece.output);
        // SAFETY: what the piece reads has been written, and is not where it writes; the mark lies in the scratch.
        unsafe {
            let ran = piece.table.run(elements, self.read(piece.input), to);
            if ran {
                mark.write(0);
            }
            ran
        }
    }

    /// Which outputs of a piece are results that go past the caches.
    fn streamed(&self, piece: &Compiled) -> u64 {
        match self.writing {
            Writing::Cached => 0,
            Writing::PastCaches => piece.delivered,
        }
    }

    /// # Safety
    /// The contract of [`Interpreter::run`], and the operands of the call have been written.
    #[inline]
    unsafe fn step(&self, call: &Call, elements: usize) -> Flags {
        let mut args = [Strip::NONE; 3];
        let mut uniform = true;
        for (slot, &place) in args.iter_mut().zip(&call.args[..call.arity]) {
            // SAFETY: by the caller.
            *slot = unsafe { self.read(place) };
            uniform &= slot.uniform;
        }
        let (to, mark) = self.write(call.to);
        // SAFETY: the mark lies in the scratch; the kernel's contract is the caller's, and registers are assigned so
        // that `to` overlaps no operand. If all operands are uniform, so is the result: one element suffices.
        unsafe {
            mark.write(uniform as u8);
            (call.kernel)(if uniform { 1 } else { elements }, &args, to)
        }
    }

    /// # Safety
    /// As for [`Frame::step`].
    #[inline]
    unsafe fn read(&self, place: Place) -> Strip {
        match place {
            Place::Input(i) => self.inputs[i as usize],
            Place::Constant(i) => Strip::uniform(self.machine.constants[i as usize].as_ptr()),
            written => {
                let (start, mark) = self.write(written);
                // SAFETY: the step that wrote the place has set its mark.
                Strip { start, uniform: unsafe { mark.read() } != 0 }
            }
        }
    }

    /// The bytes of a register or an output, and its mark.
    #[inline]
    fn write(&self, place: Place) -> (*mut u8, *mut u8) {
        let registers = self.machine.offsets.len();
        match place {
            Place::Register(i) => {
                let offset = self.machine.marks() + self.machine.offsets[i as usize] * self.stride;
                (self.scratch.wrapping_add(offset), self.scratch.wrapping_add(i as usize))
            }
            Place::Output(i) => (self.outputs[i as usize], self.scratch.wrapping_add(registers + i as usize)),
            // Steps write to registers and outputs only.
            Place::Input(_) | Place::Constant(_) => (self.scratch, self.scratch),
        }
    }

    /// # Safety
    /// The contract of [`Interpreter::run`], after all steps.
    unsafe fn finish(&self, ending: &Ending, elements: usize) {
        match *ending {
            Ending::Spread { output, fill, size } => {
                let (start, mark) = self.write(Place::Output(output));
                // SAFETY: the first element is there if the mark is set, and there is room for the rest; the one
                // element is copied out before it is spread, so that source and destination do not overlap.
                unsafe {
                    if mark.read() != 0 {
                        let mut element = [0u64; 2];
                        std::ptr::copy_nonoverlapping(start, element.as_mut_ptr().cast::<u8>(), size);
                        let strip = Strip::uniform(element.as_ptr().cast::<u8>());
                        let _ = fill(elements, &[strip, Strip::NONE, Strip::NONE], start);
                    }
                }
            }
            Ending::Copy { from, output, copy } => {
                // SAFETY: by the caller; an output overlaps nothing.
                unsafe {
                    let strip = self.read(from);
                    let _ = copy(elements, &[strip, Strip::NONE, Strip::NONE], self.outputs[output as usize]);
                }
            }
        }
    }
}

fn call(program: &TileProgram, step: &Step, places: &Assignment, to: Place, isa: Isa) -> Result<Call> {
    let types = program.signature(step)?;
    let kernel = step.op.kernel(&types, isa).ok_or_else(|| no_kernel(step.op))?;
    let mut args = [Place::Constant(0); 3];
    for (slot, &value) in args.iter_mut().zip(step.operands()) {
        *slot = places.place(value);
    }
    Ok(Call { kernel, arity: step.op.arity(), args, to })
}

fn ending(program: &TileProgram, output: usize, places: &Assignment, isa: Isa) -> Result<Ending> {
    let value = program.outputs[output];
    let dtype = program.dtype(value)?;
    let copy = Op::Cast.kernel(&Signature::uniform(dtype, dtype), isa).ok_or_else(|| no_kernel(Op::Cast))?;
    let from = places.place(value);
    let output = output as u32;
    if matches!(value, Value::Step(_)) && from == Place::Output(output) {
        return Ok(Ending::Spread { output, fill: copy, size: dtype.size() });
    }
    Ok(Ending::Copy { from, output, copy })
}

fn no_kernel(op: Op) -> Error {
    Error::internal(format!("no kernel for {op}"))
}
