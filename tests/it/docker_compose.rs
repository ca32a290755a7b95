//! `docker-compose.yml` and the image: no password in the open, nothing reachable that need not be, no root.

use std::fs;
use std::path::Path;

use serde_json::Value;

fn read(path: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap()
}

#[test]
fn the_compose_file_holds_no_password_and_starts_in_order() {
    let text = read("docker-compose.yml");
    let compose: Value = serde_saphyr::from_str(&text).unwrap();
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
