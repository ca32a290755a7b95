//! What became of a request, in sentences.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, TimeDelta, Utc};

use crate::broadcast::health::{Health, Trouble};
use crate::broadcast::listing::Listed;
use crate::broadcast::receipts::{Reason, Receipt, is_in_part};
use crate::completed_request::CompletedRequest;
use crate::delivery::DeadLetterReason;
use crate::destination::selection::{LeftOut, Operator, Rule, Rules, draw};
use crate::destination::{Kind, kinds};
use crate::id::DestinationId;
use crate::pages::components::amount::{count, count_up_to, duration, grouped, milliseconds};
use crate::pages::components::receipt::{Piece, ReceiptRow, text};
use crate::pages::components::when::{When, span};
use crate::store::cursors::MOST_COUNTED;
use crate::store::receipts::{Attempt, DeadLetter};

/// The request that the page is about.
#[derive(Debug)]
pub(super) struct Seen {
    pub(super) id: String,
    pub(super) completed_at: DateTime<Utc>,
    pub(super) now: DateTime<Utc>,
}

/// What the sentences need to know beside the receipts.
pub(super) struct Around<'a> {
    pub(super) seen: &'a Seen,
    /// None: this version cannot read it.
    pub(super) request: Option<&'a CompletedRequest<'a>>,
    pub(super) is_broadcast_on: bool,
    /// How many wait before it, by destination.
    pub(super) ahead: BTreeMap<DestinationId, i64>,
    /// The rules by which it was left out, by destination.
    pub(super) rules: BTreeMap<DestinationId, Rules>,
    /// The destinations to which the person can send it: today's settings let it pass.
    pub(super) sendable: BTreeSet<DestinationId>,
}

/// A row for a destination.
pub(super) fn row(around: &Around<'_>, listed: &Listed, receipt: &Receipt) -> ReceiptRow {
    let row = what_and_why(around, listed, receipt);
    let id = listed.destination.id;
    let may_be_sent = match receipt {
        Receipt::Delivered { .. } | Receipt::DeadLetter(_) | Receipt::Unknown => true,
        Receipt::LeftOut { reason, .. } => !matches!(reason, Reason::BroadcastOff | Reason::TooOld { .. }),
        Receipt::Waiting { .. } | Receipt::Expired { .. } => false,
    };
    if !may_be_sent || !around.sendable.contains(&id) {
        return row;
    }
    let request: String = url::form_urlencoded::byte_serialize(around.seen.id.as_bytes()).collect();
    let path = format!("/settings/observability/destinations/{id}/replay?id={request}");
    ReceiptRow { action: Some(("Send it…", path)), ..row }
}

fn what_and_why(around: &Around<'_>, listed: &Listed, receipt: &Receipt) -> ReceiptRow {
    let destination = &listed.destination;
    let kind = kinds::find(&destination.kind);
    let path = format!("/settings/observability/destinations/{}", destination.id);
    let blank = ReceiptRow {
        mark: "left-out",
        sign: kind.map_or("?", |kind| kind.manifest.sign),
        name: destination.name.clone(),
        what: Vec::new(),
        why: Vec::new(),
        quote: String::new(),
        action: None,
    };
    match receipt {
        Receipt::Delivered { attempt, is_confirmed } => delivered(around, blank, &path, attempt, *is_confirmed),
        Receipt::Waiting { since, expires, held_until } => {
            let now = around.seen.now;
            let mut row = waiting(around, listed, blank, (*since, *held_until));
            row.why.push(text(format!(" It expires {}. ", When::new(*expires, now).ahead())));
            row.why.push(Piece::Link { text: "Its deliveries", path: format!("{path}/deliveries") });
            row
        }
        Receipt::LeftOut { reason, .. } => left_out(around, listed, blank, &path, *reason),
        Receipt::DeadLetter(letter) => dead_letter(around, blank, &path, letter),
        Receipt::Expired { since, at } => ReceiptRow {
            mark: "failed",
            what: vec![
                Piece::Strong("Expired"),
                text(format!(" after {} of waiting, at ", span(*at - *since))),
                Piece::Clock(When::new(*at, around.seen.now)),
                text("."),
            ],
            why: vec![text("Requests are kept no longer. It cannot be sent any more.")],
            ..blank
        },
        Receipt::Unknown => ReceiptRow {
            what: vec![Piece::Strong("Not known any more"), text(": the delivery log of that time is gone.")],
            ..blank
        },
    }
}

