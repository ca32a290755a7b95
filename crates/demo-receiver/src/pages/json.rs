//! Everything that is kept, as JSON.

use actix_web::HttpResponse;
use actix_web::web::Data;
use serde::Serialize;

use crate::Behaviour;
use crate::received::{ReceivedRequest, ReceivedTrace, Summary, Totals};
use crate::shared::Shared;

use super::relay::View;

#[derive(Serialize)]
struct Everything {
    behaviour: Behaviour,
    relay: View,
    totals: Totals,
    traces: Vec<Trace>,
    requests: Vec<ReceivedRequest>,
}

#[derive(Serialize)]
struct Trace {
    summary: Summary,
    #[serde(flatten)]
    trace: ReceivedTrace,
}

/// `GET /received.json`
pub(super) async fn show(shared: Data<Shared>) -> HttpResponse {
    let traces = shared.received().traces().into_iter();
    HttpResponse::Ok().json(Everything {
        behaviour: shared.switch.shown().behaviour,
        relay: View::of(&shared),
        totals: shared.received().totals(),
        traces: traces.map(|trace| Trace { summary: trace.summary(), trace }).collect(),
        requests: shared.received().requests(),
    })
}
