//! A session in time: a bar for each request, as long as it took.

use chrono::{DateTime, TimeDelta, Utc};

use crate::pages::activity::paths;
use crate::pages::activity::shared::{begun, is_failed, lasting, signed};
use crate::pages::components::amount::{count, duration, grouped};
use crate::store::activity::ListedRequest;

/// The shortest bar, in per cent.
const SHORTEST: f64 = 0.3;

/// Pauses that are shorter are not mentioned.
const PAUSE: TimeDelta = TimeDelta::seconds(10);

#[derive(Debug)]
pub struct Strip {
    /// What is drawn, in a sentence for who does not see it.
    pub sentence: String,
    pub slots: Vec<Slot>,
    /// The times at the beginning, in the middle and at the end.
    pub ticks: [String; 3],
}

/// A request in the strip.
#[derive(Debug)]
pub struct Slot {
    /// Where it begins and how long it took, in per cent.
    pub x: String,
    pub width: String,
    /// `fill` or `fill-bad`.
    pub class: &'static str,
    pub words: String,
    /// The address of its page.
    pub path: String,
}

impl Strip {
    /// Of at least one request, the oldest first.
    pub(super) fn new(requests: &[ListedRequest]) -> Self {
        let begin = requests.iter().map(begun).min().unwrap_or_default();
        let end = requests.iter().map(|request| request.completed_at).max().unwrap_or_default();
        let whole = (end - begin).max(TimeDelta::milliseconds(1));
        let slots = requests.iter().enumerate().map(|(number, request)| {
            let width = per_cent(request.completed_at - begun(request), whole).clamp(SHORTEST, 100.0);
            let took = request.latency_ms.map_or_else(|| "time not known".to_owned(), duration);
            Slot {
                x: format!("{:.2}", per_cent(begun(request) - begin, whole).clamp(0.0, 100.0 - width)),
                width: format!("{width:.2}"),
                class: if is_failed(request) { "fill-bad" } else { "fill" },
                words: format!("Request {}: {took}", number + 1),
                path: paths::request(&request.generation_id),
            }
        });
        let clock = if begin.date_naive() == end.date_naive() { "%H:%M:%S" } else { "%-d %b, %H:%M" };
        Self {
            sentence: sentence(requests, begin, end),
            slots: slots.collect(),
            ticks: [begin, begin + whole / 2, end].map(|at| at.format(clock).to_string()),
        }
    }
}

fn sentence(requests: &[ListedRequest], begin: DateTime<Utc>, end: DateTime<Utc>) -> String {
    let failed = match requests.iter().filter(|request| is_failed(request)).count() {
        0 => "none failed".to_owned(),
        failed => format!("{} failed", grouped(signed(failed))),
    };
    let pauses =
        requests.windows(2).enumerate().map(|(number, pair)| (begun(&pair[1]) - pair[0].completed_at, number + 1));
    let longest = pauses.max().filter(|(pause, _)| *pause >= PAUSE);
    let longest =
        longest.map(|(pause, number)| format!(" The longest pause is {}, after request {number}.", lasting(pause)));
    format!(
        "{} from {} to {} UTC, {failed}.{}",
        count(signed(requests.len()), "request"),
        begin.format("%-d %B, %H:%M:%S"),
        end.format("%-d %B, %H:%M:%S"),
        longest.unwrap_or_default()
    )
}

#[expect(clippy::cast_precision_loss, reason = "drawn in a few hundred pixels")]
fn per_cent(part: TimeDelta, whole: TimeDelta) -> f64 {
    100.0 * part.num_milliseconds() as f64 / whole.num_milliseconds().max(1) as f64
}

#[cfg(test)]
mod tests {
    use askama::Template;

    use super::*;
    use crate::metering::Outcome;
    use crate::pages::activity::shared::listed;

    #[derive(Template)]
    #[template(
        source = "{% import \"components/strip.html\" as strips %}{% call strips::strip(strip) %}{% endcall %}",
        ext = "html"
    )]
    struct Drawn {
        strip: Strip,
    }

    fn drawn(requests: &[ListedRequest]) -> String {
        Drawn { strip: Strip::new(requests) }.render().unwrap()
    }

    #[test]
    fn strip_of_one_request() {
        insta::assert_snapshot!(drawn(&[listed(5_000, 0, Outcome::Succeeded)]));
    }

    #[test]
    fn strip_with_a_failure_and_a_pause() {
        let requests = [(4_000, 3_000), (65_000, 5_000), (66_000, 500)]
            .map(|(ended, took)| listed(ended, took, Outcome::Succeeded));
        let [first, second, third] = requests;
        insta::assert_snapshot!(drawn(&[first, ListedRequest { outcome: "failed".to_owned(), ..second }, third]));
    }

    #[test]
    fn strip_of_days_names_them_and_holds_what_was_not_measured() {
        let late = ListedRequest { latency_ms: None, ..listed(3 * 86_400_000, 0, Outcome::Cancelled) };
        insta::assert_snapshot!(drawn(&[listed(1_000, 900, Outcome::Succeeded), late]));
    }
}
