//! `DATABASE_URL`: one server, or several of which one is the primary.

use std::str::FromStr as _;

use sqlx::postgres::PgConnectOptions;
use url::Url;

use crate::app::start_error::StartError;

/// The parameters of an address that sqlx knows. It logs name *and value* of any other, and the value may be a secret
/// (`sslpassword`).
const PARAMETERS: [&str; 17] = [
    "sslmode",
    "ssl-mode",
    "sslrootcert",
    "ssl-root-cert",
    "ssl-ca",
    "sslcert",
    "ssl-cert",
    "sslkey",
    "ssl-key",
    "statement-cache-capacity",
    "host",
    "hostaddr",
    "port",
    "dbname",
    "user",
    "password",
    "application_name",
];

/// The parameter by which other programs ask for the primary among several hosts.
const TARGET: &str = "target_session_attrs";

fn is_known(parameter: &str) -> bool {
    PARAMETERS.contains(&parameter) || parameter == "options" || parameter.starts_with("options[")
}

/// Reads the address of the database: a server for each of its hosts. No error quotes it.
pub(super) fn parse(text: &str) -> Result<Vec<PgConnectOptions>, StartError> {
    one_host_each(text).iter().map(|text| parse_one(text)).collect()
}

/// The same address for each host between its user and the database's name: `postgres://user@one:5432,two:5433/name`.
fn one_host_each(text: &str) -> Vec<String> {
    let begin = text.find("://").map_or(0, |at| at + 3);
    let end = text[begin..].find(['/', '?', '#']).map_or(text.len(), |at| begin + at);
    let hosts = text[begin..end].rfind('@').map_or(begin, |at| begin + at + 1);
    text[hosts..end].split(',').map(|host| format!("{}{host}{}", &text[..hosts], &text[end..])).collect()
}

fn parse_one(text: &str) -> Result<PgConnectOptions, StartError> {
    let mut url: Url = text.parse().map_err(|error: url::ParseError| StartError::DatabaseUrl(error.to_string()))?;
    let parameters: Vec<(String, String)> = url.query_pairs().into_owned().collect();
    let (known, unknown): (Vec<_>, Vec<_>) = parameters.into_iter().partition(|(name, _)| is_known(name));
    // The end of the password would be taken for the name of a database or of a parameter, and printed as such.
    if url.fragment().is_some() || url.path().contains('@') || unknown.iter().any(|(name, _)| name.contains('@')) {
        return Err(StartError::DatabaseUrl(ESCAPES.to_owned()));
    }
    // Every process writes, so a server that takes writes is looked for in any case.
    let is_other = |value: &str| value != "read-write" && value != "primary";
    if unknown.iter().any(|(name, value)| name == TARGET && is_other(value)) {
        return Err(StartError::DatabaseUrl(format!("{TARGET} is `read-write`, or left out")));
    }
    for (parameter, _) in unknown.iter().filter(|(name, _)| name != TARGET) {
        tracing::warn!(%parameter, "a parameter of DATABASE_URL is not known and not used");
    }
    if !unknown.is_empty() {
        url.query_pairs_mut().clear().extend_pairs(known);
    }
    PgConnectOptions::from_str(url.as_str()).map_err(|error| StartError::DatabaseUrl(error.to_string()))
}

const ESCAPES: &str =
    "in a user's name or password write `@` as %40, `/` as %2F, `?` as %3F, `#` as %23 and `%` as %25";

#[cfg(test)]
mod tests {
    use super::*;

    fn hosts(text: &str) -> Vec<(String, u16)> {
        parse(text).unwrap().iter().map(|server| (server.get_host().to_owned(), server.get_port())).collect()
    }

    #[test]
    fn address_may_name_several_hosts_each_with_its_port() {
        let url = "postgres://ada:p%2Cw@one,two:5433,[::1]:5434/name?sslmode=disable&target_session_attrs=read-write";
        let servers = parse(url).unwrap();
        assert_eq!(hosts(url), [("one".to_owned(), 5432), ("two".to_owned(), 5433), ("[::1]".to_owned(), 5434)]);
        assert!(servers.iter().all(|server| server.get_username() == "ada" && server.get_database() == Some("name")));
        assert_eq!(hosts("postgres://ada@one/name"), [("one".to_owned(), 5432)]);
        assert_eq!(hosts("postgres:///name?host=/run/postgresql").len(), 1);
    }

    #[test]
    fn address_that_asks_for_a_standby_is_refused() {
        let refused = parse("postgres://ada@one,two/name?target_session_attrs=standby").unwrap_err().to_string();
        assert!(refused.contains("target_session_attrs is `read-write`"), "{refused}");
    }
}
