//! Copies between layouts: from strided to C-contiguous ([`pack`]) and back ([`unpack`]), with byte swapping.
//!
//! Axes of length 1 are dropped and axes that continue one another are merged. What remains is an odometer over outer
//! axes around one of three inner copies: runs (both sides contiguous, or one element repeated), strided rows, and
//! transposes. Transposes go block by block so that both sides are touched in runs. Nothing needs to be aligned.

use std::ptr;

/// One axis of a copy: its length, and the distance in bytes to the next element on both sides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Axis {
    len: usize,
    to: isize,
    from: isize,
}

/// Copies a strided array to C-contiguous bytes. `swap` is the size of the components whose bytes are reversed.
///
/// # Safety
/// Every element of `from` under `shape` and `strides` (in bytes) must be readable, `to` must have room for the
/// elements, and the two must not overlap.
pub unsafe fn pack(to: *mut u8, from: *const u8, item: usize, swap: Option<usize>, shape: &[usize], strides: &[i64]) {
    let axes = axes(shape, strides, item).map(|(len, strided, packed)| Axis { len, to: packed, from: strided });
    // SAFETY: by the caller.
    unsafe { copy(to, from, item, swap, axes.collect()) }
}

/// Copies C-contiguous bytes to a strided array. `swap` is the size of the components whose bytes are reversed.
///
/// # Safety
/// Every element of `to` under `shape` and `strides` (in bytes) must be writable, `from` must hold the elements, and
/// the two must not overlap.
pub unsafe fn unpack(to: *mut u8, strides: &[i64], from: *const u8, item: usize, swap: Option<usize>, shape: &[usize]) {
    let axes = axes(shape, strides, item).map(|(len, strided, packed)| Axis { len, to: strided, from: packed });
    // SAFETY: by the caller.
    unsafe { copy(to, from, item, swap, axes.collect()) }
}

/// Copies a strided array to a strided place of the same shape; strides are in bytes.
///
/// # Safety
/// Every element of `from` must be readable and every element of `to` writable, and the two must not overlap.
pub unsafe fn restride(
    to: *mut u8,
    to_strides: &[i64],
    from: *const u8,
    from_strides: &[i64],
    item: usize,
    shape: &[usize],
) {
    let strides = to_strides.iter().zip(from_strides).rev();
    let axes = shape.iter().rev().zip(strides);
    let axes = axes.map(|(&len, (&to, &from))| Axis { len, to: to as isize, from: from as isize });
    // SAFETY: by the caller.
    unsafe { copy(to, from, item, None, axes.collect()) }
}

/// Per axis, from the last to the first: length, given stride, C-contiguous stride.
fn axes<'a>(shape: &'a [usize], strides: &'a [i64], item: usize) -> impl Iterator<Item = (usize, isize, isize)> + 'a {
    let mut packed = item as isize;
    shape.iter().zip(strides).rev().map(move |(&len, &stride)| {
        let axis = (len, stride as isize, packed);
        packed = packed.wrapping_mul(len as isize);
        axis
    })
}

/// Without axes of length 1, and with every axis merged into its inner neighbour if it continues it.
fn merged(axes: Vec<Axis>) -> Vec<Axis> {
    let mut merged: Vec<Axis> = Vec::with_capacity(axes.len());
    for axis in axes.into_iter().filter(|axis| axis.len != 1) {
        match merged.last_mut() {
            Some(inner) if continues(inner, &axis) => inner.len *= axis.len,
            _ => merged.push(axis),
        }
    }
    merged
}

fn continues(inner: &Axis, outer: &Axis) -> bool {
    let len = inner.len as isize;
    outer.to == inner.to.wrapping_mul(len) && outer.from == inner.from.wrapping_mul(len)
}

/// # Safety
/// As for [`pack`]; `axes` are given from the last to the first.
unsafe fn copy(to: *mut u8, from: *const u8, item: usize, swap: Option<usize>, axes: Vec<Axis>) {
    if axes.iter().any(|axis| axis.len == 0) {
        return;
    }
    let axes = merged(axes);
    // SAFETY: by the caller; each word has `item` bytes.
    unsafe {
        match (item, swap.filter(|&component| component > 1)) {
            (1, _) => copy_words::<Plain<u8>>(to, from, axes),
            (2, None) => copy_words::<Plain<u16>>(to, from, axes),
            (4, None) => copy_words::<Plain<u32>>(to, from, axes),
            (8, None) => copy_words::<Plain<u64>>(to, from, axes),
            (16, None) => copy_words::<Plain<[u64; 2]>>(to, from, axes),
            (2, Some(_)) => copy_words::<Swapped16>(to, from, axes),
            (4, Some(_)) => copy_words::<Swapped32>(to, from, axes),
            (8, Some(4)) => copy_words::<SwappedPair32>(to, from, axes),
            (8, Some(_)) => copy_words::<Swapped64>(to, from, axes),
            (_, Some(_)) => copy_words::<SwappedPair64>(to, from, axes),
            (_, None) => copy_bytes(to, from, item, axes),
        }
    }
}

