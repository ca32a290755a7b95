//! Requests that share a trace or a session, and what they add up to.

use std::collections::BTreeSet;

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use chrono::{DateTime, TimeDelta, Utc};

use crate::metering::Outcome;
use crate::pages::answer;
use crate::pages::components::amount::{count, duration, grouped, usd};
use crate::pages::components::figure::Figure;
use crate::pages::components::when::When;
use crate::pages::problem::ProblemPage;
use crate::pages::visit::Visitor;
use crate::store::activity::{ListedRequest, Place, Stretch, Wanted, list_requests};
use crate::store::{self, Tenant};

/// The most requests that are added up: the newest.
pub(super) const MOST: usize = 1_000;

/// At least one request, the oldest first.
#[derive(Debug)]
pub(super) struct Shared {
    pub(super) requests: Vec<ListedRequest>,
    /// Whether there are older ones.
    pub(super) has_more: bool,
}

impl Shared {
    /// None: no request is kept that is wanted.
    pub(super) async fn read(tenant: &mut Tenant, wanted: &Wanted, now: DateTime<Utc>) -> store::Result<Option<Self>> {
        let most = i64::try_from(MOST + 1).unwrap_or(i64::MAX);
        // What completes while the page is read is on it.
        let before = Place::until(now + TimeDelta::minutes(1));
        let stretch = Stretch { from: DateTime::UNIX_EPOCH, before, most, walked: most };
        let mut requests = list_requests(tenant, wanted, &stretch).await?.requests;
        let has_more = requests.len() > MOST;
        requests.truncate(MOST);
        requests.reverse();
        Ok(Some(Self { requests, has_more }).filter(|shared| !shared.requests.is_empty()))
    }

    /// How many of them the figures are of, where it is not all.
    pub(super) fn limit(&self) -> Option<String> {
        self.has_more.then(|| format!("There are more: this is about the newest {}.", grouped(signed(MOST))))
    }

    /// From the first request's arrival to the last one's end.
    pub(super) fn period(&self, now: DateTime<Utc>) -> [When; 2] {
        let begin = self.requests.iter().map(begun).min().unwrap_or_default();
        let end = self.requests.iter().map(|request| request.completed_at).max().unwrap_or_default();
        [begin, end].map(|at| When::new(at, now))
    }

    /// From the first request's arrival to the last one's end.
    pub(super) fn lasted(&self, now: DateTime<Utc>) -> TimeDelta {
        let [begin, end] = self.period(now);
        end.since(&begin)
    }

    /// How many neither succeeded nor were cancelled.
    pub(super) fn failed(&self) -> i64 {
        signed(self.requests.iter().filter(|request| is_failed(request)).count())
    }

    pub(super) fn count(&self) -> Figure {
        let note = match self.failed() {
            0 => String::new(),
            failed => format!("{} failed", grouped(failed)),
        };
        Figure::new("Requests", grouped(signed(self.requests.len())), note)
    }

    /// Milliseconds that callers waited for answers.
    pub(super) fn spent(&self) -> i64 {
        self.requests.iter().filter_map(|request| request.latency_ms).fold(0, i64::saturating_add)
    }

    pub(super) fn tokens(&self) -> Figure {
        let sum =
            |of: fn(&ListedRequest) -> Option<i64>| self.requests.iter().filter_map(of).fold(0, i64::saturating_add);
        let (input, output) = (sum(|request| request.input_tokens), sum(|request| request.output_tokens));
        let note = format!("{} in, {} out", grouped(input), grouped(output));
        Figure::new("Tokens", grouped(input.saturating_add(output)), note)
    }

    pub(super) fn cost(&self) -> Figure {
        let known: Vec<f64> = self.requests.iter().filter_map(|request| request.cost).collect();
        let unknown = signed(self.requests.len() - known.len());
        if known.is_empty() {
            return Figure::new("Cost", "Not known", "");
        }
        let sum = known.iter().sum::<f64>();
        let note = match unknown {
            0 if known.len() > 1 => format!("{} a request", usd(sum / mean_of(known.len()))),
            0 => String::new(),
            unknown => format!("{} without a cost", count(unknown, "request")),
        };
        Figure::new("Cost", usd(sum), note)
    }

    pub(super) fn models(&self) -> Figure {
        let models = self.distinct(|request| Some(request.model.as_str()).filter(|model| !model.is_empty()));
        Figure::new("Models", grouped(signed(models.len())), few(&models))
    }

