//! The embedded Postgres as this program launches it, and the settings that help where it does not run.

use embedded_postgres::{LaunchError, Options};

use crate::store::roles::{OWNER, WEB, WORKER};

/// The launch options: the owner of the store, and the roles that it works under.
pub fn launch_options() -> Options {
    Options { roles: &[WEB, WORKER], ..Options::new(OWNER) }
}

/// The setting that helps, printed after the error's own sentence.
pub(super) fn advice(error: &LaunchError) -> &'static str {
    match error {
        LaunchError::NotInstalled { .. } => {
            "   (or name its folder in TRACECAST_PG_BIN, or a running server in DATABASE_URL)"
        }
        LaunchError::WrongBinDir(_) => ". Correct TRACECAST_PG_BIN, or leave it out to have Postgres looked for",
        LaunchError::NotADatabase(_) | LaunchError::File { .. } => ", or choose another folder with TRACECAST_DATA_DIR",
        LaunchError::NamelessUser(_) => ". Run Tracecast as a named user, or set DATABASE_URL",
        LaunchError::OtherVersion { .. }
        | LaunchError::NoServerUser
        | LaunchError::Program { .. }
        | LaunchError::Initdb(_)
        | LaunchError::Exited { .. }
        | LaunchError::NotReady { .. }
        | LaunchError::Roles(_) => "",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::StartError;

    #[test]
    fn errors_of_the_launch_name_the_setting_that_helps() {
        let sentence_of = |error: LaunchError| StartError::from(error).to_string();
        let missing = sentence_of(LaunchError::NotInstalled { newest: None });
        assert!(missing.contains("Type: ") && missing.ends_with("in DATABASE_URL)"), "{missing}");
        for (error, end) in [
            (
                LaunchError::WrongBinDir("/opt".into()),
                "). Correct TRACECAST_PG_BIN, or leave it out to have Postgres looked for",
            ),
            (
                LaunchError::NotADatabase("/srv".into()),
                "Move it away, or choose another folder with TRACECAST_DATA_DIR",
            ),
            (LaunchError::NamelessUser(7), "/etc/passwd. Run Tracecast as a named user, or set DATABASE_URL"),
            (LaunchError::Initdb("no space".into()), "created:\nno space"),
        ] {
            let sentence = sentence_of(error);
            assert!(sentence.ends_with(end), "{sentence}");
        }
    }
}
