//! What each connection of a pool is given before its first use, and what it has to be: a session of a primary.
//!
//! The settings are sent by a statement and not with the start of the session (`options`), which poolers refuse or leave out.

use sqlx::{Connection as _, PgConnection};

/// A setting of Postgres and its value.
pub type Setting = (&'static str, &'static str);

/// Bounds of every session. `client_connection_check_interval` ends the query of a client that is gone.
pub(super) const BOUNDS: [Setting; 3] = [
    ("statement_timeout", "30s"),
    ("idle_in_transaction_session_timeout", "30s"),
    ("client_connection_check_interval", "1s"),
];

/// How the queries of worker and recorder are planned. Once for each connection, because planning them for all partitions costs
/// more than running them. Always by an index, because a plan that is made while the log is empty must still be right when the
/// log has grown.
pub const PLANNED_ONCE: [Setting; 3] =
    [("plan_cache_mode", "force_generic_plan"), ("enable_seqscan", "off"), ("enable_bitmapscan", "off")];

/// Gives a new connection its settings.
///
/// # Errors
/// When it leads to a server that takes no writes: the pool gives it up and tries again, so that no statement ever meets a
/// standby. A server that is open for writes stays so until it restarts, which ends its connections.
pub(super) async fn prepare(connection: &mut PgConnection, settings: &[Setting]) -> sqlx::Result<()> {
    let (names, values): (Vec<String>, Vec<String>) =
        settings.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).unzip();
    let prepared = sqlx::query!(
        r#"SELECT pg_is_in_recovery() OR current_setting('transaction_read_only') = 'on' AS "reads_only!",
                  (SELECT count(set_config(name, value, false)) FROM unnest($1::text[], $2::text[]) AS s (name, value)) AS settings"#,
        &names,
        &values
    );
    if prepared.fetch_one(&mut *connection).await?.reads_only {
        return Err(sqlx::Error::Protocol("this server takes no writes".to_owned()));
    }
    Ok(())
}

/// Whether an open connection still leads to a primary.
pub(super) async fn is_primary(connection: &mut PgConnection) -> sqlx::Result<bool> {
    connection.ping().await?;
    let reads_only = sqlx::query_scalar!(
        r#"SELECT pg_is_in_recovery() OR current_setting('transaction_read_only') = 'on' AS "reads_only!""#
    );
    Ok(!reads_only.fetch_one(connection).await?)
}
