//! Deleting the account.

use askama::Template;

use crate::web::control::Control;
use crate::web::shell::Shell;

/// What goes, and the two things to type.
#[derive(Debug, Template)]
#[template(path = "pages/delete_account.html")]
pub struct DeleteAccountPage {
    /// The frame.
    pub shell: Shell,
    /// The account's name, to be typed.
    pub account_name: String,
    /// The controls, in order.
    pub fields: Vec<Control>,
}
