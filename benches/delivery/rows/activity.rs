//! Activity over a long log: the page of the newest requests, each filter, the charts of a week, and the receipts of a page. Facts and
//! rollups are written by SQL, as the meter would have written them.

use std::net::{SocketAddr, TcpListener};
use std::time::{Duration, Instant};

use secrecy::{ExposeSecret as _, SecretString};
use sqlx::AssertSqlSafe;
use tracecast::auth::sign_in::{self, Credentials, Progress};
use tracecast::broadcast::receipts;
use tracecast::client::Client;
use tracecast::completed_request::GenerationId;

use crate::bench::{Bench, count};
use crate::ledger::{Row, percentile};
use crate::outcome::Result;
use crate::post::Post;
use crate::receiver::Receiver;
use crate::tenants::Tenant;

/// Requests of the account, and of each of so many others.
const REQUESTS: u64 = 10_000_000;
const OTHERS: u64 = 1_000;
const OF_OTHERS: u64 = 1_000;
/// Rows of one transaction.
const CHUNK: u64 = 250_000;
/// How often each page is asked for.
const VISITS: usize = 40;
/// Requests whose receipts there are, and requests on a page.
const DELIVERED: u64 = 100_000;
const ON_PAGE: i64 = 50;
/// How long the log keeps requests, when nobody says otherwise.
const RETENTION: Duration = Duration::from_hours(24 * 7);

const OURS: &str = "tracecast";

/// A day's partition of facts, as the program makes it.
const PARTITIONS: &str = "DO $$ DECLARE day date; BEGIN
    FOR day IN SELECT generate_series(current_date - 8, current_date - 2, interval '1 day')::date LOOP
        EXECUTE format('CREATE TABLE IF NOT EXISTS request_facts_%s PARTITION OF request_facts FOR VALUES FROM (%L) TO (%L)',
                       to_char(day, 'YYYYMMDD'), day || ' 00:00:00Z', day + 1 || ' 00:00:00Z');
    END LOOP; END $$";

/// A name's key, as `tracecast::metering::key` makes it.
fn key(kind: char, name: &str) -> String {
    format!(
        "('x' || encode(substr(sha256(uuid_send(a.id) || '{kind}' || convert_to({name}, 'UTF8')), 1, 8), 'hex'))::bit(64)::bigint"
    )
}

/// Facts over a week of one account ($1, or of all accounts but two), the numbers from `first` to `last` of `all`.
fn facts(accounts: &str, (first, last, all): (u64, u64, u64)) -> String {
    let (trace, session, user) = (
        key('t', "translate(i.trace::text, '-', '')"),
        key('s', "'session-' || n % 500000"),
        key('u', "'user-' || n % 20000"),
    );
    format!(
        "INSERT INTO request_facts (account_id, recorded_at, xid, position, completed_at, trace_key, session_key, user_key, latency_ms,
                                    first_token_ms, input_tokens, output_tokens, cost, trace_id, api_key_id, status, broadcast, outcome,
                                    generation_id, name, model, answered_by, environment, session_id, user_id)
         SELECT a.id, t.at, '1'::xid8, n, t.at, {trace}, {session}, {user}, 200 + n * 7919 % 9000, 80 + n % 400, 900 + n % 700,
                n % 500, 0.0001 * (n % 90), i.trace, md5('key-' || n % 8)::uuid, CASE WHEN n % 50 = 0 THEN 500 ELSE 200 END, true,
                CASE WHEN n % 50 = 0 THEN 'failed' ELSE 'succeeded' END, 'gen-1-' || n, 'step ' || n % 30, 'vendor/model-' || n % 5, NULL,
                CASE WHEN n % 3 = 0 THEN 'staging' ELSE 'production' END, 'session-' || n % 500000, 'user-' || n % 20000
         FROM {accounts} a, generate_series({first}::bigint, {last}) n,
              LATERAL (SELECT now() - interval '7 days' * ({all} - n)::float8 / {all} AS at) t,
              LATERAL (SELECT md5('trace-' || n / 3)::uuid AS trace) i"
    )
}

