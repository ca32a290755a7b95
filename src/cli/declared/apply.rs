//! Does what a plan says, one request after the other, and stops at the first that is refused.

use reqwest::Method;
use serde_json::{Map, Value};

use super::super::failure::Failure;
use super::plan::Plan;
use super::server::{Account, Refusal, Server};

const DESTINATIONS: &str = "/observability/destinations";

/// # Errors
/// The server refused something. What was done before stays; it is printed.
pub(super) async fn run(server: &Server, account: &Account, plan: &Plan<'_>) -> Result<(), Failure> {
    let mut steps = Steps { server, done: 0, all: plan.steps() };
    // Destinations come before the switch, so that no request passes them by, and go last.
    for update in &plan.updates {
        let path = format!("{DESTINATIONS}/{}", update.found.id);
        let body = Value::Object(update.body.clone());
        let what = format!("changed {}", update.found.identity);
        steps.take(Method::PATCH, &path, Some(&body), Some(update.found.revision), &what).await?;
    }
    for entry in &plan.creates {
        let body = Value::Object(entry.body());
        let what = format!("created {}", entry.identity);
        steps.take(Method::POST, DESTINATIONS, Some(&body), None, &what).await?;
    }
    if !plan.switches.is_empty() {
        let body: Map<_, _> =
            plan.switches.iter().map(|difference| (difference.member.clone(), difference.after.clone())).collect();
        let path = format!("/workspaces/{}", account.id);
        steps.take(Method::PATCH, &path, Some(&Value::Object(body)), None, "changed the account").await?;
    }
    for found in &plan.deletes {
        let path = format!("{DESTINATIONS}/{}", found.id);
        let what = format!("deleted {}", found.identity);
        steps.take(Method::DELETE, &path, None, Some(found.revision), &what).await?;
    }
    println!("The account is as the file says.");
    Ok(())
}

struct Steps<'a> {
    server: &'a Server,
    done: usize,
    all: usize,
}

impl Steps<'_> {
    async fn take(
        &mut self,
        method: Method,
        path: &str,
        body: Option<&Value>,
        revision: Option<i64>,
        what: &str,
    ) -> Result<(), Failure> {
        let answer = self.server.send(method, path, body, revision).await;
        answer.map_err(|refusal| self.stopped(what, &refusal))?;
        self.done += 1;
        println!("{what}");
        Ok(())
    }

    fn stopped(&self, what: &str, refusal: &Refusal) -> Failure {
        let (done, left) = (self.done, self.all - self.done);
        Failure::Said(format!(
            "not {what}: {refusal}\nStopped: {done} of {} done, {left} left. What was done stays.",
            self.all
        ))
    }
}

impl Plan<'_> {
    fn steps(&self) -> usize {
        let switches = usize::from(!self.switches.is_empty());
        self.updates.len() + self.creates.len() + self.deletes.len() + switches
    }
}
