//! Who sent a request: the peer, or whom one of our own proxies names.

use std::convert::Infallible;
use std::future::{Ready, ready};
use std::net::{IpAddr, Ipv4Addr};

use actix_web::dev::Payload;
use actix_web::http::header::USER_AGENT;
use actix_web::{FromRequest, HttpRequest, web};

use crate::client::Client;
use crate::config::TrustedProxies;
use crate::state::State;

impl FromRequest for Client {
    type Error = Infallible;
    type Future = Ready<Result<Self, Infallible>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        // Without a list of our proxies, the peer is the sender.
        ready(Ok(match request.app_data::<web::Data<State>>() {
            Some(state) => client(request, &state.config.trusted_proxies),
            None => client(request, &TrustedProxies::default()),
        }))
    }
}

pub fn client(request: &HttpRequest, trusted: &TrustedProxies) -> Client {
    let peer = request.peer_addr().map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |peer| peer.ip());
    let lines: Vec<_> = request.headers().get_all("x-forwarded-for").map(|line| line.to_str().unwrap_or("?")).collect();
    let address = trusted.client(peer, lines.iter().flat_map(|line| line.split(',')));
    let user_agent = request.headers().get(USER_AGENT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    Client::new(address, user_agent)
}
