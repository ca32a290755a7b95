//! Snapshots of every page, so that a review shows what a changed template does to the HTML.

mod activity;
mod deliveries;
mod destinations;
mod request;
mod settings;
mod shared;
mod sign_in;

use askama::Template;
use chrono::{DateTime, TimeDelta, Utc};

use crate::broadcast::health::{Health, Trouble};
use crate::pages::assets;
use crate::pages::components::health::HealthPanel;
use crate::pages::components::when::When;
use crate::pages::shell::{Person, Problem};

pub(super) fn person() -> Person {
    Person {
        email: "ada@example.com".to_owned(),
        account_name: "Analytical Engines".to_owned(),
        other_accounts: Vec::new(),
    }
}

pub(super) fn now() -> DateTime<Utc> {
    DateTime::from_timestamp(1_800_000_000, 0).unwrap()
}

pub(super) fn before(minutes: i64) -> DateTime<Utc> {
    now() - TimeDelta::minutes(minutes)
}

pub(super) fn ago(minutes: i64) -> When {
    When::new(before(minutes), now())
}

/// Trouble that began 12 minutes ago.
pub(super) fn trouble(reason: &str) -> Trouble {
    Trouble { since: Some(before(12)), reason: Some(reason.to_owned()), next: None, is_farewell: false }
}

pub(super) fn problem(field: Option<&'static str>, message: &str) -> Problem {
    Problem { field: field.map(Into::into), message: message.to_owned() }
}

/// The names of assets change with every style; the snapshots should not.
pub(super) fn drawn(page: &impl Template) -> String {
    let html = page.render().unwrap();
    html.replace(assets::STYLES, "/assets/styles.css")
        .replace(assets::SCRIPT, "/assets/app.js")
        .replace(assets::MARK, "/assets/mark.svg")
}

pub(super) fn health_panel(health: Health) -> HealthPanel {
    HealthPanel::new(health, now())
}
