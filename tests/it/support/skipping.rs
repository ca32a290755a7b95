//! Whether a test may be left out on a machine that lacks what it needs.

/// Nothing may be skipped here: `REQUIRE_BROWSER=1` or `CI` is set.
#[expect(clippy::disallowed_methods, reason = "how the test command says that nothing may be skipped")]
pub(crate) fn must_run() -> bool {
    let set = |name| std::env::var(name).is_ok_and(|value| !value.is_empty() && value != "0");
    set("REQUIRE_BROWSER") || set("CI")
}
