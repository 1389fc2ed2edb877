//! The façade's names that the binding uses, in one place.

pub(crate) use numtile::dtype::Bool8;
pub(crate) use numtile::expr::view::{self, Index};
pub(crate) use numtile::expr::{self, Along, CallOutput, Expr, Kind, Operand};
pub(crate) use numtile::function::{Argument, Output};
pub(crate) use numtile::{
    Access, Buffer, DType, Function, Layout, Op, OpenOptions, Order, ReduceOp, Region, Scalar, Source, memory_source,
};
pub(crate) use numtile::{
    Config, Context, HostArray, Progress, Purpose, Run, RunReport, Way, description, machine_code, pack, picture,
};
