//! Selection of elements along one axis of a table in memory.

use super::copy::pack;

/// A table seen from the first point of a box.
#[derive(Clone, Copy, Debug)]
pub struct Table {
    /// Position zero of the selected axis.
    pub start: *const u8,
    /// Bytes from one position to the next.
    pub stride: i64,
    /// Positions there are.
    pub length: usize,
    /// Bytes per element.
    pub item: usize,
    /// Bytes per component, when elements must be swapped.
    pub swap: Option<usize>,
}

/// Fills a box of shape `lengths` in C order: the element at each point is the table's at `index` of that point,
/// moved by `table_strides` (bytes per step of the box). `index_strides` (elements) are zero along axes on which the
/// index does not vary. Negative indices count from the end.
///
/// # Errors
/// The first index, in C order of the index, that lies outside the table.
///
/// # Safety
/// `to` has room for the box; `indices` covers it by `index_strides`; for every position below `length` and every
/// point of the box the table has an element.
pub unsafe fn gather(
    to: *mut u8,
    table: &Table,
    indices: *const i64,
    lengths: &[usize],
    table_strides: &[i64],
    index_strides: &[i64],
) -> Result<(), i64> {
    // Trailing axes on which the index does not vary are rows, copied whole.
    let row_axis = (0..lengths.len())
        .rev()
        .take_while(|&axis| lengths[axis] == 1 || index_strides[axis] == 0)
        .last()
        .unwrap_or(lengths.len());
    let row = Row::new(&lengths[row_axis..], &table_strides[row_axis..], table);
    let (lengths, table_strides, index_strides) =
        (&lengths[..row_axis], &table_strides[..row_axis], &index_strides[..row_axis]);
    let Some((&inner, outer)) = lengths.split_last() else {
        // SAFETY: one index, one row.
        return unsafe { run(to, table, table.start, indices, 1, 0, 0, &row) };
    };
    let (inner_table, inner_index) = (table_strides[outer.len()], index_strides[outer.len()]);
    let places: usize = outer.iter().product();
    let mut place = vec![0usize; outer.len()];
    let (mut source, mut index, mut out) = (table.start, indices, to);
    for _ in 0..places {
        // SAFETY: by the caller's promises for this place of the outer axes.
        unsafe { run(out, table, source, index, inner, inner_table, inner_index, &row)? };
        out = out.wrapping_add(inner * row.bytes);
        for axis in (0..outer.len()).rev() {
            place[axis] += 1;
            source = source.wrapping_offset(table_strides[axis] as isize);
            index = index.wrapping_offset(index_strides[axis] as isize);
            if place[axis] < outer[axis] {
                break;
            }
            source = source.wrapping_offset(-(table_strides[axis] * outer[axis] as i64) as isize);
            index = index.wrapping_offset(-(index_strides[axis] * outer[axis] as i64) as isize);
            place[axis] = 0;
        }
    }
    Ok(())
}

/// What is copied per index.
struct Row<'a> {
    lengths: &'a [usize],
    strides: &'a [i64],
    bytes: usize,
    contiguous: bool,
}

impl<'a> Row<'a> {
    fn new(lengths: &'a [usize], strides: &'a [i64], table: &Table) -> Row<'a> {
        let mut expected = table.item as i64;
        let mut contiguous = table.swap.is_none();
        for (&len, &stride) in lengths.iter().zip(strides).rev() {
            if len != 1 {
                contiguous &= stride == expected;
                expected = expected.saturating_mul(len as i64);
            }
        }
        Row { lengths, strides, bytes: lengths.iter().product::<usize>() * table.item, contiguous }
    }
}

