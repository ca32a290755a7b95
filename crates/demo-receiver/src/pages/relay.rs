//! What Sentry holds of the key, what Relay believes, and the buttons that change it. A form for people, JSON for scripts.

use std::time::Duration;

use actix_web::web::{Bytes, Data};
use actix_web::{HttpRequest, HttpResponse};
use serde::Serialize;

use crate::change::Change;
use crate::checks;
use crate::project::Project;
use crate::shared::Shared;

use super::{behaviour, words};

/// What is so now.
#[derive(Debug, Serialize)]
pub(super) struct View {
    /// What Sentry holds of the key.
    pub(super) key: Project,
    /// What Relay believes of it; nothing while it does not know.
    pub(super) believes: Option<Project>,
    /// For how much longer, at most.
    pub(super) believes_for_seconds: Option<u64>,
    pub(super) upstream_is_away: bool,
}

impl View {
    /// As it is now.
    pub(super) fn of(shared: &Shared) -> Self {
        let key = shared.key.clone().into_pair();
        shared.at_relay(|relay, now| {
            let belief = relay.belief(&key, now);
            Self {
                key: relay.truth(&key),
                believes: belief.map(|(project, _)| project),
                believes_for_seconds: belief.map(|(_, left)| left.as_secs()),
                upstream_is_away: relay.upstream_is_away(),
            }
        })
    }

    /// What differs from a Sentry where all is well.
    pub(super) fn notices(&self) -> Vec<String> {
        let key = (self.key != Project::Enabled).then(|| format!("In Sentry the key {}.", self.key.sentence()));
        let upstream = self.upstream_is_away.then(|| "Relay has lost its upstream.".to_owned());
        key.into_iter().chain(upstream).collect()
    }

    /// What Relay believes, as a person says it.
    pub(super) fn belief(&self) -> String {
        match self.believes.zip(self.believes_for_seconds) {
            None => "nothing: it accepts the next request, whatever the key is".to_owned(),
            Some((project, left)) => {
                let left = words::rest(Duration::from_secs(left));
                format!("that the key {}, for {left} more at most", project.sentence())
            }
        }
    }

    /// What would change something.
    pub(super) fn changes(&self) -> Vec<Change> {
        let changes = Change::ALL.into_iter();
        let fits = |change: &Change| match change {
            Change::EnableKey => self.key != Project::Enabled,
            Change::DisableKey => self.key != Project::Disabled,
            Change::ZeroQuota => self.key != Project::ZeroQuota,
            Change::Restart => true,
            Change::LoseUpstream => !self.upstream_is_away,
            Change::FindUpstream => self.upstream_is_away,
        };
        changes.filter(fits).collect()
    }
}

/// `POST /relay`
pub(super) async fn update(request: HttpRequest, body: Bytes, shared: Data<Shared>) -> HttpResponse {
    let content_type = request.headers().get("content-type").and_then(|value| value.to_str().ok());
    let is_json = checks::format(content_type).is_some();
    let change = if is_json { from_json(&body) } else { from_form(&body) };
    match change {
        Err(problem) => HttpResponse::BadRequest().json(serde_json::json!({ "error": problem })),
        Ok(change) => {
            shared.change(change);
            if is_json { HttpResponse::Ok().json(View::of(&shared)) } else { behaviour::see(&shared, "/behaviour") }
        }
    }
}

fn from_json(body: &[u8]) -> Result<Change, String> {
    serde_json::from_slice(body).map_err(|error| error.to_string())
}

fn from_form(body: &[u8]) -> Result<Change, String> {
    let mut fields = url::form_urlencoded::parse(body);
    let chosen = fields.find(|(name, _)| name == "do").map(|(_, value)| value).unwrap_or_default();
    let change = Change::ALL.into_iter().find(|change| change.name() == chosen);
    change.ok_or_else(|| "Choose one of the buttons.".to_owned())
}
