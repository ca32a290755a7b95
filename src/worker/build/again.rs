//! A request's body as it was sent, built again from the record (spec 9.3). Building is a pure function of the recorded bytes, the
//! settings and the encoder's version.

use std::collections::BTreeMap;

use bytes::Bytes;

use super::batch::{Builder, Choice, Target, WithContent};
use crate::destination::redaction::Redactor;
use crate::destination::selection::{KnownKey, Rules};
use crate::destination::{Connection, Encoding, Occasion, Parcel, Request};
use crate::id::{AccountId, ApiKeyId, DestinationId};
use crate::otlp::{Compression, Resource};
use crate::state::State;
use crate::store::log::Entries;

/// For whom it is built.
#[derive(Debug, Clone, Copy)]
pub struct Receiver<'a> {
    pub account: AccountId,
    pub destination: DestinationId,
    pub connection: &'a Connection,
    pub rules: &'a Rules,
    /// Those of the account. Empty where the rules ask for none.
    pub keys: &'a BTreeMap<ApiKeyId, KnownKey>,
    /// None: all of a request is sent.
    pub redactor: Option<&'a Redactor>,
}

/// The request of one trace alone.
#[derive(Debug)]
pub struct Again {
    /// With the body as it goes over the wire.
    pub request: Request,
    /// Where to, without a secret.
    pub address: String,
    /// The body before compression.
    pub plain: Bytes,
    /// What the body says, as JSON.
    pub json: Bytes,
    pub encoding: Encoding,
    pub compression: Compression,
}

/// Builds the only entry of `entries` for a destination. None: nothing is sent of it by these settings.
pub async fn again(state: &State, receiver: Receiver<'_>, entries: &Entries) -> Option<Again> {
    let wire = receiver.connection.wire();
    let (encoding, compression) = (wire.encoding(), wire.compression(state.config.delivery.compression));
    let plain = build(state, receiver, entries, (encoding, Compression::None)).await?;
    let sent = build(state, receiver, entries, (encoding, compression)).await?;
    let json = match encoding {
        Encoding::OtlpProtobuf => build(state, receiver, entries, (Encoding::OtlpJson, Compression::None)).await?.body,
        Encoding::OtlpJson | Encoding::Lines | Encoding::Documents(_) => plain.body.clone(),
    };
    let occasion = Occasion { destination: receiver.destination, at: state.clock.unix_nanos(), is_test: false };
    let request = wire.request(&sent, compression, occasion);
    let address = receiver.connection.redact(request.url.as_str());
    Some(Again { request, address, plain: plain.body, json, encoding, compression })
}

async fn build(
    state: &State,
    receiver: Receiver<'_>,
    entries: &Entries,
    (encoding, compression): (Encoding, Compression),
) -> Option<Parcel> {
    let wire = receiver.connection.wire();
    let Receiver { account, destination, connection, rules, keys, redactor } = receiver;
    let target = Target {
        redactor,
        choice: Some(Choice { rules, keys, destination }),
        traces: connection.traces(),
        content: WithContent::AsRead,
        encoding,
        compression,
        limits: wire.limits(),
        is_live: true,
        not_before: None,
        allowance: None,
        account,
        resource: wire.resource(),
    };
    let mut builder = Builder::new(Resource::new(&state.config.service_name));
    builder.build(entries, target).await.parcels.into_iter().next()
}
