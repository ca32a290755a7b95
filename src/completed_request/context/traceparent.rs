//! The headers by which a caller's own spans and ours become one trace: W3C's `traceparent`
//! (<https://www.w3.org/TR/trace-context/#traceparent-header>) and Sentry's `sentry-trace`.

/// The trace id and the parent's span id of a valid header. Later versions may add fields behind another dash.
pub(super) fn parse(header: &str) -> Option<(&str, &str)> {
    let header = header.trim();
    let mut fields = header.splitn(5, '-');
    let (version, trace, parent, flags) = (fields.next()?, fields.next()?, fields.next()?, fields.next()?);
    let more = fields.next();
    let valid = is_hex(version, 2)
        && version != "ff"
        && is_hex(trace, 32)
        && is_not_zero(trace)
        && is_hex(parent, 16)
        && is_not_zero(parent)
        && is_hex(flags, 2)
        && (version != "00" || more.is_none());
    valid.then_some((trace, parent))
}

/// The same of `<trace id>-<span id>`, with or without `-<sampled>` behind.
pub(super) fn parse_sentry(header: &str) -> Option<(&str, &str)> {
    let mut fields = header.trim().split('-');
    let (trace, parent, sampled) = (fields.next()?, fields.next()?, fields.next().unwrap_or_default());
    let valid = is_hex(trace, 32)
        && is_not_zero(trace)
        && is_hex(parent, 16)
        && is_not_zero(parent)
        && matches!(sampled, "" | "0" | "1")
        && fields.next().is_none();
    valid.then_some((trace, parent))
}

fn is_hex(text: &str, length: usize) -> bool {
    text.len() == length && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

fn is_not_zero(hex: &str) -> bool {
    hex.bytes().any(|byte| byte != b'0')
}

#[cfg(test)]
mod tests {
    use super::*;

    const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
    const PARENT: &str = "00f067aa0ba902b7";

    #[test]
    fn valid_headers_give_both_ids() {
        assert_eq!(parse(&format!("00-{TRACE}-{PARENT}-01")), Some((TRACE, PARENT)));
        assert_eq!(parse(&format!("cc-{TRACE}-{PARENT}-00-what-the-future-holds")), Some((TRACE, PARENT)));
    }

    #[test]
    fn header_of_sentry_gives_both_ids() {
        for sampled in ["", "-", "-0", "-1", "-1 "] {
            assert_eq!(parse_sentry(&format!("{TRACE}-{PARENT}{sampled}")), Some((TRACE, PARENT)));
        }
        let zeros = "0".repeat(32);
        for header in [
            String::new(),
            TRACE.to_owned(),
            format!("{TRACE}-1"),
            format!("{zeros}-{PARENT}-1"),
            format!("{TRACE}-0000000000000000-1"),
            format!("{TRACE}-{PARENT}-2"),
            format!("{TRACE}-{PARENT}-1-1"),
            format!("00-{TRACE}-{PARENT}-01"),
        ] {
            assert_eq!(parse_sentry(&header), None, "{header}");
        }
    }

    #[test]
    fn invalid_headers_give_nothing() {
        let zeros = "0".repeat(32);
        for header in [
            String::new(),
            format!("ff-{TRACE}-{PARENT}-01"),
            format!("00-{zeros}-{PARENT}-01"),
            format!("00-{TRACE}-0000000000000000-01"),
            format!("00-{}-{PARENT}-01", TRACE.to_uppercase()),
            format!("00-{TRACE}-{PARENT}-01-more"),
            format!("00-{TRACE}-{PARENT}"),
            format!("00-{TRACE}ä-{PARENT}-01"),
        ] {
            assert_eq!(parse(&header), None, "{header}");
        }
    }
}
