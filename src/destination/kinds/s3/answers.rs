//! What S3's answers mean. Its errors are XML with a code.

use super::super::super::reading::{Meaning, Reading};
use super::field_names::{ACCESS_KEY, BUCKET, SECRET_KEY};
use crate::delivery::{Attention, Outcome, Refusal, WaitReason};
use crate::otlp::answer::{Response, one_line};

const fn attention(
    status: u16,
    words: &'static str,
    reason: Attention,
    field: &'static str,
    sentence: &'static str,
) -> Reading {
    Reading { status, words, meaning: Meaning::NeedsAttention(reason), sentence, field }
}

pub(super) const READINGS: &[Reading] = &[
    attention(
        403,
        "<code>signaturedoesnotmatch",
        Attention::Forbidden,
        SECRET_KEY,
        "The secret access key does not belong to this access key id. Copy both again",
    ),
    attention(
        403,
        "<code>invalidaccesskeyid",
        Attention::Forbidden,
        ACCESS_KEY,
        "The store does not know this access key id. Check that it is active, and that it belongs to this store",
    ),
    attention(
        403,
        "<code>accessdenied",
        Attention::Forbidden,
        ACCESS_KEY,
        "This key may not put objects here. Grant it s3:PutObject on the bucket's path",
    ),
    attention(
        403,
        "<code>requesttimetooskewed",
        Attention::Forbidden,
        "",
        "The clock of this server is wrong by more than 15 minutes. Ask its operator to set it",
    ),
    attention(
        403,
        "",
        Attention::Forbidden,
        ACCESS_KEY,
        "The store does not let this key put objects. Check both keys and their rights",
    ),
    attention(
        400,
        "<code>expiredtoken",
        Attention::Unauthorized,
        "sessionToken",
        "The session token has ended. Enter new keys, or keys that do not end",
    ),
    attention(
        400,
        "<code>invalidtoken",
        Attention::Unauthorized,
        "sessionToken",
        "The store does not know this session token. Enter it again with its keys",
    ),
    attention(
        404,
        "<code>nosuchbucket",
        Attention::NotFound,
        BUCKET,
        "There is no bucket of this name. Check the name and the endpoint",
    ),
];

/// Answers that name another region, and those whose status alone says too little.
pub(super) fn read(response: &Response, outcome: Outcome) -> Outcome {
    if let Some(region) = other_region(response) {
        let advice = response.sentence(&format!("The bucket lies in the region {}. Enter this one", one_line(&region)));
        return Outcome::NeedsAttention { reason: Attention::Redirected, status: Some(response.status), advice };
    }
    match (response.status, code(response).as_deref()) {
        (400, Some("EntityTooLarge")) => Outcome::Refused {
            reason: Refusal::TooLarge,
            status: 400,
            sentence: response.sentence("The store says that this object is too large"),
        },
        (400, Some("RequestTimeout")) | (409, _) => Outcome::Wait {
            reason: WaitReason::Unavailable,
            sentence: response.sentence("The store is busy"),
            not_before: None,
        },
        _ => outcome,
    }
}

/// The region that the store names in place of ours.
fn other_region(response: &Response) -> Option<String> {
    if !matches!(response.status, 301 | 307 | 400) {
        return None;
    }
    let named = element(response, "Region").or_else(|| response.headers.get("x-amz-bucket-region").map(str::to_owned));
    named.filter(|region| !region.is_empty())
}

fn code(response: &Response) -> Option<String> {
    element(response, "Code")
}

/// The text of the first element of this name.
fn element(response: &Response, name: &str) -> Option<String> {
    let body = std::str::from_utf8(&response.body).ok()?;
    let (_, behind) = body.split_once(&format!("<{name}>"))?;
    let (text, _) = behind.split_once('<')?;
    Some(text.to_owned())
}
