//! Asks before something is destroyed.

use askama::Template;

use crate::pages::shell::Shell;

/// The question, what follows, and the way back.
#[derive(Debug, Template)]
#[template(path = "pages/confirm.html")]
pub struct Confirm {
    /// The frame.
    pub shell: Shell,
    /// For example "Delete Production?".
    pub question: String,
    /// What follows from it.
    pub consequence: String,
    /// The word on the button.
    pub button: &'static str,
    /// Where the form goes.
    pub action: String,
    /// The way back.
    pub back_path: String,
    /// Its words.
    pub back_label: &'static str,
}
