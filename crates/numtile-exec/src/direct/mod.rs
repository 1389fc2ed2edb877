//! Elementwise expressions of arrays in memory that need no plan: no tiles, nothing to reserve. Small ones are computed by
//! the calling thread alone, larger ones together with idle threads. What comes out is what a plan would give, as results
//! depend on neither.

mod total;

pub use total::Total;

use std::cell::RefCell;
use std::collections::HashMap;
use std::ops::Range;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use numtile_core::Result;
use numtile_kernel::{Flags, Interpreter, Isa, Strip, StripRows, Value, Writing};
use numtile_plan::physical::direct::{Direct, Rows};
use numtile_plan::physical::memory::{LONG_STRIP, PAST_CACHES, STRIP};
use smallvec::SmallVec;

use crate::executor::Control;
use crate::metrics::Progress;
use crate::scheduler::Scheduler;
use crate::team::{Work, share};

/// Elements up to which an expression is small: beyond, threads pay.
pub const MOST_ELEMENTS: usize = 32_768;
/// Scratch that every thread which computes such expressions keeps at most, in 64-byte lines.
const SCRATCH_LINES: usize = 4096;
/// Programs that are remembered; then they are forgotten all at once.
const MOST_PROGRAMS: usize = 512;
/// Elements that a strip must have for a program to be run in this way, and of which strips are multiples.
const LEAST_STRIP: usize = 256;
/// Bytes read and written by a piece of work that threads share.
const PIECE: usize = 128 << 10;

#[repr(C, align(64))]
#[derive(Clone, Copy)]
struct Line([u8; 64]);

thread_local! {
    static SCRATCH: RefCell<Vec<Line>> = const { RefCell::new(Vec::new()) };
}

/// What a program reads at one time.
type Strips = SmallVec<[Strip; 8]>;

/// The program of an expression, ready to run on arrays of any length.
#[derive(Clone, Debug)]
pub struct Program {
    interpreter: Arc<Interpreter>,
    /// Bytes per element of each input.
    sizes: SmallVec<[usize; 8]>,
    /// Bytes per element of the result.
    item: usize,
    /// Elements of a strip.
    strip: usize,
    /// The input that the result is, where nothing is computed.
    passes_through: Option<usize>,
}

impl Program {
    fn new(direct: &Direct<'_>, isa: Isa) -> Result<Program> {
        let program = direct.program()?;
        let interpreter = Arc::new(Interpreter::new(&program, isa)?);
        let sizes = direct.inputs().map(|input| input.dtype().size()).collect();
        let strip = strip(&interpreter, direct.widest());
        let passes_through = match program.outputs.as_slice() {
            [Value::Input(input)] => Some(*input as usize),
            _ => None,
        };
        Ok(Program { interpreter, sizes, item: direct.item(), strip, passes_through })
    }

    /// Computes `elements` elements into `out` on this thread. `starts` are the first elements of the inputs, `rows` how they
    /// are gone through.
    ///
    /// # Errors
    /// What computing brings: `ValueError` for a negative integer power.
    ///
    /// # Safety
    /// There are as many starts as inputs, each readable for so many elements, or as far as the rows move it, and `out`
    /// writable for them, all aligned for their types; `out` overlaps no input.
    pub unsafe fn run(&self, starts: &[*const u8], rows: Option<&Rows>, elements: usize, out: *mut u8) -> Result<()> {
        // SAFETY: the caller's promise.
        unsafe { self.part(starts, rows, 0..elements, out, Writing::Cached) }
    }

    /// The same, shared with idle threads.
    ///
    /// # Errors
    /// As [`Program::run`], and `Cancelled`.
    ///
    /// # Safety
    /// As [`Program::run`].
    pub unsafe fn run_shared(
        &self,
        starts: &[*const u8],
        rows: Option<&Rows>,
        elements: usize,
        out: *mut u8,
        scheduler: &Scheduler,
        control: &Control<'_>,
    ) -> Result<()> {
        let writing = if elements * self.item >= PAST_CACHES { Writing::PastCaches } else { Writing::Cached };
        let whole = Whole {
            program: self.clone(),
            starts: starts.into(),
            rows: rows.cloned(),
            elements,
            out,
            writing,
            piece: self.piece(rows),
            done: AtomicUsize::new(0),
            started: Instant::now(),
        };
        share(Arc::new(whole), scheduler.workers(), scheduler, control)
    }

    /// Elements of a piece that threads share: whole strips, and whole rows where these are shorter.
    fn piece(&self, rows: Option<&Rows>) -> usize {
        let moved = self.item + self.sizes.iter().sum::<usize>();
        let piece = (PIECE / moved / self.strip).max(1) * self.strip;
        match rows {
            Some(rows) if rows.length < piece => piece / rows.length * rows.length,
            _ => piece,
        }
    }