/// What the meter would have summed of a week.
const ROLLUPS: &str = "INSERT INTO usage_rollups (account_id, grain, starts_at, model, api_key_id, environment, requests, failed, refused,
                                                  cancelled, input_tokens, output_tokens, costed, cost, latencies, first_tokens)
    SELECT $1, g.grain, t.at, 'vendor/model-' || m, md5('key-' || k)::uuid, e.environment, g.requests, g.requests / 50, 0, 0,
           1250 * g.requests, 250 * g.requests, g.requests, 0.004 * g.requests, decode(repeat('3d05', 40), 'hex'), '\\x2f0a3505'
    FROM (VALUES ('minute', 25, '1 day'), ('hour', 1500, '7 days'), ('day', 36000, '7 days')) AS g (grain, requests, back),
         LATERAL generate_series(date_trunc(g.grain, now() - g.back::interval), now(), ('1 ' || g.grain)::interval) AS t (at),
         generate_series(0, 4) m, generate_series(0, 7) k, (VALUES ('production'), ('staging')) AS e (environment)";

pub(crate) async fn run(bench: &mut Bench) -> Result<()> {
    let mut receiver = Receiver::start(Duration::ZERO, false)?;
    let tenant = Tenant::create(&bench.state, "activity", receiver.endpoint()).await?;
    let requests = bench.options.sized(REQUESTS);
    fill(bench, tenant, requests).await?;
    let cookie = cookie(bench).await?;
    let address = TcpListener::bind("127.0.0.1:0")?.local_addr()?;
    let _running = bench.program.start("web", &bench.server, &[("TRACECAST_BIND", address.to_string())])?;
    let headers = format!("cookie: tc_session={cookie}\r\n");
    for (words, query) in pages(bench, tenant).await? {
        let times = visits(address, &headers, &format!("/activity{query}")).await?;
        for (percent, goal) in [(50, "at most 50 ms"), (99, "at most 200 ms")] {
            let row = Row::new(format!("activity, {requests} requests, {words}, p{percent}"), "ms", goal);
            bench.ledger.note(&row, OURS, percentile(&times, percent));
        }
    }
    page_of_receipts(bench, &mut receiver).await
}

/// Writes facts and rollups, and notes what the indexes take.
async fn fill(bench: &mut Bench, tenant: Tenant, requests: u64) -> Result<()> {
    sqlx::raw_sql(PARTITIONS).execute(&mut bench.admin).await?;
    let one = format!("(SELECT '{}'::uuid AS id)", tenant.account);
    for first in (1..=requests).step_by(usize::try_from(CHUNK)?) {
        let insert = facts(&one, (first, requests.min(first + CHUNK - 1), requests));
        sqlx::query(AssertSqlSafe(insert)).execute(&mut bench.admin).await?;
    }
    let others = bench.options.sized(OTHERS);
    let others = format!("(SELECT md5('account-' || o)::uuid AS id FROM generate_series(1, {others}) o)");
    sqlx::query(AssertSqlSafe(facts(&others, (1, OF_OTHERS, OF_OTHERS)))).execute(&mut bench.admin).await?;
    sqlx::query(ROLLUPS).bind(tenant.account.0).execute(&mut bench.admin).await?;
    sqlx::raw_sql("VACUUM ANALYZE request_facts, usage_rollups").execute(&mut bench.admin).await?;
    let sizes = "SELECT sum(pg_relation_size(inhrelid))::bigint, sum(pg_indexes_size(inhrelid))::bigint, sum(c.reltuples)::float8
                 FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid WHERE inhparent = 'request_facts'::regclass AND c.reltuples > 0";
    let (facts, indexes, rows): (i64, i64, f64) = sqlx::query_as(sizes).fetch_one(&mut bench.admin).await?;
    for (words, bytes) in [("facts", facts), ("indexes of facts", indexes)] {
        let row = Row::new(format!("activity, {words}"), "bytes/request", "");
        bench.ledger.note(&row, OURS, count(bytes.unsigned_abs()) / rows);
    }
    Ok(())
}

/// Signs in, and gives the session's token.
async fn cookie(bench: &Bench) -> Result<String> {
    let password = SecretString::from("nobody signs in to a benchmark");
    let client = Client::new([127, 0, 0, 1].into(), "bench");
    let typed = Credentials { email: "activity@bench.example", password, invitation: None };
    match sign_in::sign_in(&bench.state, &client, typed).await? {
        Progress::SignedIn(signed_in) => Ok(signed_in.session_token.expose_secret().to_owned()),
        Progress::SecondFactor(_) => Err("there is no second factor".into()),
    }
}

