//! Elementary functions over slices: the loops, compiled once per function, type and instruction set.

use std::mem::MaybeUninit;

use crate::elementary::{Binary, Unary};
use crate::half;
use crate::lanes::{Lanes, MOST_LANES as MOST, Real, Vector};
use crate::simd::{Element, Level, Simd};
#[cfg(target_arch = "x86_64")]
use crate::twin::Twin;

/// An operand of a function of two numbers.
#[derive(Clone, Copy, Debug)]
pub enum Operand<'a, R> {
    /// A number per result.
    Each(&'a [R]),
    /// One number for all results.
    All(R),
}

/// The function of each element.
///
/// # Panics
/// If the lengths differ.
pub fn unary<F: Unary, R: Element>(simd: Simd, x: &[R], out: &mut [MaybeUninit<R>]) {
    assert_eq!(x.len(), out.len(), "one element per result");
    match simd.level() {
        // SAFETY: any machine will do.
        Level::Portable => unsafe { unary_loop::<F, R::Portable>(x, out) },
        // SAFETY: a `Simd` exists only for instruction sets of this machine.
        #[cfg(target_arch = "x86_64")]
        Level::Avx2 => unsafe { unary_avx2::<F, R>(x, out) },
        // SAFETY: as above.
        #[cfg(target_arch = "x86_64")]
        Level::Avx512 => unsafe { unary_avx512::<F, R>(x, out) },
    }
}

/// The function of each pair of elements.
///
/// # Panics
/// If the lengths differ.
pub fn binary<F: Binary, R: Element>(simd: Simd, x: Operand<R>, y: Operand<R>, out: &mut [MaybeUninit<R>]) {
    check_lengths(x, y, out);
    match simd.level() {
        // SAFETY: any machine will do.
        Level::Portable => unsafe { binary_loop::<F, R::Portable>(x, y, out) },
        // SAFETY: a `Simd` exists only for instruction sets of this machine.
        #[cfg(target_arch = "x86_64")]
        Level::Avx2 => unsafe { binary_avx2::<F, R>(x, y, out) },
        // SAFETY: as above.
        #[cfg(target_arch = "x86_64")]
        Level::Avx512 => unsafe { binary_avx512::<F, R>(x, y, out) },
    }
}

