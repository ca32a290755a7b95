//! The second factor: whether it is on, setting it up, recovery codes.

use askama::Template;

use crate::web::control::Control;
use crate::web::shell::Shell;

/// Whether it is on, and what can be done about it.
#[derive(Debug, Template)]
#[template(path = "pages/second_factor.html")]
pub struct SecondFactorPage {
    /// The frame.
    pub shell: Shell,
    /// Whether it is in force.
    pub is_on: bool,
    /// Recovery codes that are left.
    pub codes_left: i64,
    /// Whether the account asks for it and waits for it.
    pub is_lacking: bool,
    /// The account's name.
    pub account_name: String,
}

/// The secret, as a picture and as text, and the code that proves it arrived.
#[derive(Template)]
#[template(path = "pages/second_factor_new.html")]
pub struct EnrolPage {
    /// The frame.
    pub shell: Shell,
    /// The QR code.
    pub picture: Option<String>,
    /// The same as text.
    pub key: String,
    /// The control.
    pub code: Control,
}

/// The recovery codes, shown this once.
#[derive(Template)]
#[template(path = "pages/recovery_codes.html")]
pub struct RecoveryCodesPage {
    /// The frame.
    pub shell: Shell,
    /// They.
    pub codes: Vec<String>,
}
