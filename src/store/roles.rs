//! The database roles under which the program works, and the proof that row-level security holds them (spec 5.2).

use sqlx::{AssertSqlSafe, PgConnection};

use super::{Result, Store};

/// The owner of the database and of everything in it, where the program creates it. An operator's owner may have another name.
pub const OWNER: &str = "tracecast";

/// The role of pages and API: reaches the rows of one account at a time.
pub const WEB: &str = "tracecast_web";

/// The role of worker and recorder: serves all accounts, and reaches only the tables of delivery.
pub const WORKER: &str = "tracecast_worker";

/// The rights of a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Changes the schema, and works across accounts: migrations, retention, the operator's commands.
    Owner,
    /// Pages and API.
    Web,
    /// Worker and recorder.
    Worker,
}

/// Whether pages and worker have roles of their own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Roles {
    /// They have.
    Separate,
    /// The owner may not create roles, and works for all. The policies hold it as well.
    OwnerOnly,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unsafe {
    /// Row-level security does not hold this role.
    #[error(
        "the database role `{role}` is a superuser or bypasses row-level security, so that nothing would keep accounts \
         apart. Connect as a role of its own that owns the database: tracecast migrate --print-roles prints how to make it"
    )]
    Role { role: String },
    /// A table with rows of accounts has no row-level security.
    #[error(
        "the table `{table}` keeps rows of several accounts without row-level security (ENABLE and FORCE) and a policy. \
         Undo what switched it off: ALTER TABLE {table} ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY"
    )]
    Table { table: String },
}

/// Tables of delivery, and what the worker may do with them.
const WORKER_TABLES: [(&str, &str); 15] = [
    ("accounts", "SELECT"),
    ("cursors", "SELECT, UPDATE"),
    (
        "destinations",
        "SELECT, UPDATE (health, reason, failures, failing_since, not_before, probes_first, enabled, switched_off_at, revision, \
         updated_at)",
    ),
    ("broadcast_periods", "SELECT"),
    ("completed_requests", "SELECT, INSERT"),
    ("deliveries", "SELECT, INSERT"),
    ("dead_letters", "SELECT, INSERT, UPDATE (dropped_at, created_at, reason, status, answer), DELETE"),
    ("losses", "SELECT, INSERT"),
    ("meters", "SELECT, INSERT, UPDATE"),
    ("request_facts", "SELECT, INSERT"),
    ("usage_rollups", "SELECT, INSERT, UPDATE"),
    ("replay_requests", "SELECT"),
    ("replays", "SELECT"),
    ("expiries", "SELECT"),
    ("destination_revisions", "SELECT"),
];

/// The script with which an administrator creates the roles where the owner may not.
pub fn script(owner: &str) -> String {
    format!(
        "-- Once for each Postgres, as an administrator:\n\
         CREATE ROLE {WEB} NOLOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOBYPASSRLS;\n\
         CREATE ROLE {WORKER} NOLOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOBYPASSRLS;\n\
         -- The role in DATABASE_URL, which owns the database and is no superuser:\n\
         GRANT {WEB}, {WORKER} TO \"{}\";\n",
        owner.replace('"', "\"\"")
    )
}

/// Creates the roles where that is allowed, and grants them their rights.
///
/// # Errors
/// When Postgres is away.
pub async fn ensure(store: &Store) -> Result<Roles> {
    let mut transaction = store.begin().await?;
    // Several processes may start at once.
    sqlx::query_scalar!("SELECT pg_advisory_xact_lock(29795, 1)").fetch_one(&mut *transaction).await?;
    if !usable(&mut transaction).await? {
        if !may_create(&mut transaction).await? {
            drop_policies_of_worker(&mut transaction).await?;
            transaction.commit().await?;
            return Ok(Roles::OwnerOnly);
        }
        create(&mut transaction).await?;
    }
    grant(&mut transaction).await?;
    transaction.commit().await?;
    Ok(Roles::Separate)
}

/// Which roles the program works under here. Changes nothing.
///
/// # Errors
/// When Postgres is away.
pub async fn find(store: &Store) -> Result<Roles> {
    let mut connection = store.connection().await?;
    Ok(if usable(&mut connection).await? { Roles::Separate } else { Roles::OwnerOnly })
}

/// Whether both roles exist and this role may take them on.
async fn usable(connection: &mut PgConnection) -> Result<bool> {
    let usable = sqlx::query_scalar!(
        r#"SELECT count(*) FILTER (WHERE pg_has_role(current_user, oid, 'MEMBER')) = 2 AS "usable!"
           FROM pg_roles WHERE rolname IN ($1, $2)"#,
        WEB,
        WORKER
    );
    Ok(usable.fetch_one(connection).await?)
}

