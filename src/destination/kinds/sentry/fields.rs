//! What a person fills in for Sentry.

use crate::destination::own_headers::{self, OwnHeaders};
use crate::destination::{Field, Input};

pub(super) const ENDPOINT: &str = "otlp_endpoint";
pub(super) const DSN: &str = "dsn";
pub(super) const RELAY: &str = "relay";

/// Longest environment and release that Sentry keeps (its documentation on environments and on releases).
const MAX_ENVIRONMENT: usize = 64;
const MAX_RELEASE: usize = 200;

pub(super) const FIELDS: &[Field] = &[
    Field {
        name: ENDPOINT,
        label: "OTLP Traces Endpoint",
        hint: "In Sentry: Settings > Projects > your project > SDK Setup > Client Keys (DSN) > OpenTelemetry. Leave it \
               empty to take it from the DSN.",
        example: "https://o123.ingest.us.sentry.io/api/456/integration/otlp/v1/traces",
        ..Field::URL
    },
    Field {
        name: DSN,
        label: "Sentry DSN",
        hint: "On the same page of Sentry, under Client Keys (DSN).",
        max_length: 2048,
        example: "https://0123456789abcdef0123456789abcdef@o123.ingest.us.sentry.io/456",
        ..Field::SECRET
    },
    Field {
        name: RELAY,
        label: "A Relay of our own stands in front of Sentry",
        hint: "Tick this when the endpoint is a host of yours and the DSN names Sentry's.",
        input: Input::Checkbox,
        max_length: 5,
        example: "",
        ..Field::TEXT
    },
    Field::join(true),
    Field::HEADERS,
    Field::environment(MAX_ENVIRONMENT),
    Field::release(MAX_RELEASE),
];

/// Relay checks these against the project's allowed domains, as if a browser sent the request (spec 2.2).
const OF_BROWSERS: [&str; 2] = ["origin", "referer"];

/// Headers that a person adds, for a Relay or a proxy of one's own.
pub(super) fn headers(text: &str) -> Result<OwnHeaders, String> {
    let headers = own_headers::parse(text)?;
    match OF_BROWSERS.into_iter().find(|name| headers.has(name)) {
        Some(name) => Err(format!("Sentry takes a request with the header {name} for a browser's. Leave it out.")),
        None => Ok(headers),
    }
}

/// Sentry takes no spaces or slashes in an environment, and not the word None.
pub(super) fn environment(text: &str) -> Result<(), &'static str> {
    if text.contains('/') || text.contains(char::is_whitespace) {
        return Err("Default environment must have no spaces and no slashes: Sentry would drop it.");
    }
    if text.eq_ignore_ascii_case("none") {
        return Err("Sentry takes no environment of the name None. Choose another one, or leave it empty.");
    }
    Ok(())
}

/// Sentry takes no slashes or tabs in a release, and neither of the names `.`, `..` and `latest`.
pub(super) fn release(text: &str) -> Result<(), &'static str> {
    if text.contains(['/', '\\']) {
        return Err("Default release must have no slashes and no backslashes: Sentry would drop it.");
    }
    if matches!(text, "." | ".." | "latest") {
        return Err("Sentry takes no release of this name. Choose another one, or leave it empty.");
    }
    Ok(())
}