/// One run of rows.
///
/// # Safety
/// As [`gather`], for `count` indices.
#[allow(clippy::too_many_arguments, reason = "the state of the innermost loop, kept in registers")]
unsafe fn run(
    to: *mut u8,
    table: &Table,
    source: *const u8,
    indices: *const i64,
    count: usize,
    table_step: i64,
    index_step: i64,
    row: &Row<'_>,
) -> Result<(), i64> {
    // SAFETY: all arms pass the contract on to the caller.
    unsafe {
        match (row.contiguous, row.bytes) {
            (true, 1) => copies::<1>(to, table, source, indices, count, table_step, index_step),
            (true, 2) => copies::<2>(to, table, source, indices, count, table_step, index_step),
            (true, 3) => copies::<3>(to, table, source, indices, count, table_step, index_step),
            (true, 4) => copies::<4>(to, table, source, indices, count, table_step, index_step),
            (true, 8) => copies::<8>(to, table, source, indices, count, table_step, index_step),
            (true, 16) => copies::<16>(to, table, source, indices, count, table_step, index_step),
            (true, 32) => copies::<32>(to, table, source, indices, count, table_step, index_step),
            _ => rows(to, table, source, indices, count, table_step, index_step, row),
        }
    }
}

#[inline(always)]
fn position(index: i64, length: usize) -> Result<usize, i64> {
    let wrapped = if index < 0 { index.wrapping_add(length as i64) } else { index };
    if (wrapped as u64) < length as u64 { Ok(wrapped as usize) } else { Err(index) }
}

/// # Safety
/// As [`gather`], for `count` indices and rows of `BYTES` contiguous bytes.
unsafe fn copies<const BYTES: usize>(
    to: *mut u8,
    table: &Table,
    source: *const u8,
    indices: *const i64,
    count: usize,
    table_step: i64,
    index_step: i64,
) -> Result<(), i64> {
    for n in 0..count {
        // SAFETY: the caller promises `count` indices, rows for every valid position, and room for `count` rows.
        unsafe {
            let at = position(*indices.offset(n as isize * index_step as isize), table.length)?;
            let from = source.offset(n as isize * table_step as isize + at as isize * table.stride as isize);
            to.add(n * BYTES).cast::<[u8; BYTES]>().write_unaligned(from.cast::<[u8; BYTES]>().read_unaligned());
        }
    }
    Ok(())
}

/// # Safety
/// As [`gather`], for `count` indices.
#[allow(clippy::too_many_arguments, reason = "the state of the innermost loop")]
unsafe fn rows(
    to: *mut u8,
    table: &Table,
    source: *const u8,
    indices: *const i64,
    count: usize,
    table_step: i64,
    index_step: i64,
    row: &Row<'_>,
) -> Result<(), i64> {
    for n in 0..count {
        // SAFETY: as in `copies`, with rows at strides.
        unsafe {
            let at = position(*indices.offset(n as isize * index_step as isize), table.length)?;
            let from = source.offset(n as isize * table_step as isize + at as isize * table.stride as isize);
            pack(to.add(n * row.bytes), from, table.item, table.swap, row.lengths, row.strides);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_and_negative_indices() {
        let table: Vec<u16> = (0..12).collect(); // 4 positions of 3
        let spec = Table { start: table.as_ptr().cast(), stride: 6, length: 4, item: 2, swap: None };
        let index = [3i64, -4, 1];
        let mut out = [0u16; 9];
        // SAFETY: three rows of three.
        unsafe { gather(out.as_mut_ptr().cast(), &spec, index.as_ptr(), &[3, 3], &[0, 2], &[1, 0]) }.unwrap();
        assert_eq!(out, [9, 10, 11, 0, 1, 2, 3, 4, 5]);
        // The index varies along the last axis: a table axis outside it.
        let mut out = [0u16; 9];
        // SAFETY: three by three elements.
        unsafe { gather(out.as_mut_ptr().cast(), &spec, index.as_ptr(), &[3, 3], &[2, 0], &[0, 1]) }.unwrap();
        assert_eq!(out, [9, 0, 3, 10, 1, 4, 11, 2, 5]);
        let bad = [0i64, 4];
        // SAFETY: room for two rows; the second index is refused.
        let outcome = unsafe { gather(out.as_mut_ptr().cast(), &spec, bad.as_ptr(), &[2, 3], &[0, 2], &[1, 0]) };
        assert_eq!(outcome, Err(4));
    }
}
