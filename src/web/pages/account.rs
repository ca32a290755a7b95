//! The account: its name, account-wide Privacy Mode, the password, signing out.

use askama::Template;

use crate::web::control::Control;
use crate::web::shell::Shell;
use crate::web::when::When;

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
    /// Where the person is signed in, this session among them.
    pub sessions: Vec<SessionRow>,
    /// The person's second factor, and the account's rule about it.
    pub second_factor: SecondFactorRow,
    /// Who is signed in.
    pub email: String,
    /// Whether the person may change anything but the password.
    pub can_edit: bool,
}

/// A second factor: the person's, and the account's rule.
#[derive(Debug)]
pub struct SecondFactorRow {
    /// Whether the person shows one when they sign in.
    pub is_on: bool,
    /// Whether every member needs one.
    pub is_required: bool,
}

/// One session of the person.
#[derive(Debug)]
pub struct SessionRow {
    /// Its id, as in its address.
    pub id: String,
    /// Browser and system, in a few words.
    pub device: String,
    /// What the browser calls itself.
    pub user_agent: String,
    /// The network address it began at.
    pub address: String,
    /// When it began.
    pub begun: When,
    /// When it was last used.
    pub used: When,
    /// Whether it is the one that looks.
    pub is_this: bool,
}
