//! Observability and the form of a destination.

use uuid::Uuid;

use super::{ago, before, drawn, health_panel, now, person, problem, trouble};
use crate::broadcast::health::{Health, Trouble};
use crate::destination::kinds;
use crate::id::DestinationId;
use crate::pages::components::control::Control;
use crate::pages::components::examples::ExampleModel;
use crate::pages::components::form_of_arrival::FormOfArrival;
use crate::pages::components::health::{HealthPanel, Waiting};
use crate::pages::components::kind_card::KindCard;
use crate::pages::components::spark::Spark;
use crate::pages::components::verdict::{StepRow, VerdictPanel};
use crate::pages::confirm::Confirm;
use crate::pages::destination::{DestinationPage, Existing};
use crate::pages::flash::Notice;
use crate::pages::observability::{DestinationRow, Guide, Losses, ObservabilityPage, Widened};
use crate::pages::shell::{Problem, Section, Shell};

fn observability(destinations: Vec<DestinationRow>, is_on: bool) -> ObservabilityPage {
    let mut shell = Shell::settings(Section::Observability, "Observability", person());
    shell.notice = (!destinations.is_empty()).then_some(Notice::Connected);
    ObservabilityPage {
        shell,
        is_on,
        can_edit: true,
        losses: None,
        late: None,
        widened: None,
        attention: None,
        states: Vec::new(),
        kinds: vec![card()],
        kinds_in_all: 30,
        guide: Guide {
            has_destination: !destinations.is_empty(),
            is_on,
            public_url: "http://localhost:8080".to_owned(),
            model: ExampleModel { name: "demo/echo".to_owned(), is_placeholder: false },
        },
        destinations,
    }
}

fn card() -> KindCard {
    KindCard { slug: "sentry", label: "Sentry", sign: "Se", note: "OTLP endpoint and DSN", count: 0, limit: 5 }
}

fn row(name: &str, health: Health) -> DestinationRow {
    DestinationRow {
        id: "0199-1".to_owned(),
        name: name.to_owned(),
        kind: "Sentry",
        target: "https://o123.ingest.us.sentry.io/api/456".to_owned(),
        health: HealthPanel::new(health, now()),
        sign: "Se",
        spark: Spark::new(&[], DestinationId(Uuid::nil()), 0),
        is_widened: false,
        is_private: name != "Sentry",
    }
}

fn connection(problems: &[Problem], dsn: &str, dsn_hint: &str) -> Vec<Control> {
    let endpoint = Control {
        code: true,
        placeholder: "https://o123.ingest.us.sentry.io/api/456/integration/otlp/v1/traces",
        input: "url",
        ..Control::text("otlpEndpoint", "OTLP Traces Endpoint")
    };
    let dsn = Control { code: true, ..Control::text("dsn", "Sentry DSN").value(dsn) };
    vec![
        endpoint
            .value("https://o123.ingest.us.sentry.io/api/456/integration/otlp/v1/traces")
            .hint("In Sentry: Settings › Projects › your project › SDK Setup › Client Keys (DSN) › OpenTelemetry."),
        dsn.hint(dsn_hint).problem(problems),
    ]
}

fn defaults(name: &str) -> Vec<Control> {
    vec![
        Control::text("name", "Name").value(name),
        Control::text("environment", "Default environment").optional().hint("For requests that name none."),
        Control::text("release", "Default release").optional().hint("For requests that name none."),
        Control::check("privacy_mode", "Privacy Mode", false).hint("Prompts and completions stay out of the traces."),
    ]
}

fn step(state: &'static str, label: &str, detail: &str, time: &str) -> StepRow {
    StepRow { state, label: label.to_owned(), detail: detail.to_owned(), time: time.to_owned() }
}

fn arrival() -> FormOfArrival {
    FormOfArrival::of(kinds::find("sentry").unwrap())
}

