//! From a completed request to the row of the log.

use crate::completed_request::CompletedRequest;
use crate::completed_request::content::Content;
use crate::id::AccountId;
use crate::store::log::{Completed, Entry};

/// Memory that an entry takes beside its texts, in bytes, about.
const OVERHEAD_BYTES: usize = 512;

/// The row of a request.
pub fn of(account: AccountId, request: &CompletedRequest<'_>, content: &Content, completed: Completed) -> Entry {
    let usage = &request.usage;
    let tokens = usage.total.or_else(|| Some(usage.input? + usage.output.unwrap_or_default()));
    Entry {
        account,
        generation_id: request.id.as_str().to_owned(),
        api_key: request.api_key.map(|key| key.0),
        session_id: request.context.session_id.as_ref().map(ToString::to_string),
        model: request.request_model.to_string(),
        status: i16::try_from(request.status).unwrap_or_default(),
        tokens: tokens.and_then(|tokens| i64::try_from(tokens).ok()),
        cost: request.cost.total,
        // Serialising our own event into memory fails for no value that it can hold.
        payload: serde_json::to_vec(request).unwrap_or_default(),
        content: content.to_bytes(),
        completed,
        maybe_known: false,
    }
}

/// Bytes of memory, about. Unused capacity of its buffers counts.
pub(super) fn size(entry: &Entry) -> usize {
    let texts = entry.generation_id.len() + entry.model.len() + entry.session_id.as_ref().map_or(0, String::len);
    entry.payload.capacity() + entry.content.capacity() + texts + OVERHEAD_BYTES
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use uuid::Uuid;

    use super::*;

    #[test]
    fn an_entry_is_as_large_as_the_memory_that_it_holds() {
        let empty = Entry {
            account: AccountId(Uuid::nil()),
            generation_id: String::new(),
            api_key: None,
            session_id: None,
            model: String::new(),
            status: 200,
            tokens: None,
            cost: None,
            payload: Vec::new(),
            content: Vec::new(),
            completed: Completed::Here(Instant::now()),
            maybe_known: false,
        };
        let with = |payload: Vec<u8>, model: &str| Entry { payload, model: model.to_owned(), ..empty.clone() };
        assert_eq!(size(&with(Vec::with_capacity(4_096), "")) - size(&empty), 4_096);
        assert_eq!(size(&with(Vec::new(), &"m".repeat(1_000))) - size(&empty), 1_000);
    }
}
