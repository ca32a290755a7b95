//! The pages: server-rendered forms that work without JavaScript (spec 6).

pub mod assets;
pub mod control;
pub mod cookies;
pub mod edge;
pub mod error;
pub mod flash;
pub mod form;
pub mod html;
pub mod pages;
pub mod shell;
pub mod when;

/// Mounts the pages.
pub fn routes(config: &mut actix_web::web::ServiceConfig) {
    assets::routes(config);
}
