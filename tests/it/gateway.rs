//! The gateway over HTTP: what callers get, what the model server gets, and what is recorded.

mod answers;
mod bad_input;
mod broken_bodies;
mod cancelled;
mod dialects;
mod failures;
mod memory;
mod openapi;
mod sdk;
pub(crate) mod server;
mod upstream;
