//! The gateway over HTTP: what callers get, what the model server gets, and what is recorded.

mod addresses;
mod answers;
mod bad_input;
mod body_kinds;
mod broken_bodies;
mod browsers;
mod cancelled;
mod catalogue;
mod completions;
mod dialects;
mod echo;
mod embeddings;
mod errors;
mod failures;
mod keys;
mod large;
mod memory;
mod messages;
mod openapi;
mod responses;
mod sdk;
pub(crate) mod server;
mod stream_form;
mod stream_usage;
mod turned_away;
mod upstream;
