//! `docker-compose.yml` against the schema of the Compose Specification, and against our own promises.

mod schema;

use std::fs;
use std::path::Path;

use serde_json::Value;

fn read(path: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap()
}

fn mistakes(compose: &Value) -> Vec<String> {
    schema::Schema::new(&read("tests/it/fixtures/compose-spec/schema.json")).mistakes(compose)
}

#[test]
fn the_compose_file_follows_the_specification() {
    let compose: Value = serde_yaml_ng::from_str(&read("docker-compose.yml")).unwrap();
    assert_eq!(mistakes(&compose), Vec::<String>::new());
    let wrong = |pointer: &str, value: Value| {
        let mut wrong = compose.clone();
        let (parent, name) = pointer.rsplit_once('/').unwrap();
        wrong.pointer_mut(parent).unwrap()[name] = value;
        assert!(!mistakes(&wrong).is_empty(), "{pointer}");
    };
    wrong("/services/tracecast/depends_on/database/condition", "when it likes".into());
    wrong("/services/database/restarts", "always".into());
    wrong("/services/database/healthcheck/retries", Value::Bool(true));
    wrong("/services/tracecast/ports", "8080:8080".into());
    wrong("/services/secrets/volumes", serde_json::json!(["a:/a", "a:/a"]));
    wrong("/services", Value::Null);
}

#[test]
fn the_compose_file_holds_no_password_and_starts_in_order() {
    let text = read("docker-compose.yml");
    let compose: Value = serde_yaml_ng::from_str(&text).unwrap();
    let service = |name: &str| compose["services"][name].clone();
    assert!(!text.contains("POSTGRES_PASSWORD:"), "the superuser's password comes from a file");
    let url = service("tracecast")["environment"]["DATABASE_URL"].as_str().unwrap().to_owned();
    assert!(url.starts_with("postgres://tracecast@"), "the owner, without a password: {url}");
    assert_eq!(service("tracecast")["depends_on"]["database"]["condition"], "service_healthy");
    assert_eq!(service("database")["depends_on"]["secrets"]["condition"], "service_completed_successfully");
    assert!(service("database")["healthcheck"]["test"].is_array());
    for name in ["tracecast", "database"] {
        assert_eq!(service(name)["restart"], "unless-stopped", "{name}");
    }
    let ports = service("tracecast")["ports"].to_string();
    assert!(ports.contains("127.0.0.1:8080"), "nobody else reaches it unless the operator says so: {ports}");
    assert!(service("database")["ports"].is_null());
}

#[test]
fn the_image_runs_without_root_and_checks_its_health() {
    let image = read("Dockerfile");
    let last_stage = image.rsplit_once("\nFROM ").unwrap().1;
    assert!(last_stage.contains("\nUSER tracecast"));
    assert!(last_stage.contains(r#"CMD ["tracecast", "healthcheck"]"#));
    let rust = read("rust-toolchain.toml");
    let version = rust.split('"').nth(1).unwrap();
    assert!(image.contains(&format!("FROM rust:{version}-")), "the image builds with rust-toolchain.toml's {version}");
}
