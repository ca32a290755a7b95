//! What usage is looked at, as its address says it: a time, a grouping, an order.

use actix_web::web;
use serde::Deserialize;

use crate::pages::activity::RangeLink;
use crate::pages::activity::filters::Address;
use crate::store::activity::{Dimension, Group};

pub(super) const PATH: &str = "/activity/usage";

/// What stands behind the question mark beside the time.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(in crate::pages) struct Query {
    by: String,
    sort: String,
}

/// By what rows are in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Order {
    Cost,
    Requests,
    Tokens,
}

impl Order {
    pub(super) const ALL: [Self; 3] = [Self::Cost, Self::Requests, Self::Tokens];

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Cost => "cost",
            Self::Requests => "requests",
            Self::Tokens => "tokens",
        }
    }

    pub(super) fn label(self) -> &'static str {
        match self {
            Self::Cost => "Cost",
            Self::Requests => "Requests",
            Self::Tokens => "Tokens",
        }
    }

    pub(super) fn sort(self, groups: &mut [Group]) {
        groups.sort_by(|one, other| match self {
            Self::Cost => other.cost.total_cmp(&one.cost),
            Self::Requests => other.requests.cmp(&one.requests),
            Self::Tokens => tokens(other).cmp(&tokens(one)),
        });
    }
}

fn tokens(group: &Group) -> i64 {
    group.input_tokens.saturating_add(group.output_tokens)
}

/// What is looked at, as the address says it.
pub(super) struct Look {
    pub(super) address: Address,
    pub(super) dimension: Dimension,
    /// None: days by time, everything else by cost.
    order: Option<Order>,
}

impl Look {
    pub(super) fn new(address: Option<web::Query<Address>>, query: Option<web::Query<Query>>) -> Self {
        let address = address.map(web::Query::into_inner).unwrap_or_default();
        let query = query.map(web::Query::into_inner).unwrap_or_default();
        let dimension = Dimension::ALL.into_iter().find(|it| it.name() == query.by).unwrap_or(Dimension::Model);
        let order = Order::ALL.into_iter().find(|it| it.name() == query.sort);
        // Rollups tell these apart, and nothing else.
        let Address { range, from, until, model, key, environment, .. } = address;
        let address = Address { range, from, until, model, key, environment, ..Address::default() };
        Self { address, dimension, order }
    }

    /// An address of this page or of its file.
    pub(super) fn link(&self, path: &str, changes: &[(&'static str, &str)]) -> String {
        let is_given = |name: &str| changes.iter().any(|(given, _)| *given == name);
        let by = Some(self.dimension).filter(|it| *it != Dimension::Model).map(|it| ("by", it.name()));
        let own = by.into_iter().chain(self.order.map(|it| ("sort", it.name())));
        let own = own.filter(|(name, _)| !is_given(name));
        self.address.link(path, &own.chain(changes.iter().copied()).collect::<Vec<_>>())
    }

    pub(super) fn links<T: Copy + PartialEq, const N: usize>(
        &self,
        (name, chosen): (&'static str, T),
        all: [(T, &'static str, &'static str); N],
    ) -> [RangeLink; N] {
        all.map(|(value, written, label)| RangeLink {
            label,
            path: self.link(PATH, &[(name, written)]),
            is_chosen: value == chosen,
        })
    }

    /// None: days, by time.
    pub(super) fn order(&self) -> Option<Order> {
        self.order.or((self.dimension != Dimension::Day).then_some(Order::Cost))
    }
}