/// Policies of a role count for its members, too. Where the owner works for the pages as well and still belongs to the worker's
/// role, policies of an earlier start would show it the rows of all accounts.
async fn drop_policies_of_worker(connection: &mut PgConnection) -> Result<()> {
    for (table, _) in WORKER_TABLES {
        run(connection, format!("DROP POLICY IF EXISTS worker ON {table}")).await?;
    }
    Ok(())
}

async fn may_create(connection: &mut PgConnection) -> Result<bool> {
    let may = sqlx::query_scalar!(r#"SELECT rolcreaterole AS "may!" FROM pg_roles WHERE rolname = current_user"#);
    Ok(may.fetch_one(connection).await?)
}

async fn create(connection: &mut PgConnection) -> Result<()> {
    for role in [WEB, WORKER] {
        let exists =
            sqlx::query_scalar!(r#"SELECT EXISTS (SELECT FROM pg_roles WHERE rolname = $1) AS "exists!""#, role);
        if !exists.fetch_one(&mut *connection).await? {
            run(connection, format!("CREATE ROLE {role} NOLOGIN NOCREATEDB NOCREATEROLE")).await?;
        }
        run(connection, format!("GRANT {role} TO CURRENT_USER")).await?;
    }
    Ok(())
}

/// Rights on everything of ours in the schema. The pages get everything but the tables about the origin of schema and log. The
/// worker gets what delivery needs.
async fn grant(connection: &mut PgConnection) -> Result<()> {
    run(connection, format!("GRANT USAGE ON SCHEMA public TO {WEB}, {WORKER}")).await?;
    run(connection, format!("GRANT SELECT ON _sqlx_migrations TO {WEB}, {WORKER}")).await?;
    let tables = sqlx::query_scalar!(
        r#"SELECT c.relname::text AS "table!" FROM pg_class c
           WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition
             AND c.relname NOT IN ('_sqlx_migrations', 'log_origin') AND pg_has_role(current_user, c.relowner, 'USAGE')"#
    );
    for table in tables.fetch_all(&mut *connection).await? {
        let rights =
            if APPEND_ONLY.contains(&table.as_str()) { "SELECT, INSERT" } else { "SELECT, INSERT, UPDATE, DELETE" };
        run(connection, format!("GRANT {rights} ON {table} TO {WEB}")).await?;
    }
    run(connection, format!("GRANT USAGE ON SEQUENCE completed_request_position TO {WORKER}")).await?;
    run(connection, format!("GRANT EXECUTE ON FUNCTION known_keys TO {WORKER}")).await?;
    for (table, rights) in WORKER_TABLES {
        run(connection, format!("GRANT {rights} ON {table} TO {WORKER}")).await?;
        let exists = sqlx::query_scalar!(
            r#"SELECT EXISTS (SELECT FROM pg_policies WHERE schemaname = 'public' AND tablename = $1 AND policyname = 'worker') AS "exists!""#,
            table
        );
        if !exists.fetch_one(&mut *connection).await? {
            run(connection, format!("CREATE POLICY worker ON {table} TO {WORKER} USING (true) WITH CHECK (true)"))
                .await?;
        }
    }
    Ok(())
}

/// Tables to which the pages may only append.
const APPEND_ONLY: [&str; 1] = ["audit_log"];

async fn run(connection: &mut PgConnection, statement: String) -> Result<()> {
    sqlx::query(AssertSqlSafe(statement)).execute(connection).await?;
    Ok(())
}

/// Finds anything that would defeat row-level security.
///
/// # Errors
/// When Postgres is away.
pub async fn find_unsafe(store: &Store) -> Result<Option<Unsafe>> {
    let role = sqlx::query_scalar!(
        r#"SELECT rolname::text AS "role!" FROM pg_roles
           WHERE (rolname IN (current_user, session_user) OR rolname IN ($1, $2)) AND (rolsuper OR rolbypassrls)
           ORDER BY rolname LIMIT 1"#,
        WEB,
        WORKER
    );
    if let Some(role) = role.fetch_optional(store.pool()).await? {
        return Ok(Some(Unsafe::Role { role }));
    }
    let table = sqlx::query_scalar!(
        r#"SELECT c.relname::text AS "table!" FROM pg_class c
           WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p')
             AND (c.relname = 'accounts' OR EXISTS (SELECT FROM pg_attribute a
                  WHERE a.attrelid = c.oid AND a.attname = 'account_id' AND NOT a.attisdropped))
             AND pg_has_role(current_user, c.relowner, 'USAGE')
             AND NOT (c.relrowsecurity AND c.relforcerowsecurity AND EXISTS (SELECT FROM pg_policy p WHERE p.polrelid = c.oid))
           ORDER BY c.relname LIMIT 1"#
    );
    Ok(table.fetch_optional(store.pool()).await?.map(|table| Unsafe::Table { table }))
}
