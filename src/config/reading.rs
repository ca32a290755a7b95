//! Reads the settings one by one, so that all mistakes are found in one start.

use std::time::Duration;

use secrecy::SecretString;

use super::{Address, Given, Mistake, Upstreams, duration, upstreams};

/// Reads settings and gathers what is wrong with them.
pub(super) struct Reading<'a> {
    pub(super) given: &'a Given,
    pub(super) mistakes: Vec<Mistake>,
}

impl Reading<'_> {
    pub(super) fn given(&self, name: &str) -> Option<String> {
        self.given.value(name).map(str::to_owned)
    }

    pub(super) fn text(&self, name: &str) -> String {
        self.given(name).unwrap_or_default()
    }

    pub(super) fn secret(&self, name: &str) -> Option<SecretString> {
        self.given(name).map(SecretString::from)
    }

    pub(super) fn optional<T>(
        &mut self,
        name: &'static str,
        parse: impl FnOnce(&str) -> Result<T, String>,
    ) -> Option<T> {
        let text = self.given(name)?;
        match parse(&text) {
            Ok(value) => Some(value),
            Err(advice) => {
                self.mistakes.push(Mistake { setting: name, advice });
                None
            }
        }
    }

    pub(super) fn parsed<T>(
        &mut self,
        name: &'static str,
        fallback: T,
        parse: impl FnOnce(&str) -> Result<T, String>,
    ) -> T {
        self.optional(name, parse).unwrap_or(fallback)
    }

    pub(super) fn duration(&mut self, name: &'static str) -> Duration {
        self.parsed(name, Duration::ZERO, duration::parse)
    }

    /// One server by its address, or a table of them.
    pub(super) fn upstreams(&mut self) -> Upstreams {
        const BOTH: &str =
            "there is an UPSTREAM_BASE_URL, too; move that server into the table and leave one of the two out";
        let base_url = self.optional("upstream-base-url", Address::parse);
        let Some(table) = self.given("upstreams") else {
            return base_url.map(|url| Upstreams::one(url, self.secret("upstream-api-key"))).unwrap_or_default();
        };
        if self.given("upstream-base-url").is_some() {
            self.mistakes.push(Mistake { setting: "upstreams", advice: BOTH.to_owned() });
        }
        upstreams::read(&table, |name| self.given.variable(name)).unwrap_or_else(|sentences| {
            let mistake = |advice| Mistake { setting: "upstreams", advice };
            self.mistakes.extend(sentences.into_iter().map(mistake));
            Upstreams::default()
        })
    }
}