fn check_lengths<R>(x: Operand<R>, y: Operand<R>, out: &[MaybeUninit<R>]) {
    for operand in [x, y] {
        if let Operand::Each(elements) = operand {
            assert_eq!(elements.len(), out.len(), "one element per result");
        }
    }
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma")]
fn unary_avx2<F: Unary, R: Element>(x: &[R], out: &mut [MaybeUninit<R>]) {
    // SAFETY: the instructions are enabled here.
    unsafe { unary_loop::<F, Twin<R::Avx2>>(x, out) }
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma")]
fn binary_avx2<F: Binary, R: Element>(x: Operand<R>, y: Operand<R>, out: &mut [MaybeUninit<R>]) {
    // SAFETY: the instructions are enabled here.
    unsafe { binary_loop::<F, Twin<R::Avx2>>(x, y, out) }
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f")]
fn unary_avx512<F: Unary, R: Element>(x: &[R], out: &mut [MaybeUninit<R>]) {
    // SAFETY: the instructions are enabled here.
    unsafe { unary_loop::<F, Twin<R::Avx512>>(x, out) }
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f")]
fn binary_avx512<F: Binary, R: Element>(x: Operand<R>, y: Operand<R>, out: &mut [MaybeUninit<R>]) {
    // SAFETY: the instructions are enabled here.
    unsafe { binary_loop::<F, Twin<R::Avx512>>(x, y, out) }
}

/// The loop over vectors; what is left at the end goes through a padded one.
///
/// # Safety
/// The machine must have the instructions of `V`.
#[inline(always)]
unsafe fn unary_loop<F: Unary, V: Vector>(x: &[V::Real], out: &mut [MaybeUninit<V::Real>]) {
    let whole = x.len() - x.len() % V::LANES;
    for i in (0..whole).step_by(V::LANES) {
        // SAFETY: i + LANES <= whole, which is within both slices; the machine by the caller.
        unsafe { F::apply_whole(V::load(x.as_ptr().add(i))).store(out.as_mut_ptr().add(i).cast()) };
    }
    if whole < x.len() {
        // SAFETY: the machine by the caller.
        unsafe { store_part(F::apply_whole(load_part::<V>(&x[whole..])), &mut out[whole..]) };
    }
}

/// The same for two operands.
///
/// # Safety
/// As above.
#[inline(always)]
unsafe fn binary_loop<F: Binary, V: Vector>(
    x: Operand<V::Real>,
    y: Operand<V::Real>,
    out: &mut [MaybeUninit<V::Real>],
) {
    let whole = out.len() - out.len() % V::LANES;
    // SAFETY: the machine by the caller.
    let (x, y) = unsafe { (Source::<V>::new(x), Source::<V>::new(y)) };
    for i in (0..whole).step_by(V::LANES) {
        // SAFETY: i + LANES <= whole, which is within all slices; the machine by the caller.
        unsafe { F::apply(x.vector(i), y.vector(i)).store(out.as_mut_ptr().add(i).cast()) };
    }
    if whole < out.len() {
        // SAFETY: the machine by the caller.
        unsafe { store_part(F::apply(x.part(whole), y.part(whole)), &mut out[whole..]) };
    }
}

/// Where the vectors of an operand come from.
#[derive(Clone, Copy)]
enum Source<'a, V: Vector> {
    Each(&'a [V::Real]),
    All(V),
}

impl<'a, V: Vector> Source<'a, V> {
    /// # Safety
    /// The machine must have the instructions of `V`.
    #[inline(always)]
    unsafe fn new(operand: Operand<'a, V::Real>) -> Self {
        match operand {
            Operand::Each(elements) => Source::Each(elements),
            // SAFETY: the machine by the caller.
            Operand::All(element) => Source::All(unsafe { V::load([element; MOST].as_ptr()) }),
        }
    }

    /// # Safety
    /// There must be a whole vector from `i` on, and the machine must have the instructions of `V`.
    #[inline(always)]
    unsafe fn vector(self, i: usize) -> V {
        match self {
            // SAFETY: by the caller.
            Source::Each(elements) => unsafe { V::load(elements.as_ptr().add(i)) },
            Source::All(vector) => vector,
        }
    }

    /// # Safety
    /// The machine must have the instructions of `V`.
    #[inline(always)]
    unsafe fn part(self, i: usize) -> V {
        match self {
            // SAFETY: by the caller.
            Source::Each(elements) => unsafe { load_part(&elements[i..]) },
            Source::All(vector) => vector,
        }
    }
}

/// Fewer elements than a vector has, and zeros.
///
/// # Safety
/// The machine must have the instructions of `V`.
#[inline(always)]
unsafe fn load_part<V: Vector>(elements: &[V::Real]) -> V {
    let mut padded = [V::Real::from_f64(0.0); MOST];
    padded[..elements.len()].copy_from_slice(elements);
    // SAFETY: no vector has more than MOST elements; the machine by the caller.
    unsafe { V::load(padded.as_ptr()) }
}

/// The first elements of a vector.
#[inline(always)]
fn store_part<V: Vector>(vector: V, out: &mut [MaybeUninit<V::Real>]) {
    let mut padded = [MaybeUninit::uninit(); MOST];
    // SAFETY: no vector has more than MOST elements.
    unsafe { vector.store(padded.as_mut_ptr().cast()) };
    out.copy_from_slice(&padded[..out.len()]);
}

/// How many halves are widened at a time.
const CHUNK: usize = 256;

/// The function of each float16, given by its bits.
///
/// # Panics
/// If the lengths differ.
pub fn unary_half<F: Unary>(simd: Simd, x: &[u16], out: &mut [MaybeUninit<u16>]) {
    assert_eq!(x.len(), out.len(), "one element per result");
    let (mut wide, mut results) = ([0.0; CHUNK], [MaybeUninit::uninit(); CHUNK]);
    for (x, out) in x.chunks(CHUNK).zip(out.chunks_mut(CHUNK)) {
        unary::<F, f32>(simd, widen(x, &mut wide), &mut results[..x.len()]);
        narrow(&results, out);
    }
}

/// The function of each pair of float16.
///
/// # Panics
/// If the lengths differ.
pub fn binary_half<F: Binary>(simd: Simd, x: Operand<u16>, y: Operand<u16>, out: &mut [MaybeUninit<u16>]) {
    check_lengths(x, y, out);
    let ([mut wide_x, mut wide_y], mut results) = ([[0.0; CHUNK]; 2], [MaybeUninit::uninit(); CHUNK]);
    for (i, out) in out.chunks_mut(CHUNK).enumerate() {
        let start = i * CHUNK;
        let x = widen_operand(x, start, out.len(), &mut wide_x);
        let y = widen_operand(y, start, out.len(), &mut wide_y);
        binary::<F, f32>(simd, x, y, &mut results[..out.len()]);
        narrow(&results, out);
    }
}

fn widen_operand<'a>(x: Operand<u16>, start: usize, n: usize, to: &'a mut [f32; CHUNK]) -> Operand<'a, f32> {
    match x {
        Operand::Each(x) => Operand::Each(widen(&x[start..start + n], to)),
        Operand::All(x) => Operand::All(half::to_f32(x)),
    }
}

fn widen<'a>(x: &[u16], to: &'a mut [f32; CHUNK]) -> &'a [f32] {
    for (x, to) in x.iter().zip(to.iter_mut()) {
        *to = half::to_f32(*x);
    }
    &to[..x.len()]
}

