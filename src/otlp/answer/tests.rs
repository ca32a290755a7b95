//! The table of spec 4.3, row by row.

use opentelemetry_proto::tonic::collector::trace::v1::{ExportTracePartialSuccess, ExportTraceServiceResponse};
use proptest::prelude::*;
use prost::Message;

use bytes::Bytes;

use super::*;

fn answer(status: u16, body: &'static str) -> Response {
    Response { status, body: Bytes::from_static(body.as_bytes()), ..Response::default() }
}

#[test]
fn every_status_has_its_outcome() {
    let table = [
        (200, "delivered"),
        (202, "delivered"),
        (204, "delivered"),
        (301, "redirected"),
        (302, "redirected"),
        (304, "redirected"),
        (308, "redirected"),
        (400, "refused"),
        (401, "unauthorized"),
        (402, "unexpected_answer"),
        (403, "forbidden"),
        (404, "not_found"),
        (405, "method_not_allowed"),
        (408, "unavailable"),
        (409, "unexpected_answer"),
        (410, "not_found"),
        (413, "too_large"),
        (415, "refused"),
        (418, "unexpected_answer"),
        (422, "refused"),
        (429, "rate_limited"),
        (500, "server_error"),
        (501, "unavailable"),
        (502, "unavailable"),
        (503, "unavailable"),
        (504, "unavailable"),
        (522, "unavailable"),
        (101, "unexpected_answer"),
        (999, "unexpected_answer"),
    ];
    for (status, name) in table {
        assert_eq!(classify(&answer(status, "")).name(), name, "{status}");
    }
}

#[test]
fn partial_success_keeps_the_receivers_words() {
    let response = ExportTraceServiceResponse {
        partial_success: Some(ExportTracePartialSuccess { rejected_spans: 3, error_message: "too\nold.".to_owned() }),
    };
    let protobuf = Response { status: 200, body: response.encode_to_vec().into(), ..Response::default() };
    let expected = Outcome::DeliveredInPart { rejected: 3, message: "too old".to_owned() };
    assert_eq!(classify(&protobuf), expected);
    let json = answer(200, r#"{"partialSuccess":{"rejectedSpans":"3","errorMessage":"too old"}}"#);
    assert_eq!(classify(&json), expected);
}

#[test]
fn a_success_has_a_body_that_is_empty_or_of_otlp_or_json() {
    for body in ["", " \n", "{}", r#" {"ok":true}"#, r#"{"partialSuccess":{"rejectedSpans":0,"errorMessage":"hint"}}"#]
    {
        assert_eq!(classify(&answer(200, body)), Outcome::Delivered, "{body}");
    }
    // Of every length: one of them looks like the beginning of a page.
    for length in 0..200 {
        let hint = ExportTracePartialSuccess { rejected_spans: 0, error_message: "h".repeat(length) };
        let response = ExportTraceServiceResponse { partial_success: Some(hint) };
        let protobuf = Response { status: 200, body: response.encode_to_vec().into(), ..Response::default() };
        assert_eq!(classify(&protobuf), Outcome::Delivered, "{length}");
    }
}

#[test]
fn a_success_with_a_page_or_anything_else_delivers_nothing() {
    for body in [
        "<!DOCTYPE html><title>Sign in</title>",
        "  \r\n<HTML lang=en>",
        "<?xml version=\"1.0\"?><html/>",
        "OK",
        "accepted!",
        "{broken",
        "[]",
        "null",
        "\0\0\0\0",
        "\n no response",
    ] {
        let outcome = classify(&answer(200, body));
        assert!(matches!(outcome, Outcome::NeedsAttention { reason: Attention::UnexpectedAnswer, .. }), "{body}");
    }
    let page = classify(&answer(200, "<html>"));
    insta::assert_snapshot!(page.sentence().unwrap(), @"A web page answers at this address, and no receiver of traces (HTTP 200). A sign-in or a proxy may stand in front of it: let requests pass to the receiver, or enter its own address.");
}

#[test]
fn a_success_whose_body_breaks_off_is_one_unless_it_begins_as_a_page() {
    let cut = |body| Response { is_cut: true, ..answer(200, body) };
    for body in ["", "{\"partial", "\0\0"] {
        assert_eq!(classify(&cut(body)), Outcome::Delivered, "{body}");
    }
    assert_eq!(classify(&cut("<html><head>")).name(), "unexpected_answer");
}

#[test]
fn a_rate_limit_names_its_time_and_the_reason() {
    let limited = Response {
        headers: [("retry-after", "60")].into_iter().collect(),
        ..answer(429, r#"{"detail":"Vendor dropped data due to a quota"}"#)
    };
    let Outcome::Wait { reason, sentence, not_before } = classify(&limited) else { panic!("waits") };
    assert_eq!(reason, WaitReason::RateLimited);
    assert_eq!(not_before, Some(std::time::Duration::from_mins(1)));
    insta::assert_snapshot!(sentence, @"The receiver takes no more at the moment: a quota is used up (HTTP 429: Vendor dropped data due to a quota).");
}

#[test]
fn a_redirect_names_the_host_and_nothing_else_of_its_target() {
    let to = |location| Response { headers: [("location", location)].into_iter().collect(), ..answer(302, "") };
    let outcome = classify(&to("https://login.example.com/secret?token=abc"));
    let sentence = outcome.sentence().unwrap();
    assert!(sentence.contains("login.example.com"));
    assert!(!sentence.contains("token"));
    let relative = classify(&to("/login"));
    assert!(relative.sentence().unwrap().contains("another address"));
}

proptest! {
    #[test]
    fn any_answer_has_an_outcome_that_may_be_shown(
        status: u16, body: Vec<u8>, retry_after: String, location: String,
    ) {
        let body = body.into();
        let headers = [("retry-after", &*retry_after), ("location", &*location)].into_iter().collect();
        let answer = Response { status, headers, body, ..Response::default() };
        let outcome = classify(&answer);
        prop_assert!(outcome.sentence().is_none_or(|text| !text.chars().any(char::is_control)));
        prop_assert!(outcome.sentence().is_none_or(|text| text.chars().count() < 500));
        if let Outcome::Wait { not_before: Some(pause), .. } = outcome {
            prop_assert!(pause <= std::time::Duration::from_hours(1));
        }
    }
}
