//! Who looks at a page, and whether they may change anything.

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest, web};
use chrono::{DateTime, Utc};
use futures_util::future::LocalBoxFuture;
use secrecy::ExposeSecret as _;

use super::cookies::Cookies;
use super::error::{Error, SECOND_FACTOR};
use super::flash::Notice;
use super::shell::{Person, Section, Shell};
use crate::audit::Actor;
use crate::auth::members::Membership;
use crate::auth::{self, Role, Session};
use crate::client::Client;
use crate::http::client;
use crate::id::AccountId;
use crate::state::State;

/// What somebody without the second factor that their account asks for can still do: set one up, or go.
/// Not the account's rule itself: whoever has an admin's password could lift it for everybody.
const WAYS_OUT: [&str; 4] =
    [SECOND_FACTOR, "/settings/account/second-factor/new", "/settings/account/switch", "/settings/members/leave"];

/// Somebody who is signed in.
#[derive(Debug)]
pub struct Visitor {
    /// Who, and in which account.
    pub session: Session,
    /// All their accounts.
    pub accounts: Vec<Membership>,
    /// From where they look.
    pub client: Client,
    /// What they have just done.
    pub notice: Option<Notice>,
    /// When the page is drawn, by the database's clock.
    pub now: DateTime<Utc>,
}

impl Visitor {
    /// The account that they look at.
    pub fn account(&self) -> AccountId {
        self.session.account
    }

    /// Whether they may change the account's settings.
    pub fn can_edit(&self) -> bool {
        self.session.role == Role::Admin
    }

    /// Who acts, for the audit log.
    pub fn actor(&self) -> Actor {
        Actor { account: self.session.account, who: self.session.who(), client: Some(self.client.clone()) }
    }

    /// The frame of a page of the settings.
    pub fn shell(&self, section: Section, title: impl Into<String>) -> Shell {
        let others = self.accounts.iter().filter(|membership| membership.account != self.session.account);
        let person = Person {
            email: self.session.email.clone(),
            account_name: self.session.account_name.clone(),
            other_accounts: others.map(|other| (other.account.to_string(), other.name.clone())).collect(),
        };
        Shell { notice: self.notice, ..Shell::settings(section, title, person) }
    }

    /// The visitor of a request, if somebody is signed in.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn find(request: &HttpRequest) -> Result<Option<Self>, Error> {
        let Some(state) = request.app_data::<web::Data<State>>() else { return Err(Error::NotFound) };
        let cookies = Cookies::new(state.config.is_https());
        let Some(token) = cookies.session(request) else { return Ok(None) };
        let Some(session) = auth::session::find(state, token.expose_secret()).await? else { return Ok(None) };
        let accounts = auth::members::accounts(state, session.user).await?;
        let client = client(request, &state.config.trusted_proxies);
        let now = session.now;
        Ok(Some(Self { session, accounts, client, notice: cookies.notice(request), now }))
    }
}

impl FromRequest for Visitor {
    type Error = Error;
    type Future = LocalBoxFuture<'static, Result<Self, Error>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let request = request.clone();
        Box::pin(async move {
            // Coming back after signing in makes sense for pages only, not for what a form would have done.
            let next = if request.method().is_safe() { request.path().to_owned() } else { String::new() };
            let visitor = Self::find(&request).await?.ok_or(Error::SignedOut { next })?;
            let is_way_out = request.match_pattern().is_some_and(|path| WAYS_OUT.contains(&path.as_str()));
            if !request.method().is_safe()
                && let Some(state) = request.app_data::<web::Data<State>>()
            {
                state.rate_limits.form(visitor.session.user).map_err(Error::TooOften)?;
            }
            if visitor.session.lacks_second_factor && !is_way_out { Err(Error::LacksSecondFactor) } else { Ok(visitor) }
        })
    }
}

/// Somebody who is signed in and may change the account's settings.
#[derive(Debug)]
pub struct Admin(pub Visitor);

impl FromRequest for Admin {
    type Error = Error;
    type Future = LocalBoxFuture<'static, Result<Self, Error>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let visitor = Visitor::from_request(request, payload);
        let request = request.clone();
        Box::pin(async move {
            let visitor = visitor.await?;
            if visitor.can_edit() {
                return Ok(Self(visitor));
            }
            let Session { user, account, .. } = &visitor.session;
            let (method, route, address) = (request.method(), request.match_pattern(), visitor.client.address);
            tracing::warn!(%user, %account, %method, route, %address, "a member may not do what is for admins");
            Err(Error::Forbidden)
        })
    }
}
