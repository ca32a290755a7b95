//! Every state of the charts, as HTML.

use askama::Template;

use super::*;
use crate::pages::activity::Address;

#[derive(Template)]
#[template(
    source = "{% import \"components/activity_charts.html\" as drawn %}{% call drawn::charts(charts) %}{% endcall %}",
    ext = "html"
)]
struct Drawn {
    charts: Charts,
}

fn sums(requests: u64, failed: u64, milliseconds: u64) -> Sums {
    let mut sums =
        Sums { requests, failed, input_tokens: 12 * requests, output_tokens: 5 * requests, ..Sums::default() };
    (sums.costed, sums.cost) = (requests, 0.000_08 * amount(requests));
    if requests > 0 {
        sums.latencies.add(milliseconds);
        sums.latencies.add(3 * milliseconds);
        sums.first_tokens.add(milliseconds / 4);
    }
    sums
}

fn series(sums: Vec<Sums>) -> Series {
    let first = "2026-11-28T22:00:00Z".parse().unwrap();
    let times = Times { first, step: TimeDelta::minutes(30), count: sums.len() };
    let model = |name: &str, input, output| ModelTokens { model: name.to_owned(), input, output };
    let models = vec![
        model("openai/gpt-4o", 15_100_000, 3_300_000),
        model("<b>", 40_000, 2_000),
        model("", 10, 0),
        model("a", 1, 1),
        model("b", 1, 0),
    ];
    Series { times, sums, models }
}

fn drawn(sums: Vec<Sums>) -> String {
    let address = Address { model: "openai/gpt-4o".to_owned(), ..Address::default() };
    let link = |changes: &[(&'static str, &str)]| address.link("/activity", changes);
    Drawn { charts: Charts::new(&series(sums), &link).unwrap() }.render().unwrap()
}

impl Charts {
    /// Charts of two times, for pages that hold them.
    pub(in crate::pages) fn sample() -> Option<Self> {
        Self::new(&series(vec![sums(5, 1, 40), sums(0, 0, 0), sums(7, 0, 800)]), &|_| "/activity/usage".to_owned())
    }
}

#[test]
fn charts_without_a_request_are_none() {
    assert!(Charts::new(&series(vec![Sums::default(); 6]), &|_| String::new()).is_none());
}

#[test]
fn charts_with_one_value() {
    insta::assert_snapshot!(drawn(vec![sums(0, 0, 0), sums(0, 0, 0), sums(1, 0, 1_250), sums(0, 0, 0)]));
}

#[test]
fn charts_with_gaps() {
    insta::assert_snapshot!(drawn(vec![
        sums(5, 0, 40),
        sums(0, 0, 0),
        sums(7, 2, 90_000),
        sums(3, 0, 800),
        sums(0, 0, 0)
    ]));
}

#[test]
fn charts_with_a_failure_among_a_million() {
    insta::assert_snapshot!(drawn(vec![sums(10, 0, 900), sums(1_000_000, 1, 1_000)]));
}

#[test]
fn charts_of_what_nobody_measured() {
    let refused = Sums { requests: 4, refused: 4, ..Sums::default() };
    insta::assert_snapshot!(drawn(vec![refused, Sums::default()]));
}
