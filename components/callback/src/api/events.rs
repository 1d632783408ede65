//! `GET /v1/events` and `GET /v1/events/{id}`.

use super::{PAGE, arguments, describe, number, open, place, put, violation};
use crate::{
    configuration::{self, Configuration},
    document,
    envelope::Envelope,
    intake::internal,
    journal::{
        self, Event,
        list::{self, Filter, Page},
    },
    pipeline::{self, Look},
};
use contract::{Problem, routes};
use runtime::{
    clock,
    log::{self, Level},
};
use serde_json::{Value, json};
use spin_sdk::http::Request;
use store::Database;
use surface::{Answer, Refusal};

/// Whoever waits is answered so many milliseconds after an event came, at most.
const GLANCE: u64 = 200;
/// Without waiting, so many windows of the journal are looked at; the cursor goes on from there.
const WINDOWS: u32 = 20;

/// `GET /v1/events?after=&type=&account=&state=&limit=&wait=`: events in the order in which they were received, in the document
/// that subscribers get, and the cursor to go on from, given even if there are none.
pub async fn list(request: Request) -> Result<Answer, Refusal> {
    let database = open(&request).await?;
    let arguments = arguments(routes::EVENTS, &request)?;
    let mut after = match arguments.optional_text("after") {
        Some(after) => place(&after).ok_or_else(|| violation("after", "不是 next 返回的游标"))?,
        None => 0,
    };
    let filter = Filter {
        kinds: arguments.texts("type"),
        accounts: arguments.texts("account"),
        state: arguments.optional_text("state"),
    };
    let most = number(&arguments, "limit").unwrap_or(PAGE);
    let until = clock::now() + 1_000 * u64::from(number(&arguments, "wait").unwrap_or(0));
    let configuration = configuration::read().await;
    let mut windows = 0;
    loop {
        let page = list::events(&database, &filter, after, most).map_err(internal)?;
        let end = page.end;
        let (events, looked) = verified(page, &configuration).await;
        windows += 1;
        if !events.is_empty() || (end && clock::now() >= until) || (!end && windows >= WINDOWS) {
            return Ok(answer(&events, looked));
        }
        after = looked;
        if end {
            clock::sleep(GLANCE.min(until.saturating_sub(clock::now()))).await;
        }
    }
}

/// Writes events, and how far was looked. What is not routed yet is looked at here, as routing would; where that cannot be
/// done the page ends before it, so that a cursor never passes an event that was not decided on.
async fn verified(page: Page, configuration: &Configuration) -> (Vec<String>, i64) {
    let mut written = Vec::with_capacity(page.events.len());
    for event in page.events {
        let unverified = if event.state == "received" {
            match pipeline::look(&event, Envelope::read(&event.raw).as_ref()).await {
                Ok(Look::New { unverified }) => unverified,
                Ok(Look::Repeat(_)) => continue,
                Ok(Look::Early) => return (written, event.sequence - 1),
                Err(reason) => {
                    log::write(Level::Error, "an event is not shown yet", &[("event", &event.id), ("reason", &reason)]);
                    return (written, event.sequence - 1);
                }
            }
        } else {
            event.unverified
        };
        written.extend(document::write(&event, unverified, configuration));
    }
    (written, page.looked)
}

/// Writes the answer by hand around the documents, whose raw callbacks must not be written anew.
fn answer(events: &[String], next: i64) -> Answer {
    Answer::raw(200, format!(r#"{{"events":[{}],"next":"{next}"}}"#, events.join(",")))
}

/// `GET /v1/events/{id}`: the document of an event, its state and its deliveries.
pub async fn show(request: Request, id: &str) -> Result<Answer, Refusal> {
    let database = open(&request).await?;
    let event =
        journal::find(&database, id).map_err(internal)?.ok_or_else(|| Refusal::new(Problem::UnknownEvent, ""))?;
    let whole = whole(&database, &event, &*configuration::read().await).map_err(internal)?;
    Ok(Answer::raw(200, whole.ok_or_else(|| Refusal::new(Problem::Internal, ""))?))
}

fn whole(database: &Database, event: &Event, configuration: &Configuration) -> Result<Option<String>, store::Error> {
    let deliveries: Vec<Value> = list::of_event(database, event.sequence)?.iter().map(describe).collect();
    let mut more = json!({ "state": event.state, "deliveries": deliveries });
    put(&mut more, "repeatOf", event.repeat_of.as_deref());
    let document = document::write(event, event.unverified, configuration);
    Ok(document.and_then(|document| {
        let more = more.to_string();
        Some(format!("{},{}", document.strip_suffix('}')?, more.strip_prefix('{')?))
    }))
}
