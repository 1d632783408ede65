//! `GET /v1/deliveries`.

use super::{PAGE, arguments, describe, number, open, place, violation};
use crate::{
    intake::internal,
    journal::list::{self, Shown},
};
use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use contract::routes;
use serde_json::{Value, json};
use spin_sdk::http::Request;
use surface::{Answer, Refusal};

/// `GET /v1/deliveries?state=&subscriber=&after=&limit=`: deliveries in the order of their events; `next` is the `after` of
/// the next page.
pub async fn list(request: Request) -> Result<Answer, Refusal> {
    let database = open(&request).await?;
    let arguments = arguments(routes::DELIVERIES, &request)?;
    let after = match arguments.optional_text("after") {
        Some(after) => read(&after).ok_or_else(|| violation("after", "不是 next 返回的游标"))?,
        None => (0, String::new()),
    };
    let (state, subscriber) = (arguments.optional_text("state"), arguments.optional_text("subscriber"));
    let most = number(&arguments, "limit").unwrap_or(PAGE);
    let after = (after.0, after.1.as_str());
    let shown = list::deliveries(&database, state.as_deref(), subscriber.as_deref(), after, most).map_err(internal)?;
    let full = u32::try_from(shown.len()).is_ok_and(|count| count >= most);
    let next = shown.last().filter(|_| full).map(write);
    let deliveries: Vec<Value> = shown.iter().map(describe).collect();
    Ok(Answer::json(200, &json!({ "deliveries": deliveries, "next": next })))
}

/// Writes the cursor behind a delivery.
fn write(delivery: &Shown) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(format!("{}:{}", delivery.sequence, delivery.subscriber))
}

/// Reads a cursor: the place of an event, and a subscriber.
fn read(cursor: &str) -> Option<(i64, String)> {
    let text = String::from_utf8(BASE64_URL_SAFE_NO_PAD.decode(cursor).ok()?).ok()?;
    let (sequence, subscriber) = text.split_once(':')?;
    Some((place(sequence)?, subscriber.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_is_read_as_it_was_written() {
        let delivery = Shown {
            sequence: 7,
            event_id: "e".into(),
            kind: "text_msg".into(),
            subscriber: "gateway:alert 汉".into(),
            state: "dead".into(),
            attempts: 10,
            due_at: None,
            changed_at: 1,
            status: None,
            reason: None,
        };
        assert_eq!(read(&write(&delivery)), Some((7, delivery.subscriber)));
        for cursor in
            ["", "7", "x", "汉", &BASE64_URL_SAFE_NO_PAD.encode("-1:a"), &BASE64_URL_SAFE_NO_PAD.encode([255])]
        {
            assert_eq!(read(cursor), None, "{cursor}");
        }
    }
}
