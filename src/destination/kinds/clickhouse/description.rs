//! The answer to `DESCRIBE TABLE`: which columns are missing.

use super::answers::code;
use super::table;
use crate::destination::Finding;
use crate::otlp::answer::Response;

/// `ACCESS_DENIED`
const ACCESS_DENIED: u32 = 497;

/// A table may lack columns: their values are left out. A user who may insert and nothing else cannot ask.
pub(super) fn read(response: &Response) -> Option<Finding> {
    if code(response) == Some(ACCESS_DENIED) {
        let why = "This user may not see the table's columns, which is no fault: it needs INSERT alone.";
        return Some(Finding::Skipped(why.to_owned()));
    }
    if response.status != 200 {
        return None;
    }
    let there = columns(response);
    let missing: Vec<_> = table::columns().filter(|column| !there.iter().any(|name| name == column)).collect();
    if missing.len() == table::columns().count() {
        let why =
            "The table has none of the columns that are sent. Make one with the statement, or enter another table.";
        return Some(Finding::Failed(why.to_owned()));
    }
    (!missing.is_empty()).then(|| {
        Finding::Warning(format!("The table lacks columns, whose values are left out: {}.", missing.join(", ")))
    })
}

/// The first value of each row of `JSONCompactEachRow`.
fn columns(response: &Response) -> Vec<String> {
    let text = String::from_utf8_lossy(&response.body);
    let name =
        |line: &str| serde_json::from_str::<Vec<serde_json::Value>>(line).ok()?.first()?.as_str().map(str::to_owned);
    text.lines().filter_map(name).collect()
}