fn delivered(around: &Around<'_>, row: ReceiptRow, path: &str, attempt: &Attempt, is_confirmed: bool) -> ReceiptRow {
    let in_part = is_in_part(attempt);
    let delay = (attempt.ended_at() - around.seen.completed_at).num_milliseconds().max(0);
    let others = i64::from(attempt.requests) - 1;
    let status = attempt.status.map(|status| format!("HTTP {status}, ")).unwrap_or_default();
    let number =
        if attempt.number <= 1 { "the first attempt".to_owned() } else { format!("attempt {}", attempt.number) };
    let mut why = vec![
        text(match others {
            ..1 => "Alone in ".to_owned(),
            1 => "With 1 other in ".to_owned(),
            _ => format!("With {} others in ", grouped(others)),
        }),
        Piece::Link { text: "one batch", path: format!("{path}/deliveries/{}", attempt.place().name()) },
        text(format!(": {status}in {}, at {number}.", milliseconds(attempt.duration_ms))),
    ];
    if !is_confirmed {
        why.push(text(" The receiver accepts before it knows the key, and nothing has shown yet that it does."));
    }
    ReceiptRow {
        mark: if in_part { "warning" } else { "passed" },
        what: vec![
            Piece::Strong(if in_part { "Delivered in part" } else { "Delivered" }),
            text(format!(" {} after the request ended, at ", duration(delay))),
            Piece::Clock(When::new(attempt.ended_at(), around.seen.now)),
            text("."),
        ],
        why,
        quote: attempt.answer.clone().filter(|_| in_part).unwrap_or_default(),
        ..row
    }
}

fn waiting(
    around: &Around<'_>,
    listed: &Listed,
    row: ReceiptRow,
    (since, held_until): (DateTime<Utc>, Option<DateTime<Utc>>),
) -> ReceiptRow {
    let ahead = around.ahead.get(&listed.destination.id).copied().unwrap_or_default();
    let behind = match ahead {
        0 => ", the next one.".to_owned(),
        _ => format!(", behind {}.", count_up_to(ahead, MOST_COUNTED, "other")),
    };
    let reason = |trouble: &Trouble| {
        let words = trouble.reason.clone().unwrap_or_default();
        let next = trouble.next.map(|next| format!(" Next attempt {}.", When::new(next, around.seen.now).ahead()));
        format!("{words}{}", next.unwrap_or_default())
    };
    let name = &listed.destination.name;
    let why = match &listed.health {
        _ if !around.is_broadcast_on => "Broadcast is off. It is sent when Broadcast is on again.".to_owned(),
        Health::Paused => format!("{name} is paused. It is sent when an admin resumes it."),
        Health::SwitchedOff(trouble) => format!("{name} is switched off. {} Nothing is lost.", reason(trouble)),
        Health::Failing(trouble) => format!("{} Nothing is lost.", reason(trouble)),
        Health::NeedsAttention(trouble) => format!("{name} needs attention. {} Nothing is lost.", reason(trouble)),
        Health::Healthy | Health::Behind if let Some(until) = held_until => {
            format!("The limit of the day is reached. It is sent {}.", When::new(until, around.seen.now).ahead())
        }
        Health::Healthy | Health::Behind => "It is sent as soon as those before it are.".to_owned(),
    };
    ReceiptRow {
        mark: "warning",
        what: vec![
            Piece::Strong("Waiting"),
            text(format!(" for {}{behind}", When::new(since, around.seen.now).lasted())),
        ],
        why: vec![text(why)],
        ..row
    }
}

fn left_out(around: &Around<'_>, listed: &Listed, row: ReceiptRow, path: &str, reason: Reason) -> ReceiptRow {
    let kind = kinds::find(&listed.destination.kind);
    let mut row = row;
    row.what = vec![Piece::Strong("Left out")];
    match reason {
        Reason::BroadcastOff => row.what.push(text(": Broadcast was off when it completed.")),
        Reason::BeforeDestination { since } => {
            let later = (since - around.seen.completed_at).max(TimeDelta::zero());
            row.what = vec![
                Piece::Strong("Not meant for it"),
                text(format!(": added {} after the request completed.", duration(later.num_milliseconds()))),
            ];
            row.why.push(text("A new destination begins with the requests that complete from then on."));
        }
        Reason::TooOld { oldest } => {
            let label = kind.map_or("the receiver", |kind: &Kind| kind.manifest.label);
            let oldest = TimeDelta::from_std(oldest).map(span).unwrap_or_default();
            row.what.push(text(format!(": older than {label} accepts ({oldest}).")));
        }
        Reason::Rules(reason) => by_rules(around, listed, &mut row, path, reason),
    }
    row
}

