//! Settings › Observability: the Enable Broadcast switch, the destinations, and what can be added.

use askama::Template;

use crate::web::shell::Shell;
use crate::web::standing::Standing;
use crate::web::when::When;

/// The page.
#[derive(Debug, Template)]
#[template(path = "pages/observability.html")]
pub struct ObservabilityPage {
    /// The frame.
    pub shell: Shell,
    /// Whether Broadcast is on.
    pub is_on: bool,
    /// Whether the person may change anything.
    pub can_edit: bool,
    /// Requests that could not be recorded.
    pub losses: Option<Losses>,
    /// For how long requests have waited to be recorded, if that is so long that something is wrong, for example "40 seconds".
    pub late: Option<String>,
    /// What the operator lets through that would be refused otherwise: sentences; empty for nothing.
    pub widened: &'static str,
    /// What is configured.
    pub destinations: Vec<DestinationRow>,
    /// What can be added.
    pub kinds: Vec<KindRow>,
    /// The way to the first trace.
    pub guide: Guide,
}

/// Requests that could not be recorded, so that no trace of them ever arrives.
#[derive(Debug)]
pub struct Losses {
    /// For example "12 requests".
    pub requests: String,
    /// Within which time, for example "7 days".
    pub within: String,
}

/// One configured destination.
#[derive(Debug)]
pub struct DestinationRow {
    /// Its id, as in its address.
    pub id: String,
    /// What its people call it.
    pub name: String,
    /// Its kind's label.
    pub kind: &'static str,
    /// Where it sends to, secrets masked.
    pub target: String,
    /// How it stands.
    pub standing: Standing,
    /// When the last connection test ended.
    pub tested: Option<When>,
    /// Whether only the operator's list lets requests to it pass.
    pub is_widened: bool,
    /// Whether content stays out of its traces.
    pub is_private: bool,
}

/// One kind of destination that can be added.
#[derive(Debug)]
pub struct KindRow {
    /// As in its address.
    pub slug: &'static str,
    /// Its name.
    pub label: &'static str,
    /// One sentence about it.
    pub summary: String,
    /// How many the account has.
    pub count: usize,
    /// How many an account may have.
    pub limit: usize,
}

impl KindRow {
    /// Whether no more can be added.
    pub fn is_full(&self) -> bool {
        self.count >= self.limit
    }
}

/// The way to the first trace.
#[derive(Debug)]
pub struct Guide {
    /// Whether anything is configured.
    pub has_destination: bool,
    /// Whether Broadcast is on.
    pub is_on: bool,
    /// Where the gateway is, without a trailing slash.
    pub public_url: String,
}
