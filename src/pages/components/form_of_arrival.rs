//! What a completed request becomes at a destination, in the words of its kind: a trace, rows, an object, or a request.

use crate::destination::{Encoding, Kind};

/// Sentences and parts of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FormOfArrival {
    pub becomes: String,
    /// Leads to the address.
    pub goes_to: &'static str,
    /// What deleting the destination leaves.
    pub stays: String,
    /// Leads to the id of a trace that was sent.
    pub look_up: String,
}

impl FormOfArrival {
    pub fn of(kind: &Kind) -> Self {
        let label = kind.manifest.label;
        match kind.encoding() {
            Encoding::OtlpProtobuf => Self {
                becomes: format!("Every completed request becomes a trace in {label}."),
                goes_to: "Traces go to",
                stays: format!("Traces already in {label} stay there."),
                look_up: format!("Trace id, to look up in {label}"),
            },
            Encoding::OtlpJson => Self {
                becomes: "Every completed request is sent to your address, as OTLP in JSON.".to_owned(),
                goes_to: "Requests go to",
                stays: "What your address has taken stays there.".to_owned(),
                look_up: "Trace id, in the request that your address got".to_owned(),
            },
            Encoding::Lines => Self {
                becomes: format!("Every completed request becomes rows of your table in {label}: one for each span."),
                goes_to: "Rows go to",
                stays: "Rows already in the table stay there.".to_owned(),
                look_up: "Trace id, to look up in the table".to_owned(),
            },
            Encoding::Documents(_) => Self {
                becomes: "Every completed request becomes an object in your bucket.".to_owned(),
                goes_to: "Objects go to",
                stays: "Objects already in the bucket stay there.".to_owned(),
                look_up: "Trace id, in the object of the test".to_owned(),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::destination::kinds;

    #[test]
    fn only_kinds_that_show_traces_speak_of_traces() {
        for kind in kinds::all() {
            let FormOfArrival { becomes, goes_to, stays, .. } = FormOfArrival::of(kind);
            let speaks_of_traces =
                [becomes.as_str(), goes_to, &stays].map(|words| words.to_lowercase().contains("trace"));
            let shows_traces = !matches!(kind.manifest.slug, "webhook" | "clickhouse" | "s3");
            assert_eq!(speaks_of_traces, [shows_traces; 3], "{}", kind.manifest.slug);
        }
    }
}
