//! The gateway over HTTP: what callers get, what the model server gets, and what is recorded.

mod addresses;
mod answers;
mod bad_input;
mod body_kinds;
mod broken_bodies;
mod browsers;
mod cancelled;
mod completions;
mod embeddings;
mod errors;
mod failures;
mod keys;
mod large;
mod memory;
mod messages;
mod models;
mod openapi;
mod responses;
mod sdk;
pub(crate) mod server;
mod stream_form;
mod stream_usage;
mod turned_away;
mod upstream;
