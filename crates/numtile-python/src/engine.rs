//! The façade's names that the binding uses, in one place.

pub(crate) use numtile::dtype::Bool8;
pub(crate) use numtile::expr::view::{self, Index};
pub(crate) use numtile::expr::{self, Expr, Kind, Operand};
pub(crate) use numtile::{Buffer, DType, Layout, Op, OpenOptions, Order, ReduceOp, Scalar, Source, memory_source};
pub(crate) use numtile::{
    Config, Context, HostArray, Progress, Purpose, Run, RunReport, Small, description, machine_code, picture,
};
