//! Replays as the API writes and reads them.

use serde::Serialize;
use utoipa::ToSchema;

use crate::api::timestamp::timestamp;
use crate::store::replays::{Counted, Progress, Replay};

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ReplayList)]
pub(in crate::api) struct ReplayList {
    pub(super) data: Vec<ShownReplay>,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ReplayAnswer)]
pub(in crate::api) struct ReplayAnswer {
    pub(super) data: ShownReplay,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Replay)]
pub(in crate::api) struct ShownReplay {
    id: String,
    /// `all`, `dead_letters` or `requests`.
    what: String,
    #[schema(format = "date-time")]
    from: Option<String>,
    #[schema(format = "date-time")]
    until: Option<String>,
    /// `running`, `paused`, `cancelled` or `done`.
    state: &'static str,
    /// When it began.
    requests: i64,
    /// Still to be sent.
    rest: i64,
    delivered: i64,
    /// The most requests a second. Null: as many as new requests leave room for.
    rate: Option<i32>,
    created_by: String,
    #[schema(format = "date-time")]
    created_at: String,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CountedReplay)]
pub(in crate::api) struct CountedReplay {
    /// Requests that would be sent, less those that today's rules leave out.
    requests: i64,
    /// Their recorded bytes.
    bytes: i64,
    /// Requests made while Broadcast was off, which are never sent.
    while_off: i64,
}

#[derive(Debug, ToSchema)]
#[schema(as = CreateReplay)]
#[expect(dead_code, reason = "read member by member; this is its description")]
pub(in crate::api) struct CreateReplay {
    /// `all`, `dead_letters` or `requests`.
    #[schema(example = "dead_letters")]
    what: String,
    #[schema(format = "date-time")]
    from: Option<String>,
    #[schema(format = "date-time")]
    until: Option<String>,
    /// Generation ids, at most 1,000.
    ids: Option<Vec<String>>,
    /// The most requests a second. Null: as many as new requests leave room for.
    #[schema(minimum = 1)]
    rate: Option<i32>,
    /// Count only.
    dry_run: Option<bool>,
}

#[derive(Debug, ToSchema)]
#[schema(as = UpdateReplay)]
#[expect(dead_code, reason = "read member by member; this is its description")]
pub(in crate::api) struct UpdateReplay {
    paused: bool,
}

impl From<&Replay> for ShownReplay {
    fn from(replay: &Replay) -> Self {
        let state = match replay.progress() {
            Progress::Running => "running",
            Progress::Paused => "paused",
            Progress::Cancelled => "cancelled",
            Progress::Done => "done",
        };
        Self {
            id: replay.id.to_string(),
            what: replay.chosen.clone(),
            from: replay.begins_at.map(timestamp),
            until: replay.ends_at.map(timestamp),
            state,
            requests: replay.requests,
            rest: replay.rest,
            delivered: replay.delivered,
            rate: replay.rate,
            created_by: replay.created_by.clone(),
            created_at: timestamp(replay.created_at),
        }
    }
}

impl From<Counted> for CountedReplay {
    fn from(counted: Counted) -> Self {
        Self { requests: counted.requests, bytes: counted.bytes, while_off: counted.off }
    }
}
