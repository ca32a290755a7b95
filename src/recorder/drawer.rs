//! The folder for requests that wait between a stop without a database and the next start.
//!
//! Several processes may share it. Each file is whole, or it is not there: it is written under another name, synced, renamed,
//! and the folder is synced.

use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::io::{self, ErrorKind, Read as _, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use secrecy::ExposeSecret as _;

use super::kept::{Kept, Unreadable};
use crate::random::{self, Random};
use crate::seal::{Keyring, OpenError, Place};
use crate::store::log::Entry;
use crate::store::losses::Loss;

/// Name of the folder in the data folder.
const FOLDER: &str = "unrecorded";
/// Ending of a file that is whole, and of one that is being written.
const ENDINGS: [&str; 2] = ["sealed", "part"];
/// A file that is still being written after so long was left by a process that is gone.
const ABANDONED: Duration = Duration::from_hours(1);

/// The folder. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Drawer {
    folder: PathBuf,
    keyring: Arc<Keyring>,
    random: Random,
}

/// Why something cannot be kept.
#[derive(Debug, thiserror::Error)]
pub(super) enum KeepError {
    #[error("the folder `{folder}` cannot be written to: {error}", folder = .0.display(), error = .1)]
    Folder(PathBuf, io::Error),
    #[error(transparent)]
    Random(#[from] random::Unavailable),
}

/// Why a file does not give back what it holds.
#[derive(Debug, thiserror::Error)]
pub(super) enum NotOpened {
    #[error("it cannot be read: {0}")]
    File(#[from] io::Error),
    #[error("its name is not the one that it was given")]
    Name,
    #[error("it was sealed with the key {0}, which is not among the sealing keys; add that key and start again")]
    Key(crate::seal::KeyId),
    #[error("it is damaged, or it was renamed")]
    Damaged,
    #[error(transparent)]
    Unreadable(#[from] Unreadable),
}

/// An open file and its content. No other process works on it meanwhile.
#[derive(Debug)]
pub(super) struct Opened {
    pub(super) entries: Vec<Entry>,
    pub(super) losses: Vec<Loss>,
    _lock: File,
}

impl Drawer {
    /// In the data folder of the program. It is made when something is kept.
    pub fn new(data_folder: &Path, keyring: Arc<Keyring>, random: Random) -> Self {
        Self { folder: data_folder.join(FOLDER), keyring, random }
    }

    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Writes `kept` into a file of its own, which survives a power failure once this returns. An error leaves no file.
    pub(super) fn keep(&self, kept: &Kept<'_>) -> Result<(), KeepError> {
        let name = self.random.uuid();
        let blob = self.keyring.seal(Place::Unrecorded(name), &kept.to_bytes(), self.random)?;
        let [whole, fresh] = ENDINGS.map(|ending| self.folder.join(format!("{name}.{ending}")));
        let written = self
            .make()
            .and_then(|()| write(&fresh, &blob))
            .and_then(|()| fs::rename(&fresh, &whole))
            .and_then(|()| sync(&self.folder));
        written.map_err(|error| {
            let _ = (fs::remove_file(&fresh), fs::remove_file(&whole));
            KeepError::Folder(self.folder.clone(), error)
        })
    }

    fn make(&self) -> io::Result<()> {
        if self.folder.is_dir() {
            return Ok(());
        }
        DirBuilder::new().recursive(true).mode(0o700).create(&self.folder)?;
        self.folder.parent().map_or(Ok(()), sync)
    }

    /// The files that are there, the oldest first: their names are ordered by time. Half-written files of processes
    /// that are gone are removed.
    pub(super) fn list(&self) -> io::Result<Vec<PathBuf>> {
        let found = match fs::read_dir(&self.folder) {
            Ok(found) => found,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(error),
        };
        let mut whole = Vec::new();
        for path in found.filter_map(|entry| Some(entry.ok()?.path())) {
            let ending = path.extension().and_then(|ending| ending.to_str()).unwrap_or_default();
            if ending == ENDINGS[0] {
                whole.push(path);
            } else if ending == ENDINGS[1] && is_abandoned(&path) {
                let _ = fs::remove_file(&path);
            }
        }
        whole.sort_unstable();
        Ok(whole)
    }

    /// Opens a file. None: another process works on it, or has removed it.
    pub(super) fn open(&self, path: &Path) -> Result<Option<Opened>, NotOpened> {
        let name = path.file_stem().and_then(|name| name.to_str()?.parse().ok()).ok_or(NotOpened::Name)?;
        let mut file = match File::open(path) {
            Ok(file) => file,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        // A file system without locks must not prevent recording. Two processes that record one file write each entry
        // once.
        if matches!(file.try_lock(), Err(TryLockError::WouldBlock)) {
            return Ok(None);
        }
        let mut blob = Vec::new();
        file.read_to_end(&mut blob)?;
        let bytes = self.keyring.open(Place::Unrecorded(name), &blob).map_err(|error| match error {
            OpenError::UnknownKey(key) => NotOpened::Key(key),
            OpenError::Malformed | OpenError::Forged => NotOpened::Damaged,
        })?;
        drop(blob);
        let (entries, losses) = Kept::read(bytes.expose_secret())?;
        Ok(Some(Opened { entries, losses, _lock: file }))
    }

    /// Removes a file whose content is recorded.
    pub(super) fn remove(&self, path: &Path) -> io::Result<()> {
        match fs::remove_file(path) {
            Err(error) if error.kind() != ErrorKind::NotFound => Err(error),
            _ => sync(&self.folder),
        }
    }
}

fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

fn sync(folder: &Path) -> io::Result<()> {
    // The parent of a relative path of one part is the empty path.
    let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    File::open(folder)?.sync_all()
}

fn is_abandoned(path: &Path) -> bool {
    let modified = fs::metadata(path).and_then(|about| about.modified()).ok();
    modified.and_then(|at| at.elapsed().ok()).is_some_and(|age| age > ABANDONED)
}