fn narrow(results: &[MaybeUninit<f32>; CHUNK], out: &mut [MaybeUninit<u16>]) {
    for (result, out) in results.iter().zip(out) {
        // SAFETY: as many results as there are places were written just before.
        out.write(half::from_f32(unsafe { result.assume_init() }));
    }
}

/// The function of one number, with the bits it has in a slice.
pub(crate) fn scalar<F: Unary, R: Element>(x: R) -> R {
    #[cfg(target_arch = "x86_64")]
    if Simd::avx2().is_some() {
        // SAFETY: the machine has the instructions.
        return unsafe { scalar_avx2::<F, R>(x) };
    }
    // SAFETY: any machine will do.
    unsafe { in_a_vector::<R::Portable>(x, |x| F::apply_whole(x)) }
}

/// The function of two numbers, with the bits it has in a slice.
pub(crate) fn scalar_of_two<F: Binary, R: Element>(x: R, y: R) -> R {
    #[cfg(target_arch = "x86_64")]
    if Simd::avx2().is_some() {
        // SAFETY: the machine has the instructions.
        return unsafe { scalar_of_two_avx2::<F, R>(x, y) };
    }
    // SAFETY: any machine will do.
    unsafe { in_a_vector::<R::Portable>(x, |x| F::apply(x, x.splat(y))) }
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma")]
fn scalar_avx2<F: Unary, R: Element>(x: R) -> R {
    // SAFETY: the instructions are enabled here.
    unsafe { in_a_vector::<R::Avx2>(x, |x| F::apply_whole(x)) }
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma")]
fn scalar_of_two_avx2<F: Binary, R: Element>(x: R, y: R) -> R {
    // SAFETY: the instructions are enabled here.
    unsafe { in_a_vector::<R::Avx2>(x, |x| F::apply(x, x.splat(y))) }
}

/// The first lane of what becomes of a number in a vector.
///
/// # Safety
/// The machine must have the instructions of `V`.
#[inline(always)]
unsafe fn in_a_vector<V: Vector>(x: V::Real, f: impl Fn(V) -> V) -> V::Real {
    let mut lanes = [V::Real::from_f64(0.0); MOST];
    lanes[0] = x;
    // SAFETY: no vector has more than MOST lanes; the machine by the caller.
    unsafe { f(V::load(lanes.as_ptr())).store(lanes.as_mut_ptr()) };
    lanes[0]
}
