//! Roles and database inside the instance.

use sqlx::{AssertSqlSafe, PgConnection};

use super::Options;
use super::error::LaunchError;

/// The superuser that `initdb` makes: for administration only.
pub const ADMIN: &str = "postgres";

/// Two programs that start at the same moment must not both create what is missing.
const LOCK: i64 = 0x7472_6163_6563_6173;

/// What the server reads about who may connect.
pub(super) struct Admission {
    /// `pg_hba.conf`: on the socket, as the kernel says who they are.
    pub(super) hba: String,
    /// `pg_ident.conf`: the operating system's user who runs the program, as [`ADMIN`] and as the owner.
    pub(super) ident: String,
}

/// Admits nobody but the operating system's user `client`.
pub(super) fn admission(owner: &str, client: &str) -> Admission {
    let client = client.replace('"', "\"\"");
    let lines: Vec<_> = [ADMIN, owner].iter().map(|role| format!("{owner} \"{client}\" {role}\n")).collect();
    Admission { hba: format!("local all all peer map={owner}\n"), ident: lines.concat() }
}

/// Creates what is missing.
pub(super) async fn ensure(connection: &mut PgConnection, options: &Options) -> Result<(), LaunchError> {
    create_missing(connection, options).await.map_err(|error| LaunchError::Roles(error.to_string()))
}

async fn create_missing(connection: &mut PgConnection, options: &Options) -> sqlx::Result<()> {
    let owner = options.name;
    sqlx::query("SELECT pg_advisory_lock($1)").bind(LOCK).execute(&mut *connection).await?;
    if !role_exists(connection, owner).await? {
        let statement = format!("CREATE ROLE {owner} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOBYPASSRLS");
        sqlx::raw_sql(AssertSqlSafe(statement)).execute(&mut *connection).await?;
    }
    for role in options.roles {
        if !role_exists(connection, role).await? {
            let statement = format!("CREATE ROLE {role} NOLOGIN; GRANT {role} TO {owner}");
            sqlx::raw_sql(AssertSqlSafe(statement)).execute(&mut *connection).await?;
        }
    }
    let exists: bool = sqlx::query_scalar("SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)")
        .bind(owner)
        .fetch_one(&mut *connection)
        .await?;
    if !exists {
        let statement = format!("CREATE DATABASE {owner} OWNER {owner}");
        sqlx::raw_sql(AssertSqlSafe(statement)).execute(&mut *connection).await?;
    }
    Ok(())
}

async fn role_exists(connection: &mut PgConnection, role: &str) -> sqlx::Result<bool> {
    sqlx::query_scalar("SELECT EXISTS (SELECT FROM pg_roles WHERE rolname = $1)").bind(role).fetch_one(connection).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_user_name_cannot_break_out_of_its_quotes() {
        let Admission { hba, ident } = admission("app", r#"al"ice"#);
        assert_eq!(hba, "local all all peer map=app\n");
        assert_eq!(ident, "app \"al\"\"ice\" postgres\napp \"al\"\"ice\" app\n");
    }
}
