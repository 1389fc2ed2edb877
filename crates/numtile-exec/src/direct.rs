//! Small expressions of arrays in memory, computed at once by the calling thread: no tiles, no other threads, nothing to
//! reserve. What comes out is what a plan would give, as results depend on neither.

use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use numtile_core::Result;
use numtile_kernel::{Flags, Interpreter, Isa, Strip, Writing};
use numtile_plan::physical::direct::Direct;
use smallvec::SmallVec;

/// Elements up to which an expression is small: beyond, threads pay.
pub const MOST_ELEMENTS: usize = 32_768;
/// Scratch that every thread which computes small expressions keeps, in 64-byte lines.
const SCRATCH_LINES: usize = 1024;
/// Programs that are remembered; then they are forgotten all at once.
const MOST_PROGRAMS: usize = 512;
/// Elements of a strip at most.
const STRIP: usize = 1024;

#[repr(C, align(64))]
#[derive(Clone, Copy)]
struct Line([u8; 64]);

thread_local! {
    static SCRATCH: RefCell<Vec<Line>> = const { RefCell::new(Vec::new()) };
}

/// Where the elements of the result go, one after another.
#[derive(Clone, Copy, Debug)]
pub struct Out {
    /// The first.
    pub start: *mut u8,
    /// Bytes per element.
    pub item: usize,
}

/// The program of a small expression, ready to run.
#[derive(Clone, Debug)]
pub struct Small {
    interpreter: Arc<Interpreter>,
    /// Bytes per element of each input.
    sizes: SmallVec<[usize; 8]>,
}

impl Small {
    /// Computes `elements` elements into `out`. `starts` are the first elements of the inputs.
    ///
    /// # Errors
    /// What computing brings: `ValueError` for a negative integer power.
    ///
    /// # Safety
    /// There are as many starts as inputs, each readable and `out` writable for so many elements, all aligned for their
    /// types; `out` overlaps no input.
    pub unsafe fn run(&self, starts: &[*const u8], elements: usize, out: Out) -> Result<()> {
        let strip = self.strip(elements);
        SCRATCH.with_borrow_mut(|scratch| {
            scratch.resize(SCRATCH_LINES, Line([0; 64]));
            let scratch = scratch.as_mut_ptr().cast::<u8>();
            let mut flags = Flags::NONE;
            for start in (0..elements).step_by(strip) {
                let inputs: SmallVec<[Strip; 8]> = (starts.iter().zip(&self.sizes))
                    .map(|(&first, size)| Strip::contiguous(first.wrapping_add(start * size)))
                    .collect();
                let count = strip.min(elements - start);
                let out = out.start.wrapping_add(start * out.item);
                // SAFETY: by the caller, for this part of the elements; the scratch is large enough ([`Programs::small`]
                // looked), and aligned.
                flags |= unsafe { self.interpreter.run(count, &inputs, &[out], Writing::Cached, scratch) };
            }
            flags.check()
        })
    }

    fn strip(&self, elements: usize) -> usize {
        STRIP.min(elements.next_multiple_of(64))
    }
}

/// The programs of small expressions met before.
#[derive(Debug, Default)]
pub struct Programs {
    known: Mutex<HashMap<u128, Small>>,
}

impl Programs {
    /// The program of an expression; `None` when it has too many values for the scratch.
    ///
    /// # Errors
    /// None that a user can cause.
    pub fn small(&self, direct: &Direct<'_>, isa: Isa) -> Result<Option<Small>> {
        let small = self.known_or_made(direct, isa)?;
        let fits = small.interpreter.scratch_bytes(STRIP) <= SCRATCH_LINES * size_of::<Line>();
        Ok(fits.then_some(small))
    }

    fn known_or_made(&self, direct: &Direct<'_>, isa: Isa) -> Result<Small> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(small) = known.get(&direct.key) {
            return Ok(small.clone());
        }
        let interpreter = Arc::new(Interpreter::new(&direct.program()?, isa)?);
        let made = Small { interpreter, sizes: direct.inputs().map(|input| input.dtype().size()).collect() };
        if known.len() == MOST_PROGRAMS {
            known.clear();
        }
        known.insert(direct.key, made.clone());
        Ok(made)
    }
}
