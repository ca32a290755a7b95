//! The pages in a real browser: a module for each thing that a person does or needs.

mod activity;
mod deliveries;
mod errors;
mod five_steps;
mod keyboard;
mod observability;
mod receiver;
mod request;
mod second_factor;
mod settings;
mod sign_in;
mod switch;
