//! The cookies: the session's token, and the notice of what has just been done.

use actix_web::HttpRequest;
use actix_web::cookie::{Cookie, SameSite};
use secrecy::{ExposeSecret, SecretString};

use super::flash::Notice;

/// Cookie names and their flags, which depend on how people reach the pages.
///
/// Browsers take the prefix `__Host-` only together with `Secure`, and `Secure` only over https (or on localhost).
#[derive(Debug, Clone, Copy)]
pub struct Cookies {
    is_https: bool,
}

impl Cookies {
    /// For pages that are reached over https, or over plain http.
    pub fn new(is_https: bool) -> Self {
        Self { is_https }
    }

    /// The session's token, if the browser sent one.
    pub fn session(self, request: &HttpRequest) -> Option<SecretString> {
        let cookie = request.cookie(self.session_name())?;
        Some(SecretString::from(cookie.value()))
    }

    /// The cookie of a new session. It lasts as long as the browser does; the server ends it sooner if unused.
    pub fn signed_in(self, token: &SecretString) -> Cookie<'static> {
        self.cookie(self.session_name(), token.expose_secret().to_owned())
    }

    /// Takes the session's cookie away.
    pub fn signed_out(self) -> Cookie<'static> {
        let mut cookie = self.cookie(self.session_name(), String::new());
        cookie.make_removal();
        cookie
    }

    /// The token of somebody who has yet to show their second factor.
    pub fn step(self, request: &HttpRequest) -> Option<SecretString> {
        let cookie = request.cookie(self.step_name())?;
        Some(SecretString::from(cookie.value()))
    }

    /// The cookie of somebody who has shown their password.
    pub fn with_step(self, token: &SecretString) -> Cookie<'static> {
        self.cookie(self.step_name(), token.expose_secret().to_owned())
    }

    /// Takes the step's cookie away.
    pub fn without_step(self) -> Cookie<'static> {
        let mut cookie = self.cookie(self.step_name(), String::new());
        cookie.make_removal();
        cookie
    }

    /// The notice that the browser sent back.
    pub fn notice(self, request: &HttpRequest) -> Option<Notice> {
        Notice::named(request.cookie(self.notice_name())?.value())
    }

    pub fn with_notice(self, notice: Notice) -> Cookie<'static> {
        self.cookie(self.notice_name(), notice.name().to_owned())
    }

    /// Takes the notice away, once it has been shown.
    pub fn without_notice(self) -> Cookie<'static> {
        let mut cookie = self.cookie(self.notice_name(), String::new());
        cookie.make_removal();
        cookie
    }

    fn session_name(self) -> &'static str {
        if self.is_https { "__Host-tc_session" } else { "tc_session" }
    }

    fn step_name(self) -> &'static str {
        if self.is_https { "__Host-tc_step" } else { "tc_step" }
    }

    fn notice_name(self) -> &'static str {
        if self.is_https { "__Host-tc_notice" } else { "tc_notice" }
    }

    fn cookie(self, name: &'static str, value: String) -> Cookie<'static> {
        Cookie::build(name, value).path("/").http_only(true).secure(self.is_https).same_site(SameSite::Lax).finish()
    }
}
