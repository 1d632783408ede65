//! `POST /v1/events/replay`.

use super::{open, place, violation};
use crate::{
    configuration::{self, Configuration},
    intake::internal,
    journal::{
        list,
        replay::{self, Selection, WINDOW},
    },
    pipeline::{self, Counts},
    subscriber::Subscriber,
};
use chrono::DateTime;
use contract::{Arguments, Problem, arguments::Names, routes};
use runtime::{
    clock,
    log::{self, Level},
};
use serde_json::{Value, json};
use spin_sdk::http::Request;
use std::rc::Rc;
use store::Database;
use surface::{Answer, Refusal, body};

/// A request looks at the journal for so many milliseconds, and says where to go on.
const RUN: u64 = 10_000;

/// Hands events on again: `{"ids"} | {"from", "to"?}`, and `types`, `accounts`, `subscriber`, `dryRun`. Answers how many events
/// are meant, how many deliveries were made, and, where the journal is too long for one request, the `from` to go on with.
pub async fn replay(request: Request) -> Result<Answer, Refusal> {
    let database = open(&request).await?;
    let (parts, incoming) = request.into_parts();
    let bytes = body::read(&parts.headers, incoming).await?;
    let given = body::object(&parts.headers, &bytes)?;
    let arguments = Arguments::check(routes::REPLAY, given, Names::Exact)?;
    if let Some(name) = arguments.extra.keys().next() {
        return Err(violation(name, "不支持该字段"));
    }
    let configuration = configuration::read().await;
    let Some(subscribers) = &configuration.subscribers else {
        return Err(Refusal::new(Problem::NotConfigured, "变量 subscribers 无法识别"));
    };
    let named = arguments.optional_text("subscriber");
    if let Some(name) = &named
        && !subscribers.iter().any(|subscriber| subscriber.name == *name)
    {
        return Err(violation("subscriber", "没有该订阅方"));
    }
    let dry_run = arguments.documented.get("dryRun").and_then(Value::as_bool).unwrap_or(false);
    let selection = select(&database, &arguments)?;
    if let (Some(name), false) = (&named, dry_run) {
        replay::start_again(&database, name).map_err(internal)?;
    }
    let stopped = replay::stopped(&database).map_err(internal)?;
    let to: Vec<&Subscriber> = subscribers
        .iter()
        .filter(|subscriber| match &named {
            Some(name) => subscriber.name == *name,
            None => !subscriber.is_own() && !stopped.contains(&subscriber.name),
        })
        .collect();
    let replayed = work(&database, selection, &to, dry_run).map_err(internal)?;
    if !dry_run && replayed.deliveries > 0 {
        spin_sdk::wasip3::spawn(hand_on(database, configuration.clone()));
    }
    Ok(Answer::json(
        200,
        &json!({
            "dryRun": dry_run, "events": replayed.events, "deliveries": replayed.deliveries,
            "next": replayed.next.map(|place| place.to_string()),
        }),
    ))
}

/// Reads which events are meant.
fn select(database: &Database, arguments: &Arguments) -> Result<Selection, Refusal> {
    let ids = arguments.texts("ids");
    let (from, to) = (arguments.optional_text("from"), arguments.optional_text("to"));
    if !ids.is_empty() && (from.is_some() || to.is_some()) {
        return Err(violation("ids", "不与 from、to 同时使用"));
    }
    if ids.is_empty() && from.is_none() {
        return Err(violation("from", "缺失:需给出 ids 或 from"));
    }
    let from = read("from", from, End::Place(0))?;
    let to = read("to", to, End::Place(i64::MAX))?;
    let times = (from.time().unwrap_or(0), to.time().unwrap_or(u64::MAX));
    let (after, until) = replay::places(database, times.0, times.1).map_err(internal)?;
    Ok(Selection {
        after: from.place().unwrap_or(after),
        until: to.place().unwrap_or(until).min(list::last(database).map_err(internal)?),
        from: times.0,
        to: times.1,
        ids,
        kinds: arguments.texts("types"),
        accounts: arguments.texts("accounts"),
    })
}

/// One end of a range.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    /// A cursor.
    Place(i64),
    /// A time, in milliseconds.
    Time(u64),
}

impl End {
    const fn place(self) -> Option<i64> {
        if let Self::Place(place) = self { Some(place) } else { None }
    }

    const fn time(self) -> Option<u64> {
        if let Self::Time(time) = self { Some(time) } else { None }
    }
}

fn read(field: &str, text: Option<String>, absent: End) -> Result<End, Refusal> {
    let Some(text) = text else { return Ok(absent) };
    if let Some(place) = place(&text) {
        return Ok(End::Place(place));
    }
    let time = DateTime::parse_from_rfc3339(&text).ok().and_then(|time| u64::try_from(time.timestamp_millis()).ok());
    time.map(End::Time).ok_or_else(|| violation(field, "应为 RFC 3339 时间或游标"))
}

struct Replayed {
    events: u32,
    deliveries: u32,
    next: Option<i64>,
}

/// Works a window of the journal at a time.
fn work(
    database: &Database,
    mut selection: Selection,
    to: &[&Subscriber],
    dry_run: bool,
) -> Result<Replayed, store::Error> {
    let over = clock::now() + RUN;
    let until = selection.until;
    let mut replayed = Replayed { events: 0, deliveries: 0, next: None };
    while selection.after < until {
        // Ids are found by their index, wherever they are.
        let window = if selection.ids.is_empty() { selection.after.saturating_add(WINDOW) } else { until };
        selection.until = window.min(until);
        replayed.events += replay::events(database, &selection)?;
        for subscriber in to {
            let wanted: &[String] =
                if subscriber.types.iter().any(|kind| kind == "*") { &[] } else { &subscriber.types };
            replayed.deliveries += if dry_run {
                replay::would_make(database, &selection, &subscriber.name, wanted)?
            } else {
                replay::make(database, &selection, &subscriber.name, wanted, clock::now())?
            };
        }
        selection.after = selection.until;
        if selection.after < until && clock::now() > over {
            replayed.next = Some(selection.after);
            break;
        }
    }
    Ok(replayed)
}

async fn hand_on(database: Database, configuration: Rc<Configuration>) {
    if let Err(error) = pipeline::hand_on(&database, &configuration, &mut Counts::default()).await {
        log::write(Level::Error, "deliveries wait for the next tick", &[("reason", &error.to_string())]);
    }
}
