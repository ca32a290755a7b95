//! The form of one destination, drawn from its kind's fields, and the result of its connection test.

use askama::Template;

use crate::web::control::Control;
use crate::web::pages::verdict::VerdictPanel;
use crate::web::shell::Shell;
use crate::web::when::When;

/// A destination, new or existing.
#[derive(Debug, Template)]
#[template(path = "pages/destination.html")]
pub struct DestinationPage {
    /// The frame.
    pub shell: Shell,
    /// "Sentry", or the destination's name.
    pub heading: String,
    /// One sentence below it; empty for none.
    pub lead: String,
    /// The kind's label.
    pub kind: &'static str,
    /// Where the form goes.
    pub action: String,
    /// The fields of the connection.
    pub connection: Vec<Control>,
    /// What else is tested and saved together with them.
    pub options: Vec<Control>,
    /// What can be done without a test, for one that exists.
    pub existing: Option<Existing>,
    /// The last test, or the one that was just made.
    pub verdict: Option<VerdictPanel>,
    /// Whether the person may change anything.
    pub can_edit: bool,
}

/// What a stored destination has beyond a new one.
#[derive(Debug)]
pub struct Existing {
    /// Its address, to which `/rename`, `/pause`, … are added.
    pub path: String,
    /// Counts its changes: tells two tabs apart.
    pub revision: i64,
    /// The control with its name.
    pub name: Control,
    /// Whether it waits.
    pub is_paused: bool,
    /// Since when the program has given up on it: only a passed test switches it on again.
    pub switched_off: Option<When>,
}
