//! Table `api_keys`. A key is stored as its SHA-256 and recognised by its last four characters.

mod listener;

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use uuid::Uuid;

pub use self::listener::{KeyChange, Listener};
use super::notification::Notice;
use super::{Result, Store, Tenant, accounts, set_account};
use crate::destination::selection::KnownKey;
use crate::id::{AccountId, ApiKeyId, UserId};
use crate::token::{ApiKey, ApiKeyType, TokenHash};

/// Channel of keys that end or are enabled again. The payload is the key's id, and the notification travels with the commit.
const ENDED: &str = "tracecast_key_ended";

/// Stands before the id of a key that is enabled again.
const ENABLED: &str = "+";

/// Whose a key is, and what its people call it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyOwner {
    pub account: AccountId,
    pub key: ApiKeyId,
    pub name: Arc<str>,
    /// The member who made it. None: a program made it. They may have left since.
    pub member: Option<UserId>,
}

/// A key that is not revoked.
#[derive(Debug, Clone)]
pub struct ListedKey {
    pub id: ApiKeyId,
    /// SHA-256 of the whole key.
    pub hash: Vec<u8>,
    pub key_type: ApiKeyType,
    pub name: String,
    /// Its last four characters.
    pub last_four: String,
    pub created_at: DateTime<Utc>,
    /// None: an operator, or a program with a management key.
    pub created_by: Option<UserId>,
    pub updated_at: Option<DateTime<Utc>>,
    /// When it was last used, to the minute.
    pub last_used_at: Option<DateTime<Utc>>,
    /// Since when it lets nobody in. It may come back.
    pub disabled_at: Option<DateTime<Utc>>,
    /// From then on it lets nobody in.
    pub expires_at: Option<DateTime<Utc>>,
}

/// A key to be stored.
#[derive(Debug)]
pub struct NewKey<'a> {
    pub id: ApiKeyId,
    pub key: &'a ApiKey,
    pub name: &'a str,
    pub created_by: Option<UserId>,
    pub expires_at: Option<DateTime<Utc>>,
}

impl From<String> for ApiKeyType {
    fn from(name: String) -> Self {
        Self::from_name(&name).unwrap_or(Self::Inference)
    }
}

/// Most unrevoked keys of one account.
pub const MOST_KEYS: i64 = 500;

/// False: the account has the most keys already.
pub async fn create(tenant: &mut Tenant, new: &NewKey<'_>) -> Result<bool> {
    let account = tenant.account().0;
    let hash = new.key.hash();
    accounts::lock(tenant).await?;
    let inserted = sqlx::query!(
        "INSERT INTO api_keys (account_id, id, hash, key_type, name, last_four, created_by, expires_at)
         SELECT $1, $2, $3, $4, $5, $6, $7, $8
         WHERE (SELECT count(*) FROM api_keys WHERE account_id = $1 AND revoked_at IS NULL) < $9",
        account,
        new.id.0,
        hash.as_bytes(),
        new.key.key_type().name(),
        new.name,
        new.key.last_four(),
        new.created_by.map(|user| user.0),
        new.expires_at,
        MOST_KEYS
    )
    .execute(tenant.connection())
    .await?;
    Ok(inserted.rows_affected() > 0)
}

/// The account's unrevoked keys, the newest first.
pub async fn list(tenant: &mut Tenant) -> Result<Vec<ListedKey>> {
    let account = tenant.account().0;
    let keys = sqlx::query_as!(
        ListedKey,
        r#"SELECT id AS "id: ApiKeyId", hash, key_type, name, last_four, created_at, created_by AS "created_by: UserId", updated_at,
                  last_used_at, disabled_at, expires_at
           FROM api_keys WHERE account_id = $1 AND revoked_at IS NULL ORDER BY created_at DESC, id DESC"#,
        account
    );
    Ok(keys.fetch_all(tenant.connection()).await?)
}

