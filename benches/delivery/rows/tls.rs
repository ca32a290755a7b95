//! The export with gzip to a receiver that speaks TLS, beside the limit over TLS.

use super::export::{Course, Form, bare, tracecast};
use crate::bench::Bench;
use crate::outcome::Result;
use crate::receiver::Receiver;

/// Events at most: what TLS costs does not depend on the backlog.
const MOST: u64 = 1_000_000;

const GZIP_TLS: Form =
    Form { gzip: true, words: "gzip, TLS", cpu_goal: "", rate_goal: "bare loop at most 1.33 times as fast" };

pub(crate) async fn run(bench: &mut Bench) -> Result<()> {
    let receiver = Receiver::start_tls(&bench.server.folder().join("receiver.pem"))?;
    let mut course = Course::lay(bench, "tls", receiver).await?;
    let events = bench.options.large().min(MOST);
    let backlog = (bench.tenant("tls", &course.receiver, events).await?, events);
    let program = bench.program.clone();
    for _ in 0..bench.options.runs() {
        tracecast(bench, &mut course, ("tracecast", &program), backlog, GZIP_TLS).await?;
        if let Some(settings) = bench.options.variant.clone() {
            let variant = bench.program.with(&settings);
            tracecast(bench, &mut course, (&settings, &variant), backlog, GZIP_TLS).await?;
        }
        if !bench.options.alone {
            bare(bench, &mut course.receiver, backlog, GZIP_TLS).await?;
        }
    }
    Ok(())
}
