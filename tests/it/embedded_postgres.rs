//! The launcher of the default database, with a real Postgres: starts, joins, kills, cut-off starts, awkward folders.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use embedded_postgres::{ADMIN, EmbeddedPostgres, LaunchError, Options};
use sqlx::{Connection as _, PgConnection};
use tracecast::app::launch_options;

fn quick() -> Options {
    Options { durable: false, search_path: std::env::var_os("PATH"), ..launch_options() }
}

async fn start(folder: &Path) -> EmbeddedPostgres {
    EmbeddedPostgres::start(folder, quick()).await.unwrap_or_else(|error| panic!("{error}"))
}

async fn ask(url: &str, question: &'static str) -> String {
    let mut connection = PgConnection::connect(url).await.unwrap();
    sqlx::query_scalar(question).fetch_one(&mut connection).await.unwrap()
}

/// The server's process, as its folder tells.
fn server(folder: &Path) -> PathBuf {
    let text = fs::read_to_string(folder.join("postgres/postmaster.pid")).unwrap();
    Path::new("/proc").join(text.lines().next().unwrap())
}

fn eventually(what: &str, mut is_so: impl FnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(20);
    while !is_so() {
        assert!(Instant::now() < deadline, "not within 20 s: {what}");
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// Another program that keeps the instance of `folder`: this one, run with the single test below.
fn other_program(folder: &Path) -> Child {
    let mut program = Command::new(std::env::current_exe().unwrap());
    program.args(["embedded_postgres::keeps_an_instance_until_it_is_killed", "--exact", "--ignored", "--nocapture"]);
    let mut child = program.env("INSTANCE_FOLDER", folder).stdout(Stdio::piped()).spawn().unwrap();
    let output = BufReader::new(child.stdout.take().unwrap());
    assert!(output.lines().map_while(Result::ok).any(|line| line.contains("it runs")), "the other program failed");
    child
}

#[tokio::test]
#[ignore = "run by other tests as a program of its own"]
async fn keeps_an_instance_until_it_is_killed() {
    let Some(folder) = std::env::var_os("INSTANCE_FOLDER") else { return };
    let _instance = start(Path::new(&folder)).await;
    println!("it runs");
    tokio::time::sleep(Duration::from_mins(2)).await;
}

#[tokio::test]
async fn first_start_makes_a_private_durable_instance_and_the_second_finds_what_was_stored() {
    let place = tempfile::tempdir().unwrap();
    let durable = || Options { durable: true, ..quick() };
    let instance = EmbeddedPostgres::start(place.path(), durable()).await.unwrap();
    let url = instance.url();
    assert_eq!(ask(&url, "SELECT current_user || '/' || current_database()").await, "tracecast/tracecast");
    assert_eq!(ask(&url, "SELECT rolsuper::text FROM pg_roles WHERE rolname = current_user").await, "false");
    assert_eq!(ask(&url, "SELECT current_setting('listen_addresses')").await, "");
    assert_eq!(ask(&url, "SELECT current_setting('fsync') || current_setting('data_checksums')").await, "onon");
    assert_eq!(ask(&instance.url_for(ADMIN, "postgres"), "SELECT current_user::text").await, "postgres");
    sqlx::raw_sql("CREATE TABLE kept AS SELECT 'still here' AS what")
        .execute(&mut PgConnection::connect(&url).await.unwrap())
        .await
        .unwrap();
    let process = server(place.path());
    instance.stop().await;
    assert!(!process.exists(), "stop() returns when the server has ended");
    assert!(!place.path().join("postgres/postmaster.pid").exists());

    let instance = EmbeddedPostgres::start(place.path(), durable()).await.unwrap();
    assert_eq!(ask(&instance.url(), "SELECT what FROM kept").await, "still here");
    let process = server(place.path());
    drop(instance);
    assert!(!process.exists(), "dropping ends the server, too");
    let log = fs::read_to_string(place.path().join("postgres.log")).unwrap();
    assert!(!log.contains("automatic recovery"), "nothing needed recovery:\n{log}");
}

#[tokio::test]
async fn two_starts_at_once_share_one_instance_and_the_second_takes_over() {
    let place = tempfile::tempdir().unwrap();
    let (one, other) = tokio::join!(start(place.path()), start(place.path()));
    let (keeper, joined) = if one.is_joined() { (other, one) } else { (one, other) };
    assert!(joined.is_joined() && !keeper.is_joined());
    assert_eq!(keeper.url(), joined.url());
    keeper.stop().await;
    eventually("the one that had joined keeps the instance", || !joined.is_joined());
    let mut again = start(place.path()).await;
    assert!(again.is_joined());
    assert_eq!(ask(&joined.url(), "SELECT 'served'").await, "served");
    joined.stop().await;
    again = start(place.path()).await;
    again.stop().await;
}

#[tokio::test]
async fn a_killed_program_takes_its_server_with_it_and_the_next_start_needs_nothing() {
    let place = tempfile::tempdir().unwrap();
    let mut program = other_program(place.path());
    let process = server(place.path());
    assert!(process.exists());
    program.kill().unwrap();
    program.wait().unwrap();
    let instance = start(place.path()).await;
    assert!(!instance.is_joined());
    assert!(!process.exists() || server(place.path()) != process);
    instance.stop().await;

    let mut program = other_program(place.path());
    let process = server(place.path());
    program.kill().unwrap();
    program.wait().unwrap();
    eventually("the server ends", || !process.exists());
}

#[tokio::test]
async fn a_server_that_dies_is_started_again() {
    let place = tempfile::tempdir().unwrap();
    let instance = start(place.path()).await;
    let process = server(place.path());
    let number = process.file_name().unwrap().to_owned();
    assert!(Command::new("kill").arg("-9").arg(number).status().unwrap().success());
    let deadline = Instant::now() + Duration::from_secs(20);
    let answer = loop {
        if let Ok(mut connection) = PgConnection::connect(&instance.url()).await
            && let Ok(answer) = sqlx::query_scalar::<_, String>("SELECT 'back'").fetch_one(&mut connection).await
            && server(place.path()) != process
        {
            break answer;
        }
        assert!(Instant::now() < deadline, "it does not come back");
        tokio::time::sleep(Duration::from_millis(20)).await;
    };
    assert_eq!(answer, "back");
    instance.stop().await;
}

#[tokio::test]
async fn what_cut_off_starts_and_kills_left_behind_is_in_nobodys_way() {
    let place = tempfile::tempdir().unwrap();
    let unfinished = place.path().join("postgres.new-4711");
    fs::create_dir_all(unfinished.join("base")).unwrap();
    fs::write(unfinished.join("PG_VERSION"), "15\n").unwrap();
    start(place.path()).await.stop().await;
    assert!(!unfinished.exists());
    // After a restart of the machine the number in the file is another process's.
    let cluster = place.path().join("postgres");
    fs::write(cluster.join("postmaster.pid"), format!("{}\n/elsewhere\n0\n5432\n.\n", std::process::id())).unwrap();
    fs::write(cluster.join(".s.PGSQL.5432.lock"), format!("{}\n", std::process::id())).unwrap();
    fs::write(cluster.join(".s.PGSQL.5432"), "").unwrap();
    start(place.path()).await.stop().await;
}

#[tokio::test]
async fn folders_with_spaces_and_very_long_folders_serve() {
    let place = tempfile::tempdir().unwrap();
    let awkward = place.path().join("Tracecast's data & 100% ünïcode");
    let long = place.path().join(format!("{0}/{0}/{0}", "a-very-long-name-".repeat(8)));
    for folder in [awkward, long] {
        let instance = start(&folder).await;
        assert_eq!(ask(&instance.url(), "SELECT 'served'").await, "served", "{}", folder.display());
        instance.stop().await;
    }
}

#[tokio::test]
async fn a_start_that_cannot_be_says_why() {
    let place = tempfile::tempdir().unwrap();
    fs::create_dir(place.path().join("postgres")).unwrap();
    fs::write(place.path().join("postgres/holiday.jpg"), "").unwrap();
    let error = EmbeddedPostgres::start(place.path(), quick()).await.unwrap_err();
    assert!(matches!(error, LaunchError::NotADatabase(_)), "{error}");
    fs::remove_file(place.path().join("postgres/holiday.jpg")).unwrap();

    start(place.path()).await.stop().await;
    fs::write(place.path().join("postgres/postgresql.conf"), "no_such_setting = 1\n").unwrap();
    let error = EmbeddedPostgres::start(place.path(), quick()).await.unwrap_err();
    assert!(error.to_string().contains("no_such_setting"), "{error}");

    fs::write(place.path().join("postgres/PG_VERSION"), "9\n").unwrap();
    let error = EmbeddedPostgres::start(place.path(), quick()).await.unwrap_err();
    assert!(matches!(error, LaunchError::OtherVersion { needed: 9, .. }), "{error}");
}
