//! What rules would have done to the last requests (spec 10.3). Beyond OpenRouter. Sends nothing, changes nothing.

use actix_web::http::StatusCode;
use actix_web::http::header::RETRY_AFTER;
use actix_web::{HttpRequest, HttpResponse, web};
use serde::Serialize;
use utoipa::ToSchema;

use super::destinations::schema::UpdateDestination;
use super::destinations::{chosen, newer, no_such, parse};
use super::error::Error;
use super::error_responses::ManagementErrorResponses;
use super::extract::ManagementKey;
use super::input::Input;
use super::timestamp::timestamp;
use crate::broadcast::dry_run::{self, DryRun, Question, Tally, dry_run};
use crate::destination::selection::LeftOut;
use crate::http::Incoming;
use crate::id::AccountId;
use crate::state::State;
use crate::store::{accounts, destinations};

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = DryRun)]
pub(super) struct DryRunAnswer {
    data: Counts,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = DryRunCounts)]
pub(super) struct Counts {
    /// Requests that were looked at, 1,000 at most.
    judged: usize,
    /// When the oldest of them completed.
    since: Option<String>,
    /// False: the time was over before all were read.
    is_whole: bool,
    /// Bytes of a request that is sent, before compression: the mean of the newest 20. Null: none of them is sent.
    bytes: Option<usize>,
    /// By the rules that were sent.
    proposed: Outcome,
    /// By the stored ones.
    stored: Outcome,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = DryRunOutcome)]
pub(super) struct Outcome {
    sent: usize,
    /// Those of `sent` that are kept whatever the rate.
    always: usize,
    /// In the order of judgement.
    left_out: Vec<NotSent>,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = DryRunReason)]
pub(super) struct NotSent {
    /// `key_excluded`, `key_not_included`, `rules`, `rules_without_content`, `sampled` or `budget`.
    reason: &'static str,
    /// The first and the last of the rules that said no, counted from 1 through all groups.
    rules: Option<[usize; 2]>,
    requests: usize,
    /// The generation id of the newest of them.
    newest: String,
}

/// Try rules on the last requests
///
/// Counts what the last 1,000 requests of the account would have met, by the rules of the body laid over the stored ones, and by the
/// stored ones alone. Other members of the body are ignored. At most 10 dry runs and previews a minute.
#[utoipa::path(
    post,
    path = "/observability/destinations/{id}/dry-run",
    operation_id = "dryRunRules",
    params(("id" = String, Path, description = "Its id.")),
    request_body = UpdateDestination,
    responses(
        (status = 200, description = "The counts.", body = DryRunAnswer),
        ManagementErrorResponses,
    )
)]
pub(super) async fn create(
    state: web::Data<State>,
    key: ManagementKey,
    request: HttpRequest,
    incoming: Incoming,
    id: web::Path<String>,
) -> Result<HttpResponse, Error> {
    let input = Input::read(&request, incoming).await?;
    let id = parse(&id)?;
    let mut tenant = state.store.tenant(key.account).await?;
    let account = accounts::find(&mut tenant).await?.ok_or_else(Error::unauthorized)?;
    let found = destinations::find(&mut tenant, id).await?.ok_or_else(no_such)?;
    let stored = found.rules().map_err(|unreadable| newer(&unreadable))?;
    let proposed = chosen(&input, Some(&found))?.rules.unwrap_or_else(|| stored.clone());
    refuse_often(&state, key.account)?;
    let question = Question { account: &account, destination: &found, proposed: &proposed, stored: &stored };
    let run = dry_run(&state, &mut tenant, question).await?;
    Ok(HttpResponse::Ok().json(DryRunAnswer { data: Counts::from(&run) }))
}

/// Dry runs and previews read much of the log.
pub(super) fn refuse_often(state: &State, account: AccountId) -> Result<(), Error> {
    const TOO_MANY: &str =
        "This account made ten previews or dry runs within a minute. Send the request again in a minute.";
    let counted = state.rate_limits.dry_run(account);
    counted.map_err(|_| Error::new(StatusCode::TOO_MANY_REQUESTS, TOO_MANY).with(RETRY_AFTER, "60"))
}

impl From<&DryRun> for Counts {
    fn from(run: &DryRun) -> Self {
        let (proposed, stored) = (Outcome::from(&run.proposed), Outcome::from(&run.stored));
        Self {
            judged: run.judged,
            since: run.since.map(timestamp),
            is_whole: run.is_whole,
            bytes: run.bytes,
            proposed,
            stored,
        }
    }
}

impl From<&Tally> for Outcome {
    fn from(tally: &Tally) -> Self {
        let left_out = tally.left_out.iter().map(|(why, not_sent)| NotSent::of(*why, not_sent)).collect();
        Self { sent: tally.sent, always: tally.always, left_out }
    }
}

impl NotSent {
    fn of(why: LeftOut, not_sent: &dry_run::NotSent) -> Self {
        let (reason, rules) = match why {
            LeftOut::KeyExcluded => ("key_excluded", None),
            LeftOut::KeyNotIncluded => ("key_not_included", None),
            LeftOut::Rules { first, last, without_content: false } => ("rules", Some([first, last])),
            LeftOut::Rules { first, last, without_content: true } => ("rules_without_content", Some([first, last])),
            LeftOut::Sampled => ("sampled", None),
            LeftOut::Budget => ("budget", None),
        };
        Self { reason, rules, requests: not_sent.requests, newest: not_sent.newest.clone() }
    }
}
