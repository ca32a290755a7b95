//! The database's schema: brought up to date, and compared with this program's migrations.

use std::cmp::Ordering;

use sqlx::migrate::MigrateError;

use super::{Error, Result, Store, partitions, restored};

pub static MIGRATIONS: sqlx::migrate::Migrator = sqlx::migrate!("./migrations");

impl From<MigrateError> for Error {
    fn from(error: MigrateError) -> Self {
        match (error, newest_migration()) {
            (MigrateError::VersionMissing(found), known) if found > known => Self::SchemaIsNewer { found, known },
            (error, _) => Self::Migration(error),
        }
    }
}

/// The database's schema, compared with this program's migrations.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Schema {
    /// Migrations of this program are missing.
    Older,
    /// All migrations of this program and no others.
    Current,
    /// A newer version of the program has migrated the database.
    Newer {
        /// The database's newest migration.
        found: i64,
        /// The newest migration that this program knows.
        known: i64,
    },
}

fn newest_migration() -> i64 {
    MIGRATIONS.iter().map(|migration| migration.version).max().unwrap_or_default()
}

impl Store {
    /// Brings the schema up to date. Several processes may do so at the same time.
    ///
    /// # Errors
    /// When Postgres is away, a migration fails (it is rolled back), or the schema is newer (nothing is done).
    pub async fn migrate(&self) -> Result<()> {
        MIGRATIONS.run(&self.pool).await?;
        self.go_on_after_restore().await?;
        partitions::create_ahead(self).await
    }

    /// Renumbers a log that was restored from a dump, so that it continues. Cheap where none was.
    ///
    /// # Errors
    /// When Postgres is away.
    pub async fn go_on_after_restore(&self) -> Result<()> {
        if restored::renumber(self).await? {
            tracing::warn!("this database was restored from a dump; its log goes on where it stood");
        }
        Ok(())
    }

    /// Compares the database's schema with this program's migrations.
    ///
    /// # Errors
    /// When Postgres is away.
    pub async fn schema(&self) -> Result<Schema> {
        let known = newest_migration();
        let applied = sqlx::query_scalar!("SELECT max(version) FROM _sqlx_migrations WHERE success")
            .fetch_one(&self.pool)
            .await?;
        let found = applied.unwrap_or_default();
        Ok(match found.cmp(&known) {
            Ordering::Less => Schema::Older,
            Ordering::Equal => Schema::Current,
            Ordering::Greater => Schema::Newer { found, known },
        })
    }
}
