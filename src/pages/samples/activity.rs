//! Activity: the list of requests, and why it is empty.

use super::{ago, drawn, person, problem};
use crate::pages::activity::{
    ActivityPage, Address, Blank, Chip, Choice, Linked, Looked, Meter, RangeLink, RequestRow,
};
use crate::pages::shell::{Section, Shell};

fn page() -> ActivityPage {
    let range = |label, path: &str, is_chosen| RangeLink { label, path: path.to_owned(), is_chosen };
    let choice = |value: &str, is_chosen| Choice { value: value.to_owned(), label: value.to_owned(), is_chosen };
    ActivityPage {
        shell: Shell::settings(Section::Activity, "Activity", person()),
        typed: Address::default(),
        ranges: vec![range("1 hour", "/activity?range=1h", false), range("24 hours", "/activity?range=24h", true)],
        outcomes: vec![choice("failed", false)],
        models: vec![choice("openai/gpt-4o", false)],
        keys: Vec::new(),
        environments: vec![choice("production", false)],
        is_open: false,
        chips: Vec::new(),
        all: "/activity".to_owned(),
        charts: None,
        no_charts: "",
        rows: Vec::new(),
        blank: None,
        older: None,
        newest: None,
        looked: None,
        kept: "7 days".to_owned(),
        csv: "/activity.csv".to_owned(),
        json_lines: "/activity.jsonl".to_owned(),
    }
}

fn row(name: &str) -> RequestRow {
    RequestRow {
        day: None,
        when: ago(4),
        path: format!("/activity/{name}"),
        name: name.to_owned(),
        model: "openai/gpt-4o".to_owned(),
        tone: "good",
        state: "OK".to_owned(),
        is_unsent: false,
        key: "web".to_owned(),
        user: Some(Linked { text: "<b>user</b>".to_owned(), path: "/activity?user=%3Cb%3Euser%3C%2Fb%3E".to_owned() }),
        session: Some(Linked { text: "session_abc".to_owned(), path: "/activity?session=session_abc".to_owned() }),
        latency: "3.42 s".to_owned(),
        first_token: "410 ms".to_owned(),
        meter: Some(Meter { class: "fill", width: "28.7".to_owned(), first_token: "3.4".to_owned() }),
        input: "1,204".to_owned(),
        output: "388".to_owned(),
        cost: "$0.0069".to_owned(),
    }
}

#[test]
fn activity_of_a_day() {
    let refused = RequestRow {
        tone: "warn",
        state: "Refused 429".to_owned(),
        is_unsent: true,
        key: String::new(),
        user: None,
        session: None,
        latency: String::new(),
        first_token: String::new(),
        meter: None,
        input: String::new(),
        output: String::new(),
        cost: String::new(),
        ..row("gen-2")
    };
    let chip = Chip { label: "Environment", value: "production".to_owned(), without: "/activity".to_owned() };
    insta::assert_snapshot!(drawn(&ActivityPage {
        rows: vec![RequestRow { day: Some("Today, 15 January".to_owned()), ..row("gen-1") }, refused],
        chips: vec![chip],
        is_open: true,
        typed: Address { environment: "production".to_owned(), ..Address::default() },
        older: Some("/activity?before=1-1".to_owned()),
        looked: Some(Looked {
            sentence: "20,000 requests were looked at.".to_owned(),
            further: "/activity".to_owned()
        }),
        ..page()
    }));
}

#[test]
fn activity_without_requests() {
    let blank = Blank {
        title: "No requests yet".to_owned(),
        sentence: "Send a request with an API key: a moment later it is listed here.".to_owned(),
        action: ("API keys", "/settings/keys".to_owned()),
    };
    insta::assert_snapshot!(drawn(&ActivityPage { blank: Some(blank), ..page() }));
}

#[test]
fn activity_with_a_mistake_in_its_address() {
    let mut page = page();
    page.shell.problems = vec![problem(Some("until"), "The time ends before it begins. Exchange the two.")];
    insta::assert_snapshot!(drawn(&page));
}
