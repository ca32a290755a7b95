//! A database for each test: cloned from a migrated template in a cluster that is started through the program's own
//! launcher, without fsync, and thrown away.
//!
//! The cluster lies in `target/tmp`. It ends with the test program (the launcher sees to that, also when the tests are
//! killed). A second test program that runs at the same time takes the next folder.

use std::fs::{self, File, TryLockError};
use std::path::{Path, PathBuf};

use embedded_postgres::{ADMIN, EmbeddedPostgres, Options};
use sha2::{Digest as _, Sha256};
use sqlx::{AssertSqlSafe, Connection as _, PgConnection};
use tokio::sync::OnceCell;
use tracecast::app::launch_options;
use tracecast::random::Random;
use tracecast::store::MIGRATIONS;
use tracecast::store::roles::OWNER;

static CLUSTER: OnceCell<Cluster> = OnceCell::const_new();

/// Databases of earlier runs that may lie about before the whole cluster is thrown away.
const MOST_LEFT_OVER: i64 = 300;

/// One test's own database, migrated and empty.
pub(crate) struct Database {
    /// As its owner, who is no superuser.
    pub(crate) url: String,
    /// As the superuser, for tests that look behind the curtain.
    pub(crate) admin_url: String,
}

struct Cluster {
    postgres: EmbeddedPostgres,
    template: String,
    _lock: File,
}

impl Database {
    /// Clones the template.
    pub(crate) async fn new() -> Self {
        let cluster = CLUSTER.get_or_init(Cluster::start).await;
        Self::of_template(cluster, &cluster.template).await
    }

    /// One without any table.
    pub(crate) async fn empty() -> Self {
        Self::of_template(CLUSTER.get_or_init(Cluster::start).await, "template0").await
    }

    async fn of_template(cluster: &Cluster, template: &str) -> Self {
        let name = format!("test_{}", Random.uuid().simple());
        let mut admin = cluster.admin().await;
        create(&mut admin, &format!("{name} OWNER {OWNER} TEMPLATE {template}")).await.unwrap();
        admin.close().await.unwrap();
        Self { url: cluster.postgres.url_for(OWNER, &name), admin_url: cluster.postgres.url_for(ADMIN, &name) }
    }

    /// Changes something behind the program's back.
    pub(crate) async fn runs(&self, statement: &str) {
        let mut admin = PgConnection::connect(&self.admin_url).await.unwrap();
        sqlx::raw_sql(AssertSqlSafe(statement.to_owned())).execute(&mut admin).await.unwrap();
    }

    /// The texts that a query gives.
    pub(crate) async fn reads(&self, query: &str) -> Vec<String> {
        let mut admin = PgConnection::connect(&self.admin_url).await.unwrap();
        sqlx::query_scalar(AssertSqlSafe(query.to_owned())).fetch_all(&mut admin).await.unwrap()
    }
}

impl Cluster {
    async fn start() -> Self {
        let (folder, lock) = free_folder();
        let mut cluster = Self { postgres: launch(&folder).await, template: String::new(), _lock: lock };
        if cluster.left_over().await > MOST_LEFT_OVER {
            cluster.postgres.stop().await;
            fs::remove_dir_all(&folder).unwrap();
            cluster.postgres = launch(&folder).await;
        }
        cluster.template = cluster.template().await;
        cluster
    }

    async fn admin(&self) -> PgConnection {
        PgConnection::connect(&self.postgres.url_for(ADMIN, "postgres")).await.unwrap()
    }

    async fn left_over(&self) -> i64 {
        let mut admin = self.admin().await;
        sqlx::query_scalar("SELECT count(*) FROM pg_database").fetch_one(&mut admin).await.unwrap()
    }

    /// Migrates the template under another name first, so that one that was cut off is never cloned.
    async fn template(&self) -> String {
        let mut hash = Sha256::new();
        MIGRATIONS.iter().for_each(|migration| hash.update(&migration.checksum));
        let name = format!("template_{}", hex::encode(&hash.finalize()[..8]));
        let mut admin = self.admin().await;
        let exists: bool = sqlx::query_scalar("SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)")
            .bind(&name)
            .fetch_one(&mut admin)
            .await
            .unwrap();
        if !exists {
            let fresh = format!("fresh_{}", Random.uuid().simple());
            create(&mut admin, &format!("{fresh} OWNER {OWNER} TEMPLATE template0")).await.unwrap();
            let mut owner = PgConnection::connect(&self.postgres.url_for(OWNER, &fresh)).await.unwrap();
            MIGRATIONS.run(&mut owner).await.unwrap();
            owner.close().await.unwrap();
            let rename = format!("ALTER DATABASE {fresh} RENAME TO {name}");
            sqlx::raw_sql(AssertSqlSafe(rename)).execute(&mut admin).await.unwrap();
        }
        name
    }
}

/// Copying files beats writing them through the log, which Postgres does by default from version 15 on.
async fn create(admin: &mut PgConnection, what: &str) -> sqlx::Result<()> {
    let version: i32 =
        sqlx::query_scalar("SELECT current_setting('server_version_num')::int").fetch_one(&mut *admin).await?;
    let strategy = if version >= 150_000 { "STRATEGY file_copy" } else { "" };
    sqlx::raw_sql(AssertSqlSafe(format!("CREATE DATABASE {what} {strategy}"))).execute(admin).await?;
    Ok(())
}

async fn launch(folder: &Path) -> EmbeddedPostgres {
    let options = Options { durable: false, search_path: std::env::var_os("PATH"), ..launch_options() };
    EmbeddedPostgres::start(folder, options).await.unwrap_or_else(|error| panic!("{error}"))
}

/// The first folder that no other test program uses.
fn free_folder() -> (PathBuf, File) {
    let place = Path::new(env!("CARGO_TARGET_TMPDIR"));
    fs::create_dir_all(place).unwrap();
    for number in 0.. {
        let folder = place.join(format!("cluster-{number}"));
        let lock = File::create(folder.with_extension("lock")).unwrap();
        match lock.try_lock() {
            Ok(()) => return (folder, lock),
            Err(TryLockError::WouldBlock) => {}
            Err(TryLockError::Error(error)) => panic!("cannot lock {}: {error}", folder.display()),
        }
    }
    unreachable!("there is always one more number")
}

#[tokio::test]
async fn each_test_has_a_migrated_database_of_its_own() {
    let (one, other) = (Database::new().await, Database::new().await);
    assert_ne!(one.url, other.url);
    let mut connection = PgConnection::connect(&one.url).await.unwrap();
    let tables: i64 = sqlx::query_scalar("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'")
        .fetch_one(&mut connection)
        .await
        .unwrap();
    assert!(tables > 1, "the template is migrated");
    let mut admin = PgConnection::connect(&other.admin_url).await.unwrap();
    sqlx::raw_sql("DROP SCHEMA public CASCADE").execute(&mut admin).await.unwrap();
    let tables_now: i64 = sqlx::query_scalar("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'")
        .fetch_one(&mut connection)
        .await
        .unwrap();
    assert_eq!(tables, tables_now);
}
