//! The table that rows go into: the statement that makes it, for people to copy. We never make it ourselves.

/// The statement for a table of this name.
pub fn create_table(database: &str, table: &str) -> String {
    format!("CREATE TABLE IF NOT EXISTS {}.{} (\n{COLUMNS}\n{ENGINE}", quoted(database), quoted(table))
}

/// Times, tokens and costs have the types that queries need. `EXPORTED_AT` is the server's: the later row wins.
const COLUMNS: &str = "  TRACE_ID String,
  SPAN_ID String,
  PARENT_SPAN_ID Nullable(String),
  REQUEST_ID String,
  SPAN_TYPE LowCardinality(String),
  SPAN_NAME String,
  TRACE_NAME String,
  USER_ID Nullable(String),
  SESSION_ID Nullable(String),
  ORGANIZATION_ID Nullable(String),
  ENTITY_ID String,
  API_KEY_NAME Nullable(String),
  TIMESTAMP DateTime64(6, 'UTC') CODEC(Delta, ZSTD(1)),
  START_TIME DateTime64(6, 'UTC') CODEC(Delta, ZSTD(1)),
  END_TIME DateTime64(6, 'UTC') CODEC(Delta, ZSTD(1)),
  DURATION_MS Float64,
  STATUS LowCardinality(String),
  LEVEL LowCardinality(String),
  ERROR_TYPE LowCardinality(String),
  ERROR_MESSAGE String,
  FINISH_REASON LowCardinality(Nullable(String)),
  ENVIRONMENT LowCardinality(String),
  RELEASE LowCardinality(String),
  REQUESTED_MODEL LowCardinality(String),
  MODEL LowCardinality(Nullable(String)),
  PROVIDER_NAME LowCardinality(Nullable(String)),
  PROVIDER_SLUG LowCardinality(Nullable(String)),
  STREAMING Bool,
  TIME_TO_FIRST_TOKEN_MS Nullable(Float64),
  PROMPT_TOKENS UInt64,
  COMPLETION_TOKENS UInt64,
  TOTAL_TOKENS UInt64,
  CACHED_TOKENS UInt64,
  CACHE_WRITE_TOKENS UInt64,
  REASONING_TOKENS UInt64,
  INPUT_COST Nullable(Float64),
  OUTPUT_COST Nullable(Float64),
  TOTAL_COST Nullable(Float64),
  INPUT String CODEC(ZSTD(3)),
  OUTPUT String CODEC(ZSTD(3)),
  METADATA String CODEC(ZSTD(3)),
  MODEL_PARAMETERS String,
  ATTRIBUTES String CODEC(ZSTD(3)),
  RESOURCE_ATTRIBUTES String,
  TAGS Array(String),
  EXPORTED_AT DateTime64(3, 'UTC') DEFAULT now64(3),
  INDEX BY_TRACE TRACE_ID TYPE bloom_filter(0.01) GRANULARITY 1
)";

/// Rows of one key collapse into the latest, so that a second delivery counts nothing twice.
const ENGINE: &str = "ENGINE = ReplacingMergeTree(EXPORTED_AT) PARTITION BY toYYYYMM(TIMESTAMP) \
                      ORDER BY (toDate(TIMESTAMP), TRACE_ID, SPAN_ID)";

/// The columns that a row fills.
pub(super) fn columns() -> impl Iterator<Item = &'static str> {
    let names = COLUMNS.lines().filter_map(|line| line.split_whitespace().next());
    names.filter(|name| !matches!(*name, ")" | "INDEX" | "EXPORTED_AT"))
}

/// A name within back-ticks. Names hold none; where one did, it would end there.
pub(super) fn quoted(name: &str) -> String {
    format!("`{}`", name.replace('\\', "\\\\").replace('`', "\\`"))
}