fn verdict(is_passed: bool) -> VerdictPanel {
    let (state, headline) =
        if is_passed { ("passed", "The connection works") } else { ("failed", "The connection test failed") };
    let last = if is_passed { "passed" } else { "failed" };
    VerdictPanel {
        state,
        headline,
        subline: if is_passed { "" } else { "Nothing was saved" },
        tested: is_passed.then(|| ago(3)),
        found: if is_passed { "You are connected to project checkout.".to_owned() } else { String::new() },
        arrival: if is_passed { "Look for it in about a minute.".to_owned() } else { String::new() },
        took: "3.4 s".to_owned(),
        advice: None,
        steps: vec![
            step("passed", "Fields", "Endpoint and DSN agree.", ""),
            step("passed", "Find the address", "o123.ingest.us.sentry.io", "12 ms"),
            step("passed", "Connect", "", "31 ms"),
            step("passed", "Secure the connection", "TLS 1.3", "48 ms"),
            step("passed", "Send", "HTTP 200", "102 ms"),
            step(last, "Send again", if is_passed { "HTTP 200" } else { "HTTP 403: ProjectId" }, "3.3 s"),
            step(if is_passed { "passed" } else { "skipped" }, "Send a trace", "", ""),
        ],
        look_up: arrival().look_up,
        trace_id: is_passed.then(|| "dbd49206c2c8a478fcf97ce967645760".to_owned()),
        server: is_passed.then(|| "sentry-relay/26.9.0".to_owned()),
        is_focused: false,
        sent: vec![("x-sentry-auth".to_owned(), "Sentry sentry_version=7, sentry_key=abc1…f123".to_owned())],
    }
}

/// The page of a new destination.
fn new_destination(shell: Shell) -> DestinationPage {
    DestinationPage {
        backfill: None,
        shell,
        heading: "Add Sentry".to_owned(),
        kind: "Sentry",
        sign: "Se",
        arrival: arrival(),
        action: "/settings/observability/sentry".to_owned(),
        connection: Vec::new(),
        further: vec![Control::check("relay", "A Relay of our own stands in front of Sentry", false)],
        address: None,
        statement: None,
        documentation: "/docs/destinations/sentry".to_owned(),
        defaults: defaults("Sentry"),
        choosing: None,
        sent: None,
        dry_run: None,
        existing: None,
        verdict: None,
        can_edit: true,
    }
}

fn existing(health: Health) -> DestinationPage {
    let path = "/settings/observability/destinations/0199-1";
    let switched_off = matches!(health, Health::SwitchedOff(_)).then(|| ago(60 * 30));
    DestinationPage {
        heading: "Production".to_owned(),
        action: path.to_owned(),
        defaults: defaults("Production"),
        existing: Some(Existing {
            path: path.to_owned(),
            revision: 3,
            is_paused: switched_off.is_some(),
            health: health_panel(health),
            switched_off,
            signing: None,
        }),
        ..new_destination(Shell::settings(Section::Observability, "Settings of Production", person()))
    }
}

#[test]
fn observability_before_anything_is_configured() {
    insta::assert_snapshot!(drawn(&observability(Vec::new(), false)));
}

#[test]
fn observability_with_destinations() {
    let trouble = Trouble { next: Some(before(-25)), ..trouble("This key does not exist (HTTP 403: ProjectId)") };
    let rows = vec![row("Sentry", Health::Healthy), row("Staging", Health::NeedsAttention(trouble))];
    insta::assert_snapshot!(drawn(&observability(rows, true)));
}

#[test]
fn observability_where_the_operator_lets_traces_go_inside() {
    let inside = DestinationRow { is_widened: true, ..row("Sentry", Health::Healthy) };
    let mut page = observability(vec![inside], true);
    page.widened = Some(Widened { inside: true, plain: false });
    insta::assert_snapshot!(drawn(&page));
}

#[test]
fn destination_that_is_new() {
    let shell = Shell::settings(Section::Observability, "Add Sentry", person());
    let connection = connection(&[], "", "On the same page. Never shown again once it is saved.");
    insta::assert_snapshot!(drawn(&DestinationPage { connection, ..new_destination(shell) }));
}

