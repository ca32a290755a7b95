//! The number of passwords that are hashed at once, and the memory for it.

use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::Semaphore;

use crate::password::Memory;

/// Cheap to clone; clones share places and memory.
///
/// A hash needs 19 MiB. The memory is kept for the next one: given back and taken again in blocks of that size by several
/// threads, it would stay with the allocator many times over, and a flood of sign-ins would take a gigabyte.
#[derive(Debug, Clone)]
pub struct Hashing {
    places: Arc<Semaphore>,
    memory: Arc<Mutex<Vec<Memory>>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the program is stopping")]
pub struct Stopping;

impl Hashing {
    /// Lets so many passwords be hashed at once.
    pub fn new(at_once: usize) -> Self {
        Self { places: Arc::new(Semaphore::new(at_once)), memory: Arc::default() }
    }

    /// The permits, for tests that take all of them.
    pub fn places(&self) -> Arc<Semaphore> {
        self.places.clone()
    }

    /// Runs `work` on a thread, as soon as there is a place. The place is taken until the work is done, even when no caller
    /// waits for it any more: a client that sends a password and hangs up gains nothing.
    ///
    /// # Errors
    /// When the program is stopping.
    pub async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Memory) -> T + Send + 'static,
    ) -> Result<T, Stopping> {
        let place = self.places.clone().acquire_owned().await.map_err(|_| Stopping)?;
        let kept = self.memory.clone();
        let work = move || {
            let mut memory = kept.lock().unwrap_or_else(PoisonError::into_inner).pop().unwrap_or_default();
            let done = work(&mut memory);
            kept.lock().unwrap_or_else(PoisonError::into_inner).push(memory);
            drop(place);
            done
        };
        tokio::task::spawn_blocking(work).await.map_err(|_| Stopping)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;
    use std::time::Duration;

    use secrecy::SecretString;

    use super::*;
    use crate::password;

    #[tokio::test]
    async fn a_place_is_taken_until_the_work_is_done_although_nobody_waits_for_it() {
        let hashing = Hashing::new(1);
        let (begun, has_begun) = mpsc::channel();
        let (finish, may_finish) = mpsc::channel::<()>();
        let work = hashing.run(move |_| {
            begun.send(()).unwrap();
            let _ = may_finish.recv();
        });
        // Waiting callers leave at once.
        assert!(tokio::time::timeout(Duration::from_millis(50), work).await.is_err());
        has_begun.recv().unwrap();
        assert_eq!(hashing.places().available_permits(), 0);
        finish.send(()).unwrap();
        let again = tokio::time::timeout(Duration::from_mins(1), hashing.run(|_| "done")).await;
        assert_eq!(again.unwrap(), Ok("done"));
    }

    #[tokio::test]
    async fn as_much_memory_is_kept_as_there_are_places() {
        let hashing = Hashing::new(2);
        let verify = || hashing.run(|memory| password::verify(memory, &SecretString::from("x"), password::DUMMY_HASH));
        let verified = futures_util::future::join_all((0..8).map(|_| verify())).await;
        assert!(verified.iter().all(|right| *right == Ok(false)));
        assert!((1..=2).contains(&hashing.memory.lock().unwrap().len()));
    }
}
