//! Table `invitations`: links by which a person becomes a member.

use std::time::Duration;

use chrono::{DateTime, Utc};

use super::interval::interval;
use super::role::Role;
use super::{Result, Store, Tenant, accounts, set_account};
use crate::id::{AccountId, InvitationId, UserId};
use crate::token::TokenHash;

/// An invitation that can still be accepted.
#[derive(Debug, Clone)]
pub struct Invitation {
    pub account: AccountId,
    pub account_name: String,
    pub id: InvitationId,
    /// The role that it gives.
    pub role: Role,
    pub expires_at: DateTime<Utc>,
}

/// Most open invitations of one account.
pub const MOST_INVITATIONS: i64 = 100;

/// False: the account has the most open invitations already.
pub async fn create(
    tenant: &mut Tenant,
    id: InvitationId,
    token: &TokenHash,
    role: Role,
    invited_by: Option<UserId>,
    lifetime: Duration,
) -> Result<bool> {
    let account = tenant.account().0;
    accounts::lock(tenant).await?;
    let inserted = sqlx::query!(
        "INSERT INTO invitations (account_id, id, token_hash, role, invited_by, expires_at)
         SELECT $1, $2, $3, $4, $5, clock_timestamp() + $6
         WHERE (SELECT count(*) FROM invitations
                WHERE account_id = $1 AND accepted_at IS NULL AND expires_at > clock_timestamp()) < $7",
        account,
        id.0,
        token.as_bytes(),
        role.name(),
        invited_by.map(|user| user.0),
        interval(lifetime),
        MOST_INVITATIONS
    )
    .execute(tenant.connection())
    .await?;
    Ok(inserted.rows_affected() > 0)
}

/// The account's open invitations, the newest first.
pub async fn list(tenant: &mut Tenant) -> Result<Vec<Invitation>> {
    let account = tenant.account().0;
    let invitations = sqlx::query_as!(
        Invitation,
        r#"SELECT i.account_id AS "account: AccountId", a.name AS account_name, i.id AS "id: InvitationId", i.role, i.expires_at
           FROM invitations i JOIN accounts a ON a.id = i.account_id
           WHERE i.account_id = $1 AND i.accepted_at IS NULL AND i.expires_at > clock_timestamp()
           ORDER BY i.created_at DESC"#,
        account
    );
    Ok(invitations.fetch_all(tenant.connection()).await?)
}

/// The open invitation of a link.
pub async fn find_by_token(store: &Store, token: &TokenHash) -> Result<Option<Invitation>> {
    let mut transaction = store.holder(token).await?;
    let account = sqlx::query_scalar!(
        r#"SELECT account_id AS "account: AccountId" FROM invitations WHERE token_hash = $1"#,
        token.as_bytes()
    );
    let Some(account) = account.fetch_optional(&mut *transaction).await? else { return Ok(None) };
    set_account(&mut transaction, account).await?;
    let invitation = sqlx::query_as!(
        Invitation,
        r#"SELECT i.account_id AS "account: AccountId", a.name AS account_name, i.id AS "id: InvitationId", i.role, i.expires_at
           FROM invitations i JOIN accounts a ON a.id = i.account_id
           WHERE i.account_id = $1 AND i.token_hash = $2 AND i.accepted_at IS NULL AND i.expires_at > clock_timestamp()"#,
        account.0,
        token.as_bytes()
    );
    Ok(invitation.fetch_optional(&mut *transaction).await?)
}

/// Marks an invitation as accepted. Of several calls at once only one succeeds.
pub async fn accept(tenant: &mut Tenant, id: InvitationId) -> Result<bool> {
    let account = tenant.account().0;
    let accepted = sqlx::query!(
        "UPDATE invitations SET accepted_at = clock_timestamp()
         WHERE account_id = $1 AND id = $2 AND accepted_at IS NULL AND expires_at > clock_timestamp()",
        account,
        id.0
    )
    .execute(tenant.connection())
    .await?;
    Ok(accepted.rows_affected() > 0)
}

pub async fn delete(tenant: &mut Tenant, id: InvitationId) -> Result<bool> {
    let account = tenant.account().0;
    let deleted = sqlx::query!(
        "DELETE FROM invitations WHERE account_id = $1 AND id = $2 AND accepted_at IS NULL",
        account,
        id.0
    )
    .execute(tenant.connection())
    .await?;
    Ok(deleted.rows_affected() > 0)
}

/// Creates the person who signs up by an invitation, in the account's transaction. False: the e-mail address is taken.
pub async fn create_user(tenant: &mut Tenant, user: &accounts::NewUser<'_>) -> Result<bool> {
    let inserted = sqlx::query!(
        "INSERT INTO users (id, email, password_hash) VALUES ($1, $2, $3) ON CONFLICT (email) DO NOTHING",
        user.id.0,
        user.email,
        user.password_hash
    )
    .execute(tenant.connection())
    .await?;
    Ok(inserted.rows_affected() > 0)
}
