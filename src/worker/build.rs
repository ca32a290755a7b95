//! The building room: reads entries of the log, and makes of them the bodies of requests.

pub(super) mod again;
pub(super) mod batch;
pub(super) mod builders;
pub(super) mod reader;

mod shared_batches;
mod shared_reads;
