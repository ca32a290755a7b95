//! The audit log (spec 5.5). Beyond OpenRouter.

use actix_web::{HttpRequest, HttpResponse, web};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;
use uuid::Uuid;

use super::error::Error;
use super::error_responses::ManagementErrorResponses;
use super::extract::ManagementKey;
use super::query::Query;
use super::timestamp::timestamp;
use crate::audit::Event;
use crate::state::State;
use crate::store::audit::{self, Entry, Filter};

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AuditLog)]
pub(super) struct EntryList {
    data: Vec<ShownEntry>,
    /// Where older ones begin. Null: there are none.
    next: Option<String>,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AuditEntry)]
pub(super) struct ShownEntry {
    #[schema(format = "uuid")]
    id: String,
    #[schema(format = "date-time")]
    at: String,
    /// For example `destination_created`.
    event: String,
    /// `person`, `key`, `operator` or `stranger`.
    actor_kind: String,
    /// Their name at that time.
    actor: String,
    /// From where.
    address: Option<String>,
    /// The name of what was changed.
    subject: String,
    /// The values that changed, as they were.
    #[schema(value_type = Option<Object>)]
    before: Option<Value>,
    /// The values that changed, as they were afterwards.
    #[schema(value_type = Option<Object>)]
    after: Option<Value>,
}

/// Who changed what
///
/// The newest first. `next` names the place for `before` where older ones begin.
#[utoipa::path(
    get,
    path = "/audit-log",
    operation_id = "listAuditLog",
    params(
        ("limit" = Option<u64>, Query, description = "How many to give; 50 where it is missing.", minimum = 1, maximum = 100),
        ("before" = Option<String>, Query, description = "`next` of the list before."),
        ("event" = Option<String>, Query, description = "Entries of this kind only."),
        ("actor" = Option<String>, Query, description = "Entries of the person or key of this name only."),
    ),
    responses(
        (status = 200, description = "A part of the log.", body = EntryList),
        ManagementErrorResponses,
    )
)]
pub(super) async fn index(
    state: web::Data<State>,
    key: ManagementKey,
    request: HttpRequest,
) -> Result<HttpResponse, Error> {
    let query = Query::of(&request);
    let limit = query.page()?.limit;
    let wrong = |field, sentence| Error::invalid(field, sentence);
    let before = query.get("before").map(str::parse::<Uuid>).transpose();
    let before = before.map_err(|_| wrong("before", "`before` must be `next` of the list before."))?;
    let event = query.get("event").map(|name| Event::named(name).map(Event::name).ok_or(name)).transpose();
    let event = event.map_err(|_| wrong("event", "There is no such kind of entry."))?;
    let actor = query.get("actor").filter(|name| !name.contains('\0'));
    let mut tenant = state.store.tenant(key.account).await?;
    let filter = Filter { event, actor, before };
    let entries = audit::list(&mut tenant, &filter, i64::try_from(limit + 1).unwrap_or(i64::MAX)).await?;
    let next = entries.get(limit.saturating_sub(1)).filter(|_| entries.len() > limit).map(|entry| entry.id.to_string());
    let data = entries.into_iter().take(limit).map(ShownEntry::from).collect();
    Ok(HttpResponse::Ok().json(EntryList { data, next }))
}

impl From<Entry> for ShownEntry {
    fn from(entry: Entry) -> Self {
        let Entry { id, at, event, actor_kind, actor, address, subject, before, after } = entry;
        let (id, at) = (id.to_string(), timestamp(at));
        Self { id, at, event, actor_kind, actor, address, subject, before, after }
    }
}
