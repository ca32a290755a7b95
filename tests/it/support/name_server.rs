//! A name server on loopback (RFC 1035 over UDP) whose answers a test changes while names are looked up.

use std::net::{IpAddr, Ipv4Addr, SocketAddr, UdpSocket};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

/// The type of an IPv4 address record; 28 is IPv6's.
const A: u16 = 1;
const AAAA: u16 = 28;

/// Every name leads to these addresses, or as [`NameServer::turns`] says to others at each look-up.
pub(crate) struct NameServer {
    pub(crate) address: SocketAddr,
    script: Arc<Mutex<Script>>,
}

struct Script {
    /// The last one stays.
    answers: Vec<Vec<IpAddr>>,
    asked: usize,
}

impl NameServer {
    /// All names lead to `addresses`, and nobody may remember it for even a second.
    pub(crate) fn start(addresses: &[&str]) -> Self {
        let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let address = socket.local_addr().unwrap();
        let script = Arc::new(Mutex::new(Script { answers: vec![parsed(addresses)], asked: 0 }));
        let shared = script.clone();
        thread::spawn(move || {
            let mut packet = [0; 1500];
            while let Ok((length, from)) = socket.recv_from(&mut packet) {
                if let Some(answer) = answer(&packet[..length], &shared) {
                    let _ = socket.send_to(&answer, from);
                }
            }
        });
        Self { address, script }
    }

    /// From now on all names lead here.
    pub(crate) fn leads_to(&self, addresses: &[&str]) {
        self.turns(&[addresses]);
    }

    /// From now on each look-up of IPv4 addresses is answered with the next of these; the last one stays.
    pub(crate) fn turns(&self, answers: &[&[&str]]) {
        let mut script = self.script();
        script.answers = answers.iter().map(|addresses| parsed(addresses)).collect();
        script.answers.reverse();
        script.asked = 0;
    }

    /// How often IPv4 addresses were asked for since the answers were set.
    pub(crate) fn asked(&self) -> usize {
        self.script().asked
    }

    fn script(&self) -> std::sync::MutexGuard<'_, Script> {
        self.script.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn parsed(addresses: &[&str]) -> Vec<IpAddr> {
    addresses.iter().map(|address| address.parse().unwrap()).collect()
}

/// The answer to a query with one question: its header and question again, then the records.
fn answer(query: &[u8], script: &Mutex<Script>) -> Option<Vec<u8>> {
    let name_ends = 12 + query.get(12..)?.iter().position(|byte| *byte == 0)? + 1;
    let question = query.get(12..name_ends + 4)?;
    let kind = u16::from_be_bytes([*query.get(name_ends)?, *query.get(name_ends + 1)?]);
    let mut script = script.lock().unwrap_or_else(PoisonError::into_inner);
    let addresses = script.answers.last()?.clone();
    if kind == A {
        script.asked += 1;
        if script.answers.len() > 1 {
            script.answers.pop();
        }
    }
    let records: Vec<Vec<u8>> = addresses.into_iter().filter_map(|address| record(kind, address)).collect();
    let mut answer = query[..2].to_vec();
    // A response, recursion desired and available, no error.
    answer.extend_from_slice(&[0x81, 0x80, 0, 1]);
    answer.extend_from_slice(&u16::try_from(records.len()).ok()?.to_be_bytes());
    answer.extend_from_slice(&[0, 0, 0, 0]);
    answer.extend_from_slice(question);
    answer.extend(records.concat());
    Some(answer)
}

/// A record of the question's name (a pointer to it), with a time to live of zero.
fn record(kind: u16, address: IpAddr) -> Option<Vec<u8>> {
    let octets = match address {
        IpAddr::V4(address) if kind == A => address.octets().to_vec(),
        IpAddr::V6(address) if kind == AAAA => address.octets().to_vec(),
        _ => return None,
    };
    let mut record = vec![0xc0, 12];
    record.extend_from_slice(&kind.to_be_bytes());
    record.extend_from_slice(&[0, 1, 0, 0, 0, 0]);
    record.extend_from_slice(&u16::try_from(octets.len()).ok()?.to_be_bytes());
    record.extend(octets);
    Some(record)
}
