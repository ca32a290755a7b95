//! Settings › Observability: the Enable Broadcast switch, the destinations, and what can be added.

use askama::Template;

use crate::web::shell::Shell;
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
    /// What is configured.
    pub destinations: Vec<DestinationRow>,
    /// What can be added.
    pub kinds: Vec<KindRow>,
    /// The way to the first trace.
    pub guide: Guide,
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
    /// How it fares.
    pub state: DestinationState,
    /// When the last connection test ended.
    pub tested: Option<When>,
    /// Whether content stays out of its traces.
    pub is_private: bool,
}

/// How a destination fares, in words and colour.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DestinationState {
    /// Delivers, or would.
    Healthy,
    /// Paused by a person.
    Paused,
    /// The receiver does not take what is sent; it is tried again.
    Failing,
    /// Somebody has to do something.
    NeedsAttention,
}

impl DestinationState {
    /// What a person reads.
    pub fn words(&self) -> &'static str {
        match self {
            Self::Healthy => "Healthy",
            Self::Paused => "Paused",
            Self::Failing => "Failing",
            Self::NeedsAttention => "Needs attention",
        }
    }

    /// The colour's name.
    pub fn tone(&self) -> &'static str {
        match self {
            Self::Healthy => "good",
            Self::Paused => "off",
            Self::Failing => "warn",
            Self::NeedsAttention => "bad",
        }
    }
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
