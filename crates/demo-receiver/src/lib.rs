//! The demo receiver: answers as Sentry's OTLP endpoint was measured to answer (Relay 26.9), keeps what arrived in
//! memory, and draws it. `tracecast demo` shows it to a newcomer; the tests use the same one. It uses nothing of the program, so
//! that it judges what arrives by its own rules.
//!
//! Its pages and its JSON are open to whoever reaches its address: it belongs on loopback.

mod answer;
mod attributes;
mod behaviour;
mod change;
mod checks;
mod credentials;
mod decode;
mod decompress;
mod ingest;
mod masking;
mod options;
mod otlp;
mod pages;
mod project;
mod received;
mod receiver;
mod refusal;
mod relay;
mod scrubbing;
mod shared;
mod switch;
mod time;

pub use behaviour::{Behaviour, InvalidBehaviour};
pub use options::{AcceptedKey, CacheTimes, Limits, Options};
pub use received::{Loss, Received, ReceivedRequest, ReceivedSpan, ReceivedTrace, Status, Summary, Totals};
pub use receiver::{Receiver, Running, StartError};
pub use time::UnixNanos;
