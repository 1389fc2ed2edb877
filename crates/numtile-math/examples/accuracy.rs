//! The largest errors of the elementary functions, in units in the last place, and where.

#[path = "../tests/common/mod.rs"]
mod common;
#[path = "../tests/reference/mod.rs"]
mod reference;

use common::draws::Draws;
use numtile_math::simd::Simd;

fn main() {
    let filter = std::env::args().nth(1).unwrap_or_default();
    let n: usize = std::env::args().nth(2).and_then(|n| n.parse().ok()).unwrap_or(100_000);
    let simd = Simd::avx2().unwrap_or(Simd::PORTABLE);
    for (name, f) in common::unary_functions::<f64>() {
        if !name.contains(&filter) {
            continue;
        }
        let mut d = Draws::new(7);
        let x: Vec<f64> = (0..n).map(|_| d.argument(name)).collect();
        let got = common::map(f, simd, &x);
        let t = reference::unary(name);
        let mut worst = (0.0, 0.0, 0.0, 0.0);
        for (&x, &g) in x.iter().zip(&got) {
            if x == 0.0 {
                continue;
            }
            let e = t(x).error64(g);
            if !(e <= worst.0) {
                worst = (e, x, g, t(x).rounded());
            }
        }
        println!("{name:12} f64 {:.4} at {:e}: {:e} for {:e}", worst.0, worst.1, worst.2, worst.3);
    }
    for (name, f) in common::unary_functions::<f32>() {
        if !name.contains(&filter) {
            continue;
        }
        let mut d = Draws::new(7);
        let x: Vec<f32> = (0..n).map(|_| d.argument32(name)).collect();
        let got = common::map(f, simd, &x);
        let t = reference::unary(name);
        let mut worst = (0.0, 0.0, 0.0, 0.0);
        for (&x, &g) in x.iter().zip(&got) {
            if x == 0.0 {
                continue;
            }
            let e = t(f64::from(x)).error32(g);
            if !(e <= worst.0) {
                worst = (e, x, g, t(f64::from(x)).rounded() as f32);
            }
        }
        println!("{name:12} f32 {:.4} at {:e}: {:e} for {:e}", worst.0, worst.1, worst.2, worst.3);
    }
    for (name, f) in common::binary_functions::<f64>() {
        if !name.contains(&filter) {
            continue;
        }
        let mut d = Draws::new(7);
        let xy: Vec<(f64, f64)> = (0..n).map(|_| d.arguments(name)).collect();
        let x: Vec<f64> = xy.iter().map(|p| p.0).collect();
        let y: Vec<f64> = xy.iter().map(|p| p.1).collect();
        let got = common::map_pairs(f, simd, &x, &y);
        let t = reference::binary(name);
        let mut worst = (0.0, 0.0, 0.0, 0.0, 0.0);
        for i in 0..n {
            if x[i] == 0.0 || y[i] == 0.0 {
                continue;
            }
            let e = t(x[i], y[i]).error64(got[i]);
            if !(e <= worst.0) {
                worst = (e, x[i], y[i], got[i], t(x[i], y[i]).rounded());
            }
        }
        println!("{name:12} f64 {:.4} at {:e}, {:e}: {:e} for {:e}", worst.0, worst.1, worst.2, worst.3, worst.4);
    }
    for (name, f) in common::binary_functions::<f32>() {
        if !name.contains(&filter) {
            continue;
        }
        let mut d = Draws::new(7);
        let xy: Vec<(f32, f32)> = (0..n).map(|_| d.arguments32(name)).collect();
        let x: Vec<f32> = xy.iter().map(|p| p.0).collect();
        let y: Vec<f32> = xy.iter().map(|p| p.1).collect();
        let got = common::map_pairs(f, simd, &x, &y);
        let t = reference::binary(name);
        let mut worst = (0.0, 0.0, 0.0, 0.0, 0.0);
        for i in 0..n {
            if x[i] == 0.0 || y[i] == 0.0 {
                continue;
            }
            let e = t(x[i] as f64, y[i] as f64).error32(got[i]);
            if !(e <= worst.0) {
                worst = (e, x[i], y[i], got[i], t(x[i] as f64, y[i] as f64).rounded() as f32);
            }
        }
        println!("{name:12} f32 {:.4} at {:e}, {:e}: {:e} for {:e}", worst.0, worst.1, worst.2, worst.3, worst.4);
    }
}
