//! Grafana Cloud (spec 7.2).

use url::Url;

use super::super::reading::Reading;
use super::super::row::{Address, Row, basic, fields};
use super::super::{Field, Format, Group, Kind, Manifest, MixUp, Shape};

pub(super) const KIND: Kind = Kind::row(
    Manifest {
        slug: "grafana",
        label: "Grafana Cloud",
        sign: "Gf",
        group: Group::ErrorsAndPerformance,
        needs: "Token and instance",
        fields: fields![
            Field::join(true);
            Field {
                name: "apiKey",
                label: "Token",
                hint: "In Grafana Cloud: Security > Access Policies. A token (glc_…) of a policy with traces:write.",
                mix_ups: &[MixUp {
                    shape: Shape::Begins("glsa_"),
                    sentence: "A service account token cannot send. Create a Cloud access policy token (glc_…) with traces:write.",
                }],
                example: "glc_0123456789abcdef0123456789abcdef",
                ..Field::SECRET
            },
            Field {
                name: "instanceId",
                label: "Instance id",
                hint: "In Grafana Cloud: your stack > OpenTelemetry > Configure. It is a number.",
                required: true,
                format: Format::Digits,
                max_length: 20,
                example: "123456",
                ..Field::TEXT
            },
            Field {
                name: "baseUrl",
                label: "OTLP endpoint",
                hint: "On the same page, for example https://otlp-gateway-prod-eu-west-2.grafana.net/otlp.",
                default: "https://otlp-gateway-prod-us-west-0.grafana.net",
                ..Field::URL
            },
        ],
        preset: false,
    },
    &Row {
        address: Address { refuse: viewing_address, ..Address::typed("baseUrl", "/otlp/v1/traces") },
        headers: &[basic("{instanceId}:{apiKey}")],
        readings: &[
            Reading::words(
                401,
                "apiKey",
                "Grafana Cloud does not know this token for this instance. Check the instance's id and the token",
            ),
            Reading::words(403, "apiKey", "This token may not send traces. Its access policy needs traces:write"),
            Reading::words(404, "baseUrl", "Nothing takes traces at this address. Copy the OTLP endpoint again"),
            Reading::words(415, "baseUrl", "Nothing takes traces at this address. Copy the OTLP endpoint again"),
        ],
        target: "{instanceId}",
        shown: "in 1 to 2 minutes",
        ..Row::PLAIN
    },
);

fn viewing_address(url: &Url) -> Option<String> {
    let host = url.host_str().unwrap_or_default();
    let is_viewing = host.ends_with("grafana.net") && !host.starts_with("otlp-gateway-");
    is_viewing.then(|| "This is the address for viewing. Use the OTLP endpoint.".to_owned())
}
