//! What the requests of a row are.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result, ensure};
use bytes::Bytes;
use http_body_util::Full;
use hyper::header::{AUTHORIZATION, CONTENT_TYPE, HOST};
use hyper::http::request::Builder;
use hyper::{Method, Request};
use serde_json::{Value, json};

use super::connection::Connection;
use super::counterpart::Counterpart;

/// How many conversations the callbacks are about: the events of one are handed on one after the other.
const CUSTOMERS: u64 = 10_000;

/// How many companies' apps send to employees: each may send 10,000 times a minute.
const COMPANIES: u64 = 20;

/// What is left in the queue is due after so many milliseconds, unless it is made due before.
const LATER: u64 = 24 * 3_600_000;

/// How long an event may take to its subscriber.
const ARRIVAL: Duration = Duration::from_secs(30);

/// What one request does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Work {
    /// Nothing.
    Empty,
    /// Brings a callback.
    Callback,
    /// Brings a callback again.
    Repeat,
    /// Brings a callback, and waits for its event at the subscriber.
    HandOn,
    /// Sends a text to a customer.
    Text,
    /// Sends a text to a robot that has not had one.
    Relay,
    /// Asks after a message.
    Read,
    /// Leaves a text to an employee in the queue.
    Later,
    /// Brings a callback to who reads it, and does nothing else.
    Body,
    /// Commits a row, and nothing else.
    Commit,
    /// Asks the platform, and nothing else.
    Call,
    /// Counts on a counter of its own, and nothing else.
    Count,
    /// Inserts a row with all others of the moment, and nothing else.
    Insert,
}

/// The table that rows are committed to, by [`Work::Commit`]: with two of the indexes that an event has.
pub const TABLE: &str = "CREATE TABLE IF NOT EXISTS floor (sequence INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, \
                     conversation TEXT NOT NULL, raw TEXT NOT NULL)";
pub const INDEX: &str = "CREATE INDEX IF NOT EXISTS floor_conversation ON floor (conversation, sequence)";
pub const ROW: &str = "INSERT INTO floor (id, conversation, raw) VALUES (?, ?, ?)";

/// Whom the requests go to.
pub struct Target {
    /// Where it listens.
    pub address: SocketAddr,
    /// The credential that it expects everywhere.
    pub credential: String,
    /// So many hosted accounts send in turns.
    pub accounts: u64,
    /// The platforms and the subscriber behind it.
    pub counterpart: Arc<Counterpart>,
    /// A message to ask after.
    message: String,
    /// Makes ids differ from those of another time.
    run: String,
    next: AtomicU64,
}

impl Target {
    /// A target at an origin, `http://127.0.0.1:3000`.
    pub fn new(url: &str, credential: &str, accounts: u64, counterpart: &Arc<Counterpart>) -> Result<Self> {
        let address = url.trim_start_matches("http://").trim_end_matches('/');
        Ok(Self {
            address: address.parse().with_context(|| format!("{url} is no origin of an IP address and a port"))?,
            credential: credential.to_owned(),
            accounts,
            counterpart: Arc::clone(counterpart),
            message: String::new(),
            run: format!("{:x}", milliseconds()),
            next: AtomicU64::new(1),
        })
    }

    /// Does what has to be there before requests of this kind.
    pub async fn prepare(&mut self, work: Work) -> Result<()> {
        let mut connection = Connection::new(self.address);
        match work {
            Work::Repeat => {
                let answer = connection.ask(self.request(Work::Repeat, 0)?).await?;
                ensure!(answer.status().is_success(), "the first callback was answered {}", answer.status());
            }
            Work::Read => {
                let answer = connection.ask(self.request(Work::Text, 0)?).await?;
                let id = answer.headers().get("x-message-id").and_then(|id| id.to_str().ok());
                id.context("the message to ask after has no id")?.clone_into(&mut self.message);
            }
            Work::Commit | Work::Insert => {
                let statements = json!([{ "statement": TABLE }, { "statement": INDEX }]);
                let answer = connection.ask(self.statements(&statements)?).await?;
                ensure!(answer.status().is_success(), "the table was answered {}", answer.status());
            }
            _ => {}
        }
        Ok(())
    }

