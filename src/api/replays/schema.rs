//! Replays as the API writes and reads them.

use serde::Serialize;
use utoipa::ToSchema;

use crate::api::timestamp::timestamp;
use crate::replay::Counted;
use crate::store::replays::{Progress, Replay};

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
    /// Whether what was delivered before is left out.
    leave_out_delivered: bool,
    /// `running`, `paused`, `cancelled` or `done`.
    state: &'static str,
    /// Requests that it looks at, counted when it began.
    requests: i64,
    /// Requests that it has yet to look at.
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
    /// Requests that would be sent.
    requests: i64,
    /// Their recorded bytes.
    bytes: i64,
    /// Requests that were delivered before. They are among `requests`, unless `leave_out_delivered` leaves them out.
    delivered_before: i64,
    /// Requests that today's rules leave out.
    left_out: i64,
    /// Requests made while Broadcast was off, which are never sent.
    while_off: i64,
    /// False: counting took more than two seconds, and every number means "more than".
    whole: bool,
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
    /// Leave out what the destination accepted before. False if missing.
    leave_out_delivered: Option<bool>,
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
            leave_out_delivered: replay.skips_delivered,
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
        Self {
            requests: counted.requests,
            bytes: counted.bytes,
            delivered_before: counted.delivered,
            left_out: counted.left_out,
            while_off: counted.off,
            whole: counted.is_whole,
        }
    }
}
