//! Members of an account, and invitations to become one.

use std::time::Duration;

use secrecy::{ExposeSecret, SecretString};
use serde_json::json;

use super::Error;
use crate::audit::{self, Actor, Change, Event};
use crate::id::{InvitationId, UserId};
use crate::state::State;
use crate::store::invitations::MOST_INVITATIONS;
use crate::store::members::{self, Changed, Role};
use crate::store::{self, invitations};
use crate::token::{self, TokenHash};

pub const INVITATION_LIFETIME: Duration = Duration::from_hours(7 * 24);

/// Makes an invitation and gives the token of its link, which is shown only once.
///
/// # Errors
/// A sentence at `role`, or the database is away, or there is no randomness.
pub async fn invite(state: &State, actor: &Actor, role: Role) -> Result<SecretString, Error> {
    let secret = token::new_token(state.random)?;
    let hash = TokenHash::of(secret.expose_secret());
    let mut tenant = state.store.tenant(actor.account).await?;
    let id = InvitationId(state.random.uuid());
    if !invitations::create(&mut tenant, id, &hash, role, actor.user(), INVITATION_LIFETIME).await? {
        let sentence =
            format!("There are {MOST_INVITATIONS} open invitations already. Withdraw one that nobody needs.");
        return Err(Error::at("role", &sentence));
    }
    let change = Change::new(Event::MemberInvited, "").to(json!({ "role": role.name() }));
    audit::record(state, &mut tenant, actor, change).await?;
    tenant.commit().await?;
    Ok(secret)
}

/// False: there is no such open invitation.
///
/// # Errors
/// When the database is away.
pub async fn withdraw(state: &State, actor: &Actor, id: InvitationId) -> Result<bool, store::Error> {
    let mut tenant = state.store.tenant(actor.account).await?;
    if !invitations::delete(&mut tenant, id).await? {
        return Ok(false);
    }
    audit::record(state, &mut tenant, actor, Change::new(Event::InvitationWithdrawn, "")).await?;
    tenant.commit().await?;
    Ok(true)
}

/// Gives a member another role, unless they are the last admin.
///
/// # Errors
/// When the database is away.
pub async fn change_role(state: &State, actor: &Actor, user: UserId, role: Role) -> Result<Changed, store::Error> {
    let mut tenant = state.store.tenant(actor.account).await?;
    let email = email(&mut tenant, user).await?;
    let changed = members::put_role(&mut tenant, user, role).await?;
    if let Changed::From(before) = changed
        && before != role
    {
        let roles = (json!({ "role": before.name() }), json!({ "role": role.name() }));
        let change = Change::new(Event::RoleChanged, email).between(roles.0, roles.1);
        audit::record(state, &mut tenant, actor, change).await?;
        tenant.commit().await?;
    }
    Ok(changed)
}

/// Removes a member, unless they are the last admin. A member who removes themselves leaves.
///
/// # Errors
/// When the database is away.
pub async fn remove(state: &State, actor: &Actor, user: UserId) -> Result<Changed, store::Error> {
    let mut tenant = state.store.tenant(actor.account).await?;
    let email = email(&mut tenant, user).await?;
    let changed = members::remove(&mut tenant, user).await?;
    if let Changed::From(role) = changed {
        let event = if actor.user() == Some(user) { Event::MemberLeft } else { Event::MemberRemoved };
        let change = Change::new(event, email).from(json!({ "role": role.name() }));
        audit::record(state, &mut tenant, actor, change).await?;
        tenant.commit().await?;
    }
    Ok(changed)
}

async fn email(tenant: &mut store::Tenant, user: UserId) -> Result<String, store::Error> {
    let everybody = members::list(tenant).await?;
    Ok(everybody.into_iter().find(|member| member.user == user).map(|member| member.email).unwrap_or_default())
}
