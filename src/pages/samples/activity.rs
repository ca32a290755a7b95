//! Activity: the list of requests, and why it is empty.

use super::{ago, drawn, person, problem};
use crate::pages::activity::marks::{Mark, Marks};
use crate::pages::activity::sessions::{OrderChoice, SessionRow, SessionsPage};
use crate::pages::activity::usage::{UsagePage, UsageRow};
use crate::pages::activity::{
    ActivityPage, Address, Blank, Charts, Chip, Choice, Linked, Looked, Meter, RangeLink, RequestRow, View,
};
use crate::pages::shell::{Section, Shell};

fn page() -> ActivityPage {
    let range = |label, path: &str, is_chosen| RangeLink { label, path: path.to_owned(), is_chosen };
    let choice = |value: &str, is_chosen| Choice { value: value.to_owned(), label: value.to_owned(), is_chosen };
    ActivityPage {
        shell: Shell::settings(Section::Activity, "Activity", person()),
        views: views(""),
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
        legend: None,
        blank: None,
        older: None,
        newest: None,
        looked: None,
        kept: "7 days".to_owned(),
        csv: "/activity.csv".to_owned(),
        json_lines: "/activity.jsonl".to_owned(),
        with_content: Some("/activity.jsonl?content=with".to_owned()),
    }
}

fn mark(mark: &'static str, words: &str) -> Mark {
    Mark { mark, words: words.to_owned() }
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
        key: "web".to_owned(),
        user: Some(Linked { text: "<b>user</b>".to_owned(), path: "/activity?user=%3Cb%3Euser%3C%2Fb%3E".to_owned() }),
        session: Some(Linked { text: "session_abc".to_owned(), path: "/activity?session=session_abc".to_owned() }),
        latency: "3.42 s".to_owned(),
        first_token: "410 ms".to_owned(),
        meter: Some(Meter { class: "fill", width: "28.7".to_owned(), first_token: "3.4".to_owned() }),
        input: "1,204".to_owned(),
        output: "388".to_owned(),
        cost: "$0.0069".to_owned(),
        marks: Marks::Each(vec![mark("passed", "Sentry: delivered"), mark("left-out", "<Hook>: left out")]),
    }
}

#[test]
fn activity_of_a_day() {
    let refused = RequestRow {
        tone: "warn",
        state: "Refused 429".to_owned(),
        key: String::new(),
        user: None,
        session: None,
        latency: String::new(),
        first_token: String::new(),
        meter: None,
        input: String::new(),
        output: String::new(),
        cost: String::new(),
        marks: Marks::BroadcastOff,
        ..row("gen-2")
    };
    let chip = Chip { label: "Environment", value: "production".to_owned(), without: "/activity".to_owned() };
    insta::assert_snapshot!(drawn(&ActivityPage {
        rows: vec![RequestRow { day: Some("Today, 15 January".to_owned()), ..row("gen-1") }, refused],
        legend: Some(vec![("Se", "Sentry".to_owned()), ("Wh", "<Hook>".to_owned())]),
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

fn views(current: &str) -> [View; 3] {
    [("Requests", ""), ("Sessions", "/sessions"), ("Usage", "/usage")].map(|(label, path)| View {
        label,
        path: format!("/activity{path}"),
        is_current: path == current,
    })
}

#[test]
fn sessions_of_a_day() {
    let linked = |text: &str| Linked { text: text.to_owned(), path: "/activity/sessions/a".to_owned() };
    let row = || SessionRow {
        day: None,
        session: linked("<session>"),
        name: "Nightly digest".to_owned(),
        user: Some(linked("grace")),
        last: ago(4),
        lasted: "1 h 12 min".to_owned(),
        requests: "96".to_owned(),
        failed: "2 failed".to_owned(),
        input: "1,204,880".to_owned(),
        output: "90,120".to_owned(),
        cost: "$4.12".to_owned(),
    };
    let bare = SessionRow { name: String::new(), user: None, failed: String::new(), cost: String::new(), ..row() };
    insta::assert_snapshot!(drawn(&SessionsPage {
        shell: Shell::settings(Section::Activity, "Sessions", person()),
        views: views("/sessions"),
        ranges: page().ranges,
        typed: Address { find: "grace".to_owned(), outcome: "failed".to_owned(), ..Address::default() },
        orders: [
            ("", "Last request first", true),
            ("cost", "Dearest first", false),
            ("requests", "Most requests first", false)
        ]
        .map(|(value, label, is_chosen)| OrderChoice { value, label, is_chosen }),
        rows: vec![SessionRow { day: Some("Today, 15 January".to_owned()), ..row() }, bare],
        blank: None,
        older: Some("/activity/sessions?before=1-1".to_owned()),
        newest: None,
        looked: None,
        kept: "7 days".to_owned(),
    }));
}

#[test]
fn usage_by_model_with_others() {
    let row = |name: &str, path: &str| UsageRow {
        name: name.to_owned(),
        path: path.to_owned(),
        cost: "$24.61".to_owned(),
        share: "56 %".to_owned(),
        width: "56.2".to_owned(),
        requests: "6,120".to_owned(),
        failed: "88".to_owned(),
        failed_share: "1.4 %".to_owned(),
        input: "8.4 M".to_owned(),
        output: "1.4 M".to_owned(),
        median: "1.60 s".to_owned(),
        most: "5.20 s".to_owned(),
    };
    let order = |label, is_chosen| RangeLink { label, path: "/activity/usage".to_owned(), is_chosen };
    insta::assert_snapshot!(drawn(&UsagePage {
        shell: Shell::settings(Section::Activity, "Usage", person()),
        views: views("/usage"),
        ranges: page().ranges,
        groupings: vec![order("Model", true), order("API key", false)],
        of: "Model",
        orders: [order("Cost", true), order("Requests", false), order("Tokens", false)],
        charts: Charts::sample(),
        rows: vec![row("<openai>/gpt-4o", "/activity?model=openai%2Fgpt-4o")],
        others: Some(row("All others", "")),
        total: row("All", ""),
        notes: vec!["412 requests came without a cost, and count as $0.".to_owned()],
        blank: None,
        csv: "/activity/usage.csv".to_owned(),
    }));
}
