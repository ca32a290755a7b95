//! What the fuzzer found interesting once, and what it starts from: the same properties hold for each (`fuzz/README.md`).

#[expect(unreachable_pub, reason = "the fuzzer's crate has them for its targets")]
#[path = "../../fuzz/src/lib.rs"]
mod properties;

use std::fs;
use std::panic::catch_unwind;
use std::path::Path;

/// What must hold for all bytes.
type Property = fn(&[u8]);

#[test]
fn every_beginning_of_a_streamed_seed_keeps_what_is_promised() {
    let targets: [(&str, Property); 4] = [
        ("chat", properties::chat),
        ("completions", properties::completions),
        ("messages", properties::messages),
        ("responses", properties::responses),
    ];
    for (target, property) in targets {
        let seed = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/seeds").join(target).join("streamed");
        let stream = fs::read(&seed).unwrap();
        for at in 0..stream.len() {
            assert!(catch_unwind(|| property(&stream[..at])).is_ok(), "{target} cut at {at}");
        }
    }
}

#[test]
fn every_seed_of_the_fuzzer_keeps_what_is_promised() {
    let targets: [(&str, Property); 15] = [
        ("dsn", properties::dsn),
        ("endpoint", properties::endpoint),
        ("completed_request", properties::completed_request),
        ("trace", properties::trace),
        ("answer", properties::answer),
        ("chat", properties::chat),
        ("completions", properties::completions),
        ("embeddings", properties::embeddings),
        ("messages", properties::messages),
        ("responses", properties::responses),
        ("events", properties::events),
        ("upstreams", properties::upstreams),
        ("models", properties::models),
        ("rules", properties::rules),
        ("redactor", properties::redactor),
    ];
    for (target, property) in targets {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/seeds").join(target);
        let mut seeds = 0;
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            let input = fs::read(&path).unwrap();
            assert!(catch_unwind(|| property(&input)).is_ok(), "{}", path.display());
            seeds += 1;
        }
        assert!(seeds > 2, "{} holds {seeds} seeds", folder.display());
    }
}
