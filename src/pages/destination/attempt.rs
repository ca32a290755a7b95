//! A form of a destination that was sent, and the page that answers it.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;

use super::choosing::Choosing;
use super::draft::Draft;
use super::dry_run::DryRunPanel;
use super::found::Found;
use super::page::{Drawing, FormPart};
use crate::broadcast::dry_run::DryRun;
use crate::broadcast::listing::Listed;
use crate::broadcast::{self, Connecting};
use crate::connection_test::Verdict;
use crate::destination::Kind;
use crate::destination::selection::Mistakes;
use crate::id::DestinationId;
use crate::pages::answer::{self, done};
use crate::pages::components::budget;
use crate::pages::components::verdict::Purpose;
use crate::pages::error::{Error, Result};
use crate::pages::flash::Notice;
use crate::pages::form::Values;
use crate::pages::shell::{Problem, problems};
use crate::pages::visit::Visitor;
use crate::state::State;
use crate::store::api_keys::RuledKey;

/// The answer to whoever began with settings that are not the stored ones any more.
pub(super) const CONFLICT: &str =
    "Somebody changed this destination meanwhile. Nothing was saved. Open it again, then repeat your change.";

/// The part of the page that shows a test, for faults that no field mends.
const TEST_RESULT: &str = "test-result";

/// A form that was sent, or is about to be.
#[derive(Clone, Copy)]
pub(super) struct Attempt<'a> {
    pub(super) visitor: &'a Visitor,
    pub(super) kind: &'static Kind,
    pub(super) listed: Option<&'a Listed>,
    pub(super) keys: &'a [RuledKey],
    /// Whether the person may read content.
    pub(super) may_read: bool,
    pub(super) values: Option<&'a Values>,
    /// The part of the form that was sent.
    pub(super) part: FormPart,
    /// Which requests it gets, as it was typed. None: as stored.
    pub(super) draft: Option<&'a Draft>,
    /// What is wrong with the draft.
    pub(super) mistakes: Option<&'a Mistakes>,
    /// What the draft would have done.
    pub(super) dry_run: Option<&'a DryRun>,
}

impl<'a> Attempt<'a> {
    /// Of a new destination.
    pub(super) fn new(visitor: &'a Visitor, kind: &'static Kind) -> Self {
        Self {
            visitor,
            kind,
            listed: None,
            keys: &[],
            may_read: false,
            values: None,
            part: FormPart::Connection,
            draft: None,
            mistakes: None,
            dry_run: None,
        }
    }

    /// Of a stored one.
    pub(super) fn of(visitor: &'a Visitor, found: &'a Found) -> Self {
        let Found { kind, listed, keys, may_read } = found;
        Self { listed: Some(listed), keys, may_read: *may_read, ..Self::new(visitor, kind) }
    }

    pub(super) fn drawing(&self) -> Drawing<'a> {
        Drawing {
            visitor: self.visitor,
            kind: self.kind,
            listed: self.listed,
            may_read: self.may_read,
            typed: self.values,
            part: self.part,
            choosing: self.choosing(),
            preview: None,
            backfill: None,
            dry_run: self.dry_run.map(|run| DryRunPanel::new(run, self.visitor.now)),
            problems: Vec::new(),
            verdict: None,
        }
    }

    fn choosing(&self) -> Option<Choosing> {
        let rules = self.listed?.destination.rules();
        let is_newer = rules.is_err();
        let stored = Draft::of(&rules.unwrap_or_default(), self.keys);
        let none = Mistakes::default();
        let draft = self.draft.unwrap_or(&stored);
        let mut choosing = Choosing::new(draft, self.keys, self.mistakes.unwrap_or(&none), is_newer);
        choosing.budget.today = self.listed?.today.as_ref().map(budget::words).unwrap_or_default();
        Some(choosing)
    }

    /// The revision with which the person began.
    pub(super) fn revision(&self) -> i32 {
        self.values.map(|values| values.text("revision")).and_then(|text| text.parse().ok()).unwrap_or_default()
    }

    /// The page for fields that hold what cannot be text.
    pub(super) fn unreadable(&self) -> Option<HttpResponse> {
        let mut known: Vec<_> = self.kind.manifest.fields.iter().map(|field| field.name).collect();
        known.push("name");
        let problems = self.values?.problems(&known);
        (!problems.is_empty()).then(|| self.wrong(problems))
    }

    pub(super) fn conclude(
        &self,
        state: &State,
        connecting: std::result::Result<Connecting, broadcast::Error>,
    ) -> Result {
        match connecting {
            Ok(Connecting::Stored(id, _) | Connecting::Repeated(id)) => {
                let notice = if self.listed.is_some() { Notice::Updated } else { Notice::Connected };
                Ok(done(state, &edit_path(id), notice))
            }
            Ok(Connecting::Failed(verdict)) => Ok(self.failed(Purpose::Test, *verdict)),
            Ok(Connecting::Conflict) => Ok(self.refused(StatusCode::CONFLICT, CONFLICT)),
            Ok(Connecting::Gone) => Err(Error::NotFound),
            Ok(Connecting::TooMany) => Ok(self.refused(
                StatusCode::CONFLICT,
                "This account has five destinations of this kind already. Nothing was saved. Delete one first.",
            )),
            Err(broadcast::Error::Invalid(errors)) => Ok(self.wrong(problems(&errors))),
            Err(broadcast::Error::Busy(busy)) => Ok(self.refused(StatusCode::TOO_MANY_REQUESTS, &busy.to_string())),
            Err(error) => Err(error.into()),
        }
    }

    /// The page that says why nothing came of it, at the field where it is mended.
    pub(super) fn failed(&self, purpose: Purpose, verdict: Verdict) -> HttpResponse {
        let field = verdict.field.as_deref().and_then(|name| self.kind.manifest.field(name));
        let field = Some(field.map_or(TEST_RESULT, |field| field.name).into());
        let problems = vec![Problem { field, message: verdict.advice.clone().unwrap_or_default() }];
        answer::unprocessable(&Drawing { problems, verdict: Some((purpose, verdict)), ..self.drawing() }.page())
    }

    pub(super) fn wrong(&self, problems: Vec<Problem>) -> HttpResponse {
        answer::unprocessable(&Drawing { problems, ..self.drawing() }.page())
    }

    pub(super) fn refused(&self, status: StatusCode, sentence: &str) -> HttpResponse {
        let problems = vec![Problem { field: None, message: sentence.to_owned() }];
        answer::page(status, &Drawing { problems, ..self.drawing() }.page())
    }
}

pub(super) fn edit_path(id: DestinationId) -> String {
    format!("/settings/observability/destinations/{id}/edit")
}
