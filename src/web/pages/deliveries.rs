//! Deliveries of a destination: how it stands, what was sent and what came of it, and what it refused for good.

use askama::Template;

use crate::web::shell::Shell;
use crate::web::standing::Standing;
use crate::web::when::When;

/// The page.
#[derive(Debug, Template)]
#[template(path = "pages/deliveries.html")]
pub struct DeliveriesPage {
    /// The frame.
    pub shell: Shell,
    /// What its people call the destination.
    pub name: String,
    /// Its address, to which `/edit` and `/deliveries` are added.
    pub path: String,
    /// Whether the person may change anything.
    pub can_edit: bool,
    /// How long attempts are kept, for example "7 days".
    pub kept: String,
    /// How it stands. None where the page goes on with older rows.
    pub standing: Option<Standing>,
    /// Attempts. None where the page goes on with older dead letters.
    pub attempts: Option<Listing<AttemptRow>>,
    /// Dead letters. None where there are none, or where the page goes on with older attempts.
    pub dead_letters: Option<Listing<DeadLetterRow>>,
}

/// Some rows of many, the newest first.
#[derive(Debug)]
pub struct Listing<T> {
    /// At most as many as fit a page.
    pub rows: Vec<T>,
    /// Why there are none and what to do, where there are none.
    pub empty: &'static str,
    /// What leads to older ones.
    pub older: Option<String>,
    /// Whether these are older ones.
    pub is_older: bool,
}

/// One attempt to hand over a batch.
#[derive(Debug)]
pub struct AttemptRow {
    /// The outcome in words.
    pub outcome: String,
    /// Its colour's name.
    pub tone: &'static str,
    /// When it began.
    pub at: When,
    /// Requests, bytes, duration and status, each with its unit.
    pub facts: Vec<String>,
    /// The receiver's answer, or what happened, in a sentence; empty for nothing.
    pub answer: String,
}

/// A request that the destination refused for good.
#[derive(Debug)]
pub struct DeadLetterRow {
    /// The request's id.
    pub request: String,
    /// Why, in words.
    pub reason: &'static str,
    /// When it was put aside.
    pub put_aside: When,
    /// When the request was recorded.
    pub recorded: When,
    /// HTTP status, with its unit; empty for none.
    pub status: String,
    /// The receiver's answer in a sentence; empty for nothing.
    pub answer: String,
}
