//! Sessions of the person who is signed in: end one, end all others, look at another account.

use actix_web::web;

use super::answer::done;
use super::error::{Error, Result};
use super::flash::Notice;
use super::form::Form;
use super::visit::Visitor;
use super::welcome::HOME;
use super::you::PATH;
use crate::auth::session;
use crate::id::{AccountId, SessionId};
use crate::state::State;

/// `POST /settings/account/sessions/{id}/end`
pub(super) async fn remove(state: web::Data<State>, visitor: Visitor, id: web::Path<String>) -> Result {
    let id: SessionId = id.parse().map_err(|_| Error::NotFound)?;
    let ended = session::end(&state, &visitor.client, &visitor.session, id).await?;
    ended.then(|| done(&state, PATH, Notice::SessionEnded)).ok_or(Error::NotFound)
}

/// `POST /settings/account/sessions/end-others`
pub(super) async fn remove_others(state: web::Data<State>, visitor: Visitor) -> Result {
    session::end_others(&state, &visitor.client, &visitor.session).await?;
    Ok(done(&state, PATH, Notice::SessionsEnded))
}

/// `POST /settings/account/switch`
pub(super) async fn update(state: web::Data<State>, visitor: Visitor, Form(values): Form) -> Result {
    let account: AccountId = values.text("account").parse().map_err(|_| Error::NotFound)?;
    let switched = session::switch(&state, &visitor.session, account).await?;
    switched.then(|| done(&state, HOME, Notice::Switched)).ok_or(Error::NotFound)
}