/// An unrevoked key.
pub async fn find(tenant: &mut Tenant, id: ApiKeyId) -> Result<Option<ListedKey>> {
    let account = tenant.account().0;
    let key = sqlx::query_as!(
        ListedKey,
        r#"SELECT id AS "id: ApiKeyId", hash, key_type, name, last_four, created_at, created_by AS "created_by: UserId", updated_at,
                  last_used_at, disabled_at, expires_at
           FROM api_keys WHERE account_id = $1 AND id = $2 AND revoked_at IS NULL"#,
        account,
        id.0
    );
    Ok(key.fetch_optional(tenant.connection()).await?)
}

/// The unrevoked key with this hash.
pub async fn find_by_hash(tenant: &mut Tenant, hash: &TokenHash) -> Result<Option<ListedKey>> {
    let account = tenant.account().0;
    let key = sqlx::query_as!(
        ListedKey,
        r#"SELECT id AS "id: ApiKeyId", hash, key_type, name, last_four, created_at, created_by AS "created_by: UserId", updated_at,
                  last_used_at, disabled_at, expires_at
           FROM api_keys WHERE account_id = $1 AND hash = $2 AND revoked_at IS NULL"#,
        account,
        hash.as_bytes()
    );
    Ok(key.fetch_optional(tenant.connection()).await?)
}

/// Renames, disables or enables an unrevoked key. Gives whether there was one.
pub async fn put(tenant: &mut Tenant, key: &ListedKey, name: &str, disabled: bool, notice: Notice) -> Result<bool> {
    let account = tenant.account().0;
    let changed = sqlx::query!(
        "UPDATE api_keys
         SET name = $3, disabled_at = CASE WHEN $4 THEN coalesce(disabled_at, clock_timestamp()) END, updated_at = clock_timestamp()
         WHERE account_id = $1 AND id = $2 AND revoked_at IS NULL",
        account,
        key.id.0,
        name,
        disabled
    )
    .execute(tenant.connection())
    .await?;
    if disabled != key.disabled_at.is_some() {
        notify(tenant, if disabled { "" } else { ENABLED }, &[key.id], notice).await?;
    }
    Ok(changed.rows_affected() > 0)
}

/// Gives whether there was such an unrevoked key.
pub async fn revoke(tenant: &mut Tenant, id: ApiKeyId, notice: Notice) -> Result<bool> {
    let account = tenant.account().0;
    let revoked = sqlx::query!(
        "UPDATE api_keys SET revoked_at = clock_timestamp() WHERE account_id = $1 AND id = $2 AND revoked_at IS NULL",
        account,
        id.0
    )
    .execute(tenant.connection())
    .await?;
    notify_ended(tenant, &[id], notice).await?;
    Ok(revoked.rows_affected() > 0)
}

/// The account's unrevoked keys, with a notification for each. Called before the account is deleted, which ends them.
pub async fn list_ending(tenant: &mut Tenant, notice: Notice) -> Result<Vec<ApiKeyId>> {
    let account = tenant.account().0;
    let keys = sqlx::query_scalar!(
        r#"SELECT id AS "id: ApiKeyId" FROM api_keys WHERE account_id = $1 AND revoked_at IS NULL"#,
        account
    );
    let keys = keys.fetch_all(tenant.connection()).await?;
    notify_ended(tenant, &keys, notice).await?;
    Ok(keys)
}

/// Notifies every process that listens, with the commit.
async fn notify_ended(tenant: &mut Tenant, keys: &[ApiKeyId], notice: Notice) -> Result<()> {
    notify(tenant, "", keys, notice).await
}

async fn notify(tenant: &mut Tenant, before: &str, keys: &[ApiKeyId], notice: Notice) -> Result<()> {
    if notice == Notice::Given {
        let keys: Vec<Uuid> = keys.iter().map(|key| key.0).collect();
        sqlx::query!(
            "SELECT pg_notify($1, $3::text || key) FROM unnest($2::uuid[]) AS changed (key)",
            ENDED,
            &keys,
            before
        )
        .fetch_all(tenant.connection())
        .await?;
    }
    Ok(())
}

