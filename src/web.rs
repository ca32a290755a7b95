//! The pages: server-rendered forms that work without JavaScript (spec 6).

pub mod amount;
pub mod assets;
pub mod control;
pub mod cookies;
pub mod edge;
pub mod error;
pub mod extract;
pub mod flash;
pub mod form;
mod handlers;
pub mod html;
pub mod outcome;
pub mod pages;
mod qr_code;
mod routes;
pub mod shell;
pub mod standing;
pub mod when;

pub use self::routes::routes;
