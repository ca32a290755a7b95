//! Tracecast: a self-hosted Broadcast. Every completed LLM request of an account becomes an OTLP trace in the
//! observability tools which that account has chosen.
//!
//! The modules stand on seven floors and import downwards only; `docs/ARCHITECTURE.md` draws them and
//! `tests/it/architecture.rs` holds them in place.

pub mod anthropic;
pub mod api;
pub mod app;
pub mod audit;
pub mod auth;
pub mod broadcast;
pub mod cli;
pub mod client;
pub mod clock;
pub mod completed_request;
pub mod completion;
pub mod config;
pub mod confusables;
pub mod connection_test;
pub mod delivery;
pub mod destination;
pub mod egress;
pub mod gateway;
pub mod http;
pub mod id;
pub mod json;
pub mod key_rotation;
pub mod lost_key;
pub mod metering;
pub mod openai;
pub mod otlp;
pub mod pages;
pub mod password;
pub mod random;
pub mod recorder;
pub mod replay;
pub mod rows;
pub mod seal;
pub mod signature;
pub mod state;
pub mod store;
pub mod telemetry;
pub mod token;
pub mod totp;
pub mod trace;
pub mod worker;
