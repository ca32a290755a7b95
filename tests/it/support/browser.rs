//! A real Chromium, driven through a chromedriver of its own. A test that cannot have one says why; with
//! `REQUIRE_BROWSER=1` it fails.

mod eyes;
mod hands;
mod judge;

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};

use serde_json::{Value, json};
use tempfile::TempDir;
use thirtyfour::{ChromiumLikeCapabilities as _, Cookie, DesiredCapabilities, WebDriver};

use super::skipping::must_run;

/// One browser with a profile of its own.
pub(crate) struct Browser {
    pub(crate) driver: WebDriver,
    /// Where relative paths lead.
    url: String,
    /// Stands behind the driver, so that it ends after the browser does.
    _chromedriver: Chromedriver,
}

/// It ends with this, also when a test fails, and what the browser left behind is swept up.
struct Chromedriver {
    child: Child,
    _scratch: TempDir,
}

const FLAGS: [&str; 11] = [
    "--headless",
    "--no-sandbox",
    "--disable-dev-shm-usage",
    "--disable-gpu",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--no-proxy-server",
    "--window-size=1400,1000",
];

/// What each page notes from its very beginning: what its policy refused, and what its script failed at.
const WATCH: &str = "window.complaints = [];
    const note = (text) => window.complaints.push(text);
    addEventListener('securitypolicyviolation', (e) => note(`${e.effectiveDirective} refused ${e.blockedURI} ${e.sample}`));
    addEventListener('error', (e) => note(`script: ${e.message}`));
    addEventListener('unhandledrejection', (e) => note(`script: ${e.reason}`));";

impl Browser {
    /// None: this machine has no browser, and need not have one. Relative paths lead to `url`.
    pub(crate) async fn start(url: &str) -> Option<Self> {
        Self::with(url, &json!({})).await
    }

    /// A browser in which pages run no script.
    pub(crate) async fn without_javascript(url: &str) -> Option<Self> {
        Self::with(url, &json!({ "profile.managed_default_content_settings.javascript": 2 })).await
    }

    async fn with(url: &str, preferences: &Value) -> Option<Self> {
        drop(rustls::crypto::ring::default_provider().install_default());
        let (chromedriver, port) = match Chromedriver::start() {
            Ok(started) => started,
            Err(reason) => {
                assert!(!must_run(), "there is no browser, and nothing may be skipped here: {reason}");
                eprintln!("SKIPPED: there is no browser: {reason}");
                return None;
            }
        };
        let mut capabilities = DesiredCapabilities::chrome();
        for flag in FLAGS {
            capabilities.add_arg(flag).unwrap();
        }
        capabilities.add_experimental_option("prefs", preferences).unwrap();
        let driver = WebDriver::new(format!("http://127.0.0.1:{port}"), capabilities).await.unwrap();
        let watch = json!({ "source": WATCH });
        driver.cdp().send_raw("Page.addScriptToEvaluateOnNewDocument", watch).await.unwrap();
        Some(Self { driver, url: url.to_owned(), _chromedriver: chromedriver })
    }

    /// Goes to a path of the application, or to an address.
    pub(crate) async fn opens(&self, path: &str) {
        let url = if path.starts_with('/') { format!("{}{path}", self.url) } else { path.to_owned() };
        self.driver.goto(url).await.unwrap();
    }

    /// Takes over the session of this cookie.
    pub(crate) async fn is_signed_in(&self, cookie: &str) {
        self.opens("/healthz").await;
        let (name, value) = cookie.split_once('=').unwrap();
        self.driver.add_cookie(Cookie::new(name, value)).await.unwrap();
    }

    pub(crate) async fn stop(self) {
        self.driver.quit().await.unwrap();
    }
}

impl Chromedriver {
    /// With the port on which it listens.
    fn start() -> Result<(Self, u16), String> {
        let scratch = tempfile::tempdir().unwrap();
        let mut command = Command::new("chromedriver");
        let command = command.arg("--port=0").env("TMPDIR", scratch.path());
        let child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().map_err(|error| {
            format!("chromedriver cannot be started ({error}); install chromium and chromium-driver")
        })?;
        let mut chromedriver = Self { child, _scratch: scratch };
        let lines = BufReader::new(chromedriver.child.stdout.take().unwrap()).lines();
        for line in lines.map_while(Result::ok) {
            if let Some((_, rest)) = line.split_once("successfully on port ") {
                return Ok((chromedriver, rest.trim_end_matches('.').parse().unwrap()));
            }
        }
        Err("chromedriver ended before it listened".to_owned())
    }
}

impl Drop for Chromedriver {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}
