//! What each form of a trace costs: the same events, sent to one kind of destination after another, beside the limit,
//! which sends Sentry's form encoded before.

use std::time::Duration;

use tracecast::destination::kinds;

use super::export::{Course, Form, bare, tracecast};
use crate::bench::Bench;
use crate::outcome::Result;
use crate::receiver::Receiver;
use crate::tenants::Tenant;

/// Events at most: what a form costs does not depend on the backlog.
const MOST: u64 = 200_000;

/// Each form, and a kind of destination that is sent it. What a kind needs to be connected stands in `tenants.rs`.
const FORMS: [(&str, &str); 7] = [
    ("sentry", "sentry"),
    ("plain", "otel-collector"),
    ("openinference", "phoenix"),
    ("langfuse", "langfuse"),
    ("json webhook", "webhook"),
    ("clickhouse lines", "clickhouse"),
    ("s3 objects", "s3"),
];

const EXPORT: Form = Form { gzip: true, words: "by form", cpu_goal: "", rate_goal: "" };

pub(crate) async fn run(bench: &mut Bench) -> Result<()> {
    let mut course = Course::lay(bench, "forms", Receiver::start(Duration::ZERO, false)?).await?;
    let events = bench.options.large().min(MOST);
    let mut tenants = Vec::new();
    for (form, kind) in FORMS {
        if kinds::find(kind).is_none() {
            eprintln!("{form} is not measured: there is no {kind}");
            continue;
        }
        let name = format!("form-{kind}");
        let tenant = Tenant::of_kind(&bench.state, &name, kind, course.receiver.endpoint()).await?;
        bench.backlog.append(&mut bench.admin, tenant.account, events).await?;
        tenants.push((form, tenant));
    }
    let program = bench.program.clone();
    for _ in 0..bench.options.runs() {
        for &(form, tenant) in &tenants {
            tracecast(bench, &mut course, (form, &program), (tenant, events), EXPORT).await?;
        }
        if let Some(&(_, tenant)) = tenants.first().filter(|_| !bench.options.alone) {
            bare(bench, &mut course.receiver, (tenant, events), EXPORT).await?;
        }
    }
    Ok(())
}
