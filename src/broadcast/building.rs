//! A recorded request as a destination would get it: built as the worker builds it, for the preview and the dry run. Nothing is sent.

use crate::completed_request::CompletedRequest;
use crate::completed_request::content::{Content, ContentRef};
use crate::destination::redaction::Redactor;
use crate::destination::{Encoding, Kind, Settings, kinds};
use crate::id::AccountId;
use crate::seal::HashKey;
use crate::state::State;
use crate::store::accounts::Account;
use crate::store::destinations::Destination;
use crate::trace::{self, Export, TraceSettings};

/// What all requests of a destination have in common.
pub(super) struct Building {
    /// Privacy Mode of the account or the destination: no content is sent.
    pub(super) private: bool,
    pub(super) encoding: Encoding,
    pub(super) key: HashKey,
    traces: TraceSettings,
    account: AccountId,
}

impl Building {
    pub(super) fn of(state: &State, account: &Account, destination: &Destination) -> Self {
        let open: Settings =
            destination.settings.0.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let kind = kinds::find(&destination.kind);
        Self {
            private: account.privacy_mode || destination.privacy_mode,
            encoding: kind.map_or(Encoding::OtlpProtobuf, Kind::encoding),
            key: state.keyring.hash_key(account.id),
            traces: kind.map(|kind| kind.traces(&open)).unwrap_or_default(),
            account: account.id,
        }
    }

    /// What `read` finds in the trace.
    pub(super) fn build<T>(
        &self,
        mut request: CompletedRequest<'_>,
        content: Option<&ContentRef<'_>>,
        redactor: &Redactor,
        read: impl FnOnce(&Export<'_>) -> T,
    ) -> T {
        let content = content.filter(|_| !self.private);
        let (redacted, found) = redactor.apply(&mut request, content);
        let redacted = redacted.as_ref().map(Content::as_borrowed);
        let traces = self.traces.grouped(redactor.groups(), self.account);
        let mut trace = trace::build(&request, redacted.as_ref().or(content), &traces);
        if !found.is_empty() {
            trace.mark_redactions(&found.to_string());
        }
        read(&Export { request: &request, trace: &trace, account: self.account })
    }
}
