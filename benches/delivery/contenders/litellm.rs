//! The LiteLLM proxy, where somebody has installed it, before the same model server.

use std::fs::{self, File};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use crate::outcome::Result;
use crate::post::Post;

/// The key that it asks for: it guards nothing.
pub(crate) const KEY: &str = "sk-5f1c0b7e9d2a4863b5e07f1d9c3a6e482b7d0f5c1e9a3864d2b7f0c5e1a93d86";

/// Tenths of a second that it may take to listen.
const PATIENCE: u32 = 1_200;

/// What it does beside answering.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Callback {
    None,
    /// Exports a trace of each request over OTLP, uncompressed, as it does without further settings.
    Otlp,
}

impl Callback {
    pub(crate) const ALL: [Self; 2] = [Self::None, Self::Otlp];

    /// As the table calls it.
    pub(crate) fn label(self) -> &'static str {
        match self {
            Self::None => "LiteLLM proxy",
            Self::Otlp => "LiteLLM proxy with its OTLP callback",
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::None => "litellm",
            Self::Otlp => "litellm-otlp",
        }
    }

    fn settings(self) -> &'static str {
        match self {
            Self::None => "",
            Self::Otlp => "litellm_settings:\n  callbacks: [\"otel\"]\n",
        }
    }
}

/// A running proxy. Ended when dropped.
#[derive(Debug)]
pub(crate) struct Proxy(Child);

impl Proxy {
    /// Starts the program `litellm` on `address` and waits until it listens. Traces go to the model server's process.
    pub(crate) async fn start(
        program: &Path,
        (address, callback): (SocketAddr, Callback),
        upstream: SocketAddr,
        folder: &Path,
    ) -> Result<Self> {
        let settings = folder.join(callback.name()).with_extension("yaml");
        let models = format!(
            "model_list:\n  - model_name: openai/gpt-4o\n    litellm_params:\n      model: openai/gpt-4o\n      \
             api_base: http://{upstream}/v1\n      api_key: none\n{}",
            callback.settings()
        );
        fs::write(&settings, models)?;
        let words = File::create(settings.with_extension("log"))?;
        let mut command = Command::new(program);
        command.arg("--config").arg(&settings).args(["--host", &address.ip().to_string()]);
        command.args(["--port", &address.port().to_string()]).env("LITELLM_LOCAL_MODEL_COST_MAP", "True");
        command.env("LITELLM_MASTER_KEY", KEY);
        // Where these are set they are believed before the ones that follow.
        command.env_remove("OTEL_EXPORTER_OTLP_PROTOCOL").env_remove("OTEL_EXPORTER_OTLP_ENDPOINT");
        command.env("OTEL_EXPORTER", "otlp_http").env("OTEL_ENDPOINT", format!("http://{upstream}/v1/traces"));
        command.stdin(Stdio::null()).stdout(words.try_clone()?).stderr(words);
        let mut proxy = Self(command.spawn()?);
        for _ in 0..PATIENCE {
            if Post::connect(address).is_ok() {
                return Ok(proxy);
            }
            if let Some(status) = proxy.0.try_wait()? {
                let said = fs::read_to_string(settings.with_extension("log"))?;
                return Err(format!("litellm ended with {status}: {}", last_words(&said)).into());
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        Err("litellm does not listen".into())
    }
}

/// The line of a Python program's output that names its error, else the last one.
fn last_words(said: &str) -> &str {
    said.lines().rfind(|line| line.contains("Error: ")).or(said.lines().last()).unwrap_or_default()
}

impl Drop for Proxy {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
