//! The sealing keys: given, read from a file, or made on the first start; and the check that they open what is stored (spec
//! 5.3).

use std::fs::{self, OpenOptions};
use std::io::{ErrorKind, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use secrecy::ExposeSecret as _;

use super::start_error::StartError;
use crate::config::Config;
use crate::random::Random;
use crate::seal::{KEY_BYTES, Keyring};
use crate::store::{Store, sealed};

/// Name of the file in the data folder.
const FILE: &str = "sealing.key";

pub(super) fn read(config: &Config, random: Random) -> Result<Keyring, StartError> {
    if let Some(keyring) = find(config)? {
        return Ok(keyring);
    }
    let path = config.data_dir.join(FILE);
    let unusable = |error| StartError::KeyFile { path: path.display().to_string(), error };
    fs::create_dir_all(&config.data_dir).map_err(unusable)?;
    create(&path, &hex::encode(random.bytes::<KEY_BYTES>()?)).map_err(unusable)?;
    // Read back: of two programs that start at once, both must use the key of the first one.
    parse_file(&path)
}

/// The keys that exist. None: the first start makes one in the data folder.
pub(super) fn find(config: &Config) -> Result<Option<Keyring>, StartError> {
    if let Some(keys) = &config.keys {
        return parse("TRACECAST_KEYS".to_owned(), keys.expose_secret()).map(Some);
    }
    if let Some(path) = &config.keys_file {
        return parse_file(path).map(Some);
    }
    let path = config.data_dir.join(FILE);
    match fs::read_to_string(&path) {
        Ok(keys) => parse(path.display().to_string(), &keys).map(Some),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(StartError::KeyFile { path: path.display().to_string(), error }),
    }
}

fn parse_file(path: &Path) -> Result<Keyring, StartError> {
    let place = path.display().to_string();
    match fs::read_to_string(path) {
        Ok(keys) => parse(place, &keys),
        Err(error) => Err(StartError::KeyFile { path: place, error }),
    }
}

fn parse(place: String, keys: &str) -> Result<Keyring, StartError> {
    Keyring::parse(keys).map_err(|error| StartError::Keyring { place, error })
}

/// Refuses to start with keys that do not open what is stored. Otherwise people would notice only when nothing is sent any
/// more.
pub(super) async fn check(store: &Store, keyring: &Keyring) -> Result<(), StartError> {
    for column in sealed::COLUMNS {
        for (key, secrets) in sealed::count_by_key(store, *column).await? {
            if let Some(key) = key.filter(|key| !keyring.has(*key)) {
                return Err(StartError::LostKey { key, secrets });
            }
        }
    }
    Ok(())
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
