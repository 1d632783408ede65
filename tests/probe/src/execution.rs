//! The clock, identifiers, work after the answer, the way out.

use crate::Nothing;
use bytes::Bytes;
use http::Request;
use http_body_util::Empty;
use runtime::clock;
use serde::Deserialize;
use serde_json::{Value, json};
use store::KeyValue;

type Outcome = Result<Value, String>;

/// How often work after the answer looks whether it may go on, in milliseconds.
const GLANCE: u64 = 20;
/// How often it looks at most.
const GLANCES: u32 = 1_000;

/// How long to sleep.
#[derive(Deserialize)]
pub struct Sleep {
    milliseconds: u64,
}

/// Two counters: the work waits for the first, and then adds one to the second.
#[derive(Deserialize)]
pub struct Background {
    awaited: String,
    done: String,
}

/// Where to send a request.
#[derive(Deserialize)]
pub struct Outbound {
    url: String,
}

/// Answers the wall clock, in milliseconds since the Unix epoch.
pub fn clock(Nothing {}: Nothing) -> Outcome {
    Ok(json!(clock::now()))
}

/// Answers a new identifier.
pub fn identifier(Nothing {}: Nothing) -> Outcome {
    Ok(json!(runtime::identifier()))
}

/// Sleeps; answers by how many milliseconds the wall clock went on.
pub async fn sleep(Sleep { milliseconds }: Sleep) -> Outcome {
    let begun = clock::now();
    clock::sleep(milliseconds).await;
    Ok(json!(clock::now().saturating_sub(begun)))
}

/// Answers at once, and leaves the work to be done after the answer.
pub fn background(Background { awaited, done }: Background) -> Outcome {
    spin_sdk::wasip3::spawn(async move {
        for _ in 0..GLANCES {
            clock::sleep(GLANCE).await;
            let Ok(store) = KeyValue::open() else { return };
            if store.count(&awaited).is_ok_and(|count| count > 0) {
                // Whoever waits for the counter sees a failure: it stays as it was.
                let _ = store.increment(&done, 1);
                return;
            }
        }
    });
    Ok(Value::Null)
}

/// Sends a request; answers the status that came back, or the host's reason why none did.
pub async fn outbound(Outbound { url }: Outbound) -> Outcome {
    let request = Request::get(url).body(Empty::<Bytes>::new()).map_err(|error| error.to_string())?;
    match spin_sdk::http::send(request).await {
        Ok(response) => Ok(json!(response.status().as_u16())),
        Err(error) => Err(format!("{error:?}")),
    }
}
