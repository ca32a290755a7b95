//! What holds for every kind of destination. The tests name what a new kind has forgotten.

use proptest::prelude::*;
use secrecy::ExposeSecret as _;

use super::{Connection, Kind, Settings, kinds};
use crate::delivery::Outcome;
use crate::otlp::Compression;
use crate::otlp::answer::Response;

fn example(kind: &Kind) -> Settings {
    kind.manifest.fields.iter().map(|field| (field.name, field.example)).collect()
}

fn connected(kind: &Kind) -> Connection {
    kind.connect(&example(kind)).unwrap_or_else(|errors| panic!("{}: {errors}", kind.manifest.slug))
}

/// The secret texts of a connection, whole, and their longest runs of letters and digits.
fn secrets(connection: &Connection) -> Vec<String> {
    let stored = connection.stored().secret.values().map(|value| value.expose_secret().to_owned());
    let sent = connection.wire().headers(Compression::Gzip);
    let sent = sent.iter().filter(|header| header.is_secret()).map(|header| header.expose().to_owned());
    let all: Vec<String> = stored.chain(sent).collect();
    let parts = all.iter().flat_map(|text| text.split(|c: char| !c.is_ascii_alphanumeric()));
    let long: Vec<String> = parts.filter(|part| part.len() >= 24).map(str::to_owned).collect();
    assert!(!long.is_empty(), "the example of a kind has a secret of 24 characters at least");
    long
}

fn assert_shows_none(shown: &str, secrets: &[String], what: &str) {
    for secret in secrets {
        assert!(!shown.contains(secret.as_str()), "{what} shows a secret: {shown}");
    }
}

#[test]
fn the_example_of_a_kind_connects_and_comes_back_from_what_is_stored() {
    for kind in kinds::all() {
        let connection = connected(kind);
        let again = kind.connect(&Settings::from(connection.stored())).unwrap();
        assert_eq!(again.wire().url(), connection.wire().url(), "{}", kind.manifest.slug);
        assert_eq!(again.stored().open, connection.stored().open);
        assert_eq!(again.traces(), connection.traces());
        let exposed = |connection: &Connection| -> Vec<_> {
            let headers = connection.wire().headers(Compression::Gzip);
            headers.iter().map(|header| (header.name.to_string(), header.expose().to_owned())).collect()
        };
        assert_eq!(exposed(&again), exposed(&connection));
    }
}

#[test]
fn what_nobody_sees_is_passed_over_around_a_value_and_named_within() {
    for kind in kinds::all() {
        for field in kind.manifest.fields.iter().filter(|field| !field.example.is_empty()) {
            let with = |value: String| {
                let mut settings = example(kind);
                settings.insert(field.name, value);
                kind.connect(&settings)
            };
            let pasted = with(format!("\u{feff} {}\u{200b}\n", field.example)).unwrap();
            assert_eq!(pasted.stored().open, connected(kind).stored().open, "{}", field.name);
            let (start, end) = field.example.split_at(1);
            let errors = with(format!("{start}\u{200b}{end}")).unwrap_err();
            assert!(
                errors.on(field.name).is_some_and(|sentence| sentence.contains("U+200B")),
                "{}: {errors}",
                field.name
            );
        }
    }
}

#[test]
fn empty_settings_of_a_kind_are_errors_at_its_required_fields_and_nowhere_else() {
    for kind in kinds::all() {
        let errors = kind.connect(&Settings::default()).unwrap_err();
        for field in kind.manifest.fields {
            assert_eq!(errors.on(field.name).is_some(), field.required, "{}: {}", kind.manifest.slug, field.name);
        }
        assert!(errors.iter().all(|error| kind.manifest.field(error.field).is_some()), "{errors}");
    }
}

#[test]
fn a_kind_shows_its_secrets_to_nobody_but_the_receiver() {
    for kind in kinds::all() {
        let (connection, slug) = (connected(kind), kind.manifest.slug);
        let secrets = secrets(&connection);
        assert_shows_none(&format!("{connection:?} {:?}", example(kind)), &secrets, slug);
        assert_shows_none(&format!("{:?} {}", connection.all_masked(), connection.target()), &secrets, slug);
        assert_shows_none(&format!("{:?}", connection.stored().open), &secrets, slug);
        for header in connection.wire().headers(Compression::Gzip) {
            assert_shows_none(header.shown(), &secrets, slug);
        }
        for (secret, status) in secrets.iter().flat_map(|secret| [200, 302, 400, 401, 403, 500].map(|s| (secret, s))) {
            let body = format!("{{\"message\":\"no such key: {secret}\"}}").into();
            let response = Response { status, body, ..Response::default() };
            let shown = format!("{:?} {:?}", connection.outcome(&response), connection.words(&response));
            assert_shows_none(&shown, &secrets, slug);
        }
        // Errors about one field must not repeat the values of the others.
        for field in kind.manifest.fields {
            let mut settings = example(kind);
            settings.insert(field.name, format!("{}\u{7f}", field.example));
            if let Err(errors) = kind.connect(&settings) {
                assert_shows_none(&errors.to_string(), &secrets, slug);
            }
        }
    }
}

#[test]
fn a_kind_sends_legal_headers_each_once() {
    for kind in kinds::all() {
        let headers = connected(kind).wire().headers(Compression::Gzip);
        for header in &headers {
            assert_eq!(headers.iter().filter(|other| other.name == header.name).count(), 1, "{}", header.name);
            assert!(header.name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-'));
            assert!(header.expose().bytes().all(|byte| byte == b' ' || byte.is_ascii_graphic()), "{}", header.name);
        }
    }
}

#[test]
fn a_kind_is_named_once_and_every_secret_field_has_an_example() {
    for kind in kinds::all() {
        let slug = kind.manifest.slug;
        assert_eq!(kinds::all().iter().filter(|other| other.manifest.slug == slug).count(), 1);
        assert!(slug.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-'), "{slug}");
        assert!(kind.manifest.secrets().all(|field| !field.example.is_empty()), "{slug}");
    }
}

#[test]
fn every_kind_takes_no_refusal_for_an_acceptance() {
    for kind in kinds::all() {
        let connection = connected(kind);
        for status in (300..600).chain([100, 101]) {
            let outcome = connection.outcome(&Response { status, ..Response::default() });
            assert!(!outcome.is_accepted(), "{}: {status}", kind.manifest.slug);
        }
        let page = Response { status: 200, body: "<!doctype html>".into(), ..Response::default() };
        assert!(matches!(connection.outcome(&page), Outcome::NeedsAttention { .. }), "{}", kind.manifest.slug);
    }
}

proptest! {
    #[test]
    fn no_input_makes_a_kind_panic(texts in proptest::collection::vec("\\PC{0,60}|https?://[a-z0-9.@:/{}?#-]{0,60}|\\{.{0,40}\\}", 8)) {
        for kind in kinds::all() {
            let fields = kind.manifest.fields.iter().zip(texts.iter().cycle());
            let settings: Settings = fields.map(|(field, text)| (field.name, text.as_str())).collect();
            if let Err(errors) = kind.connect(&settings) {
                prop_assert!(errors.iter().all(|error| kind.manifest.field(error.field).is_some()));
            }
        }
    }
}
