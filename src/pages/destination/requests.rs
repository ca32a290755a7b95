//! Saves which requests a destination gets. Rows of rules are added and removed by submits that keep what was typed.

use actix_web::http::StatusCode;
use actix_web::web;

use super::attempt::{Attempt, CONFLICT, edit_path};
use super::choosing::problems;
use super::draft::Draft;
use super::found::{Found, find};
use super::page::FormPart;

use crate::broadcast::dry_run::{self, Question};
use crate::broadcast::{self, Saving};
use crate::destination::selection::{Mistakes, Rules};
use crate::pages::answer::{self, done};
use crate::pages::error::{Error, Result};
use crate::pages::flash::Notice;
use crate::pages::form::Form;
use crate::pages::visit::Admin;
use crate::state::State;
use crate::store::accounts;

const TOO_MANY_DRY_RUNS: &str =
    "This account made ten dry runs within a minute. Wait a minute, then press Dry run again.";

/// `POST …/requests`
pub(in crate::pages) async fn update(
    state: web::Data<State>,
    Admin(visitor): Admin,
    id: web::Path<String>,
    Form(values): Form,
) -> Result {
    let found = find(&mut visitor.tenant(&state).await?, &visitor, &id).await?;
    let Found { listed, keys, .. } = &found;
    let mut draft = Draft::typed(&values, keys);
    let is_step = draft.step(values.text("do"));
    let attempt = Attempt { values: Some(&values), part: FormPart::Requests, ..Attempt::of(&visitor, &found) };
    let attempt = Attempt { draft: Some(&draft), ..attempt };
    if is_step {
        return Ok(answer::ok(&attempt.drawing().page()));
    }
    let wrong = |mistakes: &Mistakes| {
        let attempt = Attempt { mistakes: Some(mistakes), ..attempt };
        Ok(attempt.wrong(problems(mistakes, &draft)))
    };
    let stored = &listed.destination;
    // Rules of a newer version were said to be replaced.
    let mut rules = stored.rules().unwrap_or_default();
    if let Err(mistakes) = rules.replace(&draft.members(keys)) {
        return wrong(&mistakes);
    }
    if values.text("do") == "dry-run" {
        return dry_run(&state, attempt, &rules).await;
    }
    match broadcast::choose(&state, &visitor.actor(), stored, attempt.revision(), &rules).await {
        Ok(Saving::Saved) => Ok(done(&state, &edit_path(stored.id), Notice::Saved)),
        Ok(Saving::Conflict) => Ok(attempt.refused(StatusCode::CONFLICT, CONFLICT)),
        Ok(Saving::Gone) => Err(Error::NotFound),
        Err(broadcast::Error::Misruled(mistakes)) => wrong(&mistakes),
        Err(error) => Err(error.into()),
    }
}

/// The page with what the rules would have done. Nothing is saved.
async fn dry_run(state: &State, attempt: Attempt<'_>, rules: &Rules) -> Result {
    let Some(stored) = attempt.listed.map(|listed| &listed.destination) else { return Err(Error::NotFound) };
    if state.rate_limits.dry_run(attempt.visitor.account()).is_err() {
        return Ok(attempt.refused(StatusCode::TOO_MANY_REQUESTS, TOO_MANY_DRY_RUNS));
    }
    let mut tenant = attempt.visitor.tenant(state).await?;
    let account = accounts::find(&mut tenant).await?.ok_or(Error::NotFound)?;
    let saved = stored.rules().unwrap_or_default();
    let question = Question { account: &account, destination: stored, proposed: rules, stored: &saved };
    let run = dry_run::dry_run(state, &mut tenant, question).await?;
    Ok(answer::ok(&Attempt { dry_run: Some(&run), ..attempt }.drawing().page()))
}
