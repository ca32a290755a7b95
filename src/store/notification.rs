//! Notifications (LISTEN, NOTIFY): hints to other processes, sent with the commit of the change.

use sqlx::postgres::{PgListener, PgPoolOptions};

use super::{Error, PATIENCE, Result, Store};

/// Whether a commit notifies other processes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Notice {
    /// It does.
    Given,
    /// It does not: they find out by themselves.
    Left,
}

/// Runs a statement that notifies others. Where Postgres' queue of notifications is full, because a listener does not read, it
/// runs without notifying.
///
/// The errors of the statement.
pub async fn given_if_possible<T, F>(does: impl Fn(Notice) -> F) -> Result<T>
where
    F: Future<Output = Result<T>>,
{
    match does(Notice::Given).await {
        Err(error) if is_queue_full(&error) => {
            tracing::warn!(%error, "others are not notified and find out by themselves, within a second");
            does(Notice::Left).await
        }
        done => done,
    }
}

/// "too many notifications in the NOTIFY queue" has the code of any exceeded limit of Postgres. Nothing else in statements that
/// notify exceeds one.
fn is_queue_full(error: &Error) -> bool {
    matches!(error, Error::Refused(sqlx::Error::Database(refusal)) if refusal.code().is_some_and(|code| code == "54000"))
}

impl Store {
    /// Listens on `channel`, on a connection outside the pool: a connection that is given up may hang for long, and must hold
    /// nobody up. A lost connection is not replaced.
    pub(super) async fn listener(&self, channel: &str) -> Result<PgListener> {
        let options = (*self.pool.connect_options()).clone();
        let name = format!("{}, listening", options.get_application_name().unwrap_or_default());
        let alone =
            PgPoolOptions::new().max_connections(1).idle_timeout(None).max_lifetime(None).acquire_timeout(PATIENCE);
        let mut listener = PgListener::connect_with(&alone.connect_lazy_with(options.application_name(&name))).await?;
        listener.eager_reconnect(false);
        listener.listen(channel).await?;
        Ok(listener)
    }
}
