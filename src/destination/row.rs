//! A kind of destination as a row of data (spec 7.1): where traces go, with which headers, in which dialect, how it is
//! tested, and what its answers mean.

mod address;
mod connect;
mod template;
mod values;

pub(super) use self::address::{Address, Regions, Services};
pub(super) use self::template::{HeaderRow, basic, header};
pub(super) use self::values::Values;
use super::reading::Reading;
use super::{Connection, Encoding, FieldError, Limits, Method, Shown};
use crate::trace::{Dialect, Extras};

/// All that sets one OTLP receiver apart from another. Texts in it hold values of fields in braces, as `Bearer {apiKey}`.
#[derive(Debug)]
pub(super) struct Row {
    pub address: Address,
    /// Left out are those of whose fields none is filled in.
    pub headers: &'static [HeaderRow],
    /// Attributes that are added to the resource, or replace one of the same name.
    pub resource: &'static [(&'static str, &'static str)],
    pub dialect: Dialect,
    pub extras: Extras,
    pub encoding: Encoding,
    pub limits: Limits,
    /// After fields, DNS, connect and TLS.
    pub steps: &'static [Step],
    pub readings: &'static [Reading],
    /// What is wrong with values that are good one by one, but not together.
    pub agree: fn(&Values<'_>) -> Option<FieldError>,
    /// Values that together look as if they were meant for elsewhere, beside [`super::Field::mix_ups`].
    pub mix_up: fn(&Values<'_>) -> Option<FieldError>,
    /// What data cannot say, done to the connection last of all.
    pub finish: fn(&Values<'_>, &mut Connection) -> Result<(), FieldError>,
    /// What a list shows behind the host, for example `{project}`. Empty: the path.
    pub target: &'static str,
    /// When a trace shows, continuing "look for it …". Empty: at once, or in about a minute.
    pub shown: &'static str,
    /// What an acceptance does not mean here, in sentences.
    pub caveats: &'static [&'static str],
}

/// A step of the connection test.
#[derive(Debug)]
pub(super) enum Step {
    Empty,
    Check(CheckRow),
    Trace,
}

/// A question that only the right settings can answer.
#[derive(Debug)]
pub(super) struct CheckRow {
    pub method: Method,
    /// Behind the base address. It may have a query.
    pub path: &'static str,
    pub headers: &'static [HeaderRow],
    /// The body's members. Empty: `{}`, or nothing where the method is GET.
    pub body: &'static [(&'static str, &'static str)],
    /// The highest status from 200 on that passes.
    pub up_to: u16,
    pub shown: &'static [Shown],
}

impl Row {
    /// A receiver of plain OTLP at `/v1/traces` of an address that is typed into `endpoint`.
    pub(super) const PLAIN: Self = Self {
        address: Address::typed("endpoint", "/v1/traces"),
        headers: &[],
        resource: &[],
        dialect: Dialect::Plain,
        extras: Extras::None,
        encoding: Encoding::OtlpProtobuf,
        limits: Limits::USUAL,
        steps: &[Step::Empty, Step::Trace],
        readings: &[],
        agree: |_| None,
        mix_up: |_| None,
        finish: |_, _| Ok(()),
        target: "",
        shown: "",
        caveats: &[],
    };

    /// Whether the test asks the receiver something that proves the settings.
    fn is_proved(&self) -> bool {
        self.steps.iter().any(|step| matches!(step, Step::Check(_)))
    }
}

impl CheckRow {
    pub(super) const GET: Self =
        Self { method: Method::Get, path: "", headers: &[], body: &[], up_to: 200, shown: &[] };
}

/// The fields of a kind that is a row: whether traces join those of the caller's application unless somebody decides
/// otherwise; the kind's own fields; those that all rows have.
macro_rules! fields {
    ($join:expr; $($own:expr),* $(,)?) => {
        &[
            $($own,)*
            $join,
            $crate::destination::Field::HEADERS,
            $crate::destination::Field::environment(200),
            $crate::destination::Field::release(200),
        ]
    };
}
pub(super) use fields;
