//! What is counted of completed requests: the facts of each one, and sums over many (spec 9.1).

mod fact;
mod histogram;
mod lookup;
mod rollup;

pub use self::fact::{Fact, Outcome};
pub use self::histogram::Histogram;
pub use self::lookup::{Lookup, key};
pub use self::rollup::{Dimensions, Grain, RollupKey, Sums, roll_up};
