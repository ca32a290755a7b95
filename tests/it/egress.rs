//! Requests that leave, seen from the side of somebody who wants them to arrive where they must not (spec 5.1).
//!
//! 127.0.0.2 and 127.0.0.3 stand for the public internet, because the operator's list names them; 127.0.0.1 is private.

mod names;
mod proxies;
mod refusals;
mod whole_program;

use std::time::Duration;

use tracecast::clock::Clock;
use tracecast::destination::{Method, Request};
use tracecast::egress::{Egress, Guard, Limits, Setup};

use crate::support::name_server::NameServer;

/// Every refusal takes at least this long here.
const REFUSAL: Duration = Duration::from_millis(200);

/// A way out that asks this name server.
fn way_out(names: &NameServer) -> Egress {
    let allow = ["127.0.0.2", "127.0.0.3"].map(|entry| entry.parse().unwrap());
    Egress::with(Guard::new(allow.to_vec(), true), Clock::System, &asking(names)).unwrap()
}

fn asking(names: &NameServer) -> Setup {
    let limits = Limits { refusal: REFUSAL, ..Limits::default() };
    Setup { limits, name_servers: vec![names.address], ..Setup::default() }
}

fn request(url: &str) -> Request {
    Request { method: Method::Post, url: url.parse().unwrap(), headers: Vec::new(), body: "body".into() }
}
