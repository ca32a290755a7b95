//! All integration tests, in one binary: a module for each area.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod activity;
mod api;
mod architecture;
mod browser;
mod budget;
mod canaries;
mod choosing;
mod command_line;
mod connection_test;
mod contrib;
mod declared;
mod deliveries_page;
mod delivery;
mod demo_receiver;
mod demo_seed;
mod destinations;
mod docker_compose;
mod doctor;
mod egress;
mod embedded_postgres;
mod examples;
mod five_steps;
mod fuzzing;
mod gateway;
mod history;
mod invitations;
mod kinds;
mod members;
mod otel_collector;
mod pages;
mod preview;
mod primary;
mod products;
mod replay_page;
mod request_page;
mod rotel;
mod sealing;
mod security;
mod sinks;
mod store;
mod supply_chain;
mod support;
mod upgrade;
