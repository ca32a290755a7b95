//! The URL rule over all spellings, and what the operator's list changes.

use super::*;
use crate::destination::{TestStep, kinds};

fn guard(allow: &[&str], allow_http: bool) -> Guard {
    Guard::new(allow.iter().map(|entry| entry.parse().unwrap()).collect(), allow_http)
}

fn check(guard: &Guard, url: &str) -> Result<(), Denial> {
    guard.check_url(&Url::parse(url).unwrap_or_else(|error| panic!("{url}: {error}")))
}

#[test]
fn public_https_addresses_pass() {
    for url in [
        "https://ingest.us.receiver.example/integration/otlp/v1/traces",
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
        ("https://collector/", "local_name"),
        ("https://localhost/", "local_name"),
        ("https://LOCALHOST./", "local_name"),
        ("https://a.localhost/", "local_name"),
        ("https://printer.local/", "local_name"),
        ("https://metadata.google.internal/", "local_name"),
        ("https://metadata.google.internal./", "local_name"),
        ("https://localhost../", "local_name"),
        ("https://collector.local../", "local_name"),
        ("https://./", "local_name"),
        ("https://ip6-localhost/", "local_name"),
        ("https://ＬＯＣＡＬＨＯＳＴ/", "local_name"),
        ("https://ⓛⓞⓒⓐⓛⓗⓞⓢⓣ/", "local_name"),
        ("https://loc\u{ad}alhost/", "local_name"),
        ("https://a.ｌocalhost/", "local_name"),
        ("https://printer。local/", "local_name"),
        ("https://%6c%6f%63%61%6c%68%6f%73%74/", "local_name"),
        ("https://LocalHost:4318/", "local_name"),
        ("https://user:@example.com/", "user"),
        ("https://127.0.0.1@example.com/", "user"),
        ("https://example.com/?x#", "fragment"),
        ("https://example.com:0/", "port"),
        ("https://example.com:4317/", "port"),
        ("https://example.com:4319/", "port"),
        ("https://example.com:444/", "port"),
        ("https://example.com:442/", "port"),
        ("https://example.com:65535/", "port"),
        ("ws://example.com/", "scheme"),
        ("HTTP://example.com/", "scheme"),
        ("gopher://example.com/", "scheme"),
        (&long, "too_long"),
    ];
    for (url, name) in table {
        assert_eq!(check(&guard(&[], false), url).map_err(Denial::name), Err(name), "{url}");
    }
}

#[test]
fn no_spelling_of_a_private_ipv4_address_passes() {
    refused_as_address(&[
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
        "https://127.0.0.1:4318/",
        "https://127.0.1/",
        "https://127.255.255.254/",
        "https://017700000001/",
        "https://0x7F.0.0.0x1/",
        "https://0x7f.0x0.0x0.0x1/",
        "https://0177.0x0.0.1/",
        "https://00000177.0.0.01/",
        "https://１２７.０.０.１/",
        "https://127。0。0。1/",
        "https://127．0．0．1/",
        "https://127%2e0%2e0%2e1/",
        "https://%31%32%37.0.0.1/",
        "https://0x7f.0.0.1./",
        "https://0xA9.0xFE.0xA9.0xFE/",
        "https://169.254.43518/",
        "https://2852039166/",
        "https://025177524776/",
        "https://0x0a000001/",
        "https://10.1/",
        "https://192.168.257/",
        "https://0xffffffff/",
        "https://4294967295/",
    ]);
}

#[test]
fn no_spelling_of_a_private_ipv6_address_passes() {
    refused_as_address(&[
        "https://[::]/",
        "https://[::1]/",
        "https://[::ffff:127.0.0.1]/",
        "https://[::ffff:7f00:1]/",
        "https://[0:0:0:0:0:ffff:a9fe:a9fe]/",
        "https://[64:ff9b::a9fe:a9fe]/",
        "https://[fd00:ec2::254]/",
        "https://[fe80::1]/",
        "https://[2002:7f00:1::]/",
        "https://[::127.0.0.1]/",
        "https://[0000:0000:0000:0000:0000:0000:0000:0001]/",
        "https://[::ffff:10.0.0.1]/",
        "https://[::ffff:0:7f00:1]/",
        "https://[64:ff9b::7f00:1]/",
        "https://[64:ff9b::10.0.0.1]/",
        "https://[64:ff9b:1:fffe::1]/",
        "https://[2002:a9fe:a9fe::1]/",
        "https://[2001:0:4136:e378:8000:63bf:80ff:fffe]/",
        "https://[2001:db8::1]/",
        "https://[fec0::1]/",
        "https://[ff02::1]/",
        "https://[100::1]/",
        "https://[3fff::1]/",
    ]);
}

fn refused_as_address(urls: &[&str]) {
    for url in urls {
        assert_eq!(check(&guard(&[], false), url).map_err(Denial::name), Err("address"), "{url}");
    }
}

