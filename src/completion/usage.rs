//! Tokens, from what servers report to what is recorded: input with cached tokens, output with reasoning (spec 2.4).

use crate::completed_request::Usage;

/// What one report says, in the server's own sense; None where it says nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    pub input: Option<u64>,
    pub output: Option<u64>,
    pub total: Option<u64>,
    pub cache_read: Option<u64>,
    pub cache_creation: Option<u64>,
    pub reasoning: Option<u64>,
    /// By the protocol, `input` never counts what came from the cache or went into it, as Anthropic's.
    pub input_excludes_cached: bool,
}

/// The parts that a server counts beside their whole instead of inside it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Beside {
    cached: bool,
    reasoning: bool,
}

impl Beside {
    /// The likelier ones first.
    const ALL: [Self; 4] = [
        Self { cached: false, reasoning: false },
        Self { cached: false, reasoning: true },
        Self { cached: true, reasoning: false },
        Self { cached: true, reasoning: true },
    ];

    fn covers(self, other: Self) -> bool {
        (self.cached || !other.cached) && (self.reasoning || !other.reasoning)
    }
}

impl Counts {
    /// Takes from a later report what it says. Zero takes nothing back: tokens that were used stay used.
    pub(super) fn merge(&mut self, later: &Self) {
        for (known, said) in [
            (&mut self.input, later.input),
            (&mut self.output, later.output),
            (&mut self.total, later.total),
            (&mut self.cache_read, later.cache_read),
            (&mut self.cache_creation, later.cache_creation),
            (&mut self.reasoning, later.reasoning),
        ] {
            if known.is_none() || said.is_some_and(|count| count > 0) {
                *known = said.or(*known);
            }
        }
        self.input_excludes_cached |= later.input_excludes_cached;
    }

    /// What is recorded.
    pub(super) fn usage(&self) -> Usage {
        let beside = self.beside();
        let (input, output) = self.wholes(beside);
        // A total below its parts was reported before them, or leaves some of them out.
        let both = input.unwrap_or_default().saturating_add(output.unwrap_or_default());
        Usage {
            input,
            output,
            total: self.total.filter(|total| *total >= both),
            cache_read: self.cache_read,
            cache_creation: self.cache_creation,
            reasoning: self.reasoning,
        }
    }

    /// A part that is greater than its whole lies beside it. Of what is then possible, the total decides.
    fn beside(&self) -> Beside {
        let exceeds = |part: u64, whole: Option<u64>| whole.is_some_and(|whole| part > whole);
        let certain = Beside {
            cached: self.input_excludes_cached || exceeds(self.cached(), self.input),
            reasoning: exceeds(self.reasoning.unwrap_or_default(), self.output),
        };
        let possible = Beside::ALL.into_iter().filter(|beside| beside.covers(certain));
        let adds_up = |beside: &Beside| match self.wholes(*beside) {
            (Some(input), Some(output)) => self.total == Some(input.saturating_add(output)),
            _ => false,
        };
        possible.into_iter().find(adds_up).unwrap_or(certain)
    }

    /// Input and output, with the parts that lie beside them.
    fn wholes(&self, beside: Beside) -> (Option<u64>, Option<u64>) {
        let cached = if beside.cached { self.cached() } else { 0 };
        let reasoning = if beside.reasoning { self.reasoning.unwrap_or_default() } else { 0 };
        (
            self.input.map(|input| input.saturating_add(cached)),
            self.output.map(|output| output.saturating_add(reasoning)),
        )
    }

    fn cached(&self) -> u64 {
        self.cache_read.unwrap_or_default().saturating_add(self.cache_creation.unwrap_or_default())
    }
}
