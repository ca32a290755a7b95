//! Asks before something is destroyed.

use askama::Template;

use crate::pages::shell::Shell;

/// The question, what follows, and the way back.
#[derive(Debug, Template)]
#[template(path = "pages/confirm.html")]
pub struct Confirm {
    pub shell: Shell,
    /// For example "Delete Production?".
    pub question: String,
    pub consequence: String,
    /// The word on the button.
    pub button: &'static str,
    /// Where the form goes.
    pub action: String,
    pub back_path: String,
    pub back_label: String,
}
