//! What ClickHouse's answers mean. Its errors have a number, in a header and in the text.

use super::super::super::reading::Reading;
use super::field_names::{DATABASE, PASSWORD, TABLE};
use crate::delivery::{Attention, Outcome, Refusal, WaitReason};
use crate::otlp::answer::Response;

/// Busy, out of memory, timed out, or without its network: it passes by itself.
const PASSING: [u32; 6] = [252, 241, 159, 202, 209, 210];

/// `UNKNOWN_USER`, `WRONG_PASSWORD`, `REQUIRED_PASSWORD`, `AUTHENTICATION_FAILED`
const CREDENTIALS: [u32; 4] = [192, 193, 194, 516];

/// `ACCESS_DENIED`
const GRANTS: u32 = 497;

pub(super) const READINGS: &[Reading] = &[
    Reading::words(401, PASSWORD, "ClickHouse does not accept this user and password. Enter them again"),
    Reading {
        words: "code: 497",
        ..Reading::words(403, PASSWORD, "This user may not insert into the table. Grant it INSERT")
    },
    Reading::words(403, PASSWORD, "ClickHouse does not accept this user and password. Enter them again"),
    Reading { words: "code: 81.", ..Reading::words(404, DATABASE, "There is no database of this name") },
    Reading {
        words: "code: 60.",
        ..Reading::words(404, TABLE, "There is no table of this name. Make it with the statement")
    },
    Reading::words(404, TABLE, "Nothing takes rows at this address. Check host, database and table"),
];

pub(super) fn read(response: &Response, outcome: Outcome) -> Outcome {
    let Some(code) = code(response) else { return outcome };
    if PASSING.contains(&code) {
        let sentence = response.sentence("ClickHouse is busy");
        let not_before = if let Outcome::Wait { not_before, .. } = outcome { not_before } else { None };
        return Outcome::Wait { reason: WaitReason::Unavailable, sentence, not_before };
    }
    let attention = |reason, lead| Outcome::NeedsAttention {
        reason,
        status: Some(response.status),
        advice: response.sentence(lead),
    };
    match response.status {
        _ if CREDENTIALS.contains(&code) => {
            attention(Attention::Unauthorized, "ClickHouse does not accept this user and password. Enter them again")
        }
        _ if code == GRANTS => {
            attention(Attention::Forbidden, "This user may not insert into the table. Grant it INSERT")
        }
        // The status had left before the error came about.
        200..=299 => Outcome::Refused {
            reason: Refusal::Invalid,
            status: response.status,
            sentence: response.sentence("ClickHouse refused these rows"),
        },
        _ => outcome,
    }
}

/// The number of an error: in a header, or as `Code: 516.` at the beginning of the text.
pub(super) fn code(response: &Response) -> Option<u32> {
    let header = response.headers.get("x-clickhouse-exception-code").and_then(|code| code.trim().parse().ok());
    header.or_else(|| {
        let start = &response.body[..response.body.len().min(64)];
        let text = String::from_utf8_lossy(start);
        let (number, _) = text.trim_start().strip_prefix("Code: ")?.split_once('.')?;
        number.parse().ok()
    })
}
