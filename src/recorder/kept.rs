//! Entries and losses that wait when the program stops, as bytes that the next start reads.

use std::borrow::Cow;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::completed_request::FORMAT;
use crate::id::AccountId;
use crate::store::log::{ClockOffset, Completed, Entry};
use crate::store::losses::Loss;

/// What one file holds.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Kept<'a> {
    /// Version of payloads and contents.
    format: i16,
    #[serde(borrow, default)]
    entries: Vec<KeptEntry<'a>>,
    /// Losses that the database has not recorded, under the ids by which it will.
    #[serde(default)]
    losses: Vec<Loss>,
}

/// An [`Entry`] with the time at which it completed, by the database's clock. So it falls into the period of Broadcast
/// in which it completed, however late it is recorded.
#[derive(Debug, Serialize, Deserialize)]
struct KeptEntry<'a> {
    account: AccountId,
    generation_id: Cow<'a, str>,
    api_key: Option<Uuid>,
    session_id: Option<Cow<'a, str>>,
    model: Cow<'a, str>,
    status: i16,
    tokens: Option<i64>,
    /// As bits: the digits of JSON are not read back to the last one.
    cost: Option<u64>,
    payload: Cow<'a, str>,
    content: Cow<'a, str>,
    completed_at: DateTime<Utc>,
}

/// The bytes are not what this version or an older one writes.
#[derive(Debug, thiserror::Error)]
pub(super) enum Unreadable {
    #[error("it was written by a newer version of this program (format {0}); start that version once")]
    Format(i16),
    #[error("it cannot be read: {0}")]
    Json(#[from] serde_json::Error),
}

impl<'a> Kept<'a> {
    /// These entries, dated by `offset`.
    pub(super) fn entries(entries: &'a [Entry], offset: ClockOffset) -> Self {
        let entries = entries.iter().map(|entry| KeptEntry::of(entry, offset)).collect();
        Self { format: FORMAT, entries, losses: Vec::new() }
    }

    pub(super) fn losses(losses: Vec<Loss>) -> Self {
        Self { format: FORMAT, entries: Vec::new(), losses }
    }

    pub(super) fn to_bytes(&self) -> Vec<u8> {
        // Texts, numbers and times: nothing here can fail to be written.
        serde_json::to_vec(self).unwrap_or_default()
    }

    /// Reads what [`Self::to_bytes`] wrote: the entries, each of which may have been recorded already, and the losses.
    pub(super) fn read(bytes: &'a [u8]) -> Result<(Vec<Entry>, Vec<Loss>), Unreadable> {
        let kept: Self = serde_json::from_slice(bytes)?;
        if kept.format > FORMAT {
            return Err(Unreadable::Format(kept.format));
        }
        Ok((kept.entries.into_iter().map(KeptEntry::entry).collect(), kept.losses))
    }
}

impl<'a> KeptEntry<'a> {
    fn of(entry: &'a Entry, offset: ClockOffset) -> Self {
        Self {
            account: entry.account,
            generation_id: entry.generation_id.as_str().into(),
            api_key: entry.api_key,
            session_id: entry.session_id.as_deref().map(Cow::from),
            model: entry.model.as_str().into(),
            status: entry.status,
            tokens: entry.tokens,
            cost: entry.cost.map(f64::to_bits),
            // Both are JSON in UTF-8.
            payload: String::from_utf8_lossy(&entry.payload),
            content: String::from_utf8_lossy(&entry.content),
            completed_at: offset.date(entry.completed),
        }
    }

    fn entry(self) -> Entry {
        Entry {
            account: self.account,
            generation_id: self.generation_id.into_owned(),
            api_key: self.api_key,
            session_id: self.session_id.map(Cow::into_owned),
            model: self.model.into_owned(),
            status: self.status,
            tokens: self.tokens,
            cost: self.cost.map(f64::from_bits),
            payload: self.payload.into_owned().into_bytes(),
            content: self.content.into_owned().into_bytes(),
            completed: Completed::Dated(self.completed_at),
            maybe_known: true,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use super::*;
    use crate::clock::{Clock, UnixNanos};

    #[test]
    fn what_is_kept_comes_back_to_the_last_bit_with_its_time() {
        let offset = ClockOffset::assumed(Clock::Fixed(UnixNanos(1_800_000_000_123_456_000)));
        let entry = Entry {
            account: AccountId(Uuid::from_u128(7)),
            generation_id: "gen-1".to_owned(),
            api_key: Some(Uuid::from_u128(8)),
            session_id: Some("a \"session\"\n".to_owned()),
            model: "openai/gpt-4o".to_owned(),
            status: 200,
            tokens: Some(17),
            cost: Some(0.1 + 0.2),
            payload: br#"{"a":"\u0000"}"#.to_vec(),
            content: "{\"b\":\"ä\"}".as_bytes().to_vec(),
            completed: Completed::Here(Instant::now()),
            maybe_known: false,
        };
        let completed_at = offset.date(entry.completed);
        let bytes = Kept::entries(std::slice::from_ref(&entry), offset).to_bytes();
        let (entries, losses) = Kept::read(&bytes).unwrap();
        let [read] = entries.try_into().unwrap();
        assert!(matches!(read.completed, Completed::Dated(at) if at == completed_at));
        assert!(read.maybe_known && losses.is_empty());
        let as_before = Entry { completed: entry.completed, maybe_known: false, ..read };
        assert_eq!(format!("{as_before:?}"), format!("{entry:?}"));
    }

    #[test]
    fn losses_come_back_from_older_versions_too_and_newer_ones_are_refused() {
        let lost = vec![(Uuid::from_u128(1), AccountId(Uuid::from_u128(2)), 3)];
        let bytes = Kept::losses(lost.clone()).to_bytes();
        assert_eq!(Kept::read(&bytes).unwrap().1, lost);
        let older = String::from_utf8(bytes).unwrap().replacen(&format!("\"format\":{FORMAT}"), "\"format\":1", 1);
        assert_eq!(Kept::read(older.as_bytes()).unwrap().1, lost);
        assert!(matches!(Kept::read(br#"{"format":99}"#), Err(Unreadable::Format(99))));
        assert!(matches!(Kept::read(b"{"), Err(Unreadable::Json(_))));
    }
}
