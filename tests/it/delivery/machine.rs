//! Who has the machine: several tests at once, or one alone that compares durations.
//!
//! Some of the others keep every core busy for minutes. What is measured beside them is how the system shares its cores, and
//! not what a worker makes of its own.

use tokio::sync::{RwLock, RwLockReadGuard, RwLockWriteGuard};

static MACHINE: RwLock<()> = RwLock::const_new(());

/// A test has a part of the machine while it holds this. Whoever holds one must not ask for another.
pub(crate) type Share = RwLockReadGuard<'static, ()>;

/// A test has the machine to itself while it holds this.
pub(crate) type Alone = RwLockWriteGuard<'static, ()>;

/// Waits until nobody has the machine to himself.
pub(crate) async fn share() -> Share {
    MACHINE.read().await
}

/// Waits until the others are done; those that come later wait.
pub(crate) async fn alone() -> Alone {
    MACHINE.write().await
}
