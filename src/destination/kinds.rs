//! The kinds of destination that there are. A new one is a file here, two lines below and a page of documentation.

mod otel_collector;
pub mod sentry;

use super::Kind;

/// In the order in which pages list them.
static ALL: [Kind; 2] = [sentry::KIND, otel_collector::KIND];

pub fn all() -> &'static [Kind] {
    &ALL
}

pub fn find(slug: &str) -> Option<&'static Kind> {
    ALL.iter().find(|kind| kind.manifest.slug == slug)
}
