//! Changing a stored destination: the DSN stays on its server, or is asked for again.

use secrecy::ExposeSecret as _;

use crate::destination::{Connection, FieldErrors, Stored, kinds};

const DSN: &str = "https://7c1f6e0b2a9d4c35b8e06f1d5a72943e@sentry.example:4318/1";

fn stored() -> Stored {
    let settings = [("dsn", DSN), ("relay", "on")].into_iter().collect();
    kinds::find("sentry").unwrap().connect(&settings).unwrap().stored().clone()
}

/// The stored destination, edited to name this endpoint and this DSN.
fn edited(endpoint: &str, dsn: &str) -> Result<Connection, FieldErrors> {
    let typed = [("otlp_endpoint", endpoint), ("dsn", dsn), ("relay", "on")].into_iter().collect();
    kinds::find("sentry").unwrap().edit(&typed, &stored())
}

const ELSEWHERE: [&str; 9] = [
    "https://evil.example:4318/api/1/integration/otlp/v1/traces",
    "https://sentry.example.evil.example:4318/api/1/integration/otlp/v1/traces",
    "https://evil.sentry.example:4318/api/1/integration/otlp/v1/traces",
    "https://sentry.example.:4318/api/1/integration/otlp/v1/traces",
    "https://ѕentry.example:4318/api/1/integration/otlp/v1/traces",
    "https://sentry.example/api/1/integration/otlp/v1/traces",
    "https://sentry.example:443/api/1/integration/otlp/v1/traces",
    "http://sentry.example:4318/api/1/integration/otlp/v1/traces",
    "https://[2606:4700::1]:4318/api/1/integration/otlp/v1/traces",
];

#[test]
fn another_host_port_or_scheme_asks_for_the_secret_again() {
    let masked = "https://7c1f...943e@sentry.example:4318/1";
    for endpoint in ELSEWHERE {
        for kept in ["", "  ", masked] {
            let errors = edited(endpoint, kept).expect_err(endpoint).to_string();
            assert!(errors.contains("on another server now: enter the Sentry DSN again"), "{endpoint}: {errors}");
        }
        assert!(edited(endpoint, DSN).is_ok(), "{endpoint}: who knows the secret may move it");
    }
}

#[test]
fn on_the_same_server_the_secret_is_kept() {
    for endpoint in [
        "https://sentry.example:4318/api/1/integration/otlp/v1/traces",
        "https://SENTRY.example:4318/api/1/integration/otlp/v1/traces/",
        "https://sentry.example:4318/prefix/api/1/integration/otlp/v1/traces",
    ] {
        let connection = edited(endpoint, "").unwrap_or_else(|errors| panic!("{endpoint}: {errors}"));
        assert_eq!(connection.stored().secret["dsn"].expose_secret(), DSN);
    }
}

/// Stored settings may be from another version, or have been changed. Then it is unknown where the secret may go.
#[test]
fn a_stored_destination_that_is_not_valid_asks_for_the_secret_again() {
    let mut stored = stored();
    stored.open.insert("otlp_endpoint".to_owned(), "nonsense".to_owned());
    let settings = [("relay", "on"), ("otlp_endpoint", ELSEWHERE[0])].into_iter().collect();
    assert!(kinds::find("sentry").unwrap().edit(&settings, &stored).is_err());
}
