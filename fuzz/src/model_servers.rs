//! What holds for whatever an operator writes of model servers, and for whatever these list.

use std::collections::HashSet;

use serde_json::Value;
use tracecast::config::upstreams;
use tracecast::gateway::{Listed, Model};

/// Stands in every environment variable.
const KEY: &str = "sk-7c1f6e0b2a9d4c35";

/// The operator's table: what is taken can be asked, a refusal says why, and no key shows.
pub fn upstreams(input: &[u8]) {
    let text = String::from_utf8_lossy(input);
    // Anything else names a file.
    if !text.trim_start().starts_with('{') {
        return;
    }
    let table = match upstreams::read(&text, |_| Some(KEY.to_owned())) {
        Ok(table) => table,
        Err(mistakes) => {
            assert!(!mistakes.is_empty() && mistakes.iter().all(|mistake| !mistake.is_empty()), "a refusal says why");
            assert!(text.contains(KEY) || !mistakes.concat().contains(KEY), "the key shows: {mistakes:?}");
            return;
        }
    };
    assert!(!table.is_empty());
    assert!(text.contains(KEY) || !format!("{table:?}").contains(KEY), "the key shows");
    let mut names = HashSet::new();
    for server in table.iter() {
        assert!(names.insert(&server.name), "two servers of one name");
        assert!(!server.name.is_empty() && !server.models.is_empty() && !server.speaks.is_empty(), "{server:?}");
        for own_name in ["m", "openai/gpt-4o", "openai/openai/gpt-4o"] {
            let Some(name) = server.callers_name(own_name) else { continue };
            assert!(server.serves(&name), "{name} is listed and not served");
            assert_eq!(server.own_name(&name), own_name);
        }
    }
}

/// A model server's list: every entry bears the name by which callers ask, once, and what their clients read.
pub fn models(input: &[u8]) {
    let listed = |own_name: &str| Some(Listed { id: format!("a/{own_name}"), price: None });
    let Some(models) = Model::list(input, "a", listed) else { return };
    for model in models {
        let entry: Value = serde_json::from_str(&model.json).expect("our own entry is JSON");
        assert_eq!(entry["id"], model.id);
        for member in ["object", "created", "owned_by", "name", "architecture", "pricing", "top_provider", "links"] {
            assert!(entry.get(member).is_some(), "{member} is missing: {}", model.json);
        }
    }
}
