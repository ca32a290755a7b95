//! The URL rule over all spellings, and what the operator's list changes.

use super::*;

fn guard(allow: &[&str], allow_http: bool) -> Guard {
    Guard::new(allow.iter().map(|entry| entry.parse().unwrap()).collect(), allow_http)
}

fn check(guard: &Guard, url: &str) -> Result<(), Denial> {
    guard.check_url(&Url::parse(url).unwrap_or_else(|error| panic!("{url}: {error}")))
}

#[test]
fn public_https_addresses_pass() {
    for url in [
        "https://o123.ingest.us.sentry.io/api/456/integration/otlp/v1/traces",
        "https://example.com:4318/v1/traces?x=1",
        "https://8.8.8.8/",
        "https://[2606:4700:4700::1111]/",
        "https://[::ffff:8.8.8.8]/",
        "https://example.com./",
        "https://bücher.example/",
    ] {
        assert_eq!(check(&guard(&[], false), url), Ok(()), "{url}");
    }
}

#[test]
fn everything_else_is_refused_for_its_reason() {
    let long = format!("https://example.com/{}", "a".repeat(2048));
    let table = [
        ("http://example.com/", "scheme"),
        ("ftp://example.com/", "scheme"),
        ("file:///etc/passwd", "scheme"),
        ("data:text/plain,x", "scheme"),
        ("unix:/run/docker.sock", "scheme"),
        ("https://user@example.com/", "user"),
        ("https://:password@example.com/", "user"),
        ("https://example.com/#x", "fragment"),
        ("https://example.com:8443/", "port"),
        ("https://example.com:80/", "port"),
        ("https://example.com:22/", "port"),
        ("https://8.8.8.8:8080/", "port"),
        ("https:///v1/traces", "local_name"),
        ("https://sentry/", "local_name"),
        ("https://localhost/", "local_name"),
        ("https://LOCALHOST./", "local_name"),
        ("https://a.localhost/", "local_name"),
        ("https://printer.local/", "local_name"),
        ("https://metadata.google.internal/", "local_name"),
        ("https://metadata.google.internal./", "local_name"),
        (&long, "too_long"),
    ];
    for (url, name) in table {
        assert_eq!(check(&guard(&[], false), url).map_err(Denial::name), Err(name), "{url}");
    }
}

#[test]
fn no_spelling_of_a_private_address_passes() {
    for url in [
        "https://127.0.0.1/",
        "https://127.1/",
        "https://0x7f.1/",
        "https://0x7f000001/",
        "https://2130706433/",
        "https://0177.0.0.1/",
        "https://①②⑦.⓪.⓪.①/",
        "https://127.0.0.1./",
        "https://0/",
        "https://0.0.0.0/",
        "https://10.1.2.3/",
        "https://100.64.0.1/",
        "https://169.254.169.254/latest/meta-data/",
        "https://0xa9fea9fe/",
        "https://172.31.255.255/",
        "https://192.168.1.1/",
        "https://168.63.129.16/",
        "https://255.255.255.255/",
        "https://[::]/",
        "https://[::1]/",
        "https://[::ffff:127.0.0.1]/",
        "https://[::ffff:7f00:1]/",
        "https://[0:0:0:0:0:ffff:a9fe:a9fe]/",
        "https://[64:ff9b::a9fe:a9fe]/",
        "https://[fd00:ec2::254]/",
        "https://[fe80::1]/",
        "https://[2002:7f00:1::]/",
    ] {
        assert_eq!(check(&guard(&[], false), url).map_err(Denial::name), Err("address"), "{url}");
    }
}

#[test]
fn the_operators_list_widens_only_what_it_names() {
    let lan = guard(&["10.0.0.0/8:9000", "sentry.lan:9000", "127.0.0.1", "relay", "[fd00::1]:4318"], true);
    for url in [
        "http://10.1.2.3:9000/",
        "http://sentry.lan:9000/",
        "http://SENTRY.lan.:9000/",
        "http://127.0.0.1:12345/",
        "http://[::ffff:127.0.0.1]:12345/",
        "https://relay:3000/",
        "https://[fd00::1]:4318/",
        "http://example.com/",
    ] {
        assert_eq!(check(&lan, url), Ok(()), "{url}");
    }
    for url in [
        "http://10.1.2.3:9001/",
        "http://10.1.2.3/",
        "http://11.1.2.3:9000/",
        "http://localhost:9000/",
        "http://relay.internal/",
        "https://[fd00::1]:4319/",
        "https://[fd00::2]:4318/",
        "http://127.0.0.2:12345/",
    ] {
        assert!(check(&lan, url).is_err(), "{url}");
    }
}

#[test]
fn a_name_that_passed_is_judged_again_by_where_it_leads() {
    let lan = guard(&["10.0.0.0/8:9000", "sentry.lan"], false);
    let private = "10.0.0.1".parse().unwrap();
    let public = "8.8.8.8".parse().unwrap();
    assert_eq!(check(&lan, "https://evil.example:9000/"), Ok(()), "may lead into the allowed range");
    assert_eq!(lan.check_address("evil.example", private, 9000), Ok(()));
    assert_eq!(lan.check_address("evil.example", private, 443), Err(Denial::Address(private)));
    assert_eq!(lan.check_address("evil.example", public, 9000), Err(Denial::Port(9000)));
    assert_eq!(lan.check_address("evil.example", public, 443), Ok(()));
    assert_eq!(lan.check_address("sentry.lan", "127.0.0.1".parse().unwrap(), 25), Ok(()));
}
