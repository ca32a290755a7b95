//! What the rules in the form would have done to the last requests.

use chrono::{DateTime, Utc};

use crate::broadcast::dry_run::{DryRun, MOST, Tally};
use crate::destination::selection::LeftOut;
use crate::pages::components::amount::{count, grouped, size};
use crate::pages::components::when::When;

/// From so many requests on, what a day brings is estimated from them.
const TELLING_REQUESTS: usize = 100;
/// From so many seconds on, it is estimated from fewer.
const TELLING_SECONDS: i64 = 3_600;

/// The result, beside the form.
#[derive(Debug)]
pub struct DryRunPanel {
    /// "the last 1,000 requests", or how far the time sufficed.
    pub requests: String,
    /// When the first of them completed. None: there were none.
    pub since: Option<When>,
    pub sent: String,
    pub judged: String,
    /// The part that is sent, for the bar: `21.4%`.
    pub width: String,
    /// Why requests stay behind, in the order of judgement, each with a number.
    pub lines: Vec<(String, String)>,
    /// The newest request of each reason: its id, and the reason.
    pub newest: Vec<(String, String)>,
    /// How many a day that is; empty where a few requests of a few minutes would have to tell.
    pub a_day: String,
    /// What the stored rules do with the same requests.
    pub stored: String,
}

impl DryRunPanel {
    pub(super) fn new(run: &DryRun, now: DateTime<Utc>) -> Self {
        let requests = count(number(run.judged), "request");
        let always = (run.proposed.always > 0)
            .then(|| ("Sent whatever the share".to_owned(), grouped(number(run.proposed.always))));
        let left_out = &run.proposed.left_out;
        let counts = left_out.iter().map(|(reason, left)| (words(*reason), grouped(number(left.requests))));
        Self {
            requests: if run.is_whole {
                format!("the last {requests}")
            } else {
                format!("the last {requests} of {}, which is how far two seconds sufficed", grouped(number(MOST)))
            },
            since: run.since.map(|since| When::new(since, now)),
            sent: grouped(number(run.proposed.sent)),
            judged: grouped(number(run.judged)),
            width: format!("{:.1}%", percent(&run.proposed, run.judged)),
            lines: always.into_iter().chain(counts).collect(),
            newest: left_out.iter().map(|(reason, left)| (left.newest.clone(), words(*reason))).collect(),
            a_day: run.since.and_then(|since| a_day(run, since, now)).unwrap_or_default(),
            stored: format!("The saved settings send {} of the same.", grouped(number(run.stored.sent))),
        }
    }
}

/// Why a request stays behind.
pub(in crate::pages) fn words(reason: LeftOut) -> String {
    match reason {
        LeftOut::KeyExcluded | LeftOut::KeyNotIncluded => "A key that is not ticked".to_owned(),
        LeftOut::Rules { first, last, without_content } => {
            let rules =
                if first == last { format!("Rule {first}") } else { format!("None of rules {first} to {last}") };
            rules + if without_content { ", without recorded content" } else { "" }
        }
        LeftOut::Sampled => "Not in the share".to_owned(),
        LeftOut::Budget => "Beyond the limit of a day".to_owned(),
    }
}

/// How many a day that is, and how much, if it goes on like this. None: too few requests of too short a time.
fn a_day(run: &DryRun, since: DateTime<Utc>, now: DateTime<Utc>) -> Option<String> {
    let seconds = (now - since).num_seconds().max(1);
    let a_day = number(run.proposed.sent).saturating_mul(86_400) / seconds;
    let tells = run.judged >= TELLING_REQUESTS || seconds >= TELLING_SECONDS;
    tells.then(|| {
        let bytes = run.bytes.map(|bytes| format!(", {}", size(a_day.saturating_mul(number(bytes)))));
        format!("About {} a day{}.", count(a_day, "request"), bytes.unwrap_or_default())
    })
}

#[expect(clippy::cast_precision_loss, reason = "of at most a thousand requests")]
fn percent(tally: &Tally, judged: usize) -> f64 {
    tally.sent as f64 * 100.0 / judged.max(1) as f64
}

fn number(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use chrono::TimeDelta;

    use super::*;
    use crate::broadcast::dry_run::NotSent;

    #[test]
    fn panel_says_how_many_are_sent_and_why_not_the_others() {
        let now = DateTime::<Utc>::UNIX_EPOCH + TimeDelta::hours(6);
        let left_out = [
            (LeftOut::Sampled, 95),
            (LeftOut::Rules { first: 3, last: 4, without_content: false }, 51),
            (LeftOut::Rules { first: 2, last: 2, without_content: true }, 12),
            (LeftOut::KeyExcluded, 118),
        ];
        let not_sent = |(reason, requests)| (reason, NotSent { requests, newest: format!("gen-{requests}") });
        let left_out = BTreeMap::from(left_out.map(not_sent));
        let proposed = Tally { sent: 214, always: 9, left_out };
        let stored = Tally { sent: 871, ..Tally::default() };
        let since = Some(DateTime::<Utc>::UNIX_EPOCH);
        let panel =
            DryRunPanel::new(&DryRun { judged: 490, since, proposed, stored, bytes: Some(2_500), is_whole: true }, now);
        let lines: Vec<_> = panel.lines.iter().map(|(words, number)| format!("{words}: {number}")).collect();
        assert_eq!(
            lines,
            [
                "Sent whatever the share: 9",
                "A key that is not ticked: 118",
                "Rule 2, without recorded content: 12",
                "None of rules 3 to 4: 51",
                "Not in the share: 95"
            ]
        );
        assert_eq!((panel.requests.as_str(), panel.width.as_str()), ("the last 490 requests", "43.7%"));
        assert_eq!(panel.a_day, "About 856 requests a day, 2.1 MB.");
        assert_eq!(panel.newest[0], ("gen-118".to_owned(), "A key that is not ticked".to_owned()));
        assert_eq!(panel.stored, "The saved settings send 871 of the same.");
    }

    #[test]
    fn panel_tells_no_day_from_a_few_requests_of_a_minute() {
        let now = DateTime::<Utc>::UNIX_EPOCH + TimeDelta::minutes(1);
        let since = Some(DateTime::<Utc>::UNIX_EPOCH);
        let run =
            DryRun { judged: 5, since, proposed: Tally::default(), stored: Tally::default(), ..DryRun::default() };
        assert_eq!(DryRunPanel::new(&run, now).a_day, "");
    }
}
