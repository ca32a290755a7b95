//! Roles and database inside the instance.

use sqlx::{AssertSqlSafe, PgConnection};

use super::error::LaunchError;

/// The superuser that `initdb` makes: for administration only.
pub const ADMIN: &str = "postgres";

/// Owner of the database and of everything in it; no superuser, so that row-level security can hold it.
pub const OWNER: &str = "tracecast";

/// Roles that the owner takes on for pages and for the worker; nobody signs in as them.
const TAKEN_ON: [&str; 2] = ["tracecast_web", "tracecast_worker"];

/// The program's database.
pub const DATABASE: &str = "tracecast";

/// Every role that may sign in besides [`ADMIN`]. A role added here exists after the next start.
const ROLES: &[&str] = &[OWNER];

/// Two programs that start at the same moment must not both create what is missing.
const LOCK: i64 = 0x7472_6163_6563_6173;

/// Who may sign in as whom, for the server's `pg_ident.conf`: the operating system's user `client` as every role.
pub(super) fn identities(client: &str) -> String {
    let client = client.replace('"', "\"\"");
    let lines: Vec<_> = [ADMIN].iter().chain(ROLES).map(|role| format!("tracecast \"{client}\" {role}\n")).collect();
    lines.concat()
}

/// Creates what is missing.
pub(super) async fn ensure(connection: &mut PgConnection) -> Result<(), LaunchError> {
    create_missing(connection).await.map_err(|error| LaunchError::Roles(error.to_string()))
}

async fn create_missing(connection: &mut PgConnection) -> sqlx::Result<()> {
    sqlx::query("SELECT pg_advisory_lock($1)").bind(LOCK).execute(&mut *connection).await?;
    for role in ROLES {
        let exists: bool = sqlx::query_scalar("SELECT EXISTS (SELECT FROM pg_roles WHERE rolname = $1)")
            .bind(role)
            .fetch_one(&mut *connection)
            .await?;
        if !exists {
            let statement = format!("CREATE ROLE {role} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOBYPASSRLS");
            sqlx::raw_sql(AssertSqlSafe(statement)).execute(&mut *connection).await?;
        }
    }
    for role in TAKEN_ON {
        let exists: bool = sqlx::query_scalar("SELECT EXISTS (SELECT FROM pg_roles WHERE rolname = $1)")
            .bind(role)
            .fetch_one(&mut *connection)
            .await?;
        if !exists {
            let statement = format!("CREATE ROLE {role} NOLOGIN; GRANT {role} TO {OWNER}");
            sqlx::raw_sql(AssertSqlSafe(statement)).execute(&mut *connection).await?;
        }
    }
    let exists: bool = sqlx::query_scalar("SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)")
        .bind(DATABASE)
        .fetch_one(&mut *connection)
        .await?;
    if !exists {
        let statement = format!("CREATE DATABASE {DATABASE} OWNER {OWNER}");
        sqlx::raw_sql(AssertSqlSafe(statement)).execute(&mut *connection).await?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_user_name_cannot_break_out_of_its_quotes() {
        assert_eq!(identities(r#"al"ice"#).lines().next(), Some(r#"tracecast "al""ice" postgres"#));
        assert_eq!(identities("root").lines().count(), ROLES.len() + 1);
    }
}