/// The pages that are asked for: their words and filters.
async fn pages(bench: &mut Bench, tenant: Tenant) -> Result<Vec<(&'static str, String)>> {
    let some =
        "SELECT translate(trace_id::text, '-', ''), api_key_id::text FROM request_facts WHERE account_id = $1 LIMIT 1";
    let (trace, key): (String, String) =
        sqlx::query_as(some).bind(tenant.account.0).fetch_one(&mut bench.admin).await?;
    Ok(vec![
        ("a day", String::new()),
        ("a week with its charts", "?range=7d".to_owned()),
        ("one trace", format!("?trace={trace}")),
        ("one session", "?session=session-77".to_owned()),
        ("one user", "?user=user-77".to_owned()),
        ("one key", format!("?range=7d&key={key}")),
        ("one model", "?range=7d&model=vendor%2Fmodel-3".to_owned()),
        ("one environment", "?range=7d&environment=staging".to_owned()),
        ("failed ones", "?range=7d&outcome=failed".to_owned()),
        ("slow ones", "?range=7d&slower=9.1".to_owned()),
        ("dear ones", "?range=7d&dearer=0.008".to_owned()),
        ("none of this model", "?range=7d&model=vendor%2Fnone".to_owned()),
        ("sessions, the dearest first", "/sessions?range=7d&order=cost".to_owned()),
    ])
}

/// The milliseconds of each visit, the first two left out.
async fn visits(address: SocketAddr, headers: &str, path: &str) -> Result<Vec<f64>> {
    let mut post = loop {
        match Post::connect(address) {
            Ok(post) => break post,
            Err(_) => tokio::time::sleep(Duration::from_millis(20)).await,
        }
    };
    let mut times = Vec::new();
    for _ in 0..VISITS {
        let begun = Instant::now();
        let (status, page) = tokio::task::block_in_place(|| post.ask("GET", path, headers, b""))?;
        if status != 200 {
            return Err(format!("{path}: {status}: {}", String::from_utf8_lossy(page)).into());
        }
        times.push(begun.elapsed().as_secs_f64() * 1e3);
    }
    Ok(times.split_off(2))
}

/// How long the receipts of the newest requests take, behind a log that was delivered.
async fn page_of_receipts(bench: &mut Bench, receiver: &mut Receiver) -> Result<()> {
    let events = bench.options.sized(DELIVERED);
    let tenant = bench.tenant("receipts", receiver, events).await?;
    let program = bench.program.clone();
    let worker = bench.worker(&program, receiver).await?;
    bench.drain(&worker, tenant, receiver, events).await?;
    // The backlog's names hold a time long ago, and are not looked for where the requests are.
    let newest = "UPDATE completed_requests
                  SET generation_id = 'gen-' || extract(epoch FROM recorded_at)::bigint || '-' || lpad(position::text, 20, '0')
                  WHERE account_id = $1 AND position IN (SELECT position FROM completed_requests WHERE account_id = $1
                                                         ORDER BY xid DESC, position DESC LIMIT $2)
                  RETURNING generation_id";
    let names: Vec<String> =
        sqlx::query_scalar(newest).bind(tenant.account.0).bind(ON_PAGE).fetch_all(&mut bench.admin).await?;
    let ids: Vec<GenerationId> = names.into_iter().map(GenerationId::given).collect();
    let mut times = Vec::new();
    for _ in 0..VISITS {
        let begun = Instant::now();
        let mut transaction = bench.state.store.tenant(tenant.account).await?;
        let found = receipts::find(&mut transaction, &ids, RETENTION).await?;
        if found.len() != ids.len() {
            return Err(format!("{} receipts of {} requests", found.len(), ids.len()).into());
        }
        times.push(begun.elapsed().as_secs_f64() * 1e3);
    }
    for percent in [50, 99] {
        let row = Row::new(format!("receipts of {ON_PAGE} requests, p{percent}"), "ms", "at most 20 ms");
        bench.ledger.note(&row, OURS, percentile(&times[2..], percent));
    }
    Ok(())
}
