//! Addresses, requests and answers of stores.

use super::super::super::{Carried, FieldErrors, Occasion, Parcel, Request, Settings};
use super::*;
use crate::completed_request::GenerationId;
use crate::completed_request::sample::RECEIVED;
use crate::delivery::{Attention, Outcome, Refusal};
use crate::id::DestinationId;
use crate::otlp::Compression;
use crate::otlp::answer::Response;
use crate::trace::TraceId;

fn connect(others: &[(&str, &str)]) -> Result<Connection, FieldErrors> {
    let keys =
        [(BUCKET, "my-traces"), (ACCESS_KEY, "AKIAIOSFODNN7EXAMPLE"), (SECRET_KEY, "a canary of forty characters")];
    KIND.connect(&keys.iter().chain(others).copied().collect::<Settings>())
}

fn request(connection: &Connection, is_test: bool) -> Request {
    let carried = Carried {
        generation: "gen-1".to_owned(),
        trace: TraceId::of(None, &GenerationId::given("gen-1")),
        received: RECEIVED,
        api_key: None,
    };
    let parcel = Parcel { carried: vec![carried], body: "{}".into() };
    let occasion = Occasion { destination: DestinationId(uuid::Uuid::nil()), at: RECEIVED, is_test };
    connection.wire().request(&parcel, Compression::None, occasion)
}

#[test]
fn object_goes_to_the_buckets_host_or_path() {
    for (settings, begin) in [
        (&[][..], "https://my-traces.s3.us-east-1.amazonaws.com/openrouter-traces/2026-09-05/"),
        (&[(REGION, "cn-north-1")][..], "https://my-traces.s3.cn-north-1.amazonaws.com.cn/openrouter-traces/"),
        (&[(BUCKET, "my.traces"), (REGION, "eu-central-1")][..], "https://s3.eu-central-1.amazonaws.com/my.traces/"),
        (
            &[(ENDPOINT, "https://minio.example.com:9000/"), (TEMPLATE, "y={year}")][..],
            "https://minio.example.com:9000/my-traces/y%3D2026/",
        ),
        (&[(ENDPOINT, "https://example.com/store")][..], "https://example.com/store/my-traces/openrouter-traces/"),
    ] {
        let request = request(&connect(settings).unwrap(), false);
        assert!(
            request.url.as_str().starts_with(begin) && request.url.as_str().ends_with("-gen-1.json"),
            "{}",
            request.url
        );
        assert_eq!(request.method, Method::Put);
    }
}

#[test]
fn test_writes_one_object_under_todays_path() {
    let request = request(&connect(&[]).unwrap(), true);
    assert_eq!(request.url.path(), "/openrouter-traces/2026-09-05/tracecast-connection-test.json");
}

#[test]
fn request_shows_no_secret_and_signs_every_header_of_amazons() {
    let own = r#"{"x-amz-storage-class": "STANDARD_IA"}"#;
    let connection = connect(&[("sessionToken", "a canary of a token"), ("headers", own)]).unwrap();
    let request = request(&connection, false);
    assert!(!format!("{request:?} {connection:?}").contains("canary"), "{request:?}");
    let authorization = request.headers.iter().find(|header| header.name == "authorization").unwrap();
    let signed = "SignedHeaders=host;x-amz-content-sha256;x-amz-date;x-amz-security-token;x-amz-storage-class,";
    assert!(authorization.expose().contains(signed), "{}", authorization.shown());
}

#[test]
fn bucket_region_or_path_that_is_none_is_refused_at_its_field() {
    for (field, value) in [
        (BUCKET, "s3://my-traces"),
        (BUCKET, "my"),
        (BUCKET, "My-Traces"),
        (BUCKET, "-traces"),
        (BUCKET, "a..b"),
        (BUCKET, "träces"),
        (BUCKET, "a/../b"),
        (REGION, "eu central"),
        (REGION, "evil.example/"),
        (REGION, "-"),
        (PREFIX, "../x"),
        (TEMPLATE, "{date"),
        (TEMPLATE, "{user}"),
        (ENDPOINT, "minio.example.com"),
    ] {
        let errors = connect(&[(field, value)]).unwrap_err();
        assert!(errors.on(field).is_some(), "{field} {value}: {errors}");
    }
}

#[test]
fn answer_of_a_store_names_what_to_mend() {
    let connection = connect(&[]).unwrap();
    let outcome = |status, body: &str| {
        let body = format!("<?xml version=\"1.0\"?><Error>{body}</Error>").into();
        connection.outcome(&Response { status, body, ..Response::default() })
    };
    for (status, body, words) in [
        (403, "<Code>SignatureDoesNotMatch</Code>", "secret access key"),
        (403, "<Code>InvalidAccessKeyId</Code>", "does not know this access key id"),
        (403, "<Code>AccessDenied</Code>", "s3:PutObject"),
        (403, "<Code>RequestTimeTooSkewed</Code>", "clock"),
        (404, "<Code>NoSuchBucket</Code>", "no bucket"),
        (400, "<Code>ExpiredToken</Code>", "has ended"),
        (400, "<Code>AuthorizationHeaderMalformed</Code><Region>eu-central-1</Region>", "the region eu-central-1"),
    ] {
        let outcome = outcome(status, body);
        assert!(matches!(outcome, Outcome::NeedsAttention { .. }), "{body}: {outcome:?}");
        assert!(outcome.sentence().is_some_and(|sentence| sentence.contains(words)), "{body}: {outcome:?}");
    }
    assert!(matches!(outcome(503, "<Code>SlowDown</Code>"), Outcome::Wait { .. }));
    assert!(matches!(outcome(400, "<Code>EntityTooLarge</Code>"), Outcome::Refused { reason: Refusal::TooLarge, .. }));
    assert!(matches!(outcome(400, "<Code>InvalidRequest</Code>"), Outcome::Refused { reason: Refusal::Invalid, .. }));
    let redirect = Response {
        status: 301,
        headers: [("x-amz-bucket-region", "eu-west-1")].into_iter().collect(),
        ..Response::default()
    };
    let redirected = connection.outcome(&redirect);
    assert!(matches!(redirected, Outcome::NeedsAttention { reason: Attention::Redirected, .. }));
    assert!(redirected.sentence().is_some_and(|sentence| sentence.contains("eu-west-1")), "{redirected:?}");
    assert!(connection.outcome(&Response { status: 200, ..Response::default() }).is_accepted());
}
