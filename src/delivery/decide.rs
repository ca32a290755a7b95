//! What follows from an outcome (spec 4.3): for the requests that were sent, and for their destination.

use super::outcome::{Outcome, Refusal, WaitReason};

/// HTTP 500s in a row after which a batch counts as refused (spec 4.3).
pub const MOST_SERVER_ERRORS: u32 = 5;

/// Requests that may become dead letters in a row, with none accepted between them. A receiver that refuses more
/// refuses everything, and a person has to look.
pub const MOST_DEAD_LETTERS: u32 = 10;

/// A batch, or the part of one, that was sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Part {
    /// Requests in it; at least one.
    pub requests: usize,
    /// Whether it carries prompts or completions.
    pub has_content: bool,
    /// HTTP 500s in a row for the batch, this answer included.
    pub server_errors: u32,
    /// Requests that became dead letters since one was accepted.
    pub dead_letters: u32,
}

/// What happens to the requests of a part.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// They are delivered, for good.
    Settle,
    /// Each half is sent alone, to find the one that is refused.
    Halve,
    /// The one request is sent once more, without prompt and completion.
    LeaveContentOut,
    /// The one request becomes a dead letter.
    DeadLetter,
    /// They wait; so does everything behind them.
    Wait,
}

/// What happens to the requests that were sent.
pub fn decide(outcome: &Outcome, part: Part) -> Step {
    match outcome {
        Outcome::Delivered | Outcome::DeliveredInPart { .. } => Step::Settle,
        Outcome::Wait { reason: WaitReason::ServerError, .. } if part.server_errors >= MOST_SERVER_ERRORS => {
            // One request may be at fault. A second one in a row means that the receiver is.
            match part {
                Part { requests: 2.., .. } => Step::Halve,
                Part { dead_letters: 0, .. } => Step::DeadLetter,
                _ => Step::Wait,
            }
        }
        Outcome::Wait { .. } | Outcome::NeedsAttention { .. } => Step::Wait,
        Outcome::Refused { reason, .. } => match part {
            Part { requests: 2.., .. } => Step::Halve,
            Part { has_content: true, .. } if *reason == Refusal::TooLarge => Step::LeaveContentOut,
            // Everything is refused.
            Part { dead_letters: MOST_DEAD_LETTERS.., .. } => Step::Wait,
            _ => Step::DeadLetter,
        },
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::delivery::Attention;

    fn refused(reason: Refusal) -> Outcome {
        Outcome::Refused { reason, status: 400, sentence: String::new() }
    }

    fn wait(reason: WaitReason) -> Outcome {
        Outcome::Wait { reason, sentence: String::new(), not_before: None }
    }

    const ONE: Part = Part { requests: 1, has_content: true, server_errors: 1, dead_letters: 0 };
    const MANY: Part = Part { requests: 500, ..ONE };

    #[test]
    fn a_refused_batch_is_halved_until_the_refused_request_stands_alone() {
        assert_eq!(decide(&refused(Refusal::Invalid), MANY), Step::Halve);
        assert_eq!(decide(&refused(Refusal::Invalid), Part { requests: 2, ..MANY }), Step::Halve);
        assert_eq!(decide(&refused(Refusal::Invalid), ONE), Step::DeadLetter);
    }

    #[test]
    fn a_request_that_is_too_large_is_sent_once_more_without_content() {
        assert_eq!(decide(&refused(Refusal::TooLarge), MANY), Step::Halve);
        assert_eq!(decide(&refused(Refusal::TooLarge), ONE), Step::LeaveContentOut);
        assert_eq!(decide(&refused(Refusal::TooLarge), Part { has_content: false, ..ONE }), Step::DeadLetter);
    }

    #[test]
    fn receiver_that_refuses_everything_gets_no_more_dead_letters() {
        let tenth = Part { dead_letters: 9, ..ONE };
        assert_eq!(decide(&refused(Refusal::Invalid), tenth), Step::DeadLetter);
        assert_eq!(decide(&refused(Refusal::Invalid), Part { dead_letters: 10, ..ONE }), Step::Wait);
    }

    #[test]
    fn http_500_is_tried_five_times_and_then_at_most_one_request_becomes_a_dead_letter() {
        let error = wait(WaitReason::ServerError);
        for server_errors in 1..5 {
            assert_eq!(decide(&error, Part { server_errors, ..MANY }), Step::Wait);
        }
        assert_eq!(decide(&error, Part { server_errors: 5, ..MANY }), Step::Halve);
        assert_eq!(decide(&error, Part { server_errors: 5, ..ONE }), Step::DeadLetter);
        assert_eq!(decide(&error, Part { server_errors: 5, dead_letters: 1, ..ONE }), Step::Wait);
    }

    #[test]
    fn batch_waits_for_a_cause_that_may_pass() {
        for reason in [WaitReason::RateLimited, WaitReason::Unavailable, WaitReason::TimedOut, WaitReason::Interrupted]
        {
            assert_eq!(decide(&wait(reason), Part { server_errors: 9, ..MANY }), Step::Wait);
        }
        let outcome =
            Outcome::NeedsAttention { reason: Attention::Forbidden, status: Some(403), advice: String::new() };
        assert_eq!(decide(&outcome, ONE), Step::Wait);
    }

    proptest! {
        #[test]
        fn accepted_batch_is_never_sent_again(requests in 1_usize.., has_content: bool, server_errors: u32, dead_letters: u32) {
            let part = Part { requests, has_content, server_errors, dead_letters };
            prop_assert_eq!(decide(&Outcome::Delivered, part), Step::Settle);
            let in_part = Outcome::DeliveredInPart { rejected: 1, message: String::new() };
            prop_assert_eq!(decide(&in_part, part), Step::Settle);
        }

        #[test]
        fn only_a_request_that_stands_alone_becomes_a_dead_letter(requests in 2_usize.., server_errors: u32, dead_letters: u32) {
            let part = Part { requests, has_content: true, server_errors, dead_letters };
            for outcome in [refused(Refusal::Invalid), refused(Refusal::TooLarge), wait(WaitReason::ServerError)] {
                prop_assert!(matches!(decide(&outcome, part), Step::Halve | Step::Wait));
            }
        }
    }
}
