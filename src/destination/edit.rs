//! Changing a destination: an empty secret keeps the stored one, unless it would travel to another host.

use secrecy::ExposeSecret;
use url::Url;

use super::{Connection, FieldErrors, Kind, Settings, Stored};

/// Whether the secrets must be typed again because the new endpoint is another server (spec 5.3): else a co-member
/// could have them sent to a host of their own. Scheme and port belong to the server's identity.
pub fn requires_secret_again(old: &Url, new: &Url) -> bool {
    old.origin() != new.origin()
}

impl Kind {
    /// Parses what was typed over a stored destination. A secret field that is empty, or holds the stored value's masked
    /// form, keeps the stored value.
    ///
    /// # Errors
    /// One sentence for each field that has to be corrected; among them the secrets, when the endpoint moves to another
    /// server and they were kept.
    pub fn edit(&self, typed: &Settings, stored: &Stored) -> Result<Connection, FieldErrors> {
        let old = self.connect(&Settings::from(stored)).ok();
        let mut settings = typed.clone();
        let mut kept = Vec::new();
        for field in self.manifest.secrets() {
            let value = typed.get(field.name);
            let masked = old.as_ref().and_then(|old| old.masked(field.name));
            let Some(secret) = stored.secret.get(field.name) else { continue };
            if value.is_empty() || masked == Some(value) {
                settings.insert(field.name, secret.expose_secret());
                // What has no masked form holds nothing that could be told.
                if old.is_none() || masked.is_some() {
                    kept.push(field);
                }
            }
        }
        let new = self.connect(&settings)?;
        let moved = old.is_none_or(|old| requires_secret_again(old.wire().url(), new.wire().url()));
        let mut errors = FieldErrors::default();
        for field in kept.into_iter().filter(|_| moved) {
            errors.add(field.name, format!("The endpoint is on another server now: enter the {} again.", field.label));
        }
        if errors.is_empty() { Ok(new) } else { Err(errors) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::destination::kinds;

    const DSN: &str = "https://7c1f6e0b2a9d4c35b8e06f1d5a72943e@sentry.example:4318/1";

    fn stored() -> Stored {
        let settings = [("dsn", DSN), ("relay", "on")].into_iter().collect();
        kinds::find("sentry").unwrap().connect(&settings).unwrap().stored().clone()
    }

    /// What comes of an edit that names this endpoint and this DSN.
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

    /// What is stored may be from another version, or have been changed: then nobody can say where the secret may go.
    #[test]
    fn a_stored_destination_that_is_not_valid_asks_for_the_secret_again() {
        let mut stored = stored();
        stored.open.insert("otlp_endpoint".to_owned(), "nonsense".to_owned());
        let settings = [("relay", "on"), ("otlp_endpoint", ELSEWHERE[0])].into_iter().collect();
        assert!(kinds::find("sentry").unwrap().edit(&settings, &stored).is_err());
    }
}