#[test]
fn destination_whose_test_failed() {
    let mut shell = Shell::settings(Section::Observability, "Add Sentry", person());
    shell.problems =
        vec![problem(Some("dsn"), "The key in the DSN has 31 characters; Sentry's keys have 32. Copy it again.")];
    let connection = connection(&shell.problems, "https://abc@o123.ingest.us.sentry.io/456", "On the same page.");
    let verdict = Some(verdict(false));
    insta::assert_snapshot!(drawn(&DestinationPage { connection, verdict, ..new_destination(shell) }));
}

#[test]
fn destination_that_exists() {
    let connection = connection(&[], "", "Set 3 minutes ago. Leave it empty to keep it.");
    let address = Some("https://otlp.example.com/v1/traces".to_owned());
    let page = DestinationPage { connection, address, verdict: Some(verdict(true)), ..existing(Health::Healthy) };
    insta::assert_snapshot!(drawn(&page));
}

#[test]
fn destination_with_choices_shows_few_of_them_side_by_side_and_many_in_a_list() {
    const FEW: &[(&str, &str)] = &[("us", "United States"), ("eu", "European Union")];
    const MANY: &[(&str, &str)] = &[("1", "One"), ("2", "Two"), ("3", "Three"), ("4", "Four"), ("5", "Five")];
    let problems = [problem(Some("region"), "Region must be one of these: us, eu.")];
    let region = Control::choice("region", "Region", FEW).value("eu").hint("Where your account is.").problem(&problems);
    let shell = Shell::settings(Section::Observability, "Add a tool", person());
    let connection = vec![region, Control::choice("site", "Site", MANY).value("2")];
    let page = drawn(&DestinationPage { connection, ..new_destination(shell) });
    assert_eq!(page.matches("type=\"radio\"").count(), 2);
    insta::assert_snapshot!(page);
}

#[test]
fn deleting_asks_first() {
    insta::assert_snapshot!(drawn(&Confirm {
        shell: Shell::settings(Section::Observability, "Delete Production?", person()),
        question: "Delete Production?".to_owned(),
        consequence:
            "Sending stops at once, and what still waits for it is dropped. Traces already in Sentry stay there."
                .to_owned(),
        button: "Delete destination",
        action: "/settings/observability/destinations/0199-1/delete".to_owned(),
        back_path: "/settings/observability/destinations/0199-1/edit".to_owned(),
        back_label: "Production".to_owned(),
    }));
}

#[test]
fn every_state_and_what_was_lost() {
    let with_health = |name: &str, health: HealthPanel| DestinationRow { health, ..row(name, Health::Healthy) };
    let waiting = || Waiting { requests: "12 requests".to_owned(), oldest: Some(ago(12)), unconfirmed: String::new() };
    let failing = health_panel(Health::Failing(trouble("The server did not answer in time.")));
    let rows = vec![
        with_health("Sentry", HealthPanel { last_delivery: Some(ago(2)), ..health_panel(Health::Healthy) }),
        with_health("Behind", HealthPanel { waiting: waiting(), ..health_panel(Health::Behind) }),
        with_health(
            "Failing",
            HealthPanel {
                waiting: waiting(),
                refused: "2 requests".to_owned(),
                expired: "3 requests".to_owned(),
                ..failing
            },
        ),
        row("Attention", Health::NeedsAttention(trouble("This key does not exist (HTTP 403: ProjectId)"))),
        row("Paused", Health::Paused),
        row("Off", Health::SwitchedOff(trouble("The receiver failed (HTTP 500)."))),
    ];
    let mut page = observability(rows, true);
    page.losses = Some(Losses { requests: "1,024 requests".to_owned(), within: "7 days".to_owned() });
    page.late = Some("40 seconds".to_owned());
    insta::assert_snapshot!(drawn(&page));
}

#[test]
fn destination_that_is_switched_off_offers_the_test_and_not_to_resume() {
    let page = drawn(&existing(Health::SwitchedOff(trouble("The receiver failed (HTTP 500)."))));
    assert!(page.contains("Test Connection") && !page.contains("/resume") && !page.contains("/pause"));
    insta::assert_snapshot!(page);
}
