//! What was sent of a request to one destination, built again from the record (spec 9.3).

use std::collections::BTreeMap;

use actix_web::HttpResponse;
use actix_web::http::header::{CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_TYPE};
use serde::Deserialize;

use crate::broadcast::dry_run::known;
use crate::broadcast::receipts::Receipt;
use crate::destination::redaction::{Redaction, Redactor};
use crate::destination::selection::Rules;
use crate::destination::{Encoding, GIVEN_UP, Settings, Stored, kinds};
use crate::id::DestinationId;
use crate::json::pretty;
use crate::otlp::{Compression, VERSION};
use crate::pages::components::amount::bytes;
use crate::seal::Place;
use crate::state::State;
use crate::store::destinations::{self, Destination};
use crate::store::log::{self, NamedEntry};
use crate::store::receipts::Attempt;
use crate::store::{self, Tenant, api_keys};
use crate::worker::{Again, Receiver, again};

/// The part of the page that shows what was sent.
#[derive(Debug)]
pub struct PayloadPart {
    /// The destinations that the request was delivered to: name, address, and whether it is the one that is shown.
    pub choices: Vec<(String, String, bool)>,
    pub shown: Shown,
}

#[derive(Debug)]
pub enum Shown {
    Built(Built),
    /// Why it cannot be shown, in a sentence.
    Not(String),
    /// The person may not read content.
    NotForYou,
}

#[derive(Debug)]
pub struct Built {
    /// "2,814 bytes of OTLP protobuf, 1,102 with gzip."
    pub size: String,
    /// Whether another version of the program sent it.
    pub is_other_encoder: bool,
    /// Name and value, and whether the value is masked.
    pub headers: Vec<(String, String, bool)>,
    pub curl: String,
    pub json: String,
    /// Where the file is, its format's name beside it.
    pub downloads: Vec<(String, &'static str)>,
}

/// What the address chooses.
#[derive(Debug, Default, Deserialize)]
pub(in crate::pages) struct Query {
    /// The destination; else the first that it was delivered to.
    #[serde(default)]
    pub(super) to: String,
    /// A file in place of the page: `json` or `wire`.
    #[serde(default)]
    pub(super) file: String,
}

/// Where the request was delivered, with the attempt that was accepted.
pub(super) struct Delivered<'a> {
    pub(super) destination: &'a Destination,
    pub(super) attempt: &'a Attempt,
}

impl<'a> Delivered<'a> {
    pub(super) fn all(all: &'a [Destination], receipts: &'a [(DestinationId, Receipt)]) -> Vec<Self> {
        let delivered = receipts.iter().filter_map(|(id, receipt)| {
            let Receipt::Delivered { attempt, .. } = receipt else { return None };
            Some(Self { destination: all.iter().find(|destination| destination.id == *id)?, attempt })
        });
        delivered.collect()
    }
}

impl PayloadPart {
    /// What was sent to `chosen`. None in `built`: it is not for this person.
    pub(super) fn new(
        all: &[Delivered<'_>],
        chosen: &Delivered<'_>,
        built: Option<&Result<Again, String>>,
        path: &str,
    ) -> Self {
        let choice = |it: &Delivered<'_>| {
            let id = it.destination.id;
            (it.destination.name.clone(), format!("{path}?to={id}#sent"), id == chosen.destination.id)
        };
        let shown = match built {
            None => Shown::NotForYou,
            Some(Err(why)) => Shown::Not(why.clone()),
            Some(Ok(built)) => Shown::Built(Built::new(built, chosen, path)),
        };
        Self { choices: all.iter().map(choice).collect(), shown }
    }
}

