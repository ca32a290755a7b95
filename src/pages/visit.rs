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
use crate::auth;
use crate::client::Client;
use crate::http::client;
use crate::id::AccountId;
use crate::state::State;
use crate::store::members::{Membership, Role};
use crate::store::sessions::{Opened, Session};
use crate::store::{self, Tenant};

/// Paths that stay open to a person who lacks the second factor that their account requires: to set one up, or to
/// leave. The account's rule is not among them: an admin's stolen password could lift it for everybody.
const WAYS_OUT: [&str; 4] =
    [SECOND_FACTOR, "/settings/account/second-factor/new", "/settings/account/switch", "/settings/members/leave"];

/// Somebody who is signed in.
#[derive(Debug)]
pub struct Visitor {
    /// Who, and in which account.
    pub session: Session,
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

    /// A transaction of that account, for a page that is drawn after a form was refused.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn tenant(&self, state: &State) -> Result<Tenant, store::Error> {
        state.store.tenant(self.session.account).await
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
        Shell { section: Some(section), title: title.into(), ..self.frame() }
    }

    /// The frame around whatever this person looks at, without a title.
    pub fn frame(&self) -> Shell {
        let others = self.accounts.iter().filter(|membership| membership.account != self.session.account);
        let person = Person {
            email: self.session.email.clone(),
            account_name: self.session.account_name.clone(),
            other_accounts: others.map(|other| (other.account.to_string(), other.name.clone())).collect(),
        };
        Shell { notice: self.notice, person: Some(person), ..Shell::default() }
    }
}

/// A visit to a page: who looks, and the one transaction of their account in which the whole page is read.
///
/// It holds a connection. A handler that calls a flow takes a [`Visitor`] instead, because a flow begins a transaction
/// of its own.
#[derive(Debug)]
pub struct Visit {
    /// Who looks.
    pub visitor: Visitor,
    /// Reaches the rows of their account.
    pub tenant: Tenant,
}

impl Visit {
    /// The visit of a request. None: nobody is signed in.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn find(request: &HttpRequest) -> Result<Option<Self>, Error> {
        let Some(state) = request.app_data::<web::Data<State>>() else { return Err(Error::NotFound) };
        let cookies = Cookies::new(state.config.is_https());
        let Some(token) = cookies.session(request) else { return Ok(None) };
        let opened = auth::session::open(state, token.expose_secret()).await?;
        Ok(opened.map(|Opened { session, accounts, tenant }| {
            let client = client(request, &state.config.trusted_proxies);
            let now = session.now;
            Self { visitor: Visitor { session, accounts, client, notice: cookies.notice(request), now }, tenant }
        }))
    }
}

impl FromRequest for Visit {
    type Error = Error;
    type Future = LocalBoxFuture<'static, Result<Self, Error>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let request = request.clone();
        Box::pin(async move {
            // Only a page is opened again after signing in. A form is not sent again.
            let next = if request.method().is_safe() { request.path().to_owned() } else { String::new() };
            let visit = Self::find(&request).await?.ok_or(Error::SignedOut { next })?;
            let session = &visit.visitor.session;
            let is_way_out = request.match_pattern().is_some_and(|path| WAYS_OUT.contains(&path.as_str()));
            if !request.method().is_safe()
                && let Some(state) = request.app_data::<web::Data<State>>()
            {
                state.rate_limits.form(session.user).map_err(Error::TooOften)?;
            }
            if session.lacks_second_factor && !is_way_out { Err(Error::LacksSecondFactor) } else { Ok(visit) }
        })
    }
}

impl FromRequest for Visitor {
    type Error = Error;
    type Future = LocalBoxFuture<'static, Result<Self, Error>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let visit = Visit::from_request(request, payload);
        Box::pin(async move { Ok(visit.await?.visitor) })
    }
}

/// Somebody who is signed in and may change the account's settings.
#[derive(Debug)]
pub struct Admin<V = Visitor>(pub V);

impl<V: AsRef<Visitor> + FromRequest<Error = Error> + 'static> FromRequest for Admin<V> {
    type Error = Error;
    type Future = LocalBoxFuture<'static, Result<Self, Error>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let visit = V::from_request(request, payload);
        let request = request.clone();
        Box::pin(async move {
            let visit = visit.await?;
            let visitor = visit.as_ref();
            if visitor.can_edit() {
                return Ok(Self(visit));
            }
            let Session { user, account, .. } = &visitor.session;
            let (method, route, address) = (request.method(), request.match_pattern(), visitor.client.address);
            tracing::warn!(%user, %account, %method, route, %address, "a member may not do what is for admins");
            Err(Error::Forbidden)
        })
    }
}

impl AsRef<Visitor> for Visitor {
    fn as_ref(&self) -> &Visitor {
        self
    }
}

impl AsRef<Visitor> for Visit {
    fn as_ref(&self) -> &Visitor {
        &self.visitor
    }
}
