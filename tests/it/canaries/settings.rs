//! Secrets in the operator's settings: neither `config` nor an error nor the log repeats them, whatever is wrong with them.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::thread;

use crate::support::app::read;
use crate::support::database::Database;
use crate::support::http::client;
use crate::support::keys::key;
use crate::support::program::{Program, run};

/// What stands in every secret below.
const CANARY: &str = "canary";

/// Addresses of a model server that cannot be used.
const UPSTREAMS: [&str; 6] = [
    "https://ada:canary@",
    "https://ada:canary@host:port/v1",
    "https://ada:ca/canary@host/v1?",
    "https://host/v1?api-key=canary",
    "https://host/v1#canary",
    "ada:canary@host/v1",
];

/// Addresses of a database that is not there, or that are none.
const DATABASES: [&str; 12] = [
    "postgres://ada:canary@127.0.0.1:1/none?sslmode=disable",
    "postgres://ada@127.0.0.1:1/none?sslmode=disable&password=canary",
    "postgres://ada@127.0.0.1:1/none?sslmode=disable&sslpassword=canary",
    "postgres://ada:canary@host.invalid/none",
    "postgres://ada:canary@host:port/none",
    "postgres://ada:4711/canary@127.0.0.1:1/none",
    "postgres://ada:4711?canary@127.0.0.1:1/none",
    "postgres://ada:4711#canary@127.0.0.1:1/none",
    "postgres://ada:canary@127.0.0.1:1/none?sslmode=wrong",
    "postgres://ada:canary@127.0.0.1:1/none?port=wrong",
    "postgres://ada:canary%ff@127.0.0.1:1/none",
    "host=127.0.0.1 port=1 user=ada password=canary",
];

/// What a command says, on both its outputs.
fn says(arguments: &[&str], environment: &[(&str, &str)]) -> (bool, String) {
    let folder = tempfile::tempdir().unwrap();
    let mut all = vec![("TRACECAST_DATA_DIR", folder.path().to_str().unwrap()), ("TRACECAST_LOG", "debug")];
    all.extend_from_slice(environment);
    let output = run(arguments, &all);
    (output.status.success(), String::from_utf8([output.stdout, output.stderr].concat()).unwrap())
}

#[test]
fn config_prints_addresses_without_what_is_secret_in_them() {
    let upstream = ("UPSTREAM_BASE_URL", "https://canary-user:canary-password@api.example.com/v1");
    let (well, said) = says(&["config"], &[upstream, ("DATABASE_URL", DATABASES[2])]);
    assert!(well && !said.contains(CANARY), "{said}");
    assert!(said.contains("https://***@api.example.com/v1  [environment]"), "{said}");
    for wrong in UPSTREAMS {
        let (well, said) = says(&["config"], &[("UPSTREAM_BASE_URL", wrong)]);
        assert!(!well && !said.contains(CANARY), "{wrong}: {said}");
    }
    let (well, said) = says(&["config"], &[("TRACECAST_PUBLIC_URL", "https://ada:canary@tracecast.example.com")]);
    assert!(!well && !said.contains(CANARY) && said.contains("must name no user"), "{said}");
}

#[test]
fn a_start_that_fails_repeats_no_secret() {
    thread::scope(|threads| {
        // Each of them waits for a while for a database that is not there.
        for wrong in DATABASES {
            threads.spawn(move || {
                let (well, said) = says(&["migrate"], &[("DATABASE_URL", wrong)]);
                assert!(!well && said.contains("DATABASE_URL") && !said.contains(CANARY), "{wrong}: {said}");
            });
        }
    });
    for wrong in UPSTREAMS {
        let (well, said) = says(&["serve"], &[("DATABASE_URL", DATABASES[0]), ("UPSTREAM_BASE_URL", wrong)]);
        assert!(!well && said.contains("UPSTREAM_BASE_URL") && !said.contains(CANARY), "{wrong}: {said}");
    }
}

#[test]
fn a_parameter_that_is_not_used_is_named_without_its_value() {
    let (_, said) = says(&["migrate"], &[("DATABASE_URL", DATABASES[2])]);
    assert!(said.contains("sslpassword") && said.contains("is not known and not used"), "{said}");
}

#[test]
fn a_malformed_file_of_passwords_is_not_quoted() {
    let file = tempfile::NamedTempFile::new().unwrap();
    fs::write(file.path(), "canary\n").unwrap();
    fs::set_permissions(file.path(), fs::Permissions::from_mode(0o600)).unwrap();
    let database = "postgres://ada@127.0.0.1:1/none";
    let (_, said) = says(&["migrate"], &[("DATABASE_URL", database), ("PGPASSFILE", file.path().to_str().unwrap())]);
    assert!(!said.contains(CANARY), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_model_server_that_fails_is_told_without_its_password() {
    let database = Database::new().await;
    let key = key(&database).await;
    let upstream = "http://canary-user:canary-password@127.0.0.1:9/v1";
    let settings =
        [("DATABASE_URL", database.url.as_str()), ("UPSTREAM_BASE_URL", upstream), ("TRACECAST_LOG", "trace")];
    let program = Program::serve(&settings);
    let request = client().post(format!("{}/api/v1/chat/completions", program.url())).bearer_auth(&key);
    let request = request.header("content-type", "application/json").body(r#"{"messages":[]}"#);
    let answer = read(request.send().await.unwrap()).await;
    assert_eq!(answer.status, 502, "{}", answer.text);
    let log = program.log();
    assert!(log.contains("the model server gave no answer"), "{log}");
    let around = |text: &str| text.find(CANARY).map(|at| text[..at].chars().rev().take(200).collect::<String>());
    for text in [&answer.text, &log, &program.said()] {
        assert_eq!(around(text), None);
    }
}
