//! What a destination's settings were, and the way back to them (spec 10.3). Secrets are no part of it: they stay as they are.

use serde_json::Value;

use super::audited::recorded_revision;
use super::choose::Chosen;
use super::connect::{self, Connecting, Typed};
use super::error::Error;
use super::saving::Saving;
use super::{Untested, save};
use crate::audit::{self, Actor};
use crate::connection_test::Verdict;
use crate::destination::redaction::{Redaction, UnreadableRedaction};
use crate::destination::selection::{Rules, Unreadable};
use crate::destination::{Kind, Settings};
use crate::id::DestinationId;
use crate::state::State;
use crate::store::destinations::{self, Destination, Revision};
use crate::store::{self, Tenant};

/// Most revisions that are listed.
const MOST: usize = 50;

/// A revision, and what it changed.
#[derive(Debug)]
pub struct Version {
    pub revision: Revision,
    /// Members that differ from the revision before, as they were. None: it is the oldest that is known.
    pub before: Option<Value>,
    /// The same, as they became.
    pub after: Value,
}

/// A destination's revisions, the newest first.
///
/// # Errors
/// When the database is away.
pub async fn list(tenant: &mut Tenant, id: DestinationId) -> Result<Vec<Version>, store::Error> {
    let most = i64::try_from(MOST + 1).unwrap_or(i64::MAX);
    let mut older = destinations::list_revisions(tenant, id, most).await?.into_iter().peekable();
    let mut versions = Vec::new();
    while let Some(revision) = older.next() {
        let after = recorded_revision(&revision);
        let (before, after) = match older.peek() {
            Some(previous) => {
                let (before, after) = audit::difference(recorded_revision(previous), after);
                (Some(before), after)
            }
            None => (None, after),
        };
        versions.push(Version { revision, before, after });
    }
    versions.truncate(MOST);
    Ok(versions)
}

/// What came of going back.
#[derive(Debug)]
pub enum Restoring {
    Restored,
    /// The settings of then lead elsewhere, and did not pass the test. Nothing was saved.
    Failed(Box<Verdict>),
    /// Somebody else changed the destination meanwhile. Nothing was saved.
    Conflict,
    /// There is no such destination or revision (any more).
    Gone,
    /// Another version recorded what this one cannot read.
    Unreadable(String),
}

/// Makes the settings of an earlier revision those of a new one, if nobody else changed the destination since `begun`. Settings that
/// lead elsewhere are tested first, with the secrets of now; another host needs them typed anew, in the form.
///
/// # Errors
/// Sentences at fields or at places of the rules, or another test is running.
pub async fn restore(
    state: &State,
    actor: &Actor,
    kind: &Kind,
    destination: &Destination,
    (begun, wanted): (i32, i32),
) -> Result<Restoring, Error> {
    let mut tenant = state.store.tenant(actor.account).await?;
    let all = destinations::list_revisions(&mut tenant, destination.id, i64::from(i32::MAX)).await?;
    drop(tenant);
    let Some(then) = all.into_iter().find(|revision| revision.revision == wanted) else { return Ok(Restoring::Gone) };
    let (rules, redaction) = match choice(&then) {
        Ok(choice) => choice,
        Err(sentence) => return Ok(Restoring::Unreadable(sentence)),
    };
    let chosen = Chosen { rules: Some(&rules), redaction: Some(&redaction) };
    let settings: Settings = then.settings.0.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let (name, privacy_mode) = (then.name.as_deref().unwrap_or(&destination.name), then.privacy_mode);
    if kind.requires_test(&settings, &destination.settings.0, &destination.masked.0) {
        let typed = Typed { name, privacy_mode, enabled: None, settings, chosen, may_repeat: false };
        return Ok(match connect::reconnect(state, actor, kind, destination, begun, &typed).await? {
            Connecting::Stored(..) | Connecting::Repeated(_) => Restoring::Restored,
            Connecting::Failed(verdict) => Restoring::Failed(verdict),
            Connecting::Conflict | Connecting::TooMany => Restoring::Conflict,
            Connecting::Gone => Restoring::Gone,
        });
    }
    let typed = Untested { name, privacy_mode, enabled: None, chosen, defaults: settings };
    Ok(match save(state, actor, kind, destination, begun, &typed).await? {
        Saving::Saved => Restoring::Restored,
        Saving::Conflict => Restoring::Conflict,
        Saving::Gone => Restoring::Gone,
    })
}

/// Which requests it got then, and what of them. The error is a sentence.
fn choice(then: &Revision) -> Result<(Rules, Redaction), String> {
    let refused = |why: &str| format!("Nothing was saved, because {why}. Use that version to restore it.");
    let rules = Rules::from_stored(then.selection.as_ref()).map_err(|error: Unreadable| refused(&error.to_string()))?;
    let redaction = Redaction::from_stored(then.redaction.as_ref());
    let redaction = redaction.map_err(|error: UnreadableRedaction| refused(&error.to_string()))?;
    Ok((rules, redaction))
}