fn by_rules(around: &Around<'_>, listed: &Listed, row: &mut ReceiptRow, path: &str, reason: LeftOut) {
    let id = listed.destination.id;
    let rules = around.rules.get(&id);
    let key = around.request.and_then(|request| request.api_key_name.as_deref()).unwrap_or("of this request");
    let form = |words| Some((words, format!("{path}/edit#requests")));
    match reason {
        LeftOut::KeyExcluded | LeftOut::KeyNotIncluded => {
            let is_excluded = reason == LeftOut::KeyExcluded;
            let end = if is_excluded { ", which is excluded." } else { ", which is not among the included ones." };
            row.what.extend([text(": it was made with the key "), Piece::Code(key.to_owned()), text(end)]);
            if is_excluded {
                row.why.push(text("Exclusions come first, also for keys that are included."));
            }
            row.action = form("Keys");
        }
        LeftOut::Rules { first, last, without_content } => {
            row.what.extend(by_filter(rules, first, last));
            if without_content {
                row.why.push(text("Its prompt and completion were not recorded, so a rule about them does not hold. "));
            }
            let today = listed.destination.rules().ok();
            if let (Some(then), Some(today)) = (rules, today) {
                let changed = then.to_json().get("filter_rules") != today.to_json().get("filter_rules");
                let words = if changed { "The rules have changed since." } else { "The rules have not changed since." };
                row.why.push(text(words));
            }
            row.action = form("Rules");
        }
        LeftOut::Budget => {
            let limit = rules
                .and_then(|rules| rules.budget)
                .map(|budget| format!(" of {}", count(budget.requests.into(), "request")));
            row.what.push(text(format!(": that day's limit{} was reached.", limit.unwrap_or_default())));
            row.action = form("Limit");
        }
        LeftOut::Sampled => {
            sampled(around, id, rules, row);
            row.action = form("Share");
        }
    }
}

fn by_filter(rules: Option<&Rules>, first: usize, last: usize) -> Vec<Piece> {
    let all: Vec<&Rule> = rules.and_then(|rules| rules.filter.as_ref()).into_iter().flat_map(rules_of).collect();
    match all.get(first - 1).filter(|_| first == last) {
        None if first == last => vec![text(format!(" by filter rule {first}."))],
        None => vec![text(format!(": none of the filter rules {first} to {last} holds."))],
        Some(rule) => vec![
            text(format!(" by filter rule {first}: ")),
            Piece::Code(rule.field.name().into_owned()),
            text(format!(" {}.", comparison(rule))),
        ],
    }
}

fn rules_of(filter: &crate::destination::selection::Filter) -> impl Iterator<Item = &Rule> {
    filter.groups.iter().flat_map(|group| &group.rules)
}

fn comparison(rule: &Rule) -> String {
    let words = match rule.operator {
        Operator::Equals => "is",
        Operator::NotEquals => "is not",
        Operator::Contains => "contains",
        Operator::NotContains => "does not contain",
        Operator::Regex => "matches",
        Operator::StartsWith => "begins with",
        Operator::EndsWith => "ends with",
        Operator::Gt => "greater than",
        Operator::Gte => "at least",
        Operator::Lt => "less than",
        Operator::Lte => "at most",
        Operator::Exists => "exists",
        Operator::NotExists => "does not exist",
    };
    match rule.operand.to_json() {
        None => words.to_owned(),
        Some(serde_json::Value::String(value)) => format!("{words} {value}"),
        Some(value) => format!("{words} {value}"),
    }
}

fn sampled(around: &Around<'_>, id: DestinationId, rules: Option<&Rules>, row: &mut ReceiptRow) {
    let rate = rules.map(|rules| rules.sampling.rate.get());
    let context = around.request.map(|request| &request.context);
    let (whole, name) = match context.map(|context| (&context.session_id, &context.trace_id)) {
        Some((Some(session), _)) => ("sessions", session.to_string()),
        Some((None, Some(trace))) => ("traces", trace.to_string()),
        _ => ("requests", around.seen.id.clone()),
    };
    let share = rate.map_or_else(|| "a share".to_owned(), |rate| format!("{} %", rate * 100.0));
    row.what.push(text(format!(" by sampling: {share} of the {whole} were sent, and ")));
    row.what.extend([Piece::Code(name), text(" is not among them.")]);
    if let (Some(rate), Some(request)) = (rate, around.request) {
        row.why.push(text(format!(
            "All requests of one of the {whole} go together. Its draw is {:.2}; sent were those below {rate:.2}.",
            draw(id, request)
        )));
    }
}

fn dead_letter(around: &Around<'_>, row: ReceiptRow, path: &str, letter: &DeadLetter) -> ReceiptRow {
    let why = match letter.reason {
        DeadLetterReason::Refused => ": it refuses this one request",
        DeadLetterReason::FailsReceiver => ": it fails whenever it is sent this one request",
        DeadLetterReason::Unbuildable => ": no trace can be built of the recorded request",
    };
    let status = letter.status.map(|status| format!(", HTTP {status}")).unwrap_or_default();
    let attempts = match letter.attempts {
        0 => String::new(),
        attempts => format!(", after {}", count(attempts, "attempt")),
    };
    ReceiptRow {
        mark: "failed",
        what: vec![
            Piece::Strong("Dead letter"),
            text(" since "),
            Piece::Clock(When::new(letter.created_at, around.seen.now)),
            text(format!("{why}{status}{attempts}.")),
        ],
        why: match letter.dropped_at {
            Some(at) => vec![text("It was dropped at "), Piece::Clock(When::new(at, around.seen.now)), text(".")],
            None => row.why.clone(),
        },
        quote: letter.answer.clone().unwrap_or_default(),
        action: letter.dropped_at.is_none().then(|| ("Dead letters", format!("{path}/dead-letters"))),
        ..row
    }
}
