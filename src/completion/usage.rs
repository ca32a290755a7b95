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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn counts(input: u64, output: u64, total: Option<u64>) -> Counts {
        Counts { input: Some(input), output: Some(output), total, ..Counts::default() }
    }

    fn input_output_total(counts: Counts) -> (Option<u64>, Option<u64>, Option<u64>) {
        let usage = counts.usage();
        (usage.input, usage.output, usage.total)
    }

    #[test]
    fn total_says_whether_reasoning_lies_beside_the_output() {
        let beside = Counts { reasoning: Some(2809), cache_read: Some(128), ..counts(10_120, 1499, Some(14_428)) };
        assert_eq!(input_output_total(beside), (Some(10_120), Some(4308), Some(14_428)));
        let inside = Counts { reasoning: Some(200), ..counts(500, 500, Some(1000)) };
        assert_eq!(input_output_total(inside), (Some(500), Some(500), Some(1000)));
        let unexplained = Counts { reasoning: Some(7), ..counts(50, 30, Some(110)) };
        assert_eq!(input_output_total(unexplained), (Some(50), Some(30), Some(110)));
    }

    #[test]
    fn total_says_whether_cached_tokens_lie_beside_the_input() {
        let cached = Counts { cache_read: Some(20_646), cache_creation: Some(1101), ..Counts::default() };
        let of = |total| Counts { total, ..Counts { input: Some(7), output: Some(123), ..cached } };
        assert_eq!(input_output_total(of(Some(21_877))), (Some(21_754), Some(123), Some(21_877)));
        assert_eq!(
            input_output_total(of(None)),
            (Some(21_754), Some(123), None),
            "a part above its whole lies beside it"
        );
        assert_eq!(
            input_output_total(of(Some(130))),
            (Some(21_754), Some(123), None),
            "this total leaves the cache out"
        );
        let inside = Counts { cache_read: Some(1500), ..counts(2000, 10, Some(2010)) };
        assert_eq!(input_output_total(inside), (Some(2000), Some(10), Some(2010)));
        let small = Counts { cache_read: Some(3), input_excludes_cached: true, ..counts(10, 1, None) };
        assert_eq!(input_output_total(small), (Some(13), Some(1), None), "by the protocol");
    }

    #[test]
    fn later_reports_change_what_they_say_and_nothing_else() {
        let mut counts = Counts { input: Some(25), cache_read: Some(5), ..Counts::default() };
        counts.merge(&Counts { output: Some(1), ..Counts::default() });
        counts.merge(&Counts { input: Some(0), output: Some(12), reasoning: Some(0), ..Counts::default() });
        counts.merge(&Counts::default());
        let expected =
            Usage { input: Some(25), output: Some(12), cache_read: Some(5), reasoning: Some(0), ..Usage::default() };
        assert_eq!(counts.usage(), expected);
    }

    proptest! {
        #[test]
        fn parts_are_never_greater_than_their_whole_and_nothing_is_lost(
            input: u32, output: u32, cache_read: Option<u32>, cache_creation: Option<u32>, reasoning: Option<u32>,
            total: Option<u64>,
        ) {
            let counts = Counts {
                cache_read: cache_read.map(u64::from),
                cache_creation: cache_creation.map(u64::from),
                reasoning: reasoning.map(u64::from),
                ..counts(input.into(), output.into(), total)
            };
            let usage = counts.usage();
            prop_assert!(usage.input >= Some(counts.cached()) && usage.output >= Some(counts.reasoning.unwrap_or(0)));
            prop_assert!(usage.input >= counts.input && usage.output >= counts.output);
            prop_assert_eq!((usage.cache_read, usage.reasoning), (counts.cache_read, counts.reasoning));
        }
    }
}
