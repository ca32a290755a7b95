//! Who may read the prompts and completions of an account on its pages (spec 9.1).

use serde_json::json;

use crate::audit::{self, Actor, Change, Event};
use crate::id::UserId;
use crate::state::State;
use crate::store::accounts::{self, ContentReaders};
use crate::store::members::{self, Role};
use crate::store::{self, Tenant};

/// Lets these read content from now on. Gives whether that changed anything.
///
/// # Errors
/// When the database is away.
pub async fn set_readers(state: &State, actor: &Actor, readers: ContentReaders) -> Result<bool, store::Error> {
    let mut tenant = state.store.tenant(actor.account).await?;
    let before = accounts::put_content_readers(&mut tenant, readers).await?;
    if let Some(before) = before {
        let change = Change::new(Event::ContentReadersChanged, "")
            .between(json!({ "content_readers": before.name() }), json!({ "content_readers": readers.name() }));
        audit::record(state, &mut tenant, actor, change).await?;
    }
    tenant.commit().await?;
    Ok(before.is_some())
}

/// Whether somebody in this role may read content of the account.
///
/// # Errors
/// When the database is away.
pub async fn may_read(tenant: &mut Tenant, role: Role) -> Result<bool, store::Error> {
    let account = accounts::find(tenant).await?;
    Ok(account.is_some_and(|account| account.content_readers.include(role)))
}

/// Whether this person is a member now, and may read content of the account.
///
/// # Errors
/// When the database is away.
pub async fn may_still_read(tenant: &mut Tenant, user: UserId) -> Result<bool, store::Error> {
    let members = members::list(tenant).await?;
    match members.iter().find(|member| member.user == user) {
        Some(member) => may_read(tenant, member.role).await,
        None => Ok(false),
    }
}

/// Records that somebody exports requests with their content; `which` says which ones. The caller commits.
///
/// # Errors
/// When the database is away.
pub async fn record_export(state: &State, tenant: &mut Tenant, actor: &Actor, which: &str) -> Result<(), store::Error> {
    let change = Change::new(Event::ContentExported, which);
    audit::record(state, tenant, actor, change).await
}

/// Records that somebody reads the content of a request: once for each person, request and hour. The caller commits.
///
/// # Errors
/// When the database is away.
pub async fn record_reading(
    state: &State,
    tenant: &mut Tenant,
    actor: &Actor,
    generation_id: &str,
) -> Result<(), store::Error> {
    let entry = Change::new(Event::ContentRead, generation_id).entry(state, &actor.who, actor.client.as_ref());
    store::audit::record_reading(tenant, &entry).await
}
