//! Expressions: what the user wrote, as plain nodes.
//!
//! A node knows its shape, element type and a 128-bit structural hash from the moment it is built, so mistakes surface
//! on the user's own line and the planner finds common subexpressions by comparing hashes. Nodes are immutable and
//! shared; building, dropping and walking them never recurses, so chains of 100,000 operations are fine.

mod call;
mod counts;
mod create;
mod group;
mod join;
mod map;
mod node;
mod reduce;
mod scan;
mod scatter;
mod select;
mod take;
pub mod view;

pub use call::{Along, Call, CallOutput, call};
pub use counts::Counts;
pub use create::{Iota, arange, constant, full, linspace, source};
pub use group::{Grouping, group_count, group_reduce};
pub use join::{concatenate, stack};
pub use map::{Operand, cast, map, on_others, power};
pub use node::{Expr, Kind};
pub use reduce::{Reduction, reduce};
pub use scan::{Part, Scan, scan};
pub use scatter::{Places, place, places_number, scatter};
pub use select::{Resolution, Selection, counted_before, resolve, select};
pub use take::take;
