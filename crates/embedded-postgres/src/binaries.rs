//! Where Postgres' programs are, and of which version.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::Options;
use super::error::LaunchError;

/// Oldest major version that serves (spec 6.1).
pub(super) const OLDEST: u32 = 14;

/// Folders in which packages put one folder for each version, and what lies between that and the programs.
const BY_VERSION: &[(&str, &str)] = &[
    ("/usr/lib/postgresql", "bin"),
    ("/usr/local/lib/postgresql", "bin"),
    ("/opt/homebrew/opt", "bin"),
    ("/usr/local/opt", "bin"),
    ("/Library/PostgreSQL", "bin"),
    ("/Applications/Postgres.app/Contents/Versions", "bin"),
    ("/opt/local/lib", "bin"),
    ("/usr", "bin"),
    ("/usr/libexec", ""),
];

/// Folders that hold the programs of one version.
const FIXED: &[&str] = &["/usr/bin", "/usr/local/bin", "/usr/local/pgsql/bin", "/opt/homebrew/bin"];

/// The programs of one Postgres.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Binaries {
    /// Major version.
    pub(super) major: u32,
    /// The server.
    pub(super) postgres: PathBuf,
    /// The program that makes a cluster.
    pub(super) initdb: PathBuf,
}

/// Finds the newest Postgres that serves, or the one that made the existing cluster.
pub(super) fn find(options: &Options, made_by: Option<(u32, &Path)>) -> Result<Binaries, LaunchError> {
    let found = match &options.bin_dir {
        Some(folder) => vec![inspect(folder).ok_or_else(|| LaunchError::WrongBinDir(folder.clone()))?],
        None => everywhere(options.search_path.as_deref()),
    };
    let newest = found.iter().map(|binaries| binaries.major).max();
    choose(found, made_by.map(|(major, _)| major)).ok_or_else(|| match (made_by, &options.bin_dir) {
        (Some((needed, folder)), _) if newest.is_some_and(|newest| newest >= OLDEST) => {
            LaunchError::OtherVersion { folder: folder.to_owned(), needed }
        }
        (_, Some(folder)) => LaunchError::WrongBinDir(folder.clone()),
        (_, None) => LaunchError::NotInstalled { newest },
    })
}

fn choose(found: Vec<Binaries>, made_by: Option<u32>) -> Option<Binaries> {
    found
        .into_iter()
        .filter(|binaries| binaries.major >= OLDEST && made_by.is_none_or(|major| major == binaries.major))
        .max_by_key(|binaries| binaries.major)
}

fn everywhere(search_path: Option<&OsStr>) -> Vec<Binaries> {
    let mut folders: Vec<PathBuf> = search_path.map(|path| std::env::split_paths(path).collect()).unwrap_or_default();
    folders.extend(BY_VERSION.iter().flat_map(|(parent, programs)| versions(Path::new(parent), programs)));
    folders.extend(FIXED.iter().map(PathBuf::from));
    let mut seen = Vec::new();
    folders.retain(|folder| match resolved(folder) {
        Some(real) if !seen.contains(&real) => {
            seen.push(real);
            true
        }
        _ => false,
    });
    folders.iter().filter_map(|folder| inspect(folder)).collect()
}

/// `15`, `postgresql-15`, `postgresql@15`, `pgsql-15`, `postgresql15` below `parent`.
fn versions(parent: &Path, programs: &str) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(parent) else { return Vec::new() };
    entries
        .flatten()
        .filter(|entry| {
            let name = entry.file_name().to_string_lossy().to_lowercase();
            name.starts_with("postgresql")
                || name.starts_with("pgsql")
                || name.starts_with(|c: char| c.is_ascii_digit())
        })
        .map(|entry| entry.path().join(programs))
        .collect()
}

/// The folder in which the server really lies, through symbolic links: `initdb` lies beside it.
fn resolved(folder: &Path) -> Option<PathBuf> {
    fs::canonicalize(folder.join("postgres")).ok()?.parent().map(Path::to_owned)
}

fn inspect(folder: &Path) -> Option<Binaries> {
    let folder = resolved(folder)?;
    let (postgres, initdb) = (folder.join("postgres"), folder.join("initdb"));
    if !initdb.exists() {
        return None;
    }
    let output = Command::new(&postgres).arg("--version").output().ok()?;
    let major = major_version(&String::from_utf8_lossy(&output.stdout))?;
    Some(Binaries { major, postgres, initdb })
}

/// `postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)` is 15; `18beta1` is 18.
fn major_version(text: &str) -> Option<u32> {
    let version = text.split_once("(PostgreSQL)")?.1.trim_start();
    let digits = version.find(|c: char| !c.is_ascii_digit()).unwrap_or(version.len());
    version[..digits].parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(major: u32) -> Binaries {
        Binaries { major, postgres: format!("/{major}/postgres").into(), initdb: format!("/{major}/initdb").into() }
    }

    #[test]
    fn the_major_version_is_read_from_what_the_server_says() {
        assert_eq!(major_version("postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)\n"), Some(15));
        assert_eq!(major_version("postgres (PostgreSQL) 18beta1"), Some(18));
        assert_eq!(major_version("postgres (PostgreSQL) 9.6.24"), Some(9));
        assert_eq!(major_version("something else"), None);
    }

    #[test]
    fn a_new_cluster_gets_the_newest_and_an_old_one_the_version_that_made_it() {
        let found = || vec![of(15), of(17), of(13)];
        assert_eq!(choose(found(), None), Some(of(17)));
        assert_eq!(choose(found(), Some(15)), Some(of(15)));
        assert_eq!(choose(found(), Some(16)), None);
        assert_eq!(choose(vec![of(13)], None), None);
    }

    #[test]
    fn a_folder_without_postgres_is_refused_by_name() {
        let options = Options { bin_dir: Some("/nowhere".into()), ..Options::new("app") };
        assert_eq!(find(&options, None), Err(LaunchError::WrongBinDir("/nowhere".into())));
    }
}
