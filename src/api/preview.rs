//! What would be sent of one recorded request, with the stored settings and with others (spec 10.3). Beyond OpenRouter. Sends nothing,
//! changes nothing.

use actix_web::{HttpRequest, HttpResponse, web};
use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::destinations::schema::UpdateDestination;
use super::destinations::{chosen, newer, no_such, parse};
use super::dry_run::refuse_often;
use super::error::Error;
use super::error_responses::ManagementErrorResponses;
use super::extract::Author;
use super::generation::content::NOBODY;
use super::input::Input;
use super::query::Query;
use super::timestamp::timestamp;
use crate::broadcast::preview::{self, Preview, Question};
use crate::http::Incoming;
use crate::state::State;
use crate::store::destinations;
use crate::store::members::Role;

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = PreviewAnswer)]
pub(super) struct PreviewAnswer {
    data: ShownPreview,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Preview)]
pub(super) struct ShownPreview {
    /// The request that is shown. Null: there is none yet.
    generation_id: Option<String>,
    /// The newest requests, which can be asked for.
    requests: Vec<Choice>,
    /// With the settings that were sent, laid over the stored ones.
    proposed: Body,
    /// With the stored ones.
    stored: Body,
    /// Names of the attributes that differ.
    different: Vec<String>,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = PreviewChoice)]
pub(super) struct Choice {
    generation_id: String,
    #[schema(format = "date-time")]
    completed_at: String,
    trace_name: String,
}

/// The trace as OTLP.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = PreviewBody)]
pub(super) struct Body {
    /// Of the trace in JSON, before compression.
    bytes: usize,
    /// By name, as texts.
    #[schema(value_type = Object)]
    attributes: Map<String, Value>,
}

/// Preview what is sent
///
/// One recorded request as it would be sent with the body's `redaction`, `fields` and `broadcast_generation_…` laid over the stored ones, and
/// with the stored ones alone. Other members of the body are ignored. The account's `content_readers` may not be `nobody`; the audit log
/// says who read which request. At most 10 previews and dry runs a minute.
#[utoipa::path(
    post,
    path = "/observability/destinations/{id}/preview",
    operation_id = "previewDestination",
    params(
        ("id" = String, Path, description = "Its id."),
        ("generation_id" = Option<String>, Query, description = "One of `requests`. Another one, or none, stands for the newest with content."),
    ),
    request_body = UpdateDestination,
    responses(
        (status = 200, description = "Both.", body = PreviewAnswer),
        ManagementErrorResponses,
    )
)]
pub(super) async fn create(
    state: web::Data<State>,
    author: Author,
    request: HttpRequest,
    incoming: Incoming,
    id: web::Path<String>,
) -> Result<HttpResponse, Error> {
    let input = Input::read(&request, incoming).await?;
    let id = parse(&id)?;
    let mut tenant = state.store.tenant(author.actor.account).await?;
    let destination = destinations::find(&mut tenant, id).await?.ok_or_else(no_such)?;
    let stored = destination.sent().map_err(|unreadable| newer(&unreadable))?;
    let proposed = chosen(&input, Some(&destination))?.redaction.unwrap_or(stored);
    refuse_often(&state, author.actor.account)?;
    let query = Query::of(&request);
    let wanted = query.get("generation_id").unwrap_or_default();
    let question = Question { destination: &destination, proposed, wanted };
    // A key acts for those who made it: admins.
    let preview = preview::preview(&state, &mut tenant, (&author.actor, Role::Admin), question).await?;
    tenant.commit().await?;
    let preview = preview.ok_or_else(|| Error::forbidden(NOBODY))?;
    Ok(HttpResponse::Ok().json(PreviewAnswer { data: ShownPreview::of(preview) }))
}

impl ShownPreview {
    fn of(preview: Preview) -> Self {
        let different = preview.different().map(str::to_owned).collect();
        let Preview { shown, requests, proposed, stored } = preview;
        let requests = requests.into_iter().map(|choice| Choice {
            generation_id: choice.id,
            completed_at: timestamp(choice.completed_at),
            trace_name: choice.trace_name,
        });
        Self {
            generation_id: shown,
            requests: requests.collect(),
            proposed: Body::of(proposed),
            stored: Body::of(stored),
            different,
        }
    }
}

impl Body {
    fn of(body: preview::Body) -> Self {
        let attributes = body.attributes.into_iter().map(|(name, value)| (name, Value::from(value)));
        Self { bytes: body.bytes, attributes: attributes.collect() }
    }
}
