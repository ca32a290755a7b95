//! Groups of attributes that a destination gets only where its people ask for them: OpenRouter's `broadcast_generation_…` (spec 10.2).

/// One group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Group {
    /// What each part of the tokens cost, and the price of one.
    Cost,
    /// Account and API key.
    Identity,
    /// How it was asked: with which program, in how many attempts.
    RequestContext,
    /// The caller's tags, and tokens and cost of each part.
    CostAllocation,
}

impl Group {
    /// In the order of forms.
    pub const ALL: [Self; 4] = [Self::Cost, Self::Identity, Self::RequestContext, Self::CostAllocation];

    /// Its name in the API.
    pub fn name(self) -> &'static str {
        match self {
            Self::Cost => "broadcast_generation_cost",
            Self::Identity => "broadcast_generation_identity",
            Self::RequestContext => "broadcast_generation_request_context",
            Self::CostAllocation => "broadcast_generation_cost_allocation",
        }
    }
}

/// The groups that are asked for. None by default.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Groups([bool; Group::ALL.len()]);

impl Groups {
    pub fn has(self, group: Group) -> bool {
        self.0[group as usize]
    }

    pub fn put(&mut self, group: Group, is_asked_for: bool) {
        self.0[group as usize] = is_asked_for;
    }

    pub fn is_empty(self) -> bool {
        self == Self::default()
    }
}
