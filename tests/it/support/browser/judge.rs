//! What must hold on every page: nothing inaccessible (axe), no sideways scroll, nothing that the policy had to refuse.

use serde_json::Value;

use super::Browser;

const AXE: &str = include_str!("../../fixtures/axe-core/axe.min.js");

/// Each violation with the first of its places.
const RUN_AXE: &str = "const done = arguments[arguments.length - 1];
    axe.run(document, { resultTypes: ['violations'] }).then(
      ({ violations }) => done(violations.map((v) => `${v.id}: ${v.help}: ${v.nodes[0].html} ${v.nodes[0].failureSummary}`)),
      (error) => done([String(error)]));";

/// The narrowest window (WCAG 2.2, 1.4.10) and a wide one.
const WIDTHS: [u32; 2] = [320, 1400];

impl Browser {
    /// Looks at the open page in light and dark, narrow and wide. Fails with all that is wrong with it.
    pub(crate) async fn finds_nothing_wrong(&self, page: &str) {
        let mut wrong = self.refusals().await;
        self.driver.execute(AXE, Vec::new()).await.unwrap();
        for scheme in ["light", "dark"] {
            for width in WIDTHS {
                self.is_shown(width, scheme).await;
                if self.overflow().await > 0 {
                    wrong.push(format!("{} px too wide at {width} px, {scheme}", self.overflow().await));
                }
            }
            wrong.extend(self.violations().await.into_iter().map(|violation| format!("{scheme}: {violation}")));
        }
        assert!(wrong.is_empty(), "{page}:\n{}\n\n{}", wrong.join("\n"), self.reads().await);
    }

    /// What the page's policy refused, and what its script failed at.
    pub(crate) async fn refusals(&self) -> Vec<String> {
        self.computes("return window.complaints", Vec::new()).await
    }

    async fn violations(&self) -> Vec<String> {
        let answer = self.driver.execute_async(RUN_AXE, Vec::new()).await.unwrap();
        match answer.json() {
            Value::Array(found) => found.iter().map(|one| one.as_str().unwrap_or_default().to_owned()).collect(),
            other => panic!("axe answered {other}"),
        }
    }
}
