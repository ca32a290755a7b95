//! Names that lead to where they must not: at once, in part, between two look-ups, or behind a kept connection.

use tracecast::egress::Error;

use super::{request, way_out};
use crate::support::listener::on_one_port;
use crate::support::name_server::NameServer;

#[tokio::test]
async fn a_name_is_refused_if_any_of_its_addresses_is() {
    let [public, private] = on_one_port(["127.0.0.2", "127.0.0.1"]);
    let names = NameServer::start(&["127.0.0.2"]);
    let egress = way_out(&names);
    let request = request(&format!("http://receiver.example:{}/", public.address.port()));
    assert_eq!(egress.send(&request).await.unwrap().status, 200);
    for mixed in [
        ["127.0.0.1", "127.0.0.2"],
        ["127.0.0.2", "127.0.0.1"],
        ["127.0.0.2", "169.254.169.254"],
        ["127.0.0.2", "::1"],
        ["127.0.0.2", "::ffff:127.0.0.1"],
        ["127.0.0.2", "64:ff9b::7f00:1"],
        ["127.0.0.2", "fd00::1"],
        ["127.0.0.2", "0.0.0.0"],
    ] {
        names.leads_to(&mixed);
        assert!(matches!(egress.send(&request).await, Err(Error::Refused(_))), "{mixed:?}");
    }
    assert_eq!((public.requests(), private.connections()), (1, 0));
}

#[tokio::test]
async fn a_name_that_changes_between_check_and_connection_is_refused() {
    let [public, private] = on_one_port(["127.0.0.2", "127.0.0.1"]);
    let names = NameServer::start(&["127.0.0.2"]);
    let request = request(&format!("http://rebinding.example:{}/", public.address.port()));
    // However many look-ups there are, the change comes before one of them.
    for look_ups in 1..=3 {
        let mut answers: Vec<&[&str]> = vec![&["127.0.0.2"]; look_ups];
        answers.push(&["127.0.0.1"]);
        names.turns(&answers);
        let egress = way_out(&names);
        let mut sent = Vec::new();
        for _ in 0..4 {
            sent.push(egress.send(&request).await.is_ok());
        }
        assert!(names.asked() > look_ups, "the change was seen");
        assert!(!sent[3], "after {look_ups} look-ups: {sent:?}");
    }
    assert_eq!(private.connections(), 0);
}

#[tokio::test]
async fn a_kept_connection_is_not_used_once_its_name_leads_elsewhere() {
    let [public, private] = on_one_port(["127.0.0.2", "127.0.0.1"]);
    let names = NameServer::start(&["127.0.0.2"]);
    let egress = way_out(&names);
    let request = request(&format!("http://receiver.example:{}/", public.address.port()));
    for _ in 0..3 {
        assert_eq!(egress.send(&request).await.unwrap().status, 200);
    }
    assert_eq!((public.connections(), public.requests()), (1, 3), "the connection is kept");
    names.leads_to(&["127.0.0.1"]);
    for _ in 0..3 {
        assert!(matches!(egress.send(&request).await, Err(Error::Refused(_))));
    }
    assert_eq!((public.requests(), private.connections()), (3, 0));
}

#[tokio::test]
async fn a_receiver_that_moves_is_followed_also_from_a_kept_connection() {
    let [old, new] = on_one_port(["127.0.0.2", "127.0.0.3"]);
    let names = NameServer::start(&["127.0.0.2"]);
    let egress = way_out(&names);
    let request = request(&format!("http://receiver.example:{}/", old.address.port()));
    for _ in 0..3 {
        assert_eq!(egress.send(&request).await.unwrap().status, 200);
    }
    names.leads_to(&["127.0.0.3"]);
    for _ in 0..5 {
        assert_eq!(egress.send(&request).await.unwrap().status, 200);
    }
    assert!(old.requests() <= 5, "at most one notices the move, and one closes the connection");
    assert!(new.requests() >= 3, "{} requests arrived at the new address", new.requests());
    assert_eq!(new.connections(), 2, "the first one still asks to be closed, the second one is kept");
}
