//! The models that can be asked for: what the model servers list, kept for a minute, and for an hour while one of them does not
//! answer (spec 8.4).

mod entry;

use std::collections::HashSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::future::join_all;
use tokio::sync::Mutex;

pub use self::entry::{Listed, Model};
use super::attempts::Asked;
use super::echo;
use super::failure::Failure;
use super::prices::Prices;
use super::upstream::Upstream;
use crate::clock::UnixNanos;

/// How long a list is used without a new question.
const FRESH: Duration = Duration::from_mins(1);
/// How long a list is used while its server does not answer.
const STALE: Duration = Duration::from_hours(1);
/// Pause before a server is asked again that did not answer.
const PAUSE: Duration = Duration::from_secs(5);

/// What is known of the models of each server. Clones share it.
#[derive(Debug, Clone)]
pub(super) struct Catalogue(Arc<Vec<Mutex<Kept>>>);

/// The list of one server.
#[derive(Debug, Default)]
struct Kept {
    list: Option<(Arc<Vec<Model>>, Instant)>,
    /// What the last question came to, if it failed.
    failure: Option<Failure>,
    /// None: the server was never asked.
    ask_again: Option<Instant>,
}

impl Catalogue {
    /// Of so many servers.
    pub(super) fn new(servers: usize) -> Self {
        Self(Arc::new(std::iter::repeat_with(Mutex::default).take(servers).collect()))
    }

    /// The models that are known without a question, in the order of their servers.
    pub(super) fn known(&self) -> Vec<Model> {
        let now = Instant::now();
        // A list that is being asked for just now is not waited for.
        let lists = self.0.iter().filter_map(|kept| kept.try_lock().ok()?.known(now).ok());
        lists.flat_map(|list| list.to_vec()).collect()
    }

    /// The models of all servers, each name once, with their prices `at` an instant. A server that is silent for longer than an
    /// hour is left out, as long as another has a list.
    pub(super) async fn list(
        &self,
        upstreams: &[Upstream],
        prices: &Prices,
        at: UnixNanos,
    ) -> Result<Vec<Model>, Failure> {
        if upstreams.is_empty() {
            return Ok(vec![Model::complete(echo::MODEL, echo::PROVIDER, Some(echo::PRICES))]);
        }
        let servers = self.0.iter().zip(upstreams);
        let lists = join_all(servers.map(|(kept, upstream)| of_one(kept, upstream, prices, at))).await;
        let mut failure = None;
        let (mut models, mut names) = (Vec::new(), HashSet::new());
        for list in lists {
            match list {
                Ok(list) => models.extend(list.iter().filter(|model| names.insert(model.id.clone())).cloned()),
                Err(failed) => failure = Some(failed),
            }
        }
        failure.filter(|_| models.is_empty()).map_or(Ok(models), Err)
    }
}

/// The models of one server. Of the callers that want to know at the same time, the first asks, and the others wait for its
/// answer.
async fn of_one(
    kept: &Mutex<Kept>,
    upstream: &Upstream,
    prices: &Prices,
    at: UnixNanos,
) -> Result<Arc<Vec<Model>>, Failure> {
    let mut kept = kept.lock().await;
    if kept.is_due(Instant::now()) {
        let listed = upstream.list_models().await;
        let models = listed.and_then(|body| {
            let listed = |own_name: &str| {
                let id = upstream.settings().callers_name(own_name)?;
                let price = prices.of_a_token(&Asked::new(upstream, &id), at);
                Some(Listed { id, price })
            };
            Model::list(&body, upstream.name(), listed).ok_or_else(Failure::lists_no_models)
        });
        kept.note(models, Instant::now());
    }
    kept.known(Instant::now())
}

impl Kept {
    fn is_due(&self, now: Instant) -> bool {
        self.ask_again.is_none_or(|ask_again| now >= ask_again)
    }

    fn note(&mut self, models: Result<Vec<Model>, Failure>, now: Instant) {
        self.ask_again = Some(now + if models.is_ok() { FRESH } else { PAUSE });
        match models {
            Ok(models) => {
                self.list = Some((Arc::new(models), now));
                self.failure = None;
            }
            Err(failure) => self.failure = Some(failure),
        }
    }

    fn known(&self, now: Instant) -> Result<Arc<Vec<Model>>, Failure> {
        match (&self.list, &self.failure) {
            (Some((list, noted)), failure) if failure.is_none() || now.saturating_duration_since(*noted) < STALE => {
                Ok(list.clone())
            }
            (_, Some(failure)) => Err(failure.clone()),
            (_, None) => Err(Failure::lists_no_models()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn models(id: &str) -> Vec<Model> {
        vec![Model::complete(id, "x", None)]
    }

    fn id(known: &Result<Arc<Vec<Model>>, Failure>) -> Option<String> {
        known.as_ref().ok().map(|list| list[0].id.clone())
    }

    #[test]
    fn list_is_fresh_for_a_minute_and_used_for_an_hour_while_its_server_is_silent() {
        let (mut kept, start) = (Kept::default(), Instant::now());
        assert!(kept.is_due(start));
        kept.note(Ok(models("a")), start);
        assert!(!kept.is_due(start + FRESH / 2) && kept.is_due(start + FRESH));
        kept.note(Err(Failure::timeout()), start + FRESH);
        assert!(!kept.is_due(start + FRESH) && kept.is_due(start + FRESH + PAUSE));
        assert_eq!(id(&kept.known(start + STALE / 2)).as_deref(), Some("a"));
        assert_eq!(kept.known(start + STALE).unwrap_err(), Failure::timeout());
        kept.note(Ok(models("b")), start + STALE);
        assert_eq!(id(&kept.known(start + STALE)).as_deref(), Some("b"));
    }
}
