//! Files for a robot. Their bytes pass through as a stream; none of them is held here.

use super::key;
use crate::{
    bindings::exports::wecom::gateway::{
        robots::{Media, Uploaded},
        types::{Ambiguity, Failure, System, Unavailability},
    },
    call::transfer,
    configuration,
    dispatch::Ending,
    platform::{self, Verdict},
    upstream::{self, hidden, silence},
};
use contract::kdocs::{media::UPLOAD_PATH, refusal};
use http::Method;
use serde_json::Value;
use wit_bindgen::StreamReader;

/// Uploads a file; see `wit/robots.wit`.
pub async fn upload(
    webhook: &str,
    kind: Media,
    media_type: &str,
    length: Option<u64>,
    body: StreamReader<u8>,
) -> Result<Uploaded, Failure> {
    let configuration = configuration::read().await;
    let key = key(&configuration, webhook)?;
    let kind = match kind {
        Media::File => "file",
        Media::Voice => "voice",
    };
    let url = format!("{}{UPLOAD_PATH}?key={key}&type={kind}", configuration.robot_url);
    let mut headers = vec![("content-type", media_type.to_owned()), ("accept", "application/json".to_owned())];
    headers.extend(length.map(|length| ("content-length", length.to_string())));
    let response = transfer::send(Method::POST, &url, &headers, Some(body)).await.map_err(of_robots)?;
    let status = response.get_status_code();
    let lost = |error| Ending::Silence(error).failure(None, System::Kdocs);
    let response = spin_sdk::http::FromResponse::from_response(response).map_err(|error| lost(silence(&error)))?;
    let body = upstream::body(response).await.map_err(lost)?;
    read(&upstream::Answer { status, body: hidden(body, &[key]) })
}

/// Reads the answer to an upload.
pub fn read(answer: &upstream::Answer) -> Result<Uploaded, Failure> {
    let unclear = |reason| Ending::unclear(reason).failure(None, System::Kdocs);
    match platform::read(answer) {
        Verdict::Taken { answer, .. } => uploaded(&answer).ok_or_else(|| unclear("应答中没有 media_id")),
        Verdict::Refused(mut refused) => {
            refused.hint = refused.hint.or_else(|| refusal::hint(refused.code).map(str::to_owned));
            Err(Failure::Rejected(refused.of(None, System::Kdocs)))
        }
        Verdict::Unclear(reason) => Err(unclear(reason)),
    }
}

fn uploaded(answer: &str) -> Option<Uploaded> {
    let answer: Value = serde_json::from_str(answer).ok()?;
    let created_at = answer.get("created_at");
    // The document shows a string of seconds.
    let seconds = created_at.and_then(|at| at.as_u64().or_else(|| at.as_str()?.parse().ok())).unwrap_or(0);
    let media_id = answer.get("media_id")?.as_str().filter(|id| !id.is_empty())?;
    Some(Uploaded { media_id: media_id.to_owned(), created_at: seconds.saturating_mul(1_000) })
}

/// What failed on the way is told of robots, whoever's files pass there as well.
fn of_robots(failure: Failure) -> Failure {
    match failure {
        Failure::Ambiguous(lost) => Failure::Ambiguous(Ambiguity { system: System::Kdocs, ..lost }),
        Failure::Unavailable(unreached) => Failure::Unavailable(Unavailability { system: System::Kdocs, ..unreached }),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(status: u16, body: &str) -> Result<Uploaded, Failure> {
        read(&upstream::Answer { status, body: body.as_bytes().to_vec() })
    }

    #[test]
    fn reads_the_documents_answer() {
        let body = r#"{"errcode":0,"errmsg":"ok","type":"file","media_id":"1G6nrLmr5EC3MMb_-zK1dDdzmd0p7cNliYu9V5w7o8K0","created_at":"1380000000"}"#;
        let uploaded = answer(200, body).ok().unwrap();
        assert_eq!(uploaded.created_at, 1_380_000_000_000);
        assert!(uploaded.media_id.starts_with("1G6nrLmr5EC3"));
    }

    #[test]
    fn a_refusal_says_what_to_do_and_an_answer_without_an_id_is_unclear() {
        let refused = answer(200, r#"{"errcode":93000,"errmsg":"invalid webhook url"}"#);
        assert!(matches!(refused, Err(Failure::Rejected(refused)) if refused.code == 93_000 && refused.hint.is_some()));
        for without in [r#"{"errcode":0}"#, r#"{"errcode":0,"media_id":""}"#] {
            assert!(matches!(answer(200, without), Err(Failure::Ambiguous(_))), "{without}");
        }
        assert!(matches!(answer(502, "<html>"), Err(Failure::Ambiguous(_))));
    }
}