/// What rules may ask of an account's keys. The revoked ones are among them: requests that were made with those may still wait.
pub async fn list_known(store: &Store, account: AccountId) -> Result<BTreeMap<ApiKeyId, KnownKey>> {
    let keys = sqlx::query!(
        r#"SELECT id AS "id!: ApiKeyId", hash AS "hash!", name AS "name!" FROM known_keys($1)"#,
        account.0
    );
    let known = keys.fetch_all(store.pool()).await?.into_iter().filter_map(|key| {
        let hash = TokenHash(key.hash.try_into().ok()?);
        Some((key.id, KnownKey { hash, name: key.name }))
    });
    Ok(known.collect())
}

/// An inference key, as rules name it.
#[derive(Debug, Clone)]
pub struct RuledKey {
    pub id: ApiKeyId,
    pub hash: Vec<u8>,
    pub name: String,
    /// Its last four characters.
    pub last_four: String,
    /// Requests that were made with a revoked key are still judged by it.
    pub is_revoked: bool,
}

/// The account's inference keys, by name.
pub async fn list_ruled(tenant: &mut Tenant) -> Result<Vec<RuledKey>> {
    let account = tenant.account().0;
    let keys = sqlx::query_as!(
        RuledKey,
        r#"SELECT id AS "id: ApiKeyId", hash, name, last_four, revoked_at IS NOT NULL AS "is_revoked!" FROM api_keys
           WHERE account_id = $1 AND key_type = 'inference' ORDER BY lower(name), created_at, id"#,
        account
    );
    Ok(keys.fetch_all(tenant.connection()).await?)
}

/// Those of `hashes` that are no key of the account, revoked or not.
pub async fn list_unknown(tenant: &mut Tenant, hashes: &[TokenHash]) -> Result<Vec<TokenHash>> {
    let account = tenant.account().0;
    let hashes: Vec<Vec<u8>> = hashes.iter().map(|hash| hash.as_bytes().to_vec()).collect();
    let unknown = sqlx::query_scalar!(
        r#"SELECT named.hash AS "hash!" FROM unnest($2::bytea[]) AS named (hash)
           WHERE NOT EXISTS (SELECT FROM api_keys k WHERE k.account_id = $1 AND k.hash = named.hash)"#,
        account,
        &hashes
    );
    let unknown = unknown.fetch_all(tenant.connection()).await?;
    Ok(unknown.into_iter().filter_map(|hash| hash.try_into().ok().map(TokenHash)).collect())
}

/// The owner of the key with this hash, if it lets in: it is not revoked, disabled or expired. Records the use, at most once a minute.
pub async fn find_owner(store: &Store, hash: &TokenHash) -> Result<Option<KeyOwner>> {
    let mut transaction = store.holder(hash).await?;
    let found = sqlx::query!(
        r#"SELECT account_id AS "account: AccountId", id AS "key: ApiKeyId", name, created_by AS "member: UserId",
                  coalesce(last_used_at < clock_timestamp() - interval '1 minute', true) AS "unnoted!"
           FROM api_keys
           WHERE hash = $1 AND revoked_at IS NULL AND disabled_at IS NULL AND coalesce(expires_at > clock_timestamp(), true)"#,
        hash.as_bytes()
    )
    .fetch_optional(&mut *transaction)
    .await?;
    let Some(found) = found else { return Ok(None) };
    let owner = KeyOwner { account: found.account, key: found.key, name: found.name.into(), member: found.member };
    if found.unnoted {
        set_account(&mut transaction, owner.account).await?;
        sqlx::query!(
            "UPDATE api_keys SET last_used_at = clock_timestamp() WHERE account_id = $1 AND id = $2",
            owner.account.0,
            owner.key.0
        )
        .execute(&mut *transaction)
        .await?;
    }
    transaction.commit().await?;
    Ok(Some(owner))
}
