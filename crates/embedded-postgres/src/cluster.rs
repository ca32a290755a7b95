//! The data folder: the cluster, the lock that says who keeps it, the server's log. A cluster appears whole or not at all.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io;
use std::os::fd::AsRawFd as _;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use rustix::io::{FdFlags, fcntl_setfd};

use super::account::Account;
use super::error::LaunchError;
use super::roles::Admission;

/// Part of the socket's name; no port is opened.
pub(super) const PORT: u16 = 5432;

/// Name of the socket inside the cluster's folder.
pub(super) const SOCKET: &str = ".s.PGSQL.5432";

/// Start of the name of a folder in which a cluster is being made.
const UNFINISHED: &str = "postgres.new-";

/// The data folder of the program, as far as the database is concerned.
#[derive(Debug, Clone)]
pub(super) struct Cluster {
    data_dir: PathBuf,
}

impl Cluster {
    /// Makes the data folder where there is none.
    pub(super) fn open(data_dir: &Path) -> Result<Self, LaunchError> {
        let create = || DirBuilder::new().recursive(true).mode(0o700).create(data_dir);
        create().map_err(LaunchError::file("create the folder", data_dir))?;
        let data_dir = fs::canonicalize(data_dir).map_err(LaunchError::file("find the folder", data_dir))?;
        Ok(Self { data_dir })
    }

    /// The cluster itself.
    pub(super) fn folder(&self) -> PathBuf {
        self.data_dir.join("postgres")
    }

    /// The server's log.
    pub(super) fn log(&self) -> PathBuf {
        self.data_dir.join("postgres.log")
    }

    /// Whoever holds this file's lock keeps the instance; it contains the process id of the server.
    pub(super) fn lock_file(&self) -> Result<File, LaunchError> {
        let path = self.data_dir.join("postgres.lock");
        let file = OpenOptions::new().read(true).write(true).create(true).truncate(false).mode(0o600).open(&path);
        file.map_err(LaunchError::file("open the lock", &path))
    }

    /// Major version of Postgres that made the cluster; none where there is no cluster yet.
    pub(super) fn made_by(&self) -> Result<Option<u32>, LaunchError> {
        let folder = self.folder();
        let version = folder.join("PG_VERSION");
        match fs::read_to_string(&version) {
            Ok(text) => {
                let major = text.trim().split('.').next().and_then(|major| major.parse().ok());
                major.map(Some).ok_or(LaunchError::NotADatabase(folder))
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                let is_taken = fs::read_dir(&folder).is_ok_and(|mut entries| entries.next().is_some());
                if is_taken { Err(LaunchError::NotADatabase(folder)) } else { Ok(None) }
            }
            Err(error) => Err(LaunchError::file("read", &version)(error)),
        }
    }

    /// Makes a cluster with `initdb`, which is given a folder to fill, beside the place that it gets when it is whole.
    pub(super) fn create(
        &self,
        account: &Account,
        durable: bool,
        initdb: impl FnOnce(&Path) -> Result<(), LaunchError>,
    ) -> Result<(), LaunchError> {
        self.remove_unfinished();
        let fresh = self.data_dir.join(format!("{UNFINISHED}{}", std::process::id()));
        DirBuilder::new().mode(0o700).create(&fresh).map_err(LaunchError::file("create the folder", &fresh))?;
        let made = account.give(&fresh).and_then(|()| initdb(&fresh)).and_then(|()| {
            fs::rename(&fresh, self.folder()).map_err(LaunchError::file("put in place", &fresh))?;
            if durable {
                let parent = File::open(&self.data_dir).and_then(|folder| folder.sync_all());
                parent.map_err(LaunchError::file("write", &self.data_dir))?;
            }
            Ok(())
        });
        if made.is_err() {
            let _ = fs::remove_dir_all(&fresh);
        }
        made
    }

    /// What starts left behind that were cut off. One that cannot be removed stands in nobody's way.
    fn remove_unfinished(&self) {
        let Ok(entries) = fs::read_dir(&self.data_dir) else { return };
        for entry in entries.flatten().filter(|entry| entry.file_name().to_string_lossy().starts_with(UNFINISHED)) {
            let _ = fs::remove_dir_all(entry.path());
        }
    }

    /// Writes who is admitted. On each start, because the user who runs the program may be another one than before.
    pub(super) fn admit(&self, account: &Account, admission: &Admission) -> Result<(), LaunchError> {
        for (name, content) in [("pg_hba.conf", &admission.hba), ("pg_ident.conf", &admission.ident)] {
            let path = self.folder().join(name);
            if fs::read(&path).is_ok_and(|current| current == content.as_bytes()) {
                continue;
            }
            let fresh = self.folder().join(format!("{name}.new"));
            fs::write(&fresh, content).map_err(LaunchError::file("write", &fresh))?;
            account.give(&fresh)?;
            fs::rename(&fresh, &path).map_err(LaunchError::file("write", &path))?;
        }
        Ok(())
    }
}

/// A folder as a program of another user can reach it: that user need not be able to walk to it.
pub(super) struct Door {
    /// What the program is told.
    pub(super) path: PathBuf,
    _open: Option<File>,
}

impl Door {
    /// Opens `folder` for a child process. Where the server's user is this program's, the folder's own path serves.
    pub(super) fn open(folder: &Path, account: &Account) -> Result<Self, LaunchError> {
        if account.server.is_none() || !Path::new("/proc/self/fd").exists() {
            return Ok(Self { path: folder.to_owned(), _open: None });
        }
        let file = File::open(folder).map_err(LaunchError::file("open", folder))?;
        fcntl_setfd(&file, FdFlags::empty()).map_err(|error| LaunchError::file("open", folder)(error.into()))?;
        Ok(Self { path: format!("/proc/self/fd/{}", file.as_raw_fd()).into(), _open: Some(file) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_with_other_content_is_refused_and_an_empty_one_taken() {
        let place = tempfile::tempdir().unwrap();
        let cluster = Cluster::open(&place.path().join("a/b")).unwrap();
        assert_eq!(cluster.made_by(), Ok(None));
        fs::create_dir(cluster.folder()).unwrap();
        assert_eq!(cluster.made_by(), Ok(None));
        fs::write(cluster.folder().join("holiday.jpg"), "").unwrap();
        assert_eq!(cluster.made_by(), Err(LaunchError::NotADatabase(cluster.folder())));
        fs::write(cluster.folder().join("PG_VERSION"), "15\n").unwrap();
        assert_eq!(cluster.made_by(), Ok(Some(15)));
    }

    #[test]
    fn a_cluster_that_was_not_finished_leaves_nothing_in_its_place() {
        let place = tempfile::tempdir().unwrap();
        let cluster = Cluster::open(place.path()).unwrap();
        let account = Account::current().unwrap();
        let failed = cluster.create(&account, false, |folder| {
            fs::write(folder.join("PG_VERSION"), "15").unwrap();
            Err(LaunchError::Initdb("cut off".into()))
        });
        assert!(failed.is_err());
        assert!(fs::read_dir(place.path()).unwrap().next().is_none());
    }
}
