//! The sealing keys: given, read from a file, or made on the first start (spec 5.3).

use std::fs::{self, OpenOptions};
use std::io::{ErrorKind, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use secrecy::ExposeSecret as _;

use super::StartError;
use crate::config::Config;
use crate::random::Random;
use crate::seal::{KEY_BYTES, Keyring};

/// Name of the file in the data folder.
const FILE: &str = "sealing.key";

pub(super) fn read(config: &Config, random: Random) -> Result<Keyring, StartError> {
    if let Some(keys) = &config.keys {
        return Ok(Keyring::parse(keys.expose_secret())?);
    }
    if let Some(path) = &config.keys_file {
        return Ok(Keyring::parse(&text(path)?)?);
    }
    let path = config.data_dir.join(FILE);
    let unusable = |error| StartError::KeyFile { path: path.display().to_string(), error };
    match fs::read_to_string(&path) {
        Ok(keys) => Ok(Keyring::parse(&keys)?),
        Err(error) if error.kind() == ErrorKind::NotFound => {
            fs::create_dir_all(&config.data_dir).map_err(unusable)?;
            create(&path, &hex::encode(random.bytes::<KEY_BYTES>()?)).map_err(unusable)?;
            // Read back: of two programs that start at once, both must use the key of the one that came first.
            Ok(Keyring::parse(&text(&path)?)?)
        }
        Err(error) => Err(unusable(error)),
    }
}

fn text(path: &Path) -> Result<String, StartError> {
    fs::read_to_string(path).map_err(|error| StartError::KeyFile { path: path.display().to_string(), error })
}

/// Writes the key beside its place and links it there, so that a file with half a key never exists.
fn create(path: &Path, key: &str) -> std::io::Result<()> {
    let fresh = path.with_extension(format!("key.{}", std::process::id()));
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&fresh)?;
    file.write_all(key.as_bytes())?;
    file.write_all(b"\n")?;
    file.sync_all()?;
    let linked = fs::hard_link(&fresh, path);
    fs::remove_file(&fresh)?;
    match linked {
        Err(error) if error.kind() != ErrorKind::AlreadyExists => Err(error),
        _ => Ok(()),
    }
}
