//! Nanoseconds per element of the elementary functions, on arrays that stay in the first-level cache, beside `libm`.
//!
//! `cargo run --release -p numtile-math --example speed [filter]`

#[path = "../tests/common/mod.rs"]
mod common;

use std::hint::black_box;
use std::mem::MaybeUninit;
use std::time::Instant;

use common::draws::Draws;
use numtile_math::Operand;
use numtile_math::simd::{Element, Simd};

const N: usize = 1024;

fn main() {
    let filter = std::env::args().nth(1).unwrap_or_default();
    println!("{:16} {:>10} {:>10} {:>10} {:>10}", "", "portable", "avx2", "avx512", "libm");
    for (name, f) in common::unary_functions::<f64>() {
        if name.contains(&filter) {
            let x = arguments(name, 1, |v| v);
            report(
                name,
                "f64",
                |simd, out| f(simd, &x, out),
                common::libm64(name).map(|g| move |v: f64, _| g(v)),
                &x,
                &x,
            );
        }
    }
    if "sin".contains(&filter) {
        // Reduced one number at a time.
        let f = common::unary_function::<f64>("sin");
        let x: Vec<f64> = arguments("sin", 1, |v| v * 1e15);
        report("huge sin", "f64", |simd, out| f(simd, &x, out), Some(|v: f64, _| libm::sin(v)), &x, &x);
    }
    for (name, f) in common::binary_functions::<f64>() {
        if name.contains(&filter) {
            let (x, y) = (arguments(name, 1, |v| v), arguments("", 2, |v| v));
            let run = |simd, out: &mut [_]| f(simd, Operand::Each(&x), Operand::Each(&y), out);
            report(name, "f64", run, common::libm64_of_two(name), &x, &y);
        }
    }
    for (name, f) in common::unary_functions::<f32>() {
        if name.contains(&filter) {
            let x = arguments(name, 1, |v| v as f32);
            report(name, "f32", |simd, out| f(simd, &x, out), libm32(name).map(|g| move |v: f32, _| g(v)), &x, &x);
        }
    }
    for (name, f) in common::binary_functions::<f32>() {
        if name.contains(&filter) {
            let (x, y) = (arguments(name, 1, |v| v as f32), arguments("", 2, |v| v as f32));
            let run = |simd, out: &mut [_]| f(simd, Operand::Each(&x), Operand::Each(&y), out);
            report(name, "f32", run, libm32_of_two(name), &x, &y);
        }
    }
}

fn report<R: Element>(
    name: &str,
    kind: &str,
    run: impl Fn(Simd, &mut [MaybeUninit<R>]),
    reference: Option<impl Fn(R, R) -> R>,
    x: &[R],
    y: &[R],
) {
    let mut out = vec![MaybeUninit::uninit(); N];
    let mut line = format!("{:16}", format!("{name} {kind}"));
    for simd in [Some(Simd::PORTABLE), Simd::avx2(), Simd::avx512()] {
        let time = simd.map(|simd| best(|| run(simd, black_box(&mut out))));
        line += &format!(" {:>10.2}", time.unwrap_or(f64::NAN));
    }
    let time = reference.map(|g| best(|| out.iter_mut().zip(x).zip(y).for_each(|((o, &x), &y)| _ = o.write(g(x, y)))));
    println!("{line} {:>10.2}", time.unwrap_or(f64::NAN));
}

/// The shortest of many runs, per element.
fn best(mut run: impl FnMut()) -> f64 {
    let mut shortest = f64::INFINITY;
    let begin = Instant::now();
    while begin.elapsed().as_millis() < 200 {
        let start = Instant::now();
        run();
        shortest = shortest.min(start.elapsed().as_secs_f64());
    }
    shortest * 1e9 / N as f64
}

fn arguments<R>(name: &str, seed: u64, convert: impl Fn(f64) -> R) -> Vec<R> {
    let mut draws = Draws::new(seed);
    (0..N).map(|_| convert(draws.in_domain(name))).collect()
}

fn libm32(name: &str) -> Option<fn(f32) -> f32> {
    Some(match name {
        "exp" => libm::expf,
        "exp2" => libm::exp2f,
        "expm1" => libm::expm1f,
        "log" => libm::logf,
        "log2" => libm::log2f,
        "log10" => libm::log10f,
        "log1p" => libm::log1pf,
        "sin" => libm::sinf,
        "cos" => libm::cosf,
        "tan" => libm::tanf,
        "arcsin" => libm::asinf,
        "arccos" => libm::acosf,
        "arctan" => libm::atanf,
        "sinh" => libm::sinhf,
        "cosh" => libm::coshf,
        "tanh" => libm::tanhf,
        "arcsinh" => libm::asinhf,
        "arccosh" => libm::acoshf,
        "arctanh" => libm::atanhf,
        "cbrt" => libm::cbrtf,
        _ => return None,
    })
}

fn libm32_of_two(name: &str) -> Option<fn(f32, f32) -> f32> {
    Some(match name {
        "arctan2" => libm::atan2f,
        "hypot" => libm::hypotf,
        "power" => libm::powf,
        _ => return None,
    })
}
