//! `contrib/`: what its own checkers (`.ci/contrib`) cannot know, because it is about this program.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use regex::Regex;
use serde_json::Value;
use tracecast::config::SETTINGS;
use tracecast::store::roles;

fn folder(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("contrib").join(path)
}

fn read(path: &str) -> String {
    fs::read_to_string(folder(path)).unwrap()
}

fn yaml(path: &str) -> Value {
    serde_saphyr::from_str(&read(path)).unwrap()
}

/// The strings of a list.
fn texts(list: &Value) -> BTreeSet<String> {
    list.as_array().unwrap().iter().map(|text| text.as_str().unwrap().to_owned()).collect()
}

#[test]
fn kustomizations_name_every_file_beside_them() {
    for place in ["kubernetes/base", "kubernetes/cloudnative-pg"] {
        let kustomization = yaml(&format!("{place}/kustomization.yaml"));
        let mut named = texts(&kustomization["resources"]);
        named.extend(
            kustomization["patches"]
                .as_array()
                .into_iter()
                .flatten()
                .map(|patch| patch["path"].as_str().unwrap().to_owned()),
        );
        for name in &named {
            assert!(folder(place).join(name).exists(), "{place} names {name}");
        }
        for file in fs::read_dir(folder(place)).unwrap() {
            let name = file.unwrap().file_name().into_string().unwrap();
            assert!(name == "kustomization.yaml" || named.contains(&name), "{place} does not name {name}");
        }
    }
}

#[test]
fn settings_and_commands_of_the_manifests_exist() {
    let settings = yaml("kubernetes/base/settings.yaml");
    for name in settings["data"].as_object().unwrap().keys() {
        assert!(SETTINGS.iter().any(|setting| setting.env == name), "there is no setting {name}");
    }
    let commands: BTreeSet<_> =
        tracecast::cli::command().get_subcommands().map(|one| one.get_name().to_owned()).collect();
    let arguments = Regex::new(r"(?m)args: \[([a-z]+)\]|ExecStart=/usr/local/bin/tracecast ([a-z]+)$").unwrap();
    let files = ["kubernetes/base/migrate.yaml", "kubernetes/base/web.yaml", "kubernetes/base/worker.yaml"];
    for file in files.into_iter().chain([
        "systemd/tracecast.service",
        "systemd/tracecast-web.service",
        "systemd/tracecast-worker.service",
    ]) {
        let text = read(file);
        let found = arguments.captures(&text).unwrap_or_else(|| panic!("{file} runs no command"));
        let command = found.get(1).or(found.get(2)).unwrap().as_str();
        assert!(commands.contains(command), "{file}: there is no command {command}");
    }
}

#[test]
fn containers_run_without_root_privileges_or_a_writable_image() {
    for file in ["migrate", "web", "worker"] {
        let text = read(&format!("kubernetes/base/{file}.yaml"));
        for line in
            ["runAsNonRoot: true", "allowPrivilegeEscalation: false", "readOnlyRootFilesystem: true", "drop: [ALL]"]
        {
            assert!(text.contains(line), "{file}: {line}");
        }
        assert!(!text.contains("privileged:") && !text.contains("hostPath") && !text.contains("hostNetwork"), "{file}");
    }
}

#[test]
fn the_cluster_makes_the_roles_that_the_program_asks_for() {
    let cluster = yaml("kubernetes/cloudnative-pg/cluster.yaml");
    let made = texts(&cluster["spec"]["bootstrap"]["initdb"]["postInitApplicationSQL"]);
    let script = roles::script("tracecast").replace('"', "");
    let wanted = script.lines().filter_map(|line| line.strip_suffix(';')).map(str::to_owned).collect();
    assert_eq!(made, wanted);
}

#[test]
fn every_alert_is_seen_firing_by_a_test() {
    let rules = yaml("prometheus/rules.yml");
    let rules = rules["groups"].as_array().unwrap().iter().flat_map(|group| group["rules"].as_array().unwrap().clone());
    let alerts: Vec<_> = rules.filter_map(|rule| rule["alert"].as_str().map(str::to_owned)).collect();
    assert!(alerts.len() >= 10, "{alerts:?}");
    let tests = yaml("prometheus/rules.test.yml");
    let fire: Vec<_> =
        tests["tests"].as_array().unwrap().iter().map(|test| test["promql_expr_test"].to_string()).collect();
    let silent: Vec<_> =
        tests["tests"].as_array().unwrap().iter().map(|test| test["alert_rule_test"].to_string()).collect();
    for alert in alerts {
        assert!(fire.iter().any(|tests| tests.contains(&format!("\\\"{alert}\\\""))), "no test sees {alert} fire");
        assert!(silent.iter().any(|tests| tests.contains(&format!("\"{alert}\""))), "no test sees {alert} keep silent");
    }
}
