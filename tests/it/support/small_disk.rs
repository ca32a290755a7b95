//! A file system of a test's own that is small enough to be filled.
//!
//! Mounting it takes root. Where that is not allowed the test is skipped with the reason, unless `REQUIRE_BROWSER=1` or `CI` says
//! that nothing may be skipped.

use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

use super::skipping::must_run;

/// A mounted file system. It ends with this.
pub(crate) struct SmallDisk {
    folder: TempDir,
}

impl SmallDisk {
    /// One of so many megabytes. None: the test is skipped.
    pub(crate) fn of(megabytes: u32) -> Option<Self> {
        let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
        let options = format!("size={megabytes}m,mode=0755");
        let mut mount = Command::new("mount");
        let mounted = mount.args(["-t", "tmpfs", "-o", &options, "tmpfs"]).arg(folder.path()).output();
        let reason = match mounted {
            Ok(output) if output.status.success() => return Some(Self { folder }),
            Ok(output) => String::from_utf8_lossy(&output.stderr).trim().to_owned(),
            Err(error) => error.to_string(),
        };
        assert!(!must_run(), "nothing can be mounted, and nothing may be skipped here: {reason}");
        eprintln!("SKIPPED: nothing can be mounted: {reason}");
        None
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Leaves no room for a single page.
    pub(crate) fn fills(&self) {
        let mut ballast = File::create(self.ballast()).unwrap();
        for size in [1 << 20, 1 << 12] {
            let bytes = vec![0; size];
            while ballast.write_all(&bytes).is_ok() {}
        }
    }

    /// Takes away what [`Self::fills`] put there.
    pub(crate) fn gets_room(&self) {
        fs::remove_file(self.ballast()).unwrap();
    }

    fn ballast(&self) -> PathBuf {
        self.path().join("ballast")
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        // Lazily: a server that is still ending has files open there.
        let _ = Command::new("umount").arg("-l").arg(self.path()).status();
    }
}
