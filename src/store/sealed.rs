//! All columns that hold sealed blobs, across all accounts: for the check at start and for changing the key.

use uuid::Uuid;

use super::{Result, Store};
use crate::id::{AccountId, DestinationId, UserId};
use crate::seal::{KeyId, Place};

/// A sealed blob and where it lies.
#[derive(Debug)]
pub struct SealedBlob {
    /// The place that the blob is bound to.
    pub place: Place,
    pub blob: Vec<u8>,
    row: (Uuid, Uuid),
}

/// Blobs that one query reads.
const BATCH: i64 = 100;

/// The blobs of one column, or those that keys other than one sealed, batch after batch. A blob that is sealed again or given up
/// meanwhile does not come twice.
#[derive(Debug)]
pub struct Batches<'s> {
    store: &'s Store,
    column: Column,
    /// The blobs of this key are left out.
    key: Option<KeyId>,
    after: (Uuid, Uuid),
}

impl<'s> Batches<'s> {
    /// The blobs that keys other than `key` sealed, in the order of their rows.
    pub fn of_other_keys(store: &'s Store, column: Column, key: KeyId) -> Self {
        Self { store, column, key: Some(key), after: (Uuid::nil(), Uuid::nil()) }
    }

    /// All blobs, in the order of their rows.
    pub fn of_all_keys(store: &'s Store, column: Column) -> Self {
        Self { store, column, key: None, after: (Uuid::nil(), Uuid::nil()) }
    }

    /// The next batch. Empty: there are no more blobs.
    pub async fn next(&mut self) -> Result<Vec<SealedBlob>> {
        let batch = list_of_other_keys(self.store, self.column, self.key, self.after, BATCH).await?;
        if let Some(last) = batch.last() {
            self.after = last.row;
        }
        Ok(batch)
    }
}

/// One column of sealed blobs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Column(usize);

/// Makes the functions below from one line for each column: the table, the two columns that identify a row (a single one is
/// repeated), the blob's column, and the place that the blob is bound to.
macro_rules! columns {
    ($($number:literal: $table:tt $first:tt $second:tt $blob:tt => $place:expr;)*) => {
        pub const COLUMNS: &[Column] = &[$(Column($number)),*];

        /// The number of blobs of one column that each key sealed.
        pub async fn count_by_key(store: &Store, column: Column) -> Result<Vec<(Option<KeyId>, u64)>> {
            let rows: Vec<(Vec<u8>, i64)> = match column.0 {
                $($number => {
                    let query = sqlx::query!("SELECT substr(" + $blob + r#", 2, 4) AS "key!", count(*) AS "blobs!" FROM "#
                        + $table + " WHERE " + $blob + " IS NOT NULL GROUP BY 1");
                    query.map(|row| (row.key, row.blobs)).fetch_all(&store.pool).await?
                })*
                _ => Vec::new(),
            };
            Ok(rows.into_iter().map(|(key, blobs)| (KeyId::read(&key), blobs.unsigned_abs())).collect())
        }

        /// Blobs of one column that keys other than `key` sealed, in the order of their rows, after the row `after`.
        async fn list_of_other_keys(
            store: &Store,
            column: Column,
            key: Option<KeyId>,
            after: (Uuid, Uuid),
            most: i64,
        ) -> Result<Vec<SealedBlob>> {
            let sealed = |row: (Uuid, Uuid), blob, place: fn(Uuid, Uuid) -> Place| {
                SealedBlob { place: place(row.0, row.1), blob, row }
            };
            Ok(match column.0 {
                $($number => {
                    let query = sqlx::query!("SELECT " + $first + r#" AS "first!", "# + $second + r#" AS "second!", "#
                        + $blob + r#" AS "blob!" FROM "# + $table + " WHERE (" + $first + ", " + $second + ") > ($1, $2) AND "
                        + $blob + " IS NOT NULL AND substr(" + $blob + ", 2, 4) IS DISTINCT FROM $3 ORDER BY " + $first + ", " + $second
                        + " LIMIT $4", after.0, after.1, key.as_ref().map(KeyId::as_bytes), most);
                    query.map(|row| sealed((row.first, row.second), row.blob, $place)).fetch_all(&store.pool).await?
                })*
                _ => Vec::new(),
            })
        }

        /// Replaces the blob `old`. False: somebody else changed or deleted it meanwhile, and nothing was done.
        pub async fn put(store: &Store, column: Column, old: &SealedBlob, blob: &[u8]) -> Result<bool> {
            let updated = match column.0 {
                $($number => {
                    let query = sqlx::query!("UPDATE " + $table + " SET " + $blob + " = $4 WHERE " + $first + " = $1 AND "
                        + $second + " = $2 AND " + $blob + " = $3", old.row.0, old.row.1, old.blob, blob);
                    query.execute(&store.pool).await?.rows_affected()
                })*
                _ => 0,
            };
            Ok(updated > 0)
        }
    };
}

columns! {
    0: "destinations" "account_id" "id" "secrets" => |account, id| Place::Destination(AccountId(account), DestinationId(id));
    1: "users" "id" "id" "totp_secret" => |user, _| Place::SecondFactor(UserId(user));
}
