//! What Tracecast expects Sentry's data scrubbing to take out is what the receiver takes out.

use std::collections::BTreeSet;

use demo_receiver::ReceivedSpan;
use opentelemetry_proto::tonic::trace::v1::Span;
use tracecast::completed_request::MetadataValue;
use tracecast::trace::scrubbing::is_scrubbed;

use super::Demo;
use crate::support::export::{protobuf, span, text};

/// Parts of words that are taken for secrets, and what stands between them.
const PARTS: [&str; 16] = [
    "pass",
    "word",
    "wd",
    "secret",
    "api",
    "key",
    "AUTH",
    "credentials",
    "mysql_p",
    "private",
    "token",
    "-",
    "_",
    " ",
    "=",
    ":",
];

/// Every text of up to three parts.
fn texts() -> impl Iterator<Item = String> {
    let three = PARTS.into_iter().flat_map(|one| PARTS.into_iter().map(move |two| (one, two)));
    let three = three.flat_map(|(one, two)| PARTS.into_iter().map(move |last| format!("{one}{two}{last}")));
    PARTS.into_iter().map(str::to_owned).chain(three)
}

#[tokio::test]
async fn receiver_and_program_agree_on_what_is_scrubbed() {
    let demo = Demo::start();
    let keys: Vec<_> = texts().map(|text| text + "?").collect();
    let by_key = keys.iter().map(|key| text(key, "harmless"));
    let by_value = texts().enumerate().map(|(number, value)| text(&format!("value {number}"), &value));
    let all = Span { attributes: by_key.chain(by_value).collect(), ..span(1, "root") };
    assert_eq!(demo.sends(protobuf(vec![all])).await, 200);
    let traces = demo.running.received().traces();
    let ReceivedSpan { attributes, filtered, .. } = &traces[0].spans[0];
    let expected = attributes.iter().filter(|(key, value)| {
        let text = value.as_str().unwrap();
        is_scrubbed(key, &MetadataValue::Text(text.into()))
    });
    let expected: BTreeSet<_> = expected.map(|(key, _)| key.clone()).collect();
    assert_eq!(*filtered, expected);
    assert!((500..attributes.len() - 500).contains(&expected.len()), "{} of {}", expected.len(), attributes.len());
}
