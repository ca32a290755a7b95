//! The end of a sign-in: the session's cookie, and where the person goes then.

use actix_web::HttpRequest;
use secrecy::ExposeSecret as _;
use serde::Deserialize;

use super::answer::see_other;
use super::cookies::Cookies;
use super::error::Result;
use crate::auth::{self, SignedIn};
use crate::client::Client;
use crate::state::State;

/// The page after signing in.
pub(super) const HOME: &str = "/settings/observability";

/// Where to go after signing in.
#[derive(Debug, Deserialize)]
pub(super) struct Next {
    #[serde(default)]
    pub(super) next: String,
}

/// 303 with the cookie of a new session. The browser's former session ends, because nobody would find it again (OWASP
/// ASVS 5.0, 7.2.4).
pub(super) async fn welcome(
    state: &State,
    request: &HttpRequest,
    client: &Client,
    signed_in: &SignedIn,
    path: &str,
) -> Result {
    let cookies = Cookies::new(state.config.is_https());
    if let Some(before) = cookies.session(request) {
        auth::session::sign_out(state, client, before.expose_secret()).await?;
    }
    let mut response = see_other(path);
    response.add_cookie(&cookies.signed_in(&signed_in.session_token))?;
    Ok(response)
}

/// `next`, if it is a path of this server; else the settings. `//host` and `/\host` lead elsewhere.
pub(super) fn local(next: &str) -> &str {
    let is_local = next.starts_with('/')
        && !next.starts_with("//")
        && !next.contains('\\')
        && next.chars().all(|c| c.is_ascii_graphic());
    if is_local { next } else { HOME }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_local_paths_are_followed_after_signing_in() {
        assert_eq!(local("/settings/keys"), "/settings/keys");
        for elsewhere in ["", "//evil.example", "https://evil.example", "/\\evil.example", "/a\nb", "settings"] {
            assert_eq!(local(elsewhere), HOME, "{elsewhere:?}");
        }
    }
}
