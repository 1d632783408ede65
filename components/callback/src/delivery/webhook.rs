//! A signed request to a subscriber (Standard Webhooks).

use super::{Outcome, schedule};
use crate::{
    configuration::Configuration,
    document,
    journal::deliveries::{Delivery, Tried},
};
use futures::{
    FutureExt,
    future::{Either, select},
    pin_mut,
};
use http::{HeaderMap, Request, header};
use runtime::{clock, outbound};
use spin_sdk::wasip3::{
    http::types::{ErrorCode, RequestOptions},
    http_compat::RequestOptionsExtension,
};
use standardwebhooks::Webhook;
use std::time::UNIX_EPOCH;

/// A subscriber has so many milliseconds to answer (Standard Webhooks: 15 to 30 s).
pub const TIMEOUT: u64 = 15_000;

const NANOSECONDS: u64 = 1_000_000;

/// Hands an event to a subscriber, and says what follows.
pub async fn attempt(delivery: &Delivery, url: &str, webhook: &Webhook, configuration: &Configuration) -> Outcome {
    let answer = match request(delivery, url, webhook, configuration) {
        Ok(request) => send(request).await,
        Err(reason) => Err(reason),
    };
    let (status, retry_after, reason) = match answer {
        Ok((200..=299, _)) => return Outcome::of(Tried::Delivered),
        Ok((410, _)) => {
            let tried = Tried::Stopped { url: url.to_owned(), event_id: runtime::identifier() };
            return Outcome { tried, status: Some(410), reason: Some("HTTP 410".into()) };
        }
        Ok((status, retry_after)) => (Some(status), retry_after, format!("HTTP {status}")),
        Err(reason) => (None, None, reason.to_owned()),
    };
    let tried = schedule::at(delivery.attempts, retry_after).map_or(Tried::Dead, Tried::Retry);
    Outcome { tried, status, reason: Some(reason) }
}

/// Writes and signs the request. The signed time is the time of this try.
fn request(
    delivery: &Delivery,
    url: &str,
    webhook: &Webhook,
    configuration: &Configuration,
) -> Result<Request<Vec<u8>>, &'static str> {
    let event = &delivery.event;
    let body = document::write(event, event.unverified, configuration).ok_or("the event cannot be written")?;
    let seconds = i64::try_from(clock::now() / 1_000).unwrap_or_default();
    let signature = webhook.sign(&event.id, seconds, body.as_bytes()).map_err(|_| "the event cannot be signed")?;
    Request::post(url)
        .header(header::CONTENT_TYPE, "application/json")
        .header(header::CONTENT_LENGTH, body.len())
        .header("webhook-id", &event.id)
        .header("webhook-timestamp", seconds)
        .header("webhook-signature", signature)
        .extension(timeouts())
        .body(body.into())
        .map_err(|_| "the subscriber's address is not valid")
}

/// Sends a request; only the status and `Retry-After` (in milliseconds) of the answer are read. No redirect is followed.
async fn send(request: Request<Vec<u8>>) -> Result<(u16, Option<u64>), &'static str> {
    let answer = outbound::send(request).fuse();
    let timer = clock::sleep(TIMEOUT).fuse();
    pin_mut!(answer, timer);
    match select(answer, timer).await {
        Either::Left((Ok(response), _)) => {
            Ok((response.status().as_u16(), retry_after(response.headers(), clock::now())))
        }
        Either::Left((Err(error), _)) => Err(reason(&error)),
        Either::Right(_) => Err("no answer in time"),
    }
}

fn timeouts() -> RequestOptionsExtension {
    let options = RequestOptions::new();
    // A host that cannot set one of them still has the timer.
    let _ = options.set_connect_timeout(Some(5_000 * NANOSECONDS));
    let _ = options.set_first_byte_timeout(Some(TIMEOUT * NANOSECONDS));
    let _ = options.set_between_bytes_timeout(Some(TIMEOUT * NANOSECONDS));
    RequestOptionsExtension(options)
}

/// Reads `Retry-After` (RFC 9110 §10.2.3), seconds or a date, as milliseconds from now.
fn retry_after(headers: &HeaderMap, now: u64) -> Option<u64> {
    let text = headers.get(header::RETRY_AFTER)?.to_str().ok()?.trim();
    if let Ok(seconds) = text.parse::<u64>() {
        return Some(seconds.saturating_mul(1_000));
    }
    let date = httpdate::parse_http_date(text).ok()?.duration_since(UNIX_EPOCH).ok()?;
    Some(u64::try_from(date.as_millis()).ok()?.saturating_sub(now))
}

fn reason(error: &ErrorCode) -> &'static str {
    match error {
        ErrorCode::HttpRequestDenied | ErrorCode::DestinationIpProhibited => "the subscriber's host is not allowed",
        ErrorCode::ConnectionRefused | ErrorCode::DestinationUnavailable => "the connection was refused",
        ErrorCode::DnsError(_) | ErrorCode::DnsTimeout | ErrorCode::DestinationNotFound => "the host was not found",
        ErrorCode::ConnectionTimeout | ErrorCode::ConnectionReadTimeout | ErrorCode::HttpResponseTimeout => {
            "no answer in time"
        }
        _ => "the connection was lost",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn retry_after_is_seconds_or_a_date() {
        let read = |value: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::RETRY_AFTER, value.parse().unwrap());
            retry_after(&headers, 1_445_412_470_000)
        };
        assert_eq!(read("120"), Some(120_000));
        assert_eq!(read("Wed, 21 Oct 2015 07:28:00 GMT"), Some(10_000));
        assert_eq!(read("Wed, 21 Oct 2015 07:27:00 GMT"), Some(0));
        assert_eq!(read("soon"), None);
    }
}
