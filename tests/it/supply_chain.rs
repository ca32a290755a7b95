//! What the program is made of: the bill of materials is complete.

use std::path::Path;
use std::process::Command;

use serde_json::Value;

fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

#[test]
fn the_bill_of_materials_names_every_crate_with_licence_and_checksum() {
    let output = Command::new(repository().join(".ci/sbom")).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let bill: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((&bill["bomFormat"], &bill["specVersion"]), (&"CycloneDX".into(), &"1.6".into()));
    let program = &bill["metadata"]["component"];
    assert_eq!(program["name"], "tracecast");
    let ours: Vec<_> = program["components"].as_array().unwrap().iter().map(|one| &one["name"]).collect();
    assert_eq!(ours, ["demo-receiver", "embedded-postgres"], "our own crates are parts of the program");
    let crates = bill["components"].as_array().unwrap();
    assert!(crates.len() > 100, "{} crates", crates.len());
    for one in crates {
        assert_eq!(one["hashes"][0]["content"].as_str().map(str::len), Some(64), "{one}");
        assert!(!one["licenses"][0]["expression"].as_str().unwrap().is_empty(), "{one}");
    }
    let has = |name: &str| crates.iter().any(|one| one["name"] == name);
    assert!(has("tokio") && has("chacha20poly1305"), "what the program runs on is in it");
    assert!(!has("insta") && !has("proptest"), "what only tests use is not");
}
