//! ClickHouse: a row for each span, by its interface for HTTP (spec 7.7).

mod answers;
mod description;
mod field_names;
mod table;

use url::Url;

pub use self::field_names::{DATABASE, TABLE};
use self::field_names::{HOST, PASSWORD, USERNAME};
pub use self::table::create_table;
use self::table::quoted;
use super::super::row::{Address, Row, Step, Values, fields, header};
use super::super::web_address::host_and_port;
use super::super::{
    Check, Connection, Encoding, Field, FieldError, Format, Group, Kind, Limits, Manifest, Method, TestStep,
};

/// The kind's name.
pub const SLUG: &str = "clickhouse";

/// Where the HTTP interface listens over TLS.
const TLS_PORT: u16 = 8443;

pub(super) const KIND: Kind = Kind::row(
    Manifest {
        slug: SLUG,
        label: "ClickHouse",
        sign: "CH",
        group: Group::Warehouses,
        needs: "Host, database and user",
        fields: fields![
            Field::join(true);
            Field {
                name: HOST,
                label: "Host",
                hint: "The address of the HTTP interface, for example https://abc.eu-central-1.aws.clickhouse.cloud:8443.",
                required: true,
                example: "https://clickhouse.example.com:8443",
                ..Field::URL
            },
            Field {
                name: DATABASE,
                label: "Database",
                hint: "Where the table is.",
                required: true,
                format: Format::Identifier,
                max_length: 128,
                example: "default",
                ..Field::TEXT
            },
            Field {
                name: USERNAME,
                label: "User",
                hint: "It needs INSERT on the table, and nothing else.",
                default: "default",
                max_length: 128,
                ..Field::TEXT
            },
            Field {
                name: PASSWORD,
                label: "Password",
                hint: "The user's.",
                required: false,
                max_length: 256,
                example: "0123456789abcdef0123456789abcdef",
                ..Field::SECRET
            },
            Field {
                name: TABLE,
                label: "Table",
                hint: "Make it with the statement below, or take one that was made for OpenRouter.",
                default: "OPENROUTER_TRACES",
                format: Format::Identifier,
                max_length: 128,
                ..Field::TEXT
            },
        ],
        preset: false,
    },
    &Row {
        address: Address::typed(HOST, ""),
        headers: &[header("x-clickhouse-user", "{username}"), header("x-clickhouse-key", "{password}")],
        encoding: Encoding::Lines,
        limits: Limits::USUAL,
        readings: answers::READINGS,
        steps: &[Step::Trace],
        finish,
        ..Row::PLAIN
    },
);

#[expect(clippy::unnecessary_wraps, reason = "what `Row::finish` asks for")]
fn finish(values: &Values<'_>, connection: &mut Connection) -> Result<(), FieldError> {
    let host = connection.wire.url.clone();
    let (database, table) = (values.get(DATABASE), values.get(TABLE));
    let name = format!("{}.{}", quoted(database), quoted(table));
    let check = |statement: &str, finding| {
        TestStep::Check(Check {
            method: Method::Get,
            url: query(&host, statement, &[]),
            headers: connection.wire.headers.clone(),
            body: bytes::Bytes::new(),
            expected: 200..=200,
            shown: &[],
            finding,
        })
    };
    connection.wire.steps = vec![
        check("SELECT 1", None),
        check(&format!("DESCRIBE TABLE {name} FORMAT JSONCompactEachRow"), Some(description::read)),
        TestStep::Trace,
    ];
    let settings = [
        ("date_time_input_format", "best_effort"),
        ("input_format_skip_unknown_fields", "1"),
        ("wait_end_of_query", "1"),
    ];
    connection.wire.url = query(&host, &format!("INSERT INTO {name} FORMAT JSONEachRow"), &settings);
    connection.wire.arrival = None;
    connection.wire.port = Some(TLS_PORT);
    connection.wire.reading = answers::read;
    connection.target = format!("{}/{database}.{table}", host_and_port(&host));
    Ok(())
}

/// A statement's address.
fn query(host: &Url, statement: &str, settings: &[(&str, &str)]) -> Url {
    let mut url = host.clone();
    url.query_pairs_mut().append_pair("query", statement).extend_pairs(settings);
    url
}

#[cfg(test)]
mod tests;
