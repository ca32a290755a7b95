//! A short way to a long folder: the address of a Unix socket has room for about a hundred bytes.

use std::fs::{self, DirBuilder};
use std::io;
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, symlink};
use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};

use super::cluster::SOCKET;
use super::error::LaunchError;

/// `sun_path` holds 108 bytes on Linux and 104 on macOS, the closing zero included.
const LONGEST_ADDRESS: usize = 103;

/// A path by which the socket in `folder` can be reached: the folder itself, or a link to it from a short place, which bears the
/// program's name.
pub(super) fn reachable(folder: &Path, program: &str) -> Result<String, LaunchError> {
    match folder.to_str() {
        Some(path) if path.len() + 1 + SOCKET.len() <= LONGEST_ADDRESS => Ok(path.to_owned()),
        _ => link(folder, &private_folder(program)?),
    }
}

/// A folder that only this user can enter, in the first place that is not swept of old files.
fn private_folder(program: &str) -> Result<PathBuf, LaunchError> {
    let uid = rustix::process::geteuid();
    let own = format!("/run/user/{}", uid.as_raw());
    let places = if uid.is_root() { ["/run", "/tmp"] } else { [own.as_str(), "/tmp"] };
    let mut last = None;
    for place in places {
        let folder = Path::new(place).join(format!("{program}-{}", uid.as_raw()));
        match make_private(&folder, uid.as_raw()) {
            Ok(()) => return Ok(folder),
            Err(error) => last = Some(LaunchError::file("use as a private folder", &folder)(error)),
        }
    }
    Err(last.unwrap_or_else(|| unreachable!("there are two places")))
}

/// Makes the folder, or checks that nobody else made it before: in `/tmp` any user can.
fn make_private(folder: &Path, uid: u32) -> io::Result<()> {
    match DirBuilder::new().mode(0o700).create(folder) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
        _ => {}
    }
    let found = fs::symlink_metadata(folder)?;
    if found.is_dir() && found.uid() == uid && found.mode() & 0o777 == 0o700 {
        Ok(())
    } else {
        Err(io::Error::other("it belongs to somebody else or is open to others"))
    }
}

fn link(target: &Path, place: &Path) -> Result<String, LaunchError> {
    let name = hex::encode(&Sha256::digest(target.as_os_str().as_encoded_bytes())[..8]);
    let path = place.join(&name);
    if fs::read_link(&path).ok().as_deref() != Some(target) {
        let fresh = place.join(format!("{name}.{}", std::process::id()));
        let _ = fs::remove_file(&fresh);
        symlink(target, &fresh).map_err(LaunchError::file("create the link", &fresh))?;
        fs::rename(&fresh, &path).map_err(LaunchError::file("create the link", &path))?;
    }
    Ok(path.to_string_lossy().into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_short_folder_is_used_as_it_is_and_a_long_one_through_a_link() {
        let short = Path::new("/srv/trace cast/postgres");
        assert_eq!(reachable(short, "app").unwrap(), "/srv/trace cast/postgres");
        let place = tempfile::tempdir().unwrap();
        let long = place.path().join("l".repeat(120));
        let first = link(&long, place.path()).unwrap();
        assert_eq!(fs::read_link(&first).unwrap(), long);
        assert_eq!(link(&long, place.path()).unwrap(), first);
    }

    #[test]
    fn a_folder_that_others_can_enter_is_not_private() {
        let place = tempfile::tempdir().unwrap();
        let uid = rustix::process::geteuid().as_raw();
        let open = place.path().join("open");
        DirBuilder::new().mode(0o755).create(&open).unwrap();
        assert!(make_private(&open, uid).is_err());
        assert!(make_private(&place.path().join("new"), uid).is_ok());
        assert!(make_private(&place.path().join("new"), uid).is_ok());
        assert!(make_private(&place.path().join("new"), uid + 1).is_err());
    }
}
