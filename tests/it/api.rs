//! The management API, as programs use it: the whole program, its database, real receivers.

pub(crate) mod caller;
mod connection_tests;
mod destinations;
mod foreign_ids;
mod generation;
mod keys;
mod members;
mod preview;
mod receipts;
mod redaction;
mod reference;
mod schemathesis;
mod workspaces;
