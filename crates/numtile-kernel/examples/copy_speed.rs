//! Gigabytes per second of copies between layouts, out of a working set of a few megabytes.
//!
//! `cargo run --release -p numtile-kernel --example copy_speed`

use std::time::Instant;

use numtile_kernel::builtin::copy::pack;

fn main() {
    let side = 1024usize;
    for item in [1usize, 2, 4, 8, 16] {
        let row = (side * item) as i64;
        let unit = item as i64;
        report("contiguous", item, None, &[side, side], &[row, unit]);
        report("rows of a wider array", item, None, &[side, side / 2], &[row, unit]);
        report("every second element", item, None, &[side, side / 2], &[row, 2 * unit]);
        report("transposed", item, None, &[side, side], &[unit, row]);
        report("reversed", item, None, &[side, side], &[row, -unit]);
        report("one row repeated", item, None, &[side, side], &[0, unit]);
        report("one column repeated", item, None, &[side, side], &[row, 0]);
        report("short rows", item, None, &[side * side / 4, 3], &[4 * unit, unit]);
        if item > 1 {
            report("byte-swapped", item, Some(item.min(8)), &[side, side], &[row, unit]);
        }
    }
}

fn report(what: &str, item: usize, swap: Option<usize>, shape: &[usize], strides: &[i64]) {
    let source = vec![1u8; 1024 * 1024 * item];
    let bytes = shape.iter().product::<usize>() * item;
    let mut to = vec![0u8; bytes];
    let behind = strides.iter().zip(shape).filter(|(s, _)| **s < 0).map(|(s, n)| -s * (*n as i64 - 1)).sum::<i64>();
    let mut best = f64::INFINITY;
    for _ in 0..20 {
        let start = Instant::now();
        // SAFETY: every case lies inside the square source, seen from behind where it is reversed.
        unsafe { pack(to.as_mut_ptr(), source.as_ptr().add(behind as usize), item, swap, shape, strides) };
        best = best.min(start.elapsed().as_secs_f64());
    }
    std::hint::black_box(&to);
    println!("{item:2} bytes, {what:24} {:6.2} GB/s", bytes as f64 / best * 1e-9);
}
