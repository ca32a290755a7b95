//! The second lock: what one account's transaction can reach, whatever the query asks for (spec 5.2).

use secrecy::SecretString;
use sqlx::postgres::PgConnectOptions;
use sqlx::{AssertSqlSafe, Connection as _, PgConnection};
use tracecast::app::{App, StartError};
use tracecast::config::{Config, Given, Source};
use tracecast::random::Random;
use tracecast::store::Store;
use tracecast::store::roles::{self, Roles};

use crate::support::app::TestApp;

/// A connection as the pages have it, in a transaction of this account.
async fn page_of(app: &TestApp, account: &str) -> PgConnection {
    let mut connection = PgConnection::connect(&app.database.url).await.unwrap();
    let statements = format!("SET ROLE tracecast_web; BEGIN; SELECT set_config('app.account_id', '{account}', true)");
    sqlx::raw_sql(AssertSqlSafe(statements)).execute(&mut connection).await.unwrap();
    connection
}

async fn look(connection: &mut PgConnection, query: &str) -> sqlx::Result<i64> {
    sqlx::query_scalar(AssertSqlSafe(query.to_owned())).fetch_one(connection).await
}

/// Two accounts, and all tables that hold rows of accounts.
async fn two_accounts(app: &TestApp) -> (Vec<String>, Vec<String>) {
    app.signs_up("ada@example.com").await;
    app.signs_up("bob@example.com").await;
    let mut admin = PgConnection::connect(&app.database.admin_url).await.unwrap();
    let accounts = sqlx::query_scalar("SELECT id::text FROM accounts ORDER BY created_at");
    let accounts = accounts.fetch_all(&mut admin).await.unwrap();
    let tables = sqlx::query_scalar(
        "SELECT c.relname::text FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'account_id'
         WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition",
    );
    (accounts, tables.fetch_all(&mut admin).await.unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_reaches_the_rows_of_its_account_only_and_none_without_one() {
    let app = TestApp::start().await;
    let (accounts, tables) = two_accounts(&app).await;
    assert!(tables.len() >= 11, "{tables:?}");
    let mut page = page_of(&app, &accounts[0]).await;
    assert_eq!(look(&mut page, "SELECT count(*) FROM members").await.unwrap(), 1);
    assert_eq!(look(&mut page, "SELECT count(*) FROM accounts").await.unwrap(), 1);
    for table in &tables {
        let others = format!("SELECT count(*) FROM {table} WHERE account_id <> '{}'", accounts[0]);
        assert_eq!(look(&mut page, &others).await.unwrap(), 0, "{table}");
    }
    let mut nobody = page_of(&app, "").await;
    for table in &tables {
        assert_eq!(look(&mut nobody, &format!("SELECT count(*) FROM {table}")).await.unwrap(), 0, "{table}");
    }
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_writes_nothing_into_another_account_and_no_partition_lets_it_in() {
    let app = TestApp::start().await;
    let (accounts, _) = two_accounts(&app).await;
    let theirs = &accounts[1];
    let writes = [
        format!(
            "INSERT INTO broadcast_periods (account_id, started_at) VALUES ('{theirs}', now()) RETURNING 1::bigint"
        ),
        format!(
            "INSERT INTO losses (account_id, id, requests) VALUES ('{theirs}', gen_random_uuid(), 1) RETURNING 1::bigint"
        ),
        "UPDATE audit_log SET actor = 'nobody' RETURNING 1::bigint".to_owned(),
        "DELETE FROM audit_log RETURNING 1::bigint".to_owned(),
        format!("SELECT count(*) FROM completed_requests_{}", chrono::DateTime::UNIX_EPOCH.format("%Y%m%d")),
    ];
    for write in writes {
        let mut page = page_of(&app, &accounts[0]).await;
        assert!(look(&mut page, &write).await.is_err(), "{write}");
    }
    let mut page = page_of(&app, &accounts[0]).await;
    let moved = look(&mut page, &format!("UPDATE accounts SET id = '{theirs}' RETURNING 1::bigint")).await;
    assert!(moved.is_err());
    let mut page = page_of(&app, &accounts[0]).await;
    let stolen = format!(
        "WITH gone AS (DELETE FROM members WHERE account_id = '{theirs}' RETURNING 1) SELECT count(*) FROM gone"
    );
    assert_eq!(look(&mut page, &stolen).await.unwrap(), 0);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_worker_reaches_no_people_keys_or_sessions() {
    let app = TestApp::start().await;
    app.signs_up("ada@example.com").await;
    let mut worker = PgConnection::connect(&app.database.url).await.unwrap();
    sqlx::raw_sql("SET ROLE tracecast_worker").execute(&mut worker).await.unwrap();
    assert_eq!(look(&mut worker, "SELECT count(*) FROM accounts").await.unwrap(), 1);
    for table in ["users", "sessions", "api_keys", "members", "invitations", "audit_log", "recovery_codes"] {
        assert!(look(&mut worker, &format!("SELECT count(*) FROM {table}")).await.is_err(), "{table}");
    }
    let set = "UPDATE destinations SET secrets = '' RETURNING 1::bigint";
    assert!(look(&mut worker, set).await.is_err());
    app.stop().await;
}

async fn builds(url: &str) -> Result<App, StartError> {
    let given = Given::defaults().with("keys", "ab".repeat(32), Source::Argument);
    let mut config = Config::parse(&given).unwrap();
    config.database_url = Some(SecretString::from(url.to_owned()));
    App::build(config).await
}

/// What the program says instead of starting on this database.
async fn refusal(url: &str) -> String {
    builds(url).await.unwrap_err().to_string()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_program_does_not_start_as_a_superuser_or_beside_a_table_without_its_lock() {
    let app = TestApp::start().await;
    let said = refusal(&app.database.admin_url).await;
    assert!(said.contains("is a superuser or bypasses row-level security"), "{said}");
    // What somebody else keeps beside our tables is none of our business.
    app.database.runs("CREATE TABLE theirs (account_id uuid)").await;
    assert_eq!(builds(&app.database.url).await.map_err(|error| error.to_string()).err(), None);
    for statement in [
        "ALTER TABLE destinations NO FORCE ROW LEVEL SECURITY",
        "ALTER TABLE destinations FORCE ROW LEVEL SECURITY; ALTER TABLE api_keys DISABLE ROW LEVEL SECURITY",
        "ALTER TABLE api_keys ENABLE ROW LEVEL SECURITY; ALTER TABLE accounts NO FORCE ROW LEVEL SECURITY",
    ] {
        let mut admin = PgConnection::connect(&app.database.admin_url).await.unwrap();
        sqlx::raw_sql(statement).execute(&mut admin).await.unwrap();
        let said = refusal(&app.database.url).await;
        assert!(said.contains("keeps rows of several accounts without row-level security"), "{said}");
    }
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_owner_who_works_alone_is_shown_nothing_by_what_the_worker_was_allowed() {
    let app = TestApp::start().await;
    app.signs_up("ada@example.com").await;
    let owner = format!("alone_{}", Random.uuid().simple());
    // Somebody took the role of the pages away and left that of the worker.
    let statements = format!(
        "CREATE ROLE {owner} NOLOGIN; GRANT tracecast_worker TO {owner}; GRANT CREATE ON SCHEMA public TO {owner};
         DO $$ DECLARE r record; BEGIN
             FOR r IN SELECT oid::regclass AS name FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p')
             LOOP EXECUTE format('ALTER TABLE %s OWNER TO {owner}', r.name); END LOOP; END $$"
    );
    app.database.runs(&statements).await;
    let options: PgConnectOptions = app.database.admin_url.parse().unwrap();
    let store = Store::open(options.options([("role", owner.as_str())]), "alone", 1);
    let seen = || sqlx::query_scalar::<_, i64>("SELECT count(*) FROM accounts").fetch_one(store.pool());
    assert_eq!(seen().await.unwrap(), 1, "the worker's policy counts for its members");
    assert_eq!(roles::ensure(&store).await.unwrap(), Roles::OwnerOnly);
    assert_eq!(seen().await.unwrap(), 0);
    store.close().await;
    app.stop().await;
}
