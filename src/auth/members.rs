//! Members of an account, and invitations to become one.

use std::time::Duration;

use secrecy::{ExposeSecret, SecretString};

use super::Error;
use crate::id::{AccountId, InvitationId, UserId};
use crate::state::State;
use crate::store::{self, invitations, members};
use crate::token::{self, TokenHash};

pub use crate::store::invitations::Invitation;
pub use crate::store::members::{Member, Role};

/// How long an invitation can be accepted.
pub const INVITATION_LIFETIME: Duration = Duration::from_hours(7 * 24);

/// Members and open invitations of an account.
///
/// # Errors
/// When the database is away.
pub async fn list(state: &State, account: AccountId) -> Result<(Vec<Member>, Vec<Invitation>), store::Error> {
    let mut tenant = state.store.tenant(account).await?;
    Ok((members::list(&mut tenant).await?, invitations::list(&mut tenant).await?))
}

/// Makes an invitation and returns the token of its link, which is shown this once.
///
/// # Errors
/// When the database is away or there is no randomness.
pub async fn invite(state: &State, account: AccountId, by: UserId, role: Role) -> Result<SecretString, Error> {
    let secret = token::new_token(state.random)?;
    let hash = TokenHash::of(secret.expose_secret());
    let mut tenant = state.store.tenant(account).await?;
    let id = InvitationId(state.random.uuid());
    invitations::create(&mut tenant, id, &hash, role, by, INVITATION_LIFETIME).await?;
    tenant.commit().await?;
    Ok(secret)
}

/// Takes an invitation back.
///
/// # Errors
/// When the database is away.
pub async fn withdraw(state: &State, account: AccountId, id: InvitationId) -> Result<bool, store::Error> {
    let mut tenant = state.store.tenant(account).await?;
    let withdrawn = invitations::delete(&mut tenant, id).await?;
    tenant.commit().await?;
    Ok(withdrawn)
}

/// Removes a member, unless they are the last admin. Says whether somebody was removed.
///
/// # Errors
/// When the database is away.
pub async fn remove(state: &State, account: AccountId, user: UserId) -> Result<bool, store::Error> {
    let mut tenant = state.store.tenant(account).await?;
    let removed = members::remove(&mut tenant, user).await?;
    tenant.commit().await?;
    Ok(removed)
}
