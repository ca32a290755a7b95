//! One module for each page: its struct, its form and its handlers; the template has the same name.

pub mod account;
pub mod audit;
pub mod code;
pub mod confirm;
pub mod delete_account;
pub mod deliveries;
pub mod destination;
pub mod invitation;
pub mod keys;
pub mod members;
pub mod observability;
pub mod password;
pub mod password_reset;
pub mod problem;
pub mod second_factor;
pub mod sign_in;
pub mod sign_up;
pub mod verdict;

#[cfg(test)]
mod delivery_samples;
#[cfg(test)]
mod people_samples;
#[cfg(test)]
mod samples;