    /// # Safety
    /// As [`Program::run`], for a part of the elements.
    unsafe fn part(
        &self,
        starts: &[*const u8],
        rows: Option<&Rows>,
        part: Range<usize>,
        out: *mut u8,
        writing: Writing,
    ) -> Result<()> {
        SCRATCH.with_borrow_mut(|scratch| {
            let lines = self.interpreter.scratch_bytes(self.strip).div_ceil(size_of::<Line>());
            scratch.resize(lines.max(scratch.len()), Line([0; 64]));
            let scratch = scratch.as_mut_ptr().cast::<u8>();
            let mut flags = Flags::NONE;
            let mut start = part.start;
            while start < part.end {
                let most = self.strip.min(part.end - start);
                let first = out.wrapping_add(start * self.item);
                if let Some(rows) = rows.filter(|rows| start.is_multiple_of(rows.length) && rows.length <= most) {
                    let read: SmallVec<[usize; 8]> = rows.moves.iter().map(|by| by.row).collect();
                    let (count, written) = ((part.end - start) / rows.length, rows.length * self.item);
                    let whole = StripRows { count, elements: rows.length, read: &read, written };
                    let (_, inputs) = in_row(rows, starts, start, rows.length);
                    // SAFETY: as below, for each row.
                    flags |= unsafe { self.interpreter.run_rows(&whole, &inputs, first, writing, scratch) };
                    start += count * rows.length;
                    continue;
                }
                let (count, inputs) = match rows {
                    None => (most, self.strips(starts, start)),
                    Some(rows) => in_row(rows, starts, start, most),
                };
                // SAFETY: by the caller, for this part of the elements; the scratch is large enough ([`Programs::get`]
                // looked), and aligned.
                flags |= unsafe { self.interpreter.run(count, &inputs, &[first], writing, scratch) };
                start += count;
            }
            flags.check()
        })
    }

    /// The inputs from element `start` on.
    fn strips(&self, starts: &[*const u8], start: usize) -> Strips {
        let strip = |(first, size): (&*const u8, &usize)| Strip::contiguous(first.wrapping_add(start * size));
        starts.iter().zip(&self.sizes).map(strip).collect()
    }

    fn fits(&self) -> bool {
        self.interpreter.scratch_bytes(self.strip) <= SCRATCH_LINES * size_of::<Line>()
    }
}

/// The inputs from element `start` of all rows on, and how many elements of its row follow, up to `most`.
fn in_row(rows: &Rows, starts: &[*const u8], start: usize, most: usize) -> (usize, Strips) {
    let (row, column) = (start / rows.length, start % rows.length);
    let strips = starts.iter().zip(&rows.moves).map(|(first, by)| Strip {
        start: first.wrapping_add(row * by.row + column * by.element),
        uniform: by.element == 0,
    });
    (most.min(rows.length - column), strips.collect())
}

/// Elements of a strip: as in a plan, but no more than the scratch is for.
fn strip(interpreter: &Interpreter, widest: usize) -> usize {
    let wanted = if interpreter.is_one_call() { LONG_STRIP } else { STRIP } / widest;
    let registers = interpreter.register_bytes_per_element().max(1);
    let marks = interpreter.scratch_bytes(0);
    let most = (SCRATCH_LINES * size_of::<Line>()).saturating_sub(marks) / registers;
    (wanted.min(most) / LEAST_STRIP).max(1) * LEAST_STRIP
}

/// The whole of an evaluation, for several threads.
struct Whole {
    program: Program,
    starts: SmallVec<[*const u8; 8]>,
    rows: Option<Rows>,
    elements: usize,
    out: *mut u8,
    writing: Writing,
    /// Elements of a piece.
    piece: usize,
    /// Pieces done.
    done: AtomicUsize,
    started: Instant,
}

// SAFETY: inputs are only read, and no two pieces write to the same elements; whoever made it waits for all of them.
unsafe impl Send for Whole {}
// SAFETY: as above.
unsafe impl Sync for Whole {}

impl Work for Whole {
    type Desk = ();

    fn pieces(&self) -> usize {
        self.elements.div_ceil(self.piece)
    }

    fn desk(&self) -> Result<()> {
        Ok(())
    }

    fn piece(&self, (): &mut (), number: usize) -> Result<()> {
        let start = number * self.piece;
        let part = start..self.elements.min(start + self.piece);
        // SAFETY: by the caller of `run_shared`, who is there until the last piece is done.
        let outcome = unsafe { self.program.part(&self.starts, self.rows.as_ref(), part, self.out, self.writing) };
        self.done.fetch_add(1, Ordering::Relaxed);
        outcome
    }

    fn stop(&self) {}

    fn progress(&self) -> Progress {
        let bytes = |elements: usize| (elements * self.program.item) as u64;
        Progress {
            bytes_done: bytes((self.done.load(Ordering::Relaxed) * self.piece).min(self.elements)),
            bytes_total: bytes(self.elements),
            seconds: self.started.elapsed().as_secs_f64(),
            peak_bytes: 0,
        }
    }
}

/// The programs of expressions met before.
#[derive(Debug, Default)]
pub struct Programs {
    known: Mutex<HashMap<u128, Program>>,
}

impl Programs {
    /// The program of an expression; `None` when it has too many values for the scratch.
    ///
    /// # Errors
    /// None that a user can cause.
    pub fn get(&self, direct: &Direct<'_>, isa: Isa) -> Result<Option<Program>> {
        let program = self.known_or_made(direct, isa)?;
        Ok(program.fits().then_some(program))
    }

    fn known_or_made(&self, direct: &Direct<'_>, isa: Isa) -> Result<Program> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(program) = known.get(&direct.key) {
            return Ok(program.clone());
        }
        let made = Program::new(direct, isa)?;
        if known.len() == MOST_PROGRAMS {
            known.clear();
        }
        known.insert(direct.key, made.clone());
        Ok(made)
    }
}
