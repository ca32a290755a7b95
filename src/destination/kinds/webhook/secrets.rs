//! The secrets of one webhook: one, and for a day after it was replaced the one before.
//!
//! They are one text, so that they are stored, sealed and kept together: `whsec_…`, or `whsec_… whsec_…@<unix seconds>` with the
//! end of the older one.

use std::time::Duration;

use secrecy::{ExposeSecret as _, SecretString};

use crate::clock::UnixNanos;
use crate::random::{Random, Unavailable};
use crate::signature::standard_webhooks::Secret;

/// How long a replaced secret still signs.
const OVERLAP: Duration = Duration::from_hours(24);

#[derive(Debug, Clone, Default)]
pub struct Secrets {
    current: Option<Secret>,
    older: Option<Older>,
}

#[derive(Debug, Clone)]
struct Older {
    secret: Secret,
    /// Unix seconds.
    until: u64,
}

impl Secrets {
    /// Reads them. An empty text means that nothing is signed.
    pub fn parse(text: &str) -> Option<Self> {
        let mut words = text.split_ascii_whitespace();
        let Some(current) = words.next() else { return Some(Self::default()) };
        let current = Some(Secret::parse(current)?);
        let older = match words.next() {
            None => None,
            Some(word) => {
                let (secret, until) = word.split_once('@')?;
                Some(Older { secret: Secret::parse(secret)?, until: until.parse().ok()? })
            }
        };
        words.next().is_none().then_some(Self { current, older })
    }

    /// The same with a new secret. The one before still signs for a day.
    ///
    /// # Errors
    /// When there is no randomness.
    pub fn replaced(self, now: UnixNanos, random: Random) -> Result<Self, Unavailable> {
        let until = now.as_seconds() + OVERLAP.as_secs();
        let older = self.current.map(|secret| Older { secret, until });
        Ok(Self { current: Some(Secret::new(random)?), older })
    }

    /// As they are stored.
    pub fn to_text(&self) -> SecretString {
        let older =
            self.older.as_ref().map(|older| format!("{}@{}", older.secret.to_text().expose_secret(), older.until));
        let current = self.current.as_ref().map(|secret| secret.to_text().expose_secret().to_owned());
        current.into_iter().chain(older).collect::<Vec<_>>().join(" ").into()
    }

    /// The secret to give to the receiver.
    pub fn current(&self) -> Option<SecretString> {
        self.current.as_ref().map(Secret::to_text)
    }

    /// Until when the one before signs, in Unix seconds. None: there is none.
    pub fn older_until(&self) -> Option<u64> {
        self.older.as_ref().map(|older| older.until)
    }

    /// Those that sign at this time, the current one first.
    pub(super) fn at(&self, unix_seconds: u64) -> Vec<Secret> {
        let older = self.older.as_ref().filter(|older| unix_seconds < older.until).map(|older| &older.secret);
        self.current.iter().chain(older).cloned().collect()
    }

    /// Each by itself, the current one last.
    pub(super) fn words(&self) -> Vec<String> {
        let older = self.older.as_ref().map(|older| &older.secret);
        older.into_iter().chain(&self.current).map(|secret| secret.to_text().expose_secret().to_owned()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: UnixNanos = UnixNanos(1_788_596_085_000_000_000);

    #[test]
    fn replaced_secret_signs_beside_the_new_one_for_a_day() {
        let first = Secrets::default().replaced(NOW, Random).unwrap();
        assert_eq!((first.at(NOW.as_seconds()).len(), first.older_until()), (1, None));
        let second = first.clone().replaced(NOW, Random).unwrap();
        let again = Secrets::parse(second.to_text().expose_secret()).unwrap();
        assert_eq!(again.to_text().expose_secret(), second.to_text().expose_secret());
        let day = OVERLAP.as_secs();
        let texts = |at| again.at(at).iter().map(|it| it.to_text().expose_secret().to_owned()).collect::<Vec<_>>();
        let current = |secrets: &Secrets| secrets.current().unwrap().expose_secret().to_owned();
        assert_eq!(texts(NOW.as_seconds() + day - 1), [current(&second), current(&first)]);
        assert_eq!(texts(NOW.as_seconds() + day), [current(&second)]);
    }

    #[test]
    fn text_that_is_no_secret_is_none() {
        for wrong in [
            "whsec_short",
            "secret",
            "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
            "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw@soon",
            "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw x y",
        ] {
            assert!(Secrets::parse(wrong).is_none(), "{wrong}");
        }
        assert!(Secrets::parse("").unwrap().at(0).is_empty());
    }
}
