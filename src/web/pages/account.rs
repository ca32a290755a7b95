//! The account: its name, account-wide Privacy Mode, the password, signing out.

use askama::Template;

use crate::web::control::Control;
use crate::web::shell::Shell;

/// The page.
#[derive(Debug, Template)]
#[template(path = "pages/account.html")]
pub struct AccountPage {
    /// The frame.
    pub shell: Shell,
    /// The control with the account's name.
    pub name: Control,
    /// Whether Privacy Mode holds for all destinations.
    pub is_private: bool,
    /// The controls of the password form.
    pub password: Vec<Control>,
    /// Who is signed in.
    pub email: String,
    /// Whether the person may change anything but the password.
    pub can_edit: bool,
}
