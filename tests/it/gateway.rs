//! The gateway over HTTP: what callers get, what the model server gets, and what is recorded.

mod answers;
mod bad_input;
mod body_kinds;
mod broken_bodies;
mod cancelled;
mod echo;
mod failures;
mod large;
mod memory;
mod openapi;
mod sdk;
pub(crate) mod server;
mod stream_form;
mod stream_usage;
mod upstream;