    /// The values of the requests that have one, each once.
    pub(super) fn distinct<'a>(&'a self, of: impl Fn(&'a ListedRequest) -> Option<&'a str>) -> BTreeSet<&'a str> {
        self.requests.iter().filter_map(of).collect()
    }
}

/// When a request arrived, as far as its delay is known.
pub(super) fn begun(request: &ListedRequest) -> DateTime<Utc> {
    let latency = TimeDelta::try_milliseconds(request.latency_ms.unwrap_or_default()).unwrap_or_default();
    request.completed_at.checked_sub_signed(latency).unwrap_or(request.completed_at)
}

/// Whether its caller got no answer, for another reason than having gone away.
pub(super) fn is_failed(request: &ListedRequest) -> bool {
    matches!(Outcome::named(&request.outcome), Some(Outcome::Failed | Outcome::Refused))
}

/// The same for what never was, what is kept no longer, and what is another account's.
pub(super) fn gone(visitor: &Visitor, title: &str) -> HttpResponse {
    let page = ProblemPage::new(StatusCode::NOT_FOUND).saying(
        title,
        "Its requests completed longer ago than requests are kept, or within the last moments, or belong to another account, or \
         the address has a typing mistake. Where they were delivered, they are still in that tool.",
    );
    answer::page(StatusCode::NOT_FOUND, &page.within(visitor.frame()))
}

/// At most two of these, and how many more.
pub(super) fn few(names: &BTreeSet<&str>) -> String {
    let mut words: Vec<String> = names.iter().take(2).map(|name| (*name).to_owned()).collect();
    words.extend(names.len().checked_sub(2).filter(|more| *more > 0).map(|more| format!("{more} more")));
    words.join(", ")
}

/// A length of time with its unit.
pub(super) fn lasting(length: TimeDelta) -> String {
    duration(length.num_milliseconds().max(0))
}

pub(super) fn signed(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

#[expect(clippy::cast_precision_loss, reason = "at most a thousand")]
fn mean_of(count: usize) -> f64 {
    count as f64
}

/// A request of tests that ended so many milliseconds after the beginning of 29 November 2026.
#[cfg(test)]
pub(super) fn listed(ended: i64, latency_ms: i64, outcome: Outcome) -> ListedRequest {
    let midnight: DateTime<Utc> = "2026-11-29T00:00:00Z".parse().unwrap_or_default();
    let completed_at = midnight + TimeDelta::milliseconds(ended);
    ListedRequest {
        completed_at,
        position: ended,
        xid: crate::store::xid::Xid(7),
        recorded_at: completed_at,
        generation_id: format!("gen-{ended}"),
        outcome: outcome.name().to_owned(),
        status: 200,
        broadcast: true,
        name: None,
        model: "openai/gpt-4o".to_owned(),
        answered_by: None,
        api_key: None,
        user: Some("grace".to_owned()),
        session: Some("session_abc".to_owned()),
        environment: None,
        trace: uuid::Uuid::from_u128(1),
        latency_ms: Some(latency_ms),
        first_token_ms: None,
        input_tokens: Some(12),
        output_tokens: Some(5),
        cost: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_say_what_is_not_known() {
        let mut shared = Shared {
            requests: vec![listed(3_000, 1_000, Outcome::Failed), listed(9_000, 500, Outcome::Succeeded)],
            has_more: false,
        };
        assert_eq!(shared.count(), Figure::new("Requests", "2", "1 failed"));
        assert_eq!(shared.cost(), Figure::new("Cost", "Not known", ""));
        shared.requests[0].cost = Some(0.5);
        assert_eq!(shared.cost(), Figure::new("Cost", "$0.5000", "1 request without a cost"));
        shared.requests[1].cost = Some(1.5);
        assert_eq!(shared.cost(), Figure::new("Cost", "$2.00", "$1.00 a request"));
        assert_eq!(shared.tokens(), Figure::new("Tokens", "34", "24 in, 10 out"));
        assert_eq!((shared.spent(), shared.lasted(DateTime::UNIX_EPOCH)), (1_500, TimeDelta::milliseconds(7_000)));
    }

    #[test]
    fn few_names_are_written_and_the_others_counted() {
        let few = |names: &[&str]| few(&names.iter().copied().collect());
        assert_eq!([few(&[]), few(&["a", "b"]), few(&["a", "b", "c", "d"])], ["", "a, b", "a, b, 2 more"]);
    }
}
