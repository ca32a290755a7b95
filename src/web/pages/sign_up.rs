//! The first account, open sign-up, and sign-up by invitation: one page with three headings.

use askama::Template;

use crate::web::control::Control;
use crate::web::shell::Shell;

/// The form that makes a person and, unless invited, an account.
#[derive(Debug, Template)]
#[template(path = "pages/sign_up.html")]
pub struct SignUpPage {
    /// The frame.
    pub shell: Shell,
    /// What this is about.
    pub heading: String,
    /// One sentence below it.
    pub lead: String,
    /// Where the form goes.
    pub action: String,
    /// The controls, in order.
    pub fields: Vec<Control>,
    /// The word on the button.
    pub button: &'static str,
    /// Whether nobody has an account yet.
    pub is_first: bool,
    /// Where those go who have an account.
    pub sign_in_path: String,
}