/// An element as a machine word, and what is done to it on the way.
trait Word: Copy {
    /// The memory image.
    type Image: Copy;
    /// Whether elements arrive as they are, so that runs of them may be copied as bytes.
    const PLAIN: bool;
    /// The element as it arrives.
    fn arrive(image: Self::Image) -> Self::Image;
}

#[derive(Clone, Copy)]
struct Plain<T>(std::marker::PhantomData<T>);

impl<T: Copy> Word for Plain<T> {
    type Image = T;
    const PLAIN: bool = true;
    #[inline(always)]
    fn arrive(image: T) -> T {
        image
    }
}

macro_rules! swapped {
    ($($name:ident: $image:ty = |$x:ident| $swap:expr;)*) => {$(
        #[derive(Clone, Copy)]
        struct $name;
        impl Word for $name {
            type Image = $image;
            const PLAIN: bool = false;
            #[inline(always)]
            fn arrive($x: $image) -> $image { $swap }
        }
    )*};
}
swapped! {
    Swapped16: u16 = |x| x.swap_bytes();
    Swapped32: u32 = |x| x.swap_bytes();
    Swapped64: u64 = |x| x.swap_bytes();
    SwappedPair32: [u32; 2] = |x| x.map(u32::swap_bytes);
    SwappedPair64: [u64; 2] = |x| x.map(u64::swap_bytes);
}

/// # Safety
/// As for [`pack`], for words of this size.
unsafe fn copy_words<W: Word>(to: *mut u8, from: *const u8, mut axes: Vec<Axis>) {
    if axes.is_empty() {
        // SAFETY: one element on each side.
        return unsafe { move_one::<W>(to, from) };
    }
    let (writes, reads) = (nearest(&axes, |axis| axis.to), nearest(&axes, |axis| axis.from));
    if writes != reads && axes[writes].from != 0 && axes[reads].to != 0 {
        let (write, read) = (axes[writes], axes[reads]);
        axes.remove(writes.max(reads));
        axes.remove(writes.min(reads));
        // SAFETY: by the caller; the odometer visits every position of the other axes.
        odometer(to, from, &axes, |to, from| unsafe { transpose::<W>(to, from, write, read) });
    } else {
        let row = axes.remove(writes);
        let short: Option<ShortRows> = match row.len {
            2 => Some(short_rows::<W, 2>),
            3 => Some(short_rows::<W, 3>),
            4 => Some(short_rows::<W, 4>),
            _ => None,
        };
        if let (Some(short), Some(&rows)) = (short, axes.first()) {
            // SAFETY: as above.
            odometer(to, from, &axes[1..], |to, from| unsafe { short(to, from, rows, row) });
        } else {
            // SAFETY: as above.
            odometer(to, from, &axes, |to, from| unsafe { copy_row::<W>(to, from, row) });
        }
    }
}

type ShortRows = unsafe fn(to: *mut u8, from: *const u8, rows: Axis, row: Axis);

/// Rows so short that a call for each would take longer than they do: the channels of a picture.
///
/// # Safety
/// The elements of the rows, `LEN` in each, can be read and written.
unsafe fn short_rows<W: Word, const LEN: usize>(to: *mut u8, from: *const u8, rows: Axis, row: Axis) {
    for i in 0..rows.len as isize {
        let (to, from) = (to.wrapping_offset(i * rows.to), from.wrapping_offset(i * rows.from));
        for j in 0..LEN as isize {
            // SAFETY: by the caller.
            unsafe { move_one::<W>(to.wrapping_offset(j * row.to), from.wrapping_offset(j * row.from)) };
        }
    }
}

/// The axis with the smallest step on one side, a repeated element not counting as a step; the innermost if none.
fn nearest(axes: &[Axis], step: impl Fn(&Axis) -> isize) -> usize {
    let moving = (0..axes.len()).filter(|&i| step(&axes[i]) != 0);
    moving.min_by_key(|&i| step(&axes[i]).unsigned_abs()).unwrap_or(0)
}

