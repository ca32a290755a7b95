//! What delivery promises (spec 4.1 to 4.3), judged by the log of a receiver that fails in every way, with real worker
//! processes and a database that goes away.
//!
//! With `TRACECAST_LONG_TESTS=1` the tests run in their long versions, as in `.ci/run` unless it is short of time.

mod backfill;
mod before_answer;
mod budget;
mod crashes;
mod cursors;
mod database_away;
mod edits;
mod exactly_once;
mod faults;
mod forgetting;
mod full_disk;
mod full_door;
mod gateway_program;
mod isolation;
mod kept;
mod log_entries;
mod looking_for_work;
mod meter;
mod metrics;
mod named_metrics;
mod news;
mod own_cluster;
mod partitions;
mod poison;
pub(crate) mod postgres_proxy;
mod receipts;
pub(crate) mod receiver;
mod refused;
mod removed;
mod replays;
mod restored;
mod shared;
pub(crate) mod stage;
mod status_matrix;
mod stops;
mod switched_off;
mod toggle;
mod waiting;

/// Whether the long versions are asked for.
fn is_long() -> bool {
    std::env::var_os("TRACECAST_LONG_TESTS").is_some_and(|value| value == "1")
}

/// The first number in the short version, the second in the long one.
fn short_or_long<T>(short: T, long: T) -> T {
    if is_long() { long } else { short }
}
