//! The outcome of one delivery (spec 4.3): a value that worker, connection test, log and pages share.

use std::time::Duration;

/// What a receiver's answer, or the lack of one, means for the batch and for the destination.
///
/// Every sentence is safe to show: control characters are escaped and it has at most a few hundred characters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The receiver took all of it.
    Delivered,
    /// The receiver took it and said that it left some spans out. Never sent again.
    DeliveredInPart {
        /// How many spans the receiver rejected.
        rejected: u64,
        /// The receiver's words; empty when it gave none.
        message: String,
    },
    /// Not now: the events wait and are sent again.
    Wait {
        reason: WaitReason,
        /// What happened, in a sentence.
        sentence: String,
        /// The receiver named a time: no request before this much has passed (at most an hour). None: back off.
        not_before: Option<Duration>,
    },
    /// The receiver refuses what the batch holds: halve it until the refused event stands alone.
    Refused {
        reason: Refusal,
        status: u16,
        /// The receiver's answer, in a sentence.
        sentence: String,
    },
    /// Nothing will pass until a person changes something. The events wait, the destination is probed slowly.
    NeedsAttention {
        reason: Attention,
        /// The HTTP status, when there was an answer.
        status: Option<u16>,
        /// What to do, in a sentence.
        advice: String,
    },
}

/// Why events wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WaitReason {
    /// 429: too much, or a quota is used up.
    RateLimited,
    /// 500. Tried at most five times for a batch: OTLP does not retry it (spec 4.3).
    ServerError,
    /// 408, 502, 503, 504 and the other 5xx.
    Unavailable,
    /// No connection came about, or the name did not resolve.
    Unreachable,
    TimedOut,
    /// The connection broke before the answer was complete.
    Interrupted,
}

/// Why a receiver refuses what a batch holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// 400, 415, 422: the receiver cannot read or does not want it.
    Invalid,
    /// 413: a single event is sent once more without its content.
    TooLarge,
}

/// What a person has to look at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Attention {
    /// 401: the credentials are missing or unreadable.
    Unauthorized,
    /// 403: the credentials are not valid here.
    Forbidden,
    /// 404 or 410: nothing is there.
    NotFound,
    /// The receiver wants no more requests, ever: its destination is switched off at once.
    Gone,
    /// 405: something is there that takes no POST.
    MethodNotAllowed,
    /// 415 where a receiver means its endpoint and not one event.
    UnsupportedMediaType,
    /// 3xx. Redirects are not followed.
    Redirected,
    /// An answer that no receiver of traces gives.
    UnexpectedAnswer,
    /// The egress policy refuses the address.
    AddressRefused,
    /// No trustworthy TLS connection came about.
    Tls,
}

impl Outcome {
    /// The word for logs, metrics, the delivery log and pages.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Delivered => "delivered",
            Self::DeliveredInPart { .. } => "delivered_in_part",
            Self::Wait { reason, .. } => reason.name(),
            Self::Refused { reason, .. } => reason.name(),
            Self::NeedsAttention { reason, .. } => reason.name(),
        }
    }

    /// The sentence for a person; None when all is well.
    pub fn sentence(&self) -> Option<&str> {
        match self {
            Self::Delivered => None,
            Self::DeliveredInPart { message, .. } => Some(message),
            Self::Wait { sentence, .. } | Self::Refused { sentence, .. } => Some(sentence),
            Self::NeedsAttention { advice, .. } => Some(advice),
        }
    }

    /// Whether the receiver accepted the batch.
    pub fn is_accepted(&self) -> bool {
        matches!(self, Self::Delivered | Self::DeliveredInPart { .. })
    }

    /// Whether the receiver refuses everything, so that what it accepted a moment ago may be lost (spec 2.1, facts 1 and 11).
    pub fn casts_doubt(&self) -> bool {
        match self {
            Self::NeedsAttention { status, .. } => status.is_some(),
            Self::Wait { reason, .. } => *reason == WaitReason::RateLimited,
            Self::Delivered | Self::DeliveredInPart { .. } | Self::Refused { .. } => false,
        }
    }

    /// Whether probes go before the next batch (spec 4.3): the receiver refused everything, or was away and may have restarted,
    /// and so may accept the next request without knowing the key.
    pub fn needs_probes(&self) -> bool {
        let is_away = matches!(self, Self::Wait { reason: WaitReason::Unreachable, .. } | Self::NeedsAttention { .. });
        is_away || self.casts_doubt()
    }

    /// Whether the receiver wants no more requests, ever.
    pub fn is_farewell(&self) -> bool {
        matches!(self, Self::NeedsAttention { reason: Attention::Gone, .. })
    }

    pub fn is_quota(&self) -> bool {
        matches!(self, Self::Wait { reason: WaitReason::RateLimited, .. })
    }

    /// The same outcome, its sentence passed through `change`.
    #[must_use]
    pub fn map_sentence(mut self, change: impl FnOnce(String) -> String) -> Self {
        match &mut self {
            Self::Delivered => {}
            Self::DeliveredInPart { message: text, .. }
            | Self::Wait { sentence: text, .. }
            | Self::Refused { sentence: text, .. }
            | Self::NeedsAttention { advice: text, .. } => *text = change(std::mem::take(text)),
        }
        self
    }
}

impl WaitReason {
    /// The word for logs, metrics and pages.
    pub fn name(self) -> &'static str {
        match self {
            Self::RateLimited => "rate_limited",
            Self::ServerError => "server_error",
            Self::Unavailable => "unavailable",
            Self::Unreachable => "unreachable",
            Self::TimedOut => "timed_out",
            Self::Interrupted => "interrupted",
        }
    }
}

impl Refusal {
    /// The word for logs, metrics and pages.
    pub fn name(self) -> &'static str {
        match self {
            Self::Invalid => "refused",
            Self::TooLarge => "too_large",
        }
    }
}

impl Attention {
    /// The word for logs, metrics and pages.
    pub fn name(self) -> &'static str {
        match self {
            Self::Unauthorized => "unauthorized",
            Self::Forbidden => "forbidden",
            Self::NotFound => "not_found",
            Self::Gone => "gone",
            Self::MethodNotAllowed => "method_not_allowed",
            Self::UnsupportedMediaType => "unsupported_media_type",
            Self::Redirected => "redirected",
            Self::UnexpectedAnswer => "unexpected_answer",
            Self::AddressRefused => "address_refused",
            Self::Tls => "tls_failed",
        }
    }
}