/// Calls `inner` for every position of the axes, the first of which runs fastest.
fn odometer(mut to: *mut u8, mut from: *const u8, axes: &[Axis], mut inner: impl FnMut(*mut u8, *const u8)) {
    let Some((&fast, slow)) = axes.split_first() else { return inner(to, from) };
    let mut position = vec![0usize; slow.len()];
    loop {
        let (mut row_to, mut row_from) = (to, from);
        for _ in 0..fast.len {
            inner(row_to, row_from);
            row_to = row_to.wrapping_offset(fast.to);
            row_from = row_from.wrapping_offset(fast.from);
        }
        let mut axis = 0;
        loop {
            let Some(turning) = slow.get(axis) else { return };
            position[axis] += 1;
            if position[axis] < turning.len {
                to = to.wrapping_offset(turning.to);
                from = from.wrapping_offset(turning.from);
                break;
            }
            let back = turning.len as isize - 1;
            to = to.wrapping_offset(-turning.to * back);
            from = from.wrapping_offset(-turning.from * back);
            position[axis] = 0;
            axis += 1;
        }
    }
}

/// # Safety
/// One element can be read at `from` and written at `to`.
#[inline(always)]
unsafe fn move_one<W: Word>(to: *mut u8, from: *const u8) {
    // SAFETY: by the caller; alignment is not assumed.
    unsafe {
        let image = from.cast::<W::Image>().read_unaligned();
        to.cast::<W::Image>().write_unaligned(W::arrive(image));
    }
}

/// # Safety
/// The elements of the row can be read and written.
unsafe fn copy_row<W: Word>(to: *mut u8, from: *const u8, row: Axis) {
    let item = size_of::<W::Image>() as isize;
    // SAFETY: by the caller, for every element of the row.
    unsafe {
        if row.to == item && row.from == item {
            copy_run::<W>(to, from, row.len);
        } else if row.to == item && row.from == 0 {
            fill::<W>(to, from, row.len);
        } else if row.to == item {
            for i in 0..row.len as isize {
                move_one::<W>(to.offset(i * item), from.wrapping_offset(i * row.from));
            }
        } else {
            for i in 0..row.len as isize {
                move_one::<W>(to.wrapping_offset(i * row.to), from.wrapping_offset(i * row.from));
            }
        }
    }
}

/// # Safety
/// As for [`copy_row`], both sides contiguous.
unsafe fn copy_run<W: Word>(to: *mut u8, from: *const u8, len: usize) {
    let item = size_of::<W::Image>();
    // SAFETY: by the caller.
    unsafe {
        if W::PLAIN {
            return ptr::copy_nonoverlapping(from, to, len * item);
        }
        for i in 0..len {
            move_one::<W>(to.add(i * item), from.add(i * item));
        }
    }
}

/// # Safety
/// As for [`copy_row`], with one element at `from` for the whole contiguous row.
unsafe fn fill<W: Word>(to: *mut u8, from: *const u8, len: usize) {
    // SAFETY: by the caller.
    unsafe {
        let value = W::arrive(from.cast::<W::Image>().read_unaligned());
        for i in 0..len {
            to.cast::<W::Image>().add(i).write_unaligned(value);
        }
    }
}

/// A plane whose sides run along different axes, block by block: `write` is the axis along which the destination runs,
/// `read` that of the source.
///
/// # Safety
/// The elements of the plane can be read and written.
unsafe fn transpose<W: Word>(to: *mut u8, from: *const u8, write: Axis, read: Axis) {
    // A block holds whole cache lines of both sides, and few enough of them to stay in the first-level cache.
    let block = (64 / size_of::<W::Image>()).clamp(8, 32);
    for w in (0..write.len).step_by(block) {
        let columns = block.min(write.len - w);
        for r in (0..read.len).step_by(block) {
            let rows = block.min(read.len - r);
            let corner_to = to.wrapping_offset(w as isize * write.to + r as isize * read.to);
            let corner_from = from.wrapping_offset(w as isize * write.from + r as isize * read.from);
            for row in 0..rows as isize {
                let (to, from) =
                    (corner_to.wrapping_offset(row * read.to), corner_from.wrapping_offset(row * read.from));
                for column in 0..columns as isize {
                    // SAFETY: by the caller, as (w + column, r + row) lies in the plane.
                    unsafe {
                        move_one::<W>(to.wrapping_offset(column * write.to), from.wrapping_offset(column * write.from));
                    }
                }
            }
        }
    }
}

/// Elements of unusual sizes, as bytes.
///
/// # Safety
/// As for [`pack`].
unsafe fn copy_bytes(to: *mut u8, from: *const u8, item: usize, axes: Vec<Axis>) {
    // SAFETY: by the caller; the odometer visits every element once.
    odometer(to, from, &axes, |to, from| unsafe { ptr::copy_nonoverlapping(from, to, item) });
}
