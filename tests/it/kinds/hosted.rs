//! Hosts that nobody types: every name leads to loopback here, where port 443 speaks TLS before a fake.

use std::net::SocketAddr;
use std::sync::Arc;

use rustls::ServerConfig;
use rustls::crypto::ring;
use rustls::pki_types::{CertificateDer, PrivatePkcs8KeyDer};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_util::task::TaskTracker;
use tracecast::egress;

use super::fakes::ALL;
use crate::support::name_server::NameServer;
use crate::support::skipping::must_run;

/// An address of loopback that no other test and no other run of the tests listens on.
fn address(number: u8) -> String {
    let process = std::process::id();
    format!("127.{}.{}.{number}", 64 + (process >> 8) % 128, process % 256)
}

/// The certificate of all fixed hosts, and the name server.
pub(super) struct Hosts {
    certificate: CertificateDer<'static>,
    acceptor: TlsAcceptor,
    names: NameServer,
}

impl Hosts {
    pub(super) fn new() -> Self {
        let hosts: Vec<String> = ALL.iter().filter(|fake| fake.is_hosted()).map(|fake| fake.host.to_owned()).collect();
        let made = rcgen::generate_simple_self_signed(hosts).unwrap();
        let key = PrivatePkcs8KeyDer::from(made.signing_key.serialize_der());
        let certificate = made.cert.der().clone();
        let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![certificate.clone()], key.into())
            .unwrap();
        Self { certificate, acceptor: TlsAcceptor::from(Arc::new(config)), names: NameServer::start(&[]) }
    }

    /// A way out that asks this name server and trusts this certificate.
    pub(super) fn way_out(&self) -> egress::Setup {
        egress::Setup {
            extra_roots: vec![self.certificate.clone()],
            name_servers: vec![self.names.address],
            ..egress::Setup::default()
        }
    }

    /// All names lead to `server` from now on. None: nobody here may listen on port 443.
    pub(super) async fn lead_to(&self, number: u8, server: SocketAddr) -> Option<Listening> {
        let address = address(number);
        let listener = match TcpListener::bind((address.as_str(), 443)).await {
            Ok(listener) => listener,
            Err(error) if must_run() => panic!("nobody may listen on {address}:443: {error}"),
            Err(error) => {
                eprintln!("SKIPPED: nobody may listen on {address}:443: {error}");
                return None;
            }
        };
        self.names.leads_to(&[&address]);
        let acceptor = self.acceptor.clone();
        let tasks = TaskTracker::new();
        let of_streams = tasks.clone();
        Some(Listening(tasks.spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                of_streams.spawn(relay(acceptor.clone(), stream, server));
            }
        })))
    }
}

/// Ends with the value.
pub(super) struct Listening(tokio::task::JoinHandle<()>);

impl Drop for Listening {
    fn drop(&mut self) {
        self.0.abort();
    }
}

async fn relay(acceptor: TlsAcceptor, stream: TcpStream, server: SocketAddr) {
    let Ok(mut outside) = acceptor.accept(stream).await else { return };
    let Ok(mut inside) = TcpStream::connect(server).await else { return };
    // A side that hangs up ends both.
    let _ = tokio::io::copy_bidirectional(&mut outside, &mut inside).await;
}
