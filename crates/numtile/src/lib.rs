//! The front door: everything outside the engine, the Python package included, uses this crate alone.
//!
//! ```
//! use numtile::{Config, Context, Op, ReduceOp, Run, Scalar, expr};
//!
//! let context = Context::new(Config::default());
//! let x = expr::arange(Scalar::new(0.0f64), Scalar::new(1.0f64), 1000);
//! let y = expr::map(Op::Sqrt, &[expr::Operand::Array(x)])?;
//! let total = expr::reduce(&y, ReduceOp::Sum, None, false, None, 0.0)?;
//! let results = context.compute(&[total], &Run::default())?;
//! assert!((results[0].scalar().unwrap().to_f64() - 21065.833).abs() < 1e-3);
//! # Ok::<(), numtile::Error>(())
//! ```

pub mod context;
mod counting;
pub mod result;

pub use context::{Config, Context, Purpose, Run, RunReport, Way};
pub use num_complex::Complex;
pub use numtile_core::memory::Usage;
pub use numtile_core::{
    Access, Buffer, DType, Error, Function, Kind, Layout, Region, Result, Scalar, Source, dtype, function, shape,
};
pub use numtile_exec::Progress;
pub use numtile_exec::direct::{Program, Total};
pub use numtile_kernel::builtin::copy::pack;
pub use numtile_kernel::builtin::reduce::ReduceOp;
pub use numtile_kernel::{Isa, MachineCode, Op, machine_code};
pub use numtile_plan::expr::{self, Expr, Operand, view};
pub use numtile_plan::physical::description::{self, Description};
pub use numtile_plan::physical::explain::bytes as display_bytes;
pub use numtile_plan::physical::picture::picture;
pub use numtile_storage::{OpenOptions, Order, machine, memory_source, open};
pub use result::HostArray;
