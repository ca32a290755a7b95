//! A completed request.

use super::{ago, before, drawn, now, person};
use crate::clock::UnixNanos;
use crate::completed_request::sample::request;
use crate::pages::activity::request::{Built, Fact, PayloadPart, ReceiptsPart, RecordedPart, RequestPage, Shown, Talk};
use crate::pages::components::conversation::{MessageRow, PartRow};
use crate::pages::components::figure::Figure;
use crate::pages::components::receipt::{Piece, ReceiptRow, text};
use crate::pages::components::waterfall::{Folded, Traced, Waterfall};
use crate::pages::components::when::When;
use crate::pages::shell::Shell;
use crate::trace::{TraceSettings, build};

fn receipts() -> Vec<ReceiptRow> {
    let row = |mark, name: &str, what| ReceiptRow {
        mark,
        sign: "Se",
        name: name.to_owned(),
        what,
        why: vec![text("With 11 others in "), Piece::Link { text: "one batch", path: "/deliveries/1".to_owned() }],
        quote: String::new(),
        action: None,
    };
    let delivered = vec![
        Piece::Strong("Delivered"),
        text(" 214 ms after the request ended, at "),
        Piece::Clock(When::new(before(3), now())),
        text("."),
    ];
    let left_out = vec![
        Piece::Strong("Left out"),
        text(" by filter rule 2: "),
        Piece::Code("total_cost".to_owned()),
        text(" greater than 0.05."),
    ];
    let dead = ReceiptRow {
        quote: "attribute \"gen_ai.input.messages\" exceeds 4096 bytes".to_owned(),
        action: Some(("Dead letters", "/deliveries#dead-letters".to_owned())),
        ..row("failed", "Archive", vec![Piece::Strong("Dead letter"), text(": it refuses this one request, HTTP 400.")])
    };
    vec![row("passed", "Production", delivered), row("left-out", "Billing", left_out), dead]
}

fn waterfall() -> Waterfall {
    let (mut request, settings) = (request(), TraceSettings::default());
    request.times.first_chunk = Some(UnixNanos(request.times.answered.0 - 100_000_000));
    let trace = build(&request, None, &settings);
    Waterfall::new(&[Traced { request: &request, trace: &trace, path: None }])
}

fn messages() -> Vec<MessageRow> {
    let message = |who: &str, is_answer, parts| MessageRow { who: who.to_owned(), is_answer, parts, finished: None };
    let long = Folded::new("Find the cause of an error. ".repeat(30), 480);
    let (query, result) = (Folded::new("{\"query\": \"OrderList\"}", 480), Folded::new("src/orders.tsx:38", 480));
    let tool = || "search_code".to_owned();
    let answer = MessageRow {
        finished: Some("stop".to_owned()),
        ..message("Assistant", true, vec![PartRow::Text(Folded::new("Give <items> a default.", 480))])
    };
    vec![
        message("System", false, vec![PartRow::Text(long)]),
        message("User", false, vec![PartRow::Other("blob, image, image/png".to_owned())]),
        message("Assistant", false, vec![PartRow::Call { tool: tool(), arguments: query }]),
        message("Tool", false, vec![PartRow::Answer { tool: tool(), result }]),
        answer,
    ]
}

fn page(receipts: ReceiptsPart, conversation: Talk, shown: Shown) -> RequestPage {
    let fact = |label, value: &str, is_code| Fact {
        label,
        value: value.to_owned(),
        note: String::new(),
        is_code,
        path: String::new(),
    };
    RequestPage {
        unknown: "",
        shell: Shell { title: "Error Analysis Agent".to_owned(), person: Some(person()), ..Shell::default() },
        id: "gen-1795962714-hFm6Av9rEF3NMfxjJXWk".to_owned(),
        name: "Error Analysis Agent".to_owned(),
        ending: ("good", "OK".to_owned()),
        completed: ago(3),
        receipts,
        payload: Some(PayloadPart {
            choices: vec![("Production".to_owned(), "/activity/gen-1?to=0199-1#sent".to_owned(), true)],
            shown,
        }),
        recorded: Some(RecordedPart {
            model: "openai/gpt-4o".to_owned(),
            figures: vec![Figure { label: "Tokens", value: "1,592".to_owned(), note: "1,204 in, 388 out".to_owned() }],
            facts: vec![
                fact("Generation id", "gen-1795962714-hFm6Av9rEF3NMfxjJXWk", true),
                Fact { path: "/activity?user=user_12345".to_owned(), ..fact("User", "user_12345", false) },
            ],
            waterfall: waterfall(),
            conversation,
        }),
    }
}

#[test]
fn request_with_receipts_conversation_and_payload() {
    let built = Built {
        size: "2.8 kB of OTLP protobuf, 1.1 kB with gzip.".to_owned(),
        is_other_encoder: true,
        headers: vec![
            ("x-sentry-auth".to_owned(), "Sentry sentry_key=7c1f…943e".to_owned(), true),
            ("content-type".to_owned(), "application/x-protobuf".to_owned(), false),
        ],
        curl: "curl -X POST 'https://o1.ingest.sentry.io/' \\\n  --data-binary @request.pb".to_owned(),
        json: "{\n  \"resourceSpans\": []\n}".to_owned(),
        downloads: vec![("/activity/gen-1?to=0199-1&file=json".to_owned(), "JSON")],
    };
    let page = page(ReceiptsPart::Rows(receipts()), Talk::Shown(messages()), Shown::Built(built));
    insta::assert_snapshot!(drawn(&page));
}

#[test]
fn request_of_somebody_who_may_not_read_content() {
    let sealed = Talk::Sealed("Only admins read conversations here", "An admin can change this under Account.");
    insta::assert_snapshot!(drawn(&page(ReceiptsPart::BroadcastOff, sealed, Shown::NotForYou)));
}
