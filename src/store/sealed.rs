//! Every column that holds sealed blobs, across all accounts: for the check at start and for changing the key.

use uuid::Uuid;

use super::{Result, Store};
use crate::id::{AccountId, DestinationId, UserId};
use crate::seal::{KeyId, Place};

/// A sealed blob and where it lies.
#[derive(Debug)]
pub struct SealedBlob {
    /// What it was sealed for.
    pub place: Place,
    /// It.
    pub blob: Vec<u8>,
    row: (Uuid, Uuid),
}

/// Blobs that are read at once.
const BATCH: i64 = 100;

/// The blobs of one column that other keys than one have sealed, batch after batch. What is sealed again or given up meanwhile
/// is not met twice.
#[derive(Debug)]
pub struct Batches<'s> {
    store: &'s Store,
    column: Column,
    key: KeyId,
    after: (Uuid, Uuid),
}

impl<'s> Batches<'s> {
    /// Those that another key than `key` has sealed, in the order of their rows.
    pub fn of_other_keys(store: &'s Store, column: Column, key: KeyId) -> Self {
        Self { store, column, key, after: (Uuid::nil(), Uuid::nil()) }
    }

    /// The next ones. Empty: there are no more.
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

/// Makes the functions below from one line for each column: table, the two columns that find a row (for a table with a
/// single one, that twice), the column of the blob, and the place for which it was sealed.
macro_rules! columns {
    ($($number:literal: $table:tt $first:tt $second:tt $blob:tt => $place:expr;)*) => {
        /// All columns that hold sealed blobs.
        pub const COLUMNS: &[Column] = &[$(Column($number)),*];

        /// How many blobs each key has sealed, in one column.
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

        /// Blobs of one column that another key than `key` has sealed, in the order of their rows, after the row `after`.
        async fn list_of_other_keys(
            store: &Store,
            column: Column,
            key: KeyId,
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
                        + $blob + " IS NOT NULL AND substr(" + $blob + ", 2, 4) <> $3 ORDER BY " + $first + ", " + $second
                        + " LIMIT $4", after.0, after.1, key.as_bytes(), most);
                    query.map(|row| sealed((row.first, row.second), row.blob, $place)).fetch_all(&store.pool).await?
                })*
                _ => Vec::new(),
            })
        }

        /// Puts `blob` in the place of `old`. False: somebody else changed or removed it meanwhile, and nothing was done.
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
