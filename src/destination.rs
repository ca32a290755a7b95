//! Destinations: what kinds there are, what a person fills in for each, and the [`Connection`] that comes of it. Pure.
//!
//! A kind is one file in `kinds/`. Its [`Manifest`] draws the form, the masking, the API and the documents; its
//! `connect` parses what was typed; the [`Wire`] and [`Connection::outcome`] are all that sending needs.
//! The connection test and the worker use the same [`Connection`].

pub mod config;
mod connection;
mod document;
mod edit;
mod field;
mod field_errors;
mod header;
mod kind;
pub mod kinds;
mod masking;
mod own_headers;
mod parcel;
mod reading;
pub mod redaction;
mod request;
mod row;
mod sealed;
pub mod selection;
mod settings;
mod sign;
mod test_step;
mod web_address;
mod wire;

pub use self::connection::{Connection, Mended};
pub use self::edit::requires_secret_again;
pub use self::field::{Field, Format, Input, MixUp, Shape};
pub use self::field_errors::{FieldError, FieldErrors};
pub use self::header::Header;
use self::kind::Parse;
pub use self::kind::{Group, Kind, Manifest};
pub use self::parcel::{Carried, Occasion, Parcel};
pub use self::request::{Method, Request};
pub use self::sealed::GIVEN_UP;
pub use self::settings::{Settings, Stored};
pub use self::test_step::{Check, Finding, Shown, TestStep};
pub use self::wire::{Arrival, Encoding, Limits, Wire};

#[cfg(test)]
mod conformance;
