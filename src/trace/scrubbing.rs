//! What Sentry's default data scrubbing will take out of our attributes (spec 2.1, fact 8). An attribute that Sentry does not know
//! is judged by its key and its value, `user.id` by its value. `docs/destinations/details/sentry.md` tells people.

use crate::completed_request::MetadataValue;
use crate::completed_request::secrets::{holds_secret, is_secret_name};

/// Whether Sentry, as it is set up by default, shows `[Filtered]`, or nothing, in place of this value of metadata or of a part of it.
/// Booleans stay.
pub fn is_scrubbed(key: &str, value: &MetadataValue<'_>) -> bool {
    match value {
        MetadataValue::Text(text) => is_secret_name(key) || holds_secret(text),
        MetadataValue::Int(_) | MetadataValue::Double(_) => is_secret_name(key),
        MetadataValue::Bool(_) => false,
    }
}

/// Whether Sentry, as it is set up by default, shows `[Filtered]` in place of this user: all such users become one.
pub fn is_user_scrubbed(user: &str) -> bool {
    holds_secret(user)
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;
    use serde_json::value::RawValue;

    use super::*;
    use crate::completed_request::TraceContext;
    use crate::completed_request::context::Caller;

    /// What a real Relay (26.9.0) left of metadata and users.
    const OBSERVED: &str = include_str!("scrubbing/observed.json");

    #[derive(Deserialize)]
    struct Observed {
        metadata: Vec<Pair>,
        users: Vec<User>,
    }

    #[derive(Deserialize)]
    struct Pair {
        key: String,
        value: Box<RawValue>,
        kept: bool,
    }

    #[derive(Deserialize)]
    struct User {
        user: String,
        #[serde(rename = "user.id")]
        shown: String,
    }

    #[test]
    fn forecast_is_what_a_real_relay_did() {
        let observed: Observed = serde_json::from_str(OBSERVED).unwrap();
        assert_eq!((observed.metadata.len(), observed.users.len()), (53, 9));
        for Pair { key, value, kept } in &observed.metadata {
            let trace = RawValue::from_string(format!("{{{key:?}:{value}}}")).unwrap();
            let context = TraceContext::from_caller(&Caller { trace: Some(&trace), ..Caller::default() }).unwrap();
            let (key, value) = &context.metadata[0];
            assert_eq!(is_scrubbed(key, value), !kept, "{key}: {value:?}");
        }
        for User { user, shown } in &observed.users {
            assert_eq!(is_user_scrubbed(user), user != shown, "{user}");
        }
    }
}
