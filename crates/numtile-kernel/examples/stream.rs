//! What memory gives: STREAM's copy and triad, plain and with stores that go past the caches.
//!
//! `cargo run --release -p numtile-kernel --example stream -- THREADS ELEMENTS` answers each line of its standard input
//! (`copy`, `copy-nt`, `triad`, `triad-nt`) with the seconds one walk over arrays of that many float64 took, so that
//! the walks can take turns with whatever is compared with them.

use std::io::{BufRead, Write};
use std::time::Instant;

/// What multiplies in a triad.
const FACTOR: f64 = 3.0;

/// `to[i] = from(a, b, i)`, over one thread's share of the arrays.
type Walk = fn(&mut [f64], &[f64], &[f64]);

fn main() -> std::io::Result<()> {
    let number = |place: usize, otherwise: usize| {
        std::env::args().nth(place).and_then(|text| text.parse().ok()).unwrap_or(otherwise)
    };
    let (threads, elements) = (number(1, 2).max(1), number(2, 32 << 20).max(1));
    let (mut to, a, b) = (in_huge_pages(elements, 0.0), in_huge_pages(elements, 1.0), in_huge_pages(elements, 2.0));
    for line in std::io::stdin().lock().lines() {
        let Some(walk) = walk(line?.trim()) else {
            println!("one of copy, copy-nt, triad, triad-nt");
            continue;
        };
        let start = Instant::now();
        in_shares(walk, &mut to, &a, &b, threads);
        println!("{}", start.elapsed().as_secs_f64());
        std::io::stdout().flush()?;
    }
    std::hint::black_box(&to);
    Ok(())
}

fn walk(name: &str) -> Option<Walk> {
    Some(match name {
        "copy" => copy,
        "triad" => triad,
        "copy-nt" => past_caches::copy,
        "triad-nt" => past_caches::triad,
        _ => return None,
    })
}

/// An array in memory where pages do not count: large ones where the system has them, all of them touched.
fn in_huge_pages(elements: usize, value: f64) -> Vec<f64> {
    let mut array = vec![0.0; elements];
    #[cfg(target_os = "linux")]
    {
        const PAGE: usize = 4096;
        let before = array.as_ptr().align_offset(PAGE);
        let bytes = array.len().saturating_sub(before) * size_of::<f64>() / PAGE * PAGE;
        if bytes > 0 {
            // SAFETY: whole pages inside the array; this is advice and changes no value.
            unsafe { libc::madvise(array[before..].as_mut_ptr().cast(), bytes, libc::MADV_HUGEPAGE) };
        }
    }
    array.fill(value);
    array
}

/// Each thread walks a share of its own.
fn in_shares(walk: Walk, to: &mut [f64], a: &[f64], b: &[f64], threads: usize) {
    // Whole cache lines, which are whole vectors too.
    let share = to.len().div_ceil(threads).next_multiple_of(8);
    std::thread::scope(|scope| {
        for ((to, a), b) in to.chunks_mut(share).zip(a.chunks(share)).zip(b.chunks(share)) {
            scope.spawn(move || walk(to, a, b));
        }
    });
}

fn copy(to: &mut [f64], a: &[f64], _: &[f64]) {
    // A page at a time: memcpy stores past the caches where it is given more.
    const PAGE: usize = 512;
    for (to, a) in to.chunks_mut(PAGE).zip(a.chunks(PAGE)) {
        to.copy_from_slice(a);
    }
}

fn triad(to: &mut [f64], a: &[f64], b: &[f64]) {
    for ((to, a), b) in to.iter_mut().zip(a).zip(b) {
        *to = FACTOR * *b + *a;
    }
}

#[cfg(target_arch = "x86_64")]
mod past_caches {
    //! Stores that do not read the line they write first.

    use std::arch::x86_64::{_mm_add_pd, _mm_loadu_pd, _mm_mul_pd, _mm_set1_pd, _mm_sfence, _mm_stream_pd};

    use super::FACTOR;

    const LANES: usize = 2;

    pub fn copy(to: &mut [f64], a: &[f64], _: &[f64]) {
        let (head, lines, rest) = aligned(to);
        super::copy(head, &a[..head.len()], &[]);
        let from = &a[head.len()..];
        for (to, a) in lines.chunks_exact_mut(LANES).zip(from.chunks_exact(LANES)) {
            // SAFETY: both chunks hold two elements, the first starts at a multiple of 16 bytes, SSE2 is always there.
            unsafe { _mm_stream_pd(to.as_mut_ptr(), _mm_loadu_pd(a.as_ptr())) };
        }
        super::copy(rest, &from[lines.len()..], &[]);
        // SAFETY: SSE is always there.
        unsafe { _mm_sfence() };
    }

    pub fn triad(to: &mut [f64], a: &[f64], b: &[f64]) {
        let (head, lines, rest) = aligned(to);
        super::triad(head, &a[..head.len()], &b[..head.len()]);
        let (a, b) = (&a[head.len()..], &b[head.len()..]);
        for ((to, a), b) in lines.chunks_exact_mut(LANES).zip(a.chunks_exact(LANES)).zip(b.chunks_exact(LANES)) {
            // SAFETY: the chunks hold two elements, the first starts at a multiple of 16 bytes, SSE2 is always there.
            unsafe {
                let product = _mm_mul_pd(_mm_set1_pd(FACTOR), _mm_loadu_pd(b.as_ptr()));
                _mm_stream_pd(to.as_mut_ptr(), _mm_add_pd(product, _mm_loadu_pd(a.as_ptr())));
            }
        }
        super::triad(rest, &a[lines.len()..], &b[lines.len()..]);
        // SAFETY: SSE is always there.
        unsafe { _mm_sfence() };
    }

    /// What lies before the first whole vector, whole vectors, and the rest.
    fn aligned(to: &mut [f64]) -> (&mut [f64], &mut [f64], &mut [f64]) {
        let before = to.as_ptr().align_offset(LANES * size_of::<f64>()).min(to.len());
        let (head, others) = to.split_at_mut(before);
        let whole = others.len() / LANES * LANES;
        let (lines, rest) = others.split_at_mut(whole);
        (head, lines, rest)
    }
}

#[cfg(not(target_arch = "x86_64"))]
mod past_caches {
    //! No such stores here: the plain walks stand in.

    pub use super::{copy, triad};
}
