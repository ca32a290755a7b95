//! What a receiver of webhooks sees.

use standardwebhooks::Webhook;
use uuid::Uuid;

use super::super::super::{Carried, Method, Occasion, Parcel, Request, Settings};
use super::*;
use crate::clock::Clock;
use crate::completed_request::GenerationId;
use crate::completed_request::sample::RECEIVED;
use crate::delivery::Outcome;
use crate::id::DestinationId;
use crate::otlp::Compression;
use crate::otlp::answer::Response;
use crate::trace::TraceId;

const KEY: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

fn connection(secret: &str, method: &str) -> Connection {
    let settings: Settings =
        [("url", "https://hooks.example.com/traces"), (SECRET, secret), ("method", method)].into_iter().collect();
    KIND.connect(&settings).unwrap()
}

fn parcel(generations: &[&str]) -> Parcel {
    let carried = |generation: &&str| Carried {
        generation: (*generation).to_owned(),
        trace: TraceId::of(None, &GenerationId::given(*generation)),
        received: RECEIVED,
        api_key: None,
    };
    Parcel { carried: generations.iter().map(carried).collect(), body: "{\"resourceSpans\":[]}".into() }
}

fn request(connection: &Connection, parcel: &Parcel, destination: u128) -> Request {
    let at = Clock::System.unix_nanos();
    let occasion = Occasion { destination: DestinationId(Uuid::from_u128(destination)), at, is_test: false };
    connection.wire().request(parcel, Compression::None, occasion)
}

fn header(request: &Request, name: &str) -> Option<String> {
    request.headers.iter().find(|header| header.name == name).map(|header| header.expose().to_owned())
}

#[test]
fn message_is_verified_by_a_foreign_receiver() {
    let request = request(&connection(KEY, "PUT"), &parcel(&["gen-1"]), 1);
    let headers: http::HeaderMap = request
        .headers
        .iter()
        .map(|header| (header.name.parse::<http::HeaderName>().unwrap(), header.expose().parse().unwrap()))
        .collect();
    Webhook::new(KEY).unwrap().verify(&request.body, &headers).unwrap();
    assert_eq!((request.method, header(&request, "content-type").as_deref()), (Method::Put, Some("application/json")));
    assert_eq!(header(&request, "x-test-connection"), None);
}

#[test]
fn message_keeps_its_id_when_it_is_sent_again_and_a_half_of_it_has_another() {
    let connection = connection(KEY, "");
    let id = |generations: &[&str], destination| {
        header(&request(&connection, &parcel(generations), destination), "webhook-id").unwrap()
    };
    let both = id(&["gen-1", "gen-2"], 1);
    assert!(both.len() == 36 && both.starts_with("msg_"), "{both}");
    assert_eq!(both, id(&["gen-1", "gen-2"], 1));
    for other in [id(&["gen-1"], 1), id(&["gen-2", "gen-1"], 1), id(&["gen-1gen-2"], 1), id(&["gen-1", "gen-2"], 2)] {
        assert_ne!(both, other);
    }
}

#[test]
fn message_without_a_secret_is_not_signed_and_one_without_traces_says_so() {
    let request = request(&connection("", ""), &Parcel::of("{}"), 1);
    assert_eq!((header(&request, "webhook-id"), header(&request, "webhook-signature")), (None, None));
    assert_eq!(header(&request, "x-test-connection").as_deref(), Some("true"));
}

#[test]
fn answer_of_a_receiver_that_is_gone_is_told_from_one_that_refuses() {
    let connection = connection(KEY, "");
    let outcome = |status| connection.outcome(&Response { status, ..Response::default() });
    assert!(outcome(204).is_accepted());
    assert!(matches!(outcome(410), Outcome::NeedsAttention { reason: Attention::Gone, .. }));
    assert!(matches!(outcome(400), Outcome::Refused { .. }));
    assert!(matches!(outcome(302), Outcome::NeedsAttention { reason: Attention::Redirected, .. }));
}

#[test]
fn secret_that_is_cut_is_refused_at_its_field() {
    let settings: Settings = [("url", "https://hooks.example.com/"), (SECRET, "whsec_MfKQ9")].into_iter().collect();
    let errors = KIND.connect(&settings).unwrap_err();
    assert!(errors.on(SECRET).is_some_and(|sentence| sentence.contains("whole")), "{errors}");
}