/// What was sent to one destination, or the sentence why it cannot be shown.
pub(super) async fn rebuilt(
    state: &State,
    tenant: &mut Tenant,
    entry: &NamedEntry,
    delivered: &Delivered<'_>,
) -> store::Result<Result<Again, String>> {
    let Delivered { destination, attempt } = delivered;
    let named = [(destination.id, attempt.revision)];
    let Some(revision) = destinations::list_in_force(tenant, &named).await?.pop() else {
        return Ok(Err("The settings that it was sent with are not kept any more.".to_owned()));
    };
    let (Ok(rules), Ok(redaction)) =
        (Rules::from_stored(revision.selection.as_ref()), Redaction::from_stored(revision.redaction.as_ref()))
    else {
        return Ok(Err("A newer version of Tracecast stored the settings that it was sent with.".to_owned()));
    };
    let place = Place::Destination(tenant.account(), destination.id);
    let Ok(stored) = Stored::open(revision.settings, &destination.secrets, &state.keyring, place) else {
        return Ok(Err(GIVEN_UP.to_owned()));
    };
    let connection = kinds::find(&destination.kind).and_then(|kind| kind.connect(&Settings::from(&stored)).ok());
    let Some(connection) = connection else {
        return Ok(Err("The settings that it was sent with are not valid with today’s secrets.".to_owned()));
    };
    let keys = if rules.need_keys() { known(api_keys::list_ruled(tenant).await?) } else { BTreeMap::new() };
    let key = state.keyring.hash_key(tenant.account());
    let redactor = Some(redaction).filter(|redaction| !redaction.is_nothing()).map(|it| Redactor::new(it, key));
    let entries = log::list_one(tenant, entry, attempt.private).await?;
    let receiver = Receiver {
        account: tenant.account(),
        destination: destination.id,
        connection: &connection,
        rules: &rules,
        keys: &keys,
        redactor: redactor.as_ref(),
    };
    let built = again(state, receiver, &entries).await;
    Ok(built.ok_or_else(|| "It cannot be built again from what was recorded.".to_owned()))
}

impl Built {
    pub(super) fn new(built: &Again, delivered: &Delivered<'_>, path: &str) -> Self {
        let Again { request, plain, json, encoding, compression, .. } = built;
        let to = delivered.destination.id;
        let file = |file: &str| format!("{path}?to={to}&file={file}");
        let size = |length: usize| bytes(i32::try_from(length).unwrap_or(i32::MAX));
        let gzip = (*compression == Compression::Gzip).then(|| format!(", {} with gzip", size(request.body.len())));
        let mut downloads = vec![(file("json"), "JSON")];
        if *encoding == Encoding::OtlpProtobuf {
            downloads.push((file("wire"), "protobuf"));
        }
        Self {
            size: format!("{} of {}{}.", size(plain.len()), name(*encoding), gzip.unwrap_or_default()),
            is_other_encoder: i32::from(delivered.attempt.encoder) != i32::from(VERSION),
            headers: request
                .headers
                .iter()
                .map(|header| (header.name.to_string(), header.shown().to_owned(), header.is_secret()))
                .collect(),
            curl: curl(built),
            json: pretty(&String::from_utf8_lossy(json)),
            downloads,
        }
    }
}

/// The file that `query` asks for.
pub(super) fn file(built: &Again, query: &Query, id: &str) -> HttpResponse {
    let (body, extension, kind) = match (query.file.as_str(), built.encoding) {
        ("wire", Encoding::OtlpProtobuf) => (built.plain.clone(), "pb", "application/x-protobuf"),
        _ => (built.json.clone(), "json", "application/json"),
    };
    let safe: String = id.chars().filter(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_')).collect();
    HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, kind))
        .insert_header((CONTENT_DISPOSITION, format!("attachment; filename=\"{safe}.{extension}\"")))
        .insert_header((CACHE_CONTROL, "no-store"))
        .body(body)
}

fn name(encoding: Encoding) -> &'static str {
    match encoding {
        Encoding::OtlpProtobuf => "OTLP protobuf",
        Encoding::OtlpJson => "OTLP JSON",
        Encoding::Lines => "rows, one on each line",
        Encoding::Documents(_) => "JSON",
    }
}

/// A command that sends it. A secret is a variable that the person fills in.
fn curl(built: &Again) -> String {
    let file = if built.encoding == Encoding::OtlpProtobuf { "request.pb" } else { "request.json" };
    let mut lines = vec![format!("curl -X {} '{}'", built.request.method.name(), quoted(&built.address))];
    for header in built.request.headers.iter().filter(|header| header.name != "content-encoding") {
        let value = if header.is_secret() { "$SECRET".to_owned() } else { header.shown().to_owned() };
        let quote = if header.is_secret() { '"' } else { '\'' };
        lines.push(format!("-H {quote}{}: {}{quote}", header.name, quoted(&value)));
    }
    lines.push(format!("--data-binary @{file}"));
    lines.join(" \\\n  ")
}

/// Within single quotes of a shell.
fn quoted(text: &str) -> String {
    text.replace('\'', "'\\''")
}
