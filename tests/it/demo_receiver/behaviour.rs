//! On demand slow or broken.

use std::time::{Duration, Instant};

use demo_receiver::{Behaviour, Options};
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceResponse;
use prost::Message as _;

use super::{Demo, status};
use crate::support::export::{protobuf, span};

#[tokio::test]
async fn over_quota_it_answers_429_with_both_headers() {
    let demo = Demo::start();
    demo.running.behave(Behaviour::Quota);
    let answer = demo.export(protobuf(vec![span(1, "root")])).send().await.unwrap();
    assert_eq!(answer.status(), 429);
    assert_eq!(answer.headers()["retry-after"], "60");
    assert_eq!(answer.headers()["x-sentry-rate-limits"], "60:span:organization:span_quota");
    assert!(demo.running.received().traces().is_empty());
    assert_eq!(status(demo.post(&demo.running.endpoint(), Vec::new())).await, 401, "the key is looked at first");
}

#[tokio::test]
async fn a_chosen_status_holds_for_the_chosen_number_of_requests() {
    let demo = Demo::start();
    demo.running.behave_for(Behaviour::Status { code: 503, retry_after: Some(7) }, 2);
    let first = demo.export(Vec::new()).send().await.unwrap();
    assert_eq!((first.status().as_u16(), first.headers()["retry-after"].to_str().unwrap()), (503, "7"));
    assert_eq!([demo.sends(Vec::new()).await, demo.sends(Vec::new()).await], [503, 200]);
}

#[tokio::test]
async fn a_redirect_points_to_where_following_it_is_seen() {
    let demo = Demo::start();
    demo.running.behave_for(Behaviour::Status { code: 307, retry_after: None }, 1);
    let answer = demo.export(Vec::new()).send().await.unwrap();
    assert_eq!((answer.status().as_u16(), answer.headers()["location"].to_str().unwrap()), (307, "/followed"));
    assert_eq!(demo.page("/followed").await.status(), 404);
    assert_eq!(demo.running.received().requests()[0].path, "/followed");
}

#[tokio::test]
async fn slow_answers_come_late_and_are_complete() {
    let demo = Demo::start();
    demo.running.behave(Behaviour::Slow { milliseconds: 150 });
    let begun = Instant::now();
    assert_eq!(demo.sends(protobuf(vec![span(1, "root")])).await, 200);
    assert!(begun.elapsed() >= Duration::from_millis(150));
    assert_eq!(demo.running.received().totals().spans, 1);
}

#[tokio::test]
async fn a_request_that_hangs_is_let_go_when_the_behaviour_changes() {
    let demo = Demo::start();
    demo.running.behave(Behaviour::Hang);
    let impatient = demo.export(Vec::new()).timeout(Duration::from_millis(200)).send().await;
    assert!(impatient.unwrap_err().is_timeout());
    assert_eq!(demo.running.received().requests()[0].status, None);

    let waiting = status(demo.export(Vec::new()));
    let relief = async {
        while demo.running.received().requests().len() < 2 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        demo.running.behave(Behaviour::Normal);
    };
    assert_eq!(tokio::join!(waiting, relief).0, 503);
}

#[tokio::test]
async fn a_connection_can_break_in_mid_answer() {
    let demo = Demo::start();
    demo.running.behave_for(Behaviour::Broken, 1);
    let answer = demo.export(Vec::new()).send().await.unwrap();
    assert_eq!(answer.status(), 200);
    assert!(answer.bytes().await.is_err());
}

#[tokio::test]
async fn an_answer_can_have_no_end() {
    let demo = Demo::start();
    demo.running.behave_for(Behaviour::Endless, 1);
    let mut answer = demo.export(Vec::new()).send().await.unwrap();
    let mut bytes = 0;
    while bytes < 1_000_000 {
        bytes += answer.chunk().await.unwrap().unwrap().len();
    }
}

#[tokio::test]
async fn a_page_to_sign_in_is_answered_to_everybody_and_nothing_is_kept() {
    let demo = Demo::start();
    demo.running.behave(Behaviour::Page);
    let answer = demo.export(protobuf(vec![span(1, "root")])).send().await.unwrap();
    assert_eq!(
        (answer.status().as_u16(), &answer.headers()["content-type"]),
        (200, &"text/html; charset=utf-8".parse().unwrap())
    );
    assert!(answer.text().await.unwrap().starts_with("<!DOCTYPE html>"));
    assert_eq!(status(demo.post(&demo.running.endpoint(), Vec::new())).await, 200, "nobody looks at the key");
    let received = demo.running.received();
    assert_eq!((received.totals().spans, received.totals().losses.len()), (0, 0));
    assert_eq!(
        received.requests()[0].reason.as_deref(),
        Some("this demo receiver was told to answer with a page to sign in")
    );
}

#[tokio::test]
async fn a_partial_success_names_the_number_of_rejected_spans() {
    let demo = Demo::start();
    demo.running.behave(Behaviour::Partial { rejected: 3 });
    let answer = demo.export(protobuf(vec![span(1, "root")])).send().await.unwrap();
    let answer = ExportTraceServiceResponse::decode(answer.bytes().await.unwrap()).unwrap();
    assert_eq!(answer.partial_success.map(|partial| partial.rejected_spans), Some(3));
}

#[tokio::test]
async fn scripts_switch_with_json_and_are_told_what_is_wrong() {
    let demo = Demo::start();
    let url = format!("{}/behaviour", demo.running.url());
    let switch = |json: &'static str| demo.http.post(&url).header("content-type", "application/json").body(json);
    assert_eq!(status(switch(r#"{"mode":"status","code":500,"requests":1}"#)).await, 200);
    assert_eq!([demo.sends(Vec::new()).await, demo.sends(Vec::new()).await], [500, 200]);
    for wrong in [r#"{"mode":"rude"}"#, r#"{"mode":"status","code":99}"#, "nonsense", ""] {
        assert_eq!(status(switch(wrong)).await, 400, "{wrong}");
    }
}

#[tokio::test]
async fn people_switch_with_a_form_and_keep_what_they_typed() {
    let demo = Demo::start();
    let url = format!("{}/behaviour", demo.running.url());
    let form = |body: &'static str| {
        demo.http.post(&url).header("content-type", "application/x-www-form-urlencoded").body(body)
    };
    let answer = form("mode=slow&milliseconds=1&code=&requests=").send().await.unwrap();
    assert_eq!((answer.status().as_u16(), answer.headers()["location"].to_str().unwrap()), (303, "/behaviour"));
    assert!(demo.page("/").await.text().await.unwrap().contains("Every answer takes 1 ms, until you change it."));

    let wrong = form("mode=status&code=five&requests=").send().await.unwrap();
    assert_eq!(wrong.status(), 422);
    let page = wrong.text().await.unwrap();
    assert!(page.contains("Enter the number of status in digits.") && page.contains(r#"value="five""#), "{page}");
}

#[tokio::test]
async fn it_stops_when_told_to() {
    let demo = Demo::start_with(Options { prefix: "/only-here".to_owned(), ..Options::default() });
    let endpoint = demo.running.endpoint();
    assert_eq!(demo.sends(Vec::new()).await, 200);
    assert_eq!(status(demo.http.post(&endpoint)).await, 401, "the key is missing");
    demo.running.stop().await;
    // Another test may listen on the port by now; it knows no such path, and asks for no key there.
    assert!(demo.http.post(&endpoint).send().await.map_or(true, |answer| answer.status() != 401));
}
