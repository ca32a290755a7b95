//! Notifications (LISTEN, NOTIFY): hints to other processes, sent with the commit of what they tell of.

use sqlx::postgres::{PgListener, PgPoolOptions};

use super::{Error, PATIENCE, Result, Store};

/// Whether others are notified of a commit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Notice {
    /// They are.
    Given,
    /// They find out by themselves.
    Left,
}

/// Does what notifies others. Where Postgres' queue of notifications is full, because somebody who listens does not read, it is
/// done without.
///
/// # Errors
/// Those of what is done.
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

/// "too many notifications in the NOTIFY queue" comes with the code of whatever exceeds a limit of Postgres; nothing else in
/// statements that notify does.
fn is_queue_full(error: &Error) -> bool {
    matches!(error, Error::Refused(sqlx::Error::Database(refusal)) if refusal.code().is_some_and(|code| code == "54000"))
}

impl Store {
    /// Listens on `channel`, on a connection beside the others: one that is given up may hang for long, and must hold nobody up.
    /// When it is lost, it is not made anew.
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
