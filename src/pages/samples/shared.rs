//! A trace and a session: requests that belong together.

use super::{ago, drawn, person};
use crate::completed_request::sample::request;
use crate::pages::activity::marks::{Mark, Marks};
use crate::pages::activity::session::{Said, SessionPage, Slot, Strip, Turn};
use crate::pages::activity::trace::TracePage;
use crate::pages::components::conversation::{MessageRow, PartRow};
use crate::pages::components::figure::Figure;
use crate::pages::components::waterfall::{Folded, Traced, Waterfall};
use crate::pages::shell::{Section, Shell};
use crate::trace::{TraceSettings, build};

fn turn(number: usize, said: Said) -> Turn {
    let mark = |mark, words: &str| Mark { mark, words: words.to_owned() };
    Turn {
        id: format!("gen-{number}"),
        number,
        name: "Error Analysis <Agent>".to_owned(),
        path: format!("/activity/gen-{number}"),
        ending: None,
        at: ago(9),
        facts: vec!["openai/gpt-4o".to_owned(), "3.42 s".to_owned(), "$0.0069".to_owned()],
        marks: Marks::Each(vec![mark("passed", "Sentry: delivered"), mark("warning", "Langfuse: waiting")]),
        said,
    }
}

fn session(turns: Vec<Turn>, sealed: Option<(&'static str, &'static str)>) -> SessionPage {
    let slot = |x: &str, class, words: &str| Slot {
        x: x.to_owned(),
        width: "3.66".to_owned(),
        class,
        words: words.to_owned(),
        path: "/activity/gen-1".to_owned(),
    };
    SessionPage {
        shell: Shell::settings(Section::Activity, "session_abc", person()),
        id: "session_abc".to_owned(),
        period: [ago(9), ago(4)],
        facts: vec!["user_12345".to_owned(), "key web".to_owned()],
        figures: vec![Figure::new("Requests", "6", "1 failed"), Figure::new("Traces", "4", "")],
        strip: Strip {
            sentence: "2 requests, 1 failed.".to_owned(),
            slots: vec![slot("2.96", "fill", "Request 1: 3.10 s"), slot("54.07", "fill-bad", "Request 2: 9.87 s")],
            ticks: ["14:29:40", "14:31:55", "14:34:10"].map(str::to_owned),
        },
        choices: [
            ("What is new", "/activity/sessions/session_abc".to_owned(), true),
            ("Everything", "/activity/sessions/session_abc?show=all".to_owned(), false),
        ],
        sealed,
        turns,
        part: "1 to 2 of 6 requests".to_owned(),
        first: None,
        next: Some((4, "/activity/sessions/session_abc?from=1-1".to_owned())),
        list: "/activity?session=session_abc".to_owned(),
    }
}

#[test]
fn session_with_what_is_new_in_each_turn() {
    let message = MessageRow {
        who: "User".to_owned(),
        is_answer: false,
        parts: vec![PartRow::Text(Folded::new("Write the <test> for it.", 480))],
        finished: None,
    };
    let repeated = Some("2 messages that this request repeats".to_owned());
    let failed = Turn {
        ending: Some(("bad", "Failed 502".to_owned())),
        ..turn(2, Said::Sealed("Not recorded: Privacy Mode", "It was never written down."))
    };
    let turns = vec![turn(1, Said::Shown { repeated, messages: vec![message] }), failed];
    insta::assert_snapshot!(drawn(&session(turns, None)));
}

#[test]
fn session_of_somebody_who_may_not_read_content() {
    let sealed = Some(("Only admins read conversations here", "An admin can change this under Account."));
    insta::assert_snapshot!(drawn(&session(vec![turn(1, Said::Hidden)], sealed)));
}

#[test]
fn trace_of_a_request_with_a_parent_elsewhere() {
    let (request, settings) = (request(), TraceSettings::default());
    let trace = build(&request, None, &settings);
    let path = Some("/activity/gen-1".to_owned());
    insta::assert_snapshot!(drawn(&TracePage {
        shell: Shell::settings(Section::Activity, "incident_investigation_001", person()),
        id: "f6e81927bbb98a995017478a1591fc04".to_owned(),
        name: "incident_investigation_001".to_owned(),
        ending: ("bad", "1 of 4 failed".to_owned()),
        period: [ago(9), ago(4)],
        figures: vec![Figure::new("Requests", "4", "1 failed"), Figure::new("Cost", "$0.0214", "")],
        waterfall: Waterfall::new(&[Traced { request: &request, trace: &trace, path }]),
        left_out: vec!["The spans of the first 100 requests are drawn.".to_owned()],
        parent: Some("9f1c0b72a4d6e853".to_owned()),
        list: "/activity?trace=f6e81927bbb98a995017478a1591fc04".to_owned(),
    }));
}
