//! Moving selected rows together.

/// Moves the rows whose flag is not zero to the front, in their order; returns how many there are. The others are lost.
///
/// # Safety
/// `rows` holds one row of `bytes` bytes per flag, and nobody else touches them.
pub unsafe fn compact(rows: *mut u8, bytes: usize, flags: &[u8]) -> usize {
    // SAFETY: all arms pass the contract on to the caller.
    unsafe {
        match bytes {
            1 => words::<u8>(rows, flags),
            2 => words::<u16>(rows, flags),
            4 => words::<u32>(rows, flags),
            8 => words::<u64>(rows, flags),
            16 => words::<u128>(rows, flags),
            _ => long_rows(rows, bytes, flags),
        }
    }
}

/// Without branches: every row is written to the next free place, which moves on if the row is selected.
///
/// # Safety
/// As [`compact`], for rows of the size of `T`.
unsafe fn words<T: Copy>(rows: *mut u8, flags: &[u8]) -> usize {
    let rows = rows.cast::<T>();
    let mut next = 0;
    for (number, &flag) in flags.iter().enumerate() {
        // SAFETY: `next <= number`, and there is a row for every flag.
        unsafe { rows.add(next).write_unaligned(rows.add(number).read_unaligned()) };
        next += usize::from(flag != 0);
    }
    next
}

/// # Safety
/// As [`compact`].
unsafe fn long_rows(rows: *mut u8, bytes: usize, flags: &[u8]) -> usize {
    let mut next = 0;
    for (number, &flag) in flags.iter().enumerate() {
        if flag != 0 {
            // SAFETY: `next <= number`, and there is a row for every flag; `copy` lets them overlap.
            unsafe { std::ptr::copy(rows.add(number * bytes), rows.add(next * bytes), bytes) };
            next += 1;
        }
    }
    next
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_keep_their_order() {
        let flags: Vec<u8> = (0..97u32).map(|n| (n * n % 5 < 2) as u8 * (n % 3 + 1) as u8).collect();
        for bytes in 1..=20 {
            let mut rows: Vec<u8> = (0..flags.len() * bytes).map(|n| (n * 31 % 251) as u8).collect();
            let want: Vec<u8> = rows
                .chunks(bytes)
                .zip(&flags)
                .filter(|&(_, &flag)| flag != 0)
                .flat_map(|(row, _)| row.to_vec())
                .collect();
            // SAFETY: there is a row for every flag.
            let count = unsafe { compact(rows.as_mut_ptr(), bytes, &flags) };
            assert_eq!(rows[..count * bytes], want, "{bytes}");
        }
        // SAFETY: no rows.
        assert_eq!(unsafe { compact(std::ptr::NonNull::dangling().as_ptr(), 8, &[]) }, 0);
    }
}
