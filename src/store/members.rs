//! Table `members`: the people of each account and their roles.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;

pub use super::role::Role;
use super::{Result, Store, Tenant, accounts, set_person};
use crate::id::{AccountId, UserId};

#[derive(Debug, Clone)]
pub struct Member {
    pub user: UserId,
    pub email: String,
    pub role: Role,
    /// Since when they are a member.
    pub created_at: DateTime<Utc>,
}

/// All members of the account, the longest-standing first.
pub async fn list(tenant: &mut Tenant) -> Result<Vec<Member>> {
    let account = tenant.account().0;
    let members = sqlx::query_as!(
        Member,
        r#"SELECT m.user_id AS "user: UserId", u.email, m.role, m.created_at
           FROM members m JOIN users u ON u.id = m.user_id
           WHERE m.account_id = $1 ORDER BY m.created_at, m.user_id"#,
        account
    );
    Ok(members.fetch_all(tenant.connection()).await?)
}

/// Makes a person a member. False: they are one already, and keep their role.
pub async fn create(tenant: &mut Tenant, user: UserId, role: Role) -> Result<bool> {
    let account = tenant.account().0;
    let created = sqlx::query!(
        "INSERT INTO members (account_id, user_id, role) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
        account,
        user.0,
        role.name()
    )
    .execute(tenant.connection())
    .await?;
    Ok(created.rows_affected() > 0)
}

/// The result of a change to a member.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Changed {
    /// The change was made. This was their role.
    From(Role),
    /// Nothing was changed: the account would be left without an admin.
    LastAdmin,
    /// Nothing was changed: the person is no member.
    NoMember,
}

/// Unless they are the last admin.
pub async fn put_role(tenant: &mut Tenant, user: UserId, role: Role) -> Result<Changed> {
    let account = tenant.account().0;
    let before = match lock(tenant, user).await? {
        Changed::LastAdmin if role == Role::Admin => return Ok(Changed::From(Role::Admin)),
        Changed::From(before) => before,
        refused => return Ok(refused),
    };
    sqlx::query!("UPDATE members SET role = $3 WHERE account_id = $1 AND user_id = $2", account, user.0, role.name())
        .execute(tenant.connection())
        .await?;
    Ok(Changed::From(before))
}

/// Removes a member and ends their sessions in the account, unless they are the last admin.
pub async fn remove(tenant: &mut Tenant, user: UserId) -> Result<Changed> {
    let account = tenant.account().0;
    let changed = lock(tenant, user).await?;
    if let Changed::From(_) = changed {
        // A session moves on to another of their accounts, and ends where there is none.
        set_person(tenant.connection(), user).await?;
        sqlx::query!(
            "UPDATE sessions SET account_id = other.account_id
             FROM (SELECT account_id FROM members WHERE user_id = $2 AND account_id <> $1 ORDER BY created_at LIMIT 1) other
             WHERE sessions.account_id = $1 AND sessions.user_id = $2",
            account,
            user.0
        )
        .execute(tenant.connection())
        .await?;
        sqlx::query!("DELETE FROM members WHERE account_id = $1 AND user_id = $2", account, user.0)
            .execute(tenant.connection())
            .await?;
    }
    Ok(changed)
}

/// A member's role, and whether they are the last admin. Until the transaction ends, nobody else changes a member of the
/// account: two admins who demote one another at the same time must not both succeed.
async fn lock(tenant: &mut Tenant, user: UserId) -> Result<Changed> {
    let account = tenant.account().0;
    accounts::lock(tenant).await?;
    let found = sqlx::query!(
        r#"SELECT role, EXISTS (SELECT FROM members o WHERE o.account_id = $1 AND o.user_id <> $2 AND o.role = 'admin')
                  AS "others!"
           FROM members WHERE account_id = $1 AND user_id = $2"#,
        account,
        user.0
    )
    .fetch_optional(tenant.connection())
    .await?;
    Ok(match found.map(|found| (Role::from(found.role), found.others)) {
        None => Changed::NoMember,
        Some((Role::Admin, false)) => Changed::LastAdmin,
        Some((role, _)) => Changed::From(role),
    })
}

/// An account of a person, for the switcher.
#[derive(Debug, Clone)]
pub struct Membership {
    pub account: AccountId,
    pub name: String,
    /// The person's role in it.
    pub role: Role,
    pub second_factor_required: bool,
}

/// All accounts of a person, by name, in a transaction of the person.
pub(super) async fn list_accounts(connection: &mut PgConnection, user: UserId) -> Result<Vec<Membership>> {
    let accounts = sqlx::query_as!(
        Membership,
        r#"SELECT a.id AS "account: AccountId", a.name, m.role, a.second_factor_required
           FROM members m JOIN accounts a ON a.id = m.account_id
           WHERE m.user_id = $1 ORDER BY lower(a.name), a.id"#,
        user.0
    );
    Ok(accounts.fetch_all(connection).await?)
}

/// The account that the person joined first.
pub async fn find_first_account(store: &Store, user: UserId) -> Result<Option<AccountId>> {
    let account = sqlx::query_scalar!(
        r#"SELECT account_id AS "account: AccountId" FROM members WHERE user_id = $1 ORDER BY created_at LIMIT 1"#,
        user.0
    );
    Ok(account.fetch_optional(&mut *store.person(user).await?).await?)
}
