//! The demo receiver: answers as Sentry's OTLP endpoint was measured to answer (Relay 26.9), keeps what arrived in
//! memory, and draws it. `tracecast demo` shows it to a newcomer; the tests use the same one.
//!
//! Its pages and its JSON are open to whoever reaches its address: it belongs on loopback.

mod behaviour;
mod options;
mod received;
mod receiver;

pub use behaviour::{Behaviour, InvalidBehaviour};
pub use options::{AcceptedKey, Limits, Options};
pub use received::{Loss, Received, ReceivedRequest, ReceivedSpan, ReceivedTrace, Status, Summary};
pub use receiver::{Receiver, Running, StartError};