    /// Does a piece of work, to its end.
    pub async fn perform(&self, work: Work, connection: &mut Connection) -> Result<()> {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        let arrival = (work == Work::HandOn).then(|| self.counterpart.expect(number));
        let answer = connection.ask(self.request(work, number)?).await?;
        let status = answer.status();
        ensure!(status.is_success(), "{status} {}", String::from_utf8_lossy(answer.body()));
        if let Some(arrival) = arrival {
            tokio::time::timeout(ARRIVAL, arrival).await.context("the event did not arrive in time")??;
        }
        Ok(())
    }

    /// The row of a callback: what [`ROW`] inserts.
    pub fn row(&self, number: u64) -> [String; 3] {
        let (account, text) = (self.account(number), text(number));
        let callback = self.callback(&account, number, &text);
        let id = format!("{}-{number}", self.run);
        [id, conversation(&account, number % CUSTOMERS), callback.to_string()]
    }

    fn account(&self, number: u64) -> String {
        format!("1688{:012}", number % self.accounts)
    }

    fn request(&self, work: Work, number: u64) -> Result<Request<Full<Bytes>>> {
        let (account, text) = (self.account(number), text(number));
        let bearer = format!("Bearer {}", self.credential);
        let callback = format!("/callback/quntool/{}", self.credential);
        let (request, body) = match work {
            Work::Empty => (self.begin(Method::GET, "/empty"), None),
            Work::Callback | Work::HandOn => {
                (self.begin(Method::POST, &callback), Some(self.callback(&account, number, &text)))
            }
            Work::Repeat => (self.begin(Method::POST, &callback), Some(self.callback(&account, 0, &text))),
            Work::Text => {
                let body = json!({"wxId": account, "conversationId": conversation(&account, 0), "content": text});
                (self.begin(Method::POST, "/gnapi/open/msg/text").header("apikey", &self.credential), Some(body))
            }
            Work::Relay => {
                let path = format!("/api/v1/openapi/notification/wecom?access_token={}", self.credential);
                let link = format!("https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key={}-{number}", self.run);
                let data = json!([{"msgtype": "text", "text": {"content": text}}]);
                (self.begin(Method::POST, &path), Some(json!({"link": link, "data": data})))
            }
            Work::Read => {
                let path = format!("/v1/messages/{}", self.message);
                (self.begin(Method::GET, &path).header(AUTHORIZATION, bearer), None)
            }
            Work::Commit => {
                return self.statements(&json!([{ "statement": ROW, "parameters": self.row(number) }]));
            }
            Work::Body => {
                let request = self.begin(Method::POST, "/clock").header(AUTHORIZATION, bearer);
                (request, Some(self.callback(&account, number, &text)))
            }
            Work::Call => {
                let url = format!("{}/gnapi/open/msg/text", self.counterpart.url());
                (self.begin(Method::POST, "/outbound").header(AUTHORIZATION, bearer), Some(json!({ "url": url })))
            }
            Work::Insert => {
                let [id, conversation, raw] = self.row(number);
                let request = self.begin(Method::POST, "/sqlite/insert").header(AUTHORIZATION, bearer);
                (request, Some(json!({ "id": id, "conversation": conversation, "raw": raw })))
            }
            Work::Count => {
                let key = format!("quntool/slot/{account}/{number}");
                let request = self.begin(Method::POST, "/key-value/increment").header(AUTHORIZATION, bearer);
                (request, Some(json!({ "key": key, "delta": 1 })))
            }
            Work::Later => {
                let request = self.begin(Method::POST, "/integration/wx_work/sendByWorkIds");
                let request =
                    request.header(AUTHORIZATION, bearer).header("x-send-at", (milliseconds() + LATER).to_string());
                let (member, company) = (format!("{}{number}", self.run), format!("company{}", number % COMPANIES));
                (request, Some(json!({"workIds": [member], "companyId": company, "content": text})))
            }
        };
        let body = body.map_or_else(Bytes::new, |body: Value| body.to_string().into());
        request.body(Full::new(body)).context("no request")
    }

    /// A request to the probe, which runs these statements.
    fn statements(&self, statements: &Value) -> Result<Request<Full<Bytes>>> {
        let bearer = format!("Bearer {}", self.credential);
        let request = self.begin(Method::POST, "/sqlite/execute").header(AUTHORIZATION, bearer);
        request.body(Full::new(json!({ "statements": statements }).to_string().into())).context("no request")
    }

