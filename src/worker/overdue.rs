//! Waiting for what may take long, and taking note as soon as it does.

use std::time::Duration;

/// Waits for `work`. If it takes longer than `usual`, calls `note` then, and waits on.
pub(super) async fn hold<T>(work: impl Future<Output = T>, usual: Duration, note: impl FnOnce()) -> T {
    let mut work = std::pin::pin!(work);
    if let Ok(done) = tokio::time::timeout(usual, &mut work).await {
        return done;
    }
    note();
    work.await
}