/// A text that is no URL never reaches the guard.
#[test]
fn text_that_is_no_address_is_no_url() {
    for text in [
        "https://",
        "https://[fe80::1%25eth0]/",
        "https://[fe80::1%eth0]/",
        "https://[::ffff:127.0.0.1.]/",
        "https://256.0.0.1/",
        "https://127.0.0.0.1/",
        "https://0x1ffffffff/",
        "https://4294967296/",
        "https://09.0.0.1/",
        "https://1.2.3.4.5.0x7f/",
        "https://exa mple.com/",
        "https://exa\0mple.com/",
        "https://exa%00mple.com/",
        "https://exa%0ample.com/",
        "https://a<b.example/",
        "https://xn--/",
        "https://xn--a/",
        "https://example.com:99999/",
        "https://example.com:-1/",
        "https://example.com:4318x/",
    ] {
        assert!(Url::parse(text).is_err(), "{text}");
    }
}

/// `url` repairs these. The guard judges the repaired address.
#[test]
fn guard_judges_an_address_as_the_parser_repaired_it() {
    for (text, host) in [
        ("https:///127.0.0.1/", "127.0.0.1"),
        ("https:127.0.0.1", "127.0.0.1"),
        ("https:\\\\127.0.0.1\\", "127.0.0.1"),
        ("https://127.0\t.0.1/", "127.0.0.1"),
        ("\n https://local\nhost/", "localhost"),
        ("https://example.com\\@127.0.0.1/", "example.com"),
        ("https://example.com/@127.0.0.1/", "example.com"),
        ("https://example.com?@127.0.0.1/", "example.com"),
    ] {
        let url = Url::parse(text).unwrap();
        assert_eq!(url.host_str(), Some(host), "{text:?}");
        assert_eq!(guard(&[], false).check_url(&url).is_ok(), host == "example.com", "{text:?}");
    }
}

#[test]
fn an_address_of_2048_bytes_passes_and_one_more_does_not() {
    let url = |length: usize| format!("https://example.com/{}", "a".repeat(length - "https://example.com/".len()));
    assert_eq!(check(&guard(&[], false), &url(2048)), Ok(()));
    assert_eq!(check(&guard(&[], false), &url(2049)), Err(Denial::TooLong));
}

#[test]
fn plain_http_passes_only_where_the_operator_allows_it_and_then_on_its_own_port_too() {
    assert_eq!(check(&guard(&[], false), "http://example.com/"), Err(Denial::Scheme));
    assert_eq!(check(&guard(&[], true), "http://example.com/"), Ok(()));
    assert_eq!(check(&guard(&[], true), "http://example.com:4318/"), Ok(()));
    assert_eq!(check(&guard(&[], true), "http://example.com:8080/"), Err(Denial::Port(8080)));
    assert_eq!(check(&guard(&[], true), "http://127.0.0.1/").map_err(Denial::name), Err("address"));
    assert_eq!(check(&guard(&["127.0.0.0/8"], false), "http://127.0.0.1/"), Err(Denial::Scheme));
}

#[test]
fn is_widened_holds_only_for_what_the_operator_widened() {
    let lan = guard(&["10.0.0.0/8", "receiver.example", "203.0.113.0/24:9000", "8.8.8.8:9000"], true);
    for (name, address, widened) in [
        ("example.com", "8.8.8.8:443", false),
        ("example.com", "8.8.8.8:4318", false),
        ("", "8.8.8.8:80", false),
        ("example.com", "10.0.0.1:443", true),
        ("", "10.0.0.1:443", true),
        ("", "8.8.8.8:9000", true),
        ("receiver.example", "8.8.8.8:443", true),
        ("RECEIVER.example.", "8.8.8.8:443", true),
    ] {
        assert_eq!(lan.is_widened(name, address.parse().unwrap()), widened, "{name} {address}");
    }
}

#[test]
fn the_operators_list_widens_only_what_it_names() {
    let lan = guard(&["10.0.0.0/8:9000", "collector.lan:9000", "127.0.0.1", "relay", "[fd00::1]:4318"], true);
    for url in [
        "http://10.1.2.3:9000/",
        "http://collector.lan:9000/",
        "http://COLLECTOR.lan.:9000/",
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
    let lan = guard(&["10.0.0.0/8:9000", "collector.lan"], false);
    let private = "10.0.0.1".parse().unwrap();
    let public = "8.8.8.8".parse().unwrap();
    assert_eq!(check(&lan, "https://evil.example:9000/"), Ok(()), "may lead into the allowed range");
    assert_eq!(lan.check_address("evil.example", private, 9000), Ok(()));
    assert_eq!(lan.check_address("evil.example", private, 443), Err(Denial::Address(private)));
    assert_eq!(lan.check_address("evil.example", public, 9000), Err(Denial::Port(9000)));
    assert_eq!(lan.check_address("evil.example", public, 443), Ok(()));
    assert_eq!(lan.check_address("collector.lan", "127.0.0.1".parse().unwrap(), 25), Ok(()));
}

#[test]
fn addresses_of_every_kind_pass_as_its_example_has_them() {
    let guard = Guard::default();
    for kind in kinds::all() {
        let (manifest, slug) = (&kind.manifest, kind.manifest.slug);
        let example = manifest.fields.iter().map(|field| (field.name, field.example)).collect();
        let connection = kind.connect(&example).unwrap_or_else(|errors| panic!("{slug}: {errors}"));
        assert_eq!(guard.check_url(connection.wire().url()), Ok(()), "{slug}");
        for step in connection.wire().steps() {
            if let TestStep::Check(question) = step {
                assert_eq!(guard.check_url(&question.url), Ok(()), "{slug}");
            }
        }
    }
}
