//! Times a few expressions on 32 M float64 in memory: `cargo run --release --example throughput`.

use std::sync::Arc;
use std::time::Instant;

use numtile::expr::{self, Operand};
use numtile::{Config, Context, DType, Expr, Layout, Op, ReduceOp, Run};

const N: usize = 32 << 20;

fn array(seed: f64, shape: &[usize]) -> Expr {
    let values: Arc<Vec<f64>> = Arc::new((0..N).map(|i| (i % 1000) as f64 * seed).collect());
    let layout = Layout::c_order(0, shape, 8);
    // SAFETY: the source keeps the vector alive.
    let source = unsafe {
        numtile::memory_source(values.as_ptr().cast(), layout, DType::F64, false, Box::new(values.clone()), "array")
    };
    expr::source(source)
}

fn apply(op: Op, a: &Expr, b: &Expr) -> numtile::Result<Expr> {
    expr::map(op, &[Operand::Array(a.clone()), Operand::Array(b.clone())])
}

fn main() -> numtile::Result<()> {
    let context = Context::new(Config::default());
    let (a, b) = (array(0.5, &[4096, N / 4096]), array(0.25, &[4096, N / 4096]));
    let twice = expr::map(Op::Multiply, &[Operand::Float(2.0), Operand::Array(a.clone())])?;
    let squares = apply(Op::Add, &apply(Op::Multiply, &a, &a)?, &apply(Op::Multiply, &b, &b)?)?;
    let e1 = apply(Op::Add, &squares, &apply(Op::Multiply, &twice, &b)?)?;
    let over = |op, axes: Option<&[i64]>| expr::reduce(&a, op, axes, false, None, 0.0);
    let transposed = expr::view::transpose(&a, &[1, 0])?;
    let rows: Vec<(&str, Vec<Expr>)> = vec![
        ("a*a + b*b + 2*a*b", vec![e1]),
        ("a + b", vec![apply(Op::Add, &a, &b)?]),
        ("a.T copied", vec![transposed.clone()]),
        ("sum", vec![over(ReduceOp::Sum, None)?]),
        ("sum axis 0", vec![over(ReduceOp::Sum, Some(&[0]))?]),
        ("sum axis 1", vec![over(ReduceOp::Sum, Some(&[1]))?]),
        ("var axis 0", vec![over(ReduceOp::Var, Some(&[0]))?]),
        ("min max", vec![over(ReduceOp::Min, None)?, over(ReduceOp::Max, None)?]),
        (
            "mean std min max",
            vec![
                over(ReduceOp::Mean, None)?,
                over(ReduceOp::Std, None)?,
                over(ReduceOp::Min, None)?,
                over(ReduceOp::Max, None)?,
            ],
        ),
    ];
    report(&context, &rows)?;
    println!("the same reductions of a Fortran-ordered array:");
    let fortran = |op, axes: Option<&[i64]>| expr::reduce(&transposed, op, axes, false, None, 0.0);
    let over_fortran = vec![
        ("sum", vec![fortran(ReduceOp::Sum, None)?]),
        ("sum axis 0", vec![fortran(ReduceOp::Sum, Some(&[0]))?]),
        ("sum axis 1", vec![fortran(ReduceOp::Sum, Some(&[1]))?]),
        ("var axis 0", vec![fortran(ReduceOp::Var, Some(&[0]))?]),
    ];
    report(&context, &over_fortran)?;
    println!("the same in tiles of 512 x 512, as square chunks would have it:");
    context.force_tile(Some(vec![512, 512]));
    report(&context, &rows[3..7])
}

fn report(context: &Context, rows: &[(&str, Vec<Expr>)]) -> numtile::Result<()> {
    for (name, exprs) in rows {
        let mut best = f64::INFINITY;
        for _ in 0..5 {
            let start = Instant::now();
            drop(context.compute(exprs, &Run::default())?);
            best = best.min(start.elapsed().as_secs_f64());
        }
        println!("{name:24} {:8.1} ms   {:5.2} ns/element", best * 1e3, best * 1e9 / N as f64);
    }
    Ok(())
}
