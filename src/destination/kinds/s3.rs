//! S3 and compatible stores: an object for each completed request (spec 7.8).

mod answers;
mod field_names;
mod object_name;
mod upload;

use std::sync::Arc;

use url::Url;

use self::field_names::{ACCESS_KEY, BUCKET, ENDPOINT, PREFIX, REGION, SECRET_KEY, TEMPLATE};
use self::object_name::{PathTemplate, parse_prefix};
use self::upload::Upload;
use super::super::row::{Address, Regions, Row, Step, Values, fields};
use super::super::web_address::host_and_port;
use super::super::{
    Connection, Encoding, Field, FieldError, Group, Input, Kind, Limits, Manifest, Method, MixUp, Shape,
};
use crate::rows::documents::Form;
use crate::signature::aws_v4::Signer;

/// Stands for the address that follows from bucket and region.
const AMAZON: &[(&str, &str)] = &[("", "https://s3.amazonaws.com")];

pub(super) const KIND: Kind = Kind::row(
    Manifest {
        slug: "s3",
        label: "S3 and compatible",
        sign: "S3",
        group: Group::Warehouses,
        needs: "Bucket and keys",
        fields: fields![
            Field::join(true);
            Field {
                name: BUCKET,
                label: "Bucket",
                hint: "Its name alone, without s3:// and without a path.",
                required: true,
                max_length: 63,
                example: "my-traces",
                ..Field::TEXT
            },
            Field {
                name: ACCESS_KEY,
                label: "Access key id",
                hint: "Of a user that may put objects into the bucket (s3:PutObject), and needs no other right.",
                required: true,
                max_length: 128,
                example: "AKIAIOSFODNN7EXAMPLE",
                ..Field::TEXT
            },
            Field {
                name: SECRET_KEY,
                label: "Secret access key",
                hint: "It is shown once, when the access key is made.",
                mix_ups: &[MixUp {
                    shape: Shape::Begins("AKIA"),
                    sentence: "This is an access key id. Enter the secret access key that was made with it.",
                }],
                example: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
                ..Field::SECRET
            },
            Field {
                name: REGION,
                label: "Region",
                hint: "Where the bucket lies, for example eu-central-1. Cloudflare R2 takes auto.",
                default: "us-east-1",
                max_length: 32,
                ..Field::TEXT
            },
            Field {
                name: ENDPOINT,
                label: "Own endpoint",
                hint: "For stores other than Amazon's, for example https://<account>.r2.cloudflarestorage.com.",
                ..Field::URL
            },
            Field {
                name: "sessionToken",
                label: "Session token",
                hint: "Only with temporary keys, which begin with ASIA.",
                required: false,
                example: "6e86291e8372ff2a2260956d9b8aae1d763fbf315fa00fa31553b73ebf194267",
                ..Field::SECRET
            },
            Field {
                name: PREFIX,
                label: "Prefix",
                hint: "Stands in the path as {prefix}.",
                default: "openrouter-traces",
                ..Field::TEXT
            },
            Field {
                name: TEMPLATE,
                label: "Path",
                hint: "Variables: {prefix} {date} {year} {month} {day} {hour} {apiKeyName}. The date is the request's, in UTC.",
                default: "{prefix}/{date}",
                max_length: 256,
                ..Field::TEXT
            },
            Field {
                name: "format",
                label: "Format",
                hint: "What an object holds.",
                input: Input::Choice(&[("trace", "A trace, as OpenRouter writes it"), ("otlp", "OTLP as JSON")]),
                ..Field::TEXT
            },
        ],
        preset: false,
    },
    &Row {
        address: Address { regions: Regions { field: "", bases: AMAZON }, ..Address::typed(ENDPOINT, "") },
        encoding: Encoding::Documents(Form::Trace),
        limits: Limits { requests: 100, ..Limits::USUAL },
        steps: &[Step::Trace],
        readings: answers::READINGS,
        finish,
        ..Row::PLAIN
    },
);

fn finish(values: &Values<'_>, connection: &mut Connection) -> Result<(), FieldError> {
    let error = |field, sentence: String| FieldError { field, sentence };
    let (bucket, region) = (values.get(BUCKET), values.get(REGION));
    check_bucket(bucket).map_err(|must| error(BUCKET, format!("Bucket must {must}.")))?;
    if !is_region(region) {
        return Err(error(
            REGION,
            "Region must be made of small letters, digits and hyphens, as eu-central-1.".to_owned(),
        ));
    }
    parse_prefix(values.get(PREFIX)).map_err(|must| error(PREFIX, format!("Prefix must {must}.")))?;
    let template = PathTemplate::parse(values.get(TEMPLATE), values.get(PREFIX))
        .map_err(|must| error(TEMPLATE, format!("Path must {must}.")))?;
    let endpoint = Some(&connection.wire.url).filter(|_| !values.get(ENDPOINT).is_empty());
    let url = bucket_url(bucket, region, endpoint)
        .ok_or_else(|| error(BUCKET, "Bucket and region make no address. Check both.".to_owned()))?;
    let upload = Upload {
        signer: Signer {
            access_key_id: values.get(ACCESS_KEY).to_owned(),
            secret_access_key: values.get(SECRET_KEY).into(),
            region: region.to_owned(),
            service: "s3",
        },
        session_token: Some(values.get("sessionToken")).filter(|token| !token.is_empty()).map(Into::into),
        template,
    };
    if values.get("format") == "otlp" {
        connection.wire.encoding = Encoding::Documents(Form::Otlp);
    }
    connection.target = format!("{}/{bucket}", host_and_port(&url));
    connection.wire.arrival = None;
    connection.wire.reading = answers::read;
    connection.wire.method = Method::Put;
    connection.wire.url = url;
    connection.redactions.extend(upload.redactions());
    connection.wire.sign = Some(Arc::new(upload));
    Ok(())
}

/// The bucket's address, which ends in a slash. In the path where the endpoint is one's own, or where a dot in the bucket's name
/// would need a certificate that nobody has.
fn bucket_url(bucket: &str, region: &str, endpoint: Option<&Url>) -> Option<Url> {
    let suffix = if region.starts_with("cn-") { "amazonaws.com.cn" } else { "amazonaws.com" };
    let text = match endpoint {
        Some(endpoint) => format!("{}/{bucket}/", endpoint.as_str().trim_end_matches('/')),
        None if bucket.contains('.') => format!("https://s3.{region}.{suffix}/{bucket}/"),
        None => format!("https://{bucket}.s3.{region}.{suffix}/"),
    };
    Url::parse(&text).ok()
}

/// Continues "Bucket must …" about a name that is none.
fn check_bucket(name: &str) -> Result<(), &'static str> {
    let is_plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'.' | b'-');
    if !(3..=63).contains(&name.len()) || !name.bytes().all(is_plain) {
        return Err("be 3 to 63 small letters, digits, dots and hyphens");
    }
    if name.starts_with(['.', '-']) || name.ends_with(['.', '-']) || name.contains("..") {
        return Err("begin and end with a letter or digit, and have no two dots in a row");
    }
    Ok(())
}

fn is_region(text: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    !text.is_empty() && text.bytes().all(is_plain) && !text.starts_with('-') && !text.ends_with('-')
}

#[cfg(test)]
mod tests;