    fn begin(&self, method: Method, path: &str) -> Builder {
        let request = Request::builder().method(method).uri(path).header(HOST, self.address.to_string());
        request.header(CONTENT_TYPE, "application/json")
    }

    /// A customer's text, with every field of the document (seed 001:87).
    fn callback(&self, account: &str, number: u64, text: &str) -> Value {
        let customer = number % CUSTOMERS;
        let sender = format!("7881{customer:012}");
        let now = milliseconds();
        json!({
            "msgId": format!("{}-{number}", self.run),
            "source": "40c10a375784",
            "userId": "apps-1",
            "wxid": account,
            "timestamp": now,
            "type": "text_msg",
            "data": {
                "appinfo": format!("5079{number:015}"), "at_list": [], "content": text, "content_type": 2,
                "conversation_id": conversation(account, customer), "is_pc": 0, "local_id": number.to_string(),
                "receiver": account, "send_time": (now / 1_000).to_string(), "sender": sender, "sender_name": "客户",
                "server_id": number.to_string(),
            },
        })
    }
}

fn text(number: u64) -> String {
    format!("#{number}# 您好,您的订单已发货,预计明天送达。")
}

fn conversation(account: &str, customer: u64) -> String {
    format!("S:{account}_7881{customer:012}")
}

/// Now, in milliseconds since 1970.
pub fn milliseconds() -> u64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(now.as_millis()).unwrap_or(u64::MAX)
}

/// Finds the number of the work that a text is about.
pub fn number_in(text: &[u8]) -> Option<u64> {
    std::str::from_utf8(text).ok()?.split('#').find_map(|part| part.parse().ok())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::counterpart::SECRET;
    use crate::bench::load;
    use standardwebhooks::Webhook;

    const FREE: &str = "127.0.0.1:0";

    async fn target() -> Arc<Target> {
        let counterpart = Counterpart::start(FREE.parse().unwrap()).await.unwrap();
        Arc::new(Target::new(counterpart.url(), "secret", 10, &counterpart).unwrap())
    }

    #[test]
    fn finds_the_number_of_a_work() {
        assert_eq!(number_in(br##"{"id": 7, "content": "#12# and more"}"##), Some(12));
        assert_eq!(number_in(b"nothing"), None);
    }

    #[tokio::test]
    async fn performs_what_is_due_and_times_it_from_when_it_was_due() {
        let target = target().await;

        let outcome = load::open(&target, Work::Text, 200.0, Duration::from_millis(500)).await.unwrap();

        assert_eq!((outcome.done, outcome.failed, target.counterpart.answered()), (100, 0, 100));
        assert!(outcome.lasted >= Duration::from_millis(495), "{:?}", outcome.lasted);
        assert!(outcome.quantile(0.5) <= outcome.quantile(0.99));
    }

    #[tokio::test]
    async fn says_what_was_answered_in_place_of_success() {
        let target = target().await;

        let outcome = load::count(&target, Work::Callback, 3).await.unwrap();

        // The platforms take no callbacks.
        assert_eq!((outcome.done, outcome.failed), (0, 3));
        assert!(outcome.failure.unwrap().contains("404"));
    }

    #[tokio::test]
    async fn an_event_has_arrived_when_it_is_signed() {
        let target = target().await;
        let event = "#5# an event";
        let arrival = target.counterpart.expect(5);
        let post = |signature: &str| {
            let request = target.begin(Method::POST, "/events").header("webhook-id", "1");
            let request = request.header("webhook-timestamp", (milliseconds() / 1_000).to_string());
            request.header("webhook-signature", signature).body(Full::new(Bytes::from(event))).unwrap()
        };
        let seconds = i64::try_from(milliseconds() / 1_000).unwrap();
        let signature = Webhook::new(SECRET).unwrap().sign("1", seconds, event.as_bytes()).unwrap();
        let mut connection = Connection::new(target.address);

        let forged = connection.ask(post("v1,AAAA")).await.unwrap().status();
        let signed = connection.ask(post(&signature)).await.unwrap().status();

        assert_eq!((forged.as_u16(), signed.as_u16()), (400, 200));
        arrival.await.unwrap();
    }
}
