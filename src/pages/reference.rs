//! The reference of the API: every operation, drawn from the OpenAPI document.

mod fields;
mod groups;
mod operation;

use actix_web::web;
use askama::Template;

pub use self::fields::FieldRow;
pub use self::groups::Group;
pub use self::operation::{Answer, Operation};
use super::answer;
use super::documentation::Markup;
use super::error::{Error, Result};
use super::shell::{Section, Shell};
use super::visit::Visit;
use crate::http::ApiDocument;
use crate::state::State;

#[derive(Debug, Template)]
#[template(path = "pages/reference.html")]
pub struct ReferencePage {
    pub shell: Shell,
    /// What the document says of the whole.
    pub about: Markup,
    /// Where the API is.
    pub base: String,
    pub groups: Vec<Group>,
}

/// `GET /docs/api`
pub(super) async fn show(
    state: web::Data<State>,
    Visit { visitor, .. }: Visit,
    document: Option<web::Data<ApiDocument>>,
) -> Result {
    let document = &document.as_ref().ok_or(Error::NotFound)?.0;
    let base = format!("{}/api/v1", state.config.public_url.as_str().trim_end_matches('/'));
    Ok(answer::ok(&ReferencePage {
        shell: visitor.shell(Section::Keys, "API reference"),
        about: Markup::of(document["info"]["description"].as_str().unwrap_or_default()),
        groups: groups::all(document, &base),
        base,
    }))
}
