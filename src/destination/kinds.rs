//! The kinds of destination that there are. A new one is a file here, a line below and a page of documentation.

pub mod sentry;

use super::Kind;

static ALL: [Kind; 1] = [sentry::KIND];

/// Every kind, in the order in which pages list them.
pub fn all() -> &'static [Kind] {
    &ALL
}

/// A kind by its slug.
pub fn find(slug: &str) -> Option<&'static Kind> {
    ALL.iter().find(|kind| kind.manifest.slug == slug)
}
