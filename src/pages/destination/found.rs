//! A stored destination, with all that its form shows.

use crate::broadcast::listing::{self, Listed};
use crate::destination::{Kind, kinds};
use crate::id::DestinationId;
use crate::pages::error::{Error, Result};
use crate::pages::visit::Visitor;
use crate::store::api_keys::{self, RuledKey};
use crate::store::{Tenant, accounts};

pub(super) struct Found {
    pub(super) kind: &'static Kind,
    pub(super) listed: Listed,
    /// The keys that its rules may name.
    pub(super) keys: Vec<RuledKey>,
    /// Whether the person may read content.
    pub(super) may_read: bool,
}

pub(super) async fn find(tenant: &mut Tenant, visitor: &Visitor, id: &str) -> Result<Found> {
    let id = parse(id)?;
    let account = accounts::find(tenant).await?.ok_or(Error::NotFound)?;
    let listed = listing::find(tenant, id, &account, visitor.now).await?.ok_or(Error::NotFound)?;
    let kind = kinds::find(&listed.destination.kind).ok_or(Error::NotFound)?;
    let may_read = account.content_readers.include(visitor.session.role);
    Ok(Found { kind, listed, keys: api_keys::list_ruled(tenant).await?, may_read })
}

pub(super) fn parse(id: &str) -> Result<DestinationId> {
    id.parse().map_err(|_| Error::NotFound)
}
