//! Observability › Add a destination: every kind there is, by group, and a search.

use actix_web::web;
use askama::Template;
use serde::Deserialize;

use super::answer;
use super::components::kind_card::KindCard;
use super::error::Result;
use super::shell::{Section, Shell};
use super::visit::{Admin, Visit};
use crate::destination::{Group, Kind, kinds};
use crate::store::destinations;

#[derive(Debug, Template)]
#[template(path = "pages/kinds.html")]
pub struct KindsPage {
    pub shell: Shell,
    /// What was searched for; empty for nothing.
    pub query: String,
    /// How many kinds there are.
    pub total: usize,
    /// The groups that hold what was searched for.
    pub groups: Vec<GroupPart>,
    /// The kind that takes any address and headers.
    pub general: Option<KindCard>,
}

#[derive(Debug)]
pub struct GroupPart {
    /// As in the address of its heading.
    pub id: String,
    pub label: &'static str,
    /// What its kinds are for, in a sentence.
    pub summary: &'static str,
    pub kinds: Vec<KindCard>,
}

/// What is searched for, as the address says it.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Search {
    #[serde(default)]
    q: String,
}

/// `GET /settings/observability/new`
pub(super) async fn show(Admin(visit): Admin<Visit>, search: Option<web::Query<Search>>) -> Result {
    let Visit { visitor, mut tenant } = visit;
    let query = search.map(|search| search.into_inner().q.trim().to_owned()).unwrap_or_default();
    let in_use: Vec<_> = destinations::list(&mut tenant).await?.into_iter().map(|found| found.kind).collect();
    let card = |kind: &Kind| KindCard::new(kind, in_use.iter().map(String::as_str));
    let groups = Group::ALL.into_iter().map(|group| part(group, &query, card));
    Ok(answer::ok(&KindsPage {
        shell: visitor.shell(Section::Observability, "Add a destination"),
        total: kinds::all().len(),
        groups: groups.filter(|group| !group.kinds.is_empty()).collect(),
        general: general().map(card),
        query,
    }))
}

fn part(group: Group, query: &str, card: impl Fn(&Kind) -> KindCard) -> GroupPart {
    let found = kinds::all().iter().filter(|kind| kind.manifest.group == group && is_found(kind, query));
    let mut kinds: Vec<_> = found.map(card).collect();
    kinds.sort_by_key(|kind| kind.label.to_lowercase());
    let id = group.label().to_lowercase().replace(' ', "-");
    GroupPart { id, label: group.label(), summary: group.summary(), kinds }
}

/// Whether every word of the search is in the name, the group, or what one has to have at hand.
fn is_found(kind: &Kind, query: &str) -> bool {
    let manifest = &kind.manifest;
    let known = [manifest.label, manifest.slug, manifest.group.label(), manifest.group.summary(), manifest.needs];
    let known = known.join(" ").to_lowercase();
    query.to_lowercase().split_whitespace().all(|word| known.contains(word))
}

/// The kind that takes any address and headers, for tools that have no kind of their own.
fn general() -> Option<&'static Kind> {
    kinds::all().iter().find(|kind| kind.manifest.group == Group::AnyOtlp && !kind.manifest.preset)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn search_finds_a_kind_by_any_of_its_words_in_any_case() {
        let found = |query: &str| kinds::all().iter().filter(|kind| is_found(kind, query)).count();
        assert_eq!(found(""), kinds::all().len());
        for kind in kinds::all() {
            let words = format!("  {} {}", kind.manifest.label.to_uppercase(), kind.manifest.group.label());
            assert!(is_found(kind, &words), "{words}");
        }
        assert_eq!(found("no such tool"), 0);
    }

    #[test]
    fn tool_without_a_kind_can_use_one() {
        assert!(general().is_some_and(|kind| kind.manifest.field("headers").is_some()));
    }
}
