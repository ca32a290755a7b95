//! The HTTP client of the tests: as plain as it gets, so that what is sent is what the test says.

use std::time::Duration;

use rustls::crypto::ring;

/// A client without proxy, redirects or patience.
#[expect(clippy::disallowed_methods, reason = "the tests' own requests, to loopback only")]
pub(crate) fn client() -> reqwest::Client {
    drop(ring::default_provider().install_default());
    let builder = reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none());
    builder.timeout(Duration::from_secs(20)).build().unwrap()
}
