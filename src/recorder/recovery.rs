//! Records what earlier runs kept when they stopped without a database (spec 4.2).
//!
//! A file is removed only when the database has committed its content. After an interruption the file is found again,
//! and the database leaves out what it has. A file that does not open is left alone, and logged at each start.

use std::collections::VecDeque;
use std::path::Path;

use tokio_util::sync::CancellationToken;

use super::Recorder;
use super::commits::Commits;
use super::drawer::{Drawer, NotOpened, Opened};
use crate::random::Random;
use crate::store::Store;

/// The recording of what earlier runs kept.
#[derive(Debug)]
pub struct Recovery {
    drawer: Drawer,
    commits: Commits,
}

impl Recovery {
    /// The recovery of this drawer. Requests that can never be recorded count among the losses of `recorder`.
    pub fn new(store: Store, random: Random, recorder: &Recorder, drawer: Drawer) -> Self {
        Self { drawer, commits: Commits::new(store, random, recorder.buffer()) }
    }

    /// Records file after file, however long the database is away, until all is done or the program stops.
    pub async fn run(mut self, stop: CancellationToken) {
        stop.run_until_cancelled(self.record_all()).await;
    }

    async fn record_all(&mut self) {
        let files = self.drawer.list().unwrap_or_else(|error| {
            let folder = self.drawer.folder().display();
            tracing::error!(%folder, %error, "what earlier runs may have kept cannot be looked for");
            Vec::new()
        });
        for file in files {
            match self.open(&file).await {
                Ok(Some(opened)) => self.record(&file, opened).await,
                Ok(None) => {}
                Err(error) => tracing::error!(
                    file = %file.display(),
                    %error,
                    "completed requests of an earlier run cannot be recorded; their file stays where it is, is tried again at \
                     the next start, and can be deleted to give them up"
                ),
            }
        }
    }

    async fn open(&self, file: &Path) -> Result<Option<Opened>, NotOpened> {
        let (drawer, path) = (self.drawer.clone(), file.to_path_buf());
        let opened = tokio::task::spawn_blocking(move || drawer.open(&path)).await;
        opened.unwrap_or_else(|panicked| Err(std::io::Error::other(panicked).into()))
    }

    async fn record(&mut self, file: &Path, mut opened: Opened) {
        let requests = opened.entries.len();
        let mut groups = VecDeque::from([std::mem::take(&mut opened.entries)]);
        groups.retain(|group| !group.is_empty());
        while !groups.is_empty() {
            self.commits.settle_first(&mut groups).await;
        }
        if !opened.losses.is_empty() {
            self.commits.settle_losses(&opened.losses).await;
        }
        match self.drawer.remove(file) {
            Ok(()) => tracing::info!(requests, "completed requests of an earlier run were recorded"),
            Err(error) => {
                tracing::warn!(file = %file.display(), %error, "what was recorded of an earlier run cannot be deleted");
            }
        }
    }
}
