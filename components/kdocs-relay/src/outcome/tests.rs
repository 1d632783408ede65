//! Answers to lists of which all, some or none went.

use super::*;
use caller::types::{Rejection, System, Throttle};

fn sent(id: &str) -> Result<Receipt, Failure> {
    Ok(Receipt {
        id: id.into(),
        upstream_id: None,
        state: State::Submitted,
        answer: Some("{}".into()),
        request_id: "r".into(),
        replayed: false,
        eta: None,
        limits: Vec::new(),
    })
}

fn rejected(body: &str) -> Result<Receipt, Failure> {
    Err(Failure::Rejected(Rejection {
        id: Some("m-2".into()),
        system: System::Kdocs,
        status: 200,
        code: 93_000,
        message: "invalid webhook url".into(),
        hint: Some("换一个机器人".into()),
        body: Some(body.into()),
    }))
}

fn throttled() -> Result<Receipt, Failure> {
    Err(Failure::Throttled(Throttle {
        id: Some("m-3".into()),
        limit: "robot-minute".into(),
        scope: None,
        quota: 20,
        window_ms: 60_000,
        retry_after_ms: 41_500,
    }))
}

fn one(part: Result<Receipt, Failure>) -> Outcome {
    Outcome::new(vec![part], 1)
}

fn body(answer: &Answer) -> Value {
    serde_json::from_str(&answer.body).unwrap()
}

#[test]
fn code_is_zero_only_if_every_message_went() {
    let all = answer(&[one(sent("m-1")), one(sent("m-2"))], "r");
    assert_eq!((body(&all)["code"].as_i64(), all.headers["x-message-id"].to_str().unwrap()), (Some(0), "m-1, m-2"));
    let some = answer(&[one(sent("m-1")), one(rejected("{}")), Outcome::not_tried(1)], "r");
    assert_eq!((some.status, body(&some)["code"].as_i64()), (200, Some(93_000)));
    let results = &body(&some)["data"]["results"];
    let states: Vec<&str> =
        results.as_array().unwrap().iter().map(|result| result["state"].as_str().unwrap()).collect();
    assert_eq!(states, ["submitted", "failed", "skipped"]);
    assert_eq!(
        (&results[1]["hint"], &results[1]["parts"][0]["upstreamCode"]),
        (&json!("换一个机器人"), &json!(93_000))
    );
    assert_eq!(results[2]["code"], 424_001);
    assert_eq!(answer(&[one(rejected("{}")), one(rejected("{}"))], "r").status, 422);
}

#[test]
fn parts_behind_one_that_failed_were_not_tried() {
    let answer = answer(&[Outcome::new(vec![sent("m-1"), throttled()], 4)], "r");
    assert_eq!((answer.status, body(&answer)["code"].as_i64()), (200, Some(429_001)));
    let result = &body(&answer)["data"]["results"][0];
    assert_eq!((result["state"].as_str(), result["retryAfterMs"].as_u64()), (Some("partial"), Some(41_500)));
    let parts: Vec<&str> =
        result["parts"].as_array().unwrap().iter().map(|part| part["state"].as_str().unwrap()).collect();
    assert_eq!(parts, ["submitted", "refused", "skipped", "skipped"]);
}

#[test]
fn nothing_went_for_the_quota() {
    for outcomes in [vec![one(throttled())], vec![one(throttled()), one(throttled())]] {
        let answer = answer(&outcomes, "r");
        assert_eq!((answer.status, answer.headers["retry-after"].to_str().unwrap()), (429, "42"));
        assert_eq!(body(&answer)["data"]["results"][0]["state"], "refused");
    }
}

#[test]
fn a_single_refusal_of_the_platform_keeps_its_words_and_tells_of_the_message() {
    let platform = r#"{"code":93000,"msg":"no robot","hint":"theirs","data":null}"#;
    let one_failed = answer(&[one(rejected(platform))], "r");
    let told = body(&one_failed);
    assert_eq!(
        (one_failed.status, told["msg"].as_str(), told["hint"].as_str()),
        (200, Some("no robot"), Some("theirs"))
    );
    assert_eq!(told["data"]["results"][0]["id"], "m-2");
    let robots = body(&answer(&[one(rejected(r#"{"errcode":93000,"errmsg":"invalid webhook url"}"#))], "r"));
    assert_eq!((robots["code"].as_i64(), robots["msg"].as_str()), (Some(93_000), Some("invalid webhook url")));
    assert_eq!((robots["hint"].as_str(), robots.get("errcode")), (Some("换一个机器人"), None));
}
