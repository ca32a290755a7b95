//! `tracecast demo --seed`: something on every page, and nothing twice.

use std::net::{Ipv4Addr, TcpListener};
use std::time::Duration;

use rustix::process::Signal;

use crate::support::app::{Answer, read};
use crate::support::database::Database;
use crate::support::http::client;
use crate::support::program::Program;

const OBSERVABILITY: &str = "/settings/observability";
const PATIENCE: Duration = Duration::from_mins(1);

/// The demo with its own database, on ports that stay the same.
struct Demo {
    database: Database,
    ports: [u16; 2],
}

impl Demo {
    async fn new() -> Self {
        let free = || TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap().port();
        Self { database: Database::new().await, ports: [free(), free()] }
    }

    fn start(&self) -> Program {
        let [own, receiver] = self.ports.map(|port| format!("127.0.0.1:{port}"));
        let arguments = ["demo", "--seed", "--bind", &own, "--receiver-bind", &receiver];
        let settings = [("DATABASE_URL", self.database.url.clone()), ("TRACECAST_KEYS", "ab".repeat(32))];
        Program::start_with(&arguments, &settings)
    }

    fn url(&self, path: &str) -> String {
        format!("http://localhost:{}{path}", self.ports[0])
    }

    /// Signs in as the program prints it, once it answers.
    async fn signs_in(&self, demo: &mut Program) -> String {
        while !demo.said().contains("Sign in as") {
            assert!(demo.is_running(), "it ended: {}", demo.log());
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        let body = "email=demo%40example.com&password=broadcast+every+trace";
        let request = client().post(self.url("/sign-in")).header("sec-fetch-site", "same-origin");
        let request = request.header("content-type", "application/x-www-form-urlencoded").body(body);
        let answer = read(request.send().await.unwrap()).await;
        assert_eq!(answer.status, 303, "{}", answer.text);
        answer.session
    }

    async fn gets(&self, cookie: &str, path: &str) -> Answer {
        read(client().get(self.url(path)).header("cookie", cookie).send().await.unwrap()).await
    }

    /// The page, as soon as it says all of these words.
    async fn reads_until(&self, cookie: &str, path: &str, words: &[&str]) -> String {
        let mut page = String::new();
        for _ in 0..1_200 {
            page = self.gets(cookie, path).await.text;
            if words.iter().all(|words| page.contains(words)) {
                return page;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        let missing: Vec<_> = words.iter().filter(|words| !page.contains(**words)).collect();
        panic!("{path} never said {missing:?}:\n{page}");
    }

    /// Names of all that is stored, in an order that stays.
    async fn stored(&self) -> Vec<String> {
        let query = "SELECT generation_id FROM completed_requests UNION ALL SELECT id::text FROM destinations
                     UNION ALL SELECT id::text FROM api_keys UNION ALL SELECT 'letter ' || generation_id FROM dead_letters ORDER BY 1";
        self.database.reads(query).await
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn demo_seed_fills_every_page_and_a_second_start_adds_nothing() {
    let demo = Demo::new().await;
    let mut first = demo.start();
    let cookie = demo.signs_in(&mut first).await;
    let states = ["Healthy", "Failing", "Needs attention", "Paused", "Switched off", "Dead letters: 3 requests"];
    let list = demo.reads_until(&cookie, OBSERVABILITY, &states).await;
    assert_eq!(list.matches("id=\"destination-").count(), 5, "{list}");
    for (path, words) in [
        ("/settings/keys", "Demo application"),
        ("/settings/members", "demo@example.com"),
        ("/settings/account/audit", "API key created"),
    ] {
        let page = demo.gets(&cookie, path).await;
        assert!(page.status == 200 && page.text.contains(words), "{path}: {}", page.text);
    }
    for id in demo.database.reads("SELECT id::text FROM destinations").await {
        for page in ["edit", "deliveries"] {
            let path = format!("{OBSERVABILITY}/destinations/{id}/{page}");
            assert_eq!(demo.gets(&cookie, &path).await.status, 200, "{path}");
        }
    }
    let days = "SELECT count(DISTINCT recorded_at::date)::text FROM completed_requests WHERE broadcast AND recorded_at = completed_at";
    assert!(demo.database.reads(days).await[0].parse::<u32>().unwrap() >= 7, "a week of requests");
    let stored = demo.stored().await;
    first.signal(Signal::TERM);
    first.ends_well_within(PATIENCE).await;

    let mut second = demo.start();
    let cookie = demo.signs_in(&mut second).await;
    demo.reads_until(&cookie, OBSERVABILITY, &states).await;
    assert_eq!(demo.stored().await, stored);
    second.signal(Signal::TERM);
    second.ends_well_within(PATIENCE).await;
}
