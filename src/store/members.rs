//! Table `members`: who belongs to an account, and as what.

use chrono::{DateTime, Utc};

use super::{Result, Store, Tenant};
use crate::id::{AccountId, UserId};

/// What a member may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Changes settings.
    Admin,
    /// Looks at them.
    Member,
}

impl Role {
    /// The word of the database and of forms.
    pub fn name(self) -> &'static str {
        match self {
            Self::Admin => "admin",
            Self::Member => "member",
        }
    }

    /// The role of that name. Whatever is not `admin` may only look.
    pub fn from_name(name: &str) -> Self {
        if name == "admin" { Self::Admin } else { Self::Member }
    }
}

impl From<String> for Role {
    fn from(name: String) -> Self {
        Self::from_name(&name)
    }
}

/// A member, as the page lists them.
#[derive(Debug, Clone)]
pub struct Member {
    /// The person.
    pub user: UserId,
    /// Their address.
    pub email: String,
    /// What they may do.
    pub role: Role,
    /// Since when.
    pub created_at: DateTime<Utc>,
}

/// All members of the account, longest first.
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

/// Makes somebody a member. Who is one already stays what they are.
pub async fn create(tenant: &mut Tenant, user: UserId, role: Role) -> Result<()> {
    let account = tenant.account().0;
    sqlx::query!(
        "INSERT INTO members (account_id, user_id, role) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
        account,
        user.0,
        role.name()
    )
    .execute(tenant.connection())
    .await?;
    Ok(())
}

/// Removes a member unless they are the last admin. Says whether somebody was removed.
pub async fn remove(tenant: &mut Tenant, user: UserId) -> Result<bool> {
    let account = tenant.account().0;
    // Two admins who remove one another at the same time must not both succeed.
    sqlx::query!("SELECT id FROM accounts WHERE id = $1 FOR UPDATE", account).fetch_all(tenant.connection()).await?;
    let removed = sqlx::query!(
        "DELETE FROM members WHERE account_id = $1 AND user_id = $2
           AND EXISTS (SELECT FROM members o WHERE o.account_id = $1 AND o.user_id <> $2 AND o.role = 'admin')",
        account,
        user.0
    )
    .execute(tenant.connection())
    .await?;
    Ok(removed.rows_affected() > 0)
}

/// The account that a person joined first.
pub async fn find_first_account(store: &Store, user: UserId) -> Result<Option<AccountId>> {
    let account = sqlx::query_scalar!(
        r#"SELECT account_id AS "account: AccountId" FROM members WHERE user_id = $1 ORDER BY created_at LIMIT 1"#,
        user.0
    );
    Ok(account.fetch_optional(store.pool()).await?)
}
