//! New Relic (spec 7.2). It checks content after its answer, and reports what is wrong as `NrIntegrationError`.

use std::time::Duration;

use super::super::reading::Reading;
use super::super::row::{Address, Row, Values, fields, header};
use super::super::{Field, FieldError, Group, Input, Kind, Limits, Manifest, MixUp, Shape};

pub(super) const KIND: Kind = Kind::row(
    Manifest {
        slug: "newrelic",
        label: "New Relic",
        sign: "Nr",
        group: Group::ErrorsAndPerformance,
        needs: "License key",
        fields: fields![
            Field::join(true);
            Field {
                name: "licenseKey",
                label: "License key",
                hint: "In New Relic: the user menu > API Keys, of the type INGEST - LICENSE.",
                mix_ups: &[MixUp {
                    shape: Shape::Begins("NRAK-"),
                    sentence: "This is a user key. Enter an ingest license key.",
                }],
                example: "0123456789abcdef0123456789abcdef0123NRAL",
                ..Field::SECRET
            },
            Field {
                name: "region",
                label: "Region",
                hint: "Where the account's data is kept.",
                input: Input::Choice(&[("us", "United States"), ("eu", "European Union")]),
                ..Field::TEXT
            },
        ],
        preset: false,
    },
    &Row {
        address: Address::regional(
            "region",
            &[("us", "https://otlp.nr-data.net"), ("eu", "https://otlp.eu01.nr-data.net")],
            "/v1/traces",
        ),
        headers: &[header("api-key", "{licenseKey}")],
        limits: Limits {
            bytes: 1_000_000,
            value_chars: Some(4095),
            span_attributes: Some(64),
            oldest: Some(Duration::from_hours(1)),
            ..Limits::USUAL
        },
        readings: &[Reading::words(
            403,
            "licenseKey",
            "New Relic refuses this key. Check the license key, and that the region is the account's",
        )],
        mix_up: european_key_in_another_region,
        caveats: &[
            "New Relic answers before it checks a trace. What it refuses then, it reports as NrIntegrationError in New Relic.",
            "A trace that is delivered twice shows twice in New Relic: it happens where an answer got lost.",
        ],
        ..Row::PLAIN
    },
);

/// Keys of accounts in the European Union say so.
fn european_key_in_another_region(values: &Values<'_>) -> Option<FieldError> {
    let is_european = values.get("licenseKey").starts_with("eu01xx");
    let sentence = "This license key is of the European Union: choose that region.".to_owned();
    (is_european && values.get("region") != "eu").then_some(FieldError { field: "region", sentence })
}
