//! The pages: server-rendered forms that work without JavaScript (spec 6). A file for each page, with its struct, its form and its
//! handlers (`show new create edit update remove`); the template has the same name.

mod answer;
pub mod assets;
pub mod components;
pub mod cookies;
pub mod edge;
pub mod error;
pub mod flash;
pub mod form;
mod routes;
pub mod shell;
pub mod visit;
mod welcome;

pub mod account;
pub mod activity;
pub mod audit;
pub mod code;
pub mod confirm;
pub mod dead_letters;
pub mod delete_account;
pub mod deliveries;
pub mod delivery;
pub mod destination;
pub mod documentation;
pub mod invitation;
pub mod keys;
pub mod kinds;
pub mod members;
pub mod observability;
pub mod password;
pub mod password_reset;
pub mod problem;
pub mod reference;
pub mod replay;
pub mod second_factor;
mod sessions;
pub mod sign_in;
pub mod sign_up;
pub mod you;

#[cfg(test)]
mod samples;

pub use self::routes::routes;

use crate::state::State;

/// Where pages and gateway are, without a trailing slash.
fn public_url(state: &State) -> String {
    state.config.public_url.as_str().trim_end_matches('/').to_owned()
}
