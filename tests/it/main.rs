//! All integration tests, in one binary: a module for each area.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod architecture;
mod browser;
mod demo_receiver;
mod docker_compose;
mod embedded_postgres;
mod five_steps;
mod gateway;
mod rotel;
mod security;
mod support;
