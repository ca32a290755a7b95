//! API keys: made, shown once, listed by their ends, revoked.

use askama::Template;

use crate::web::control::Control;
use crate::web::shell::Shell;
use crate::web::when::When;

/// The list, and the form that makes one.
#[derive(Debug, Template)]
#[template(path = "pages/keys.html")]
pub struct KeysPage {
    /// The frame.
    pub shell: Shell,
    /// The control with the new key's name.
    pub name: Control,
    /// Whether management was chosen.
    pub is_management: bool,
    /// Those that work.
    pub keys: Vec<KeyRow>,
    /// Whether the person may change anything.
    pub can_edit: bool,
}

/// One key.
#[derive(Debug)]
pub struct KeyRow {
    /// Its id, as in its address.
    pub id: String,
    /// What its people call it.
    pub name: String,
    /// "Inference" or "Management".
    pub type_label: &'static str,
    /// Its ends, for example `tck-inf-Ab12…9xYz`.
    pub masked: String,
    /// When it was made.
    pub created: When,
    /// When it was last used.
    pub last_used: Option<When>,
}

/// The new key, shown this once.
#[derive(Template)]
#[template(path = "pages/key_created.html")]
pub struct KeyCreatedPage {
    /// The frame.
    pub shell: Shell,
    /// What its people call it.
    pub name: String,
    /// The key itself.
    pub key: String,
    /// Whether it manages instead of infers.
    pub is_management: bool,
    /// Where the gateway is, without a trailing slash.
    pub public_url: String,
}
