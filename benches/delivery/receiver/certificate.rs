//! The receiver's certificate: made anew at each start, for the one address where receivers listen.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use rustls::ServerConfig;
use rustls::crypto::ring;
use rustls::pki_types::PrivatePkcs8KeyDer;
use tokio_rustls::TlsAcceptor;

use super::HOST;
use crate::outcome::Result;

/// Takes connections with a new certificate, which is written to `file`. Its key stays in this process.
pub(super) fn acceptor(file: &Path) -> Result<TlsAcceptor> {
    let made = rcgen::generate_simple_self_signed([HOST.to_string()])?;
    fs::write(file, made.cert.pem())?;
    let key = PrivatePkcs8KeyDer::from(made.signing_key.serialize_der());
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(vec![made.cert.der().clone()], key.into())?;
    Ok(TlsAcceptor::from(Arc::new(config)))
}
