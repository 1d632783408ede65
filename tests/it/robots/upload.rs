//! Files and voices that are uploaded for a robot.

use super::{Value, json, relay, text, webhook};
use crate::{
    gateway::{
        Gateway,
        credentials::{CRM, OPS},
    },
    refusals::{nothing_left, problem},
};
use reqwest::{RequestBuilder, multipart};
use simulator::RobotState;

const PATH: &str = "/v1/robot/media";

fn upload(gateway: &Gateway, robot: &str, kind: &str, bytes: Vec<u8>) -> RequestBuilder {
    let form = multipart::Form::new().part("media", multipart::Part::bytes(bytes).file_name("报告.txt"));
    gateway.post(PATH).query(&[("robot", robot), ("type", kind)]).bearer_auth(CRM).multipart(form)
}

#[tokio::test]
async fn what_is_uploaded_for_a_robot_is_sent_by_it() {
    for mode in ["kdocs", "direct"] {
        let gateway = Gateway::builder().variable("robot_mode", mode).start().await;
        for (robot, kind, bytes) in
            [("ops".to_owned(), "file", vec![7; 300_000]), (webhook(OPS), "voice", b"#!AMR\n and so on".to_vec())]
        {
            let size = bytes.len();
            let uploaded = gateway.ask(upload(&gateway, &robot, kind, bytes)).await;

            assert_eq!((uploaded.status, &uploaded.body["type"]), (201, &json!(kind)), "{uploaded:?}");
            assert!(uploaded.text_at("/createdAt").starts_with("20") && !uploaded.text.contains(OPS));
            let request = gateway.simulator.truth().requests.pop().unwrap();
            assert_eq!(request.body, json!([{"name": "media", "fileName": "报告.txt", "size": size}]));
            let message = json!({"msgtype": kind, kind: {"media_id": uploaded.body["mediaId"]}});
            let sent = gateway.ask(relay(&gateway, "robot:ops", std::slice::from_ref(&message))).await;
            assert_eq!(sent.body["code"], 0, "{sent:?}");
            let elsewhere = gateway.ask(relay(&gateway, &webhook("another"), &[message])).await;
            assert_ne!(elsewhere.body["code"], 0, "{elsewhere:?}");
        }
    }
}

#[tokio::test]
async fn what_is_wrong_is_named_and_nothing_leaves() {
    let gateway = Gateway::start().await;
    let file = || vec![7; 100];
    for (robot, kind, field) in [
        ("ops", "video", "type"),
        ("ops", "", "type"),
        ("", "file", "robot"),
        ("nobody", "file", "robot"),
        ("https://evil.example/cgi-bin/webhook/send?key=k", "file", "robot"),
    ] {
        let problem = problem::refuses(&gateway, upload(&gateway, robot, kind, file()), 400, "invalid-parameter").await;
        assert_eq!(problem.body["field"], field, "{robot} {kind}: {problem:?}");
    }
    let large = upload(&gateway, "ops", "voice", vec![7; 2 * 1024 * 1024 + 100_000]);
    let refused = problem::refuses(&gateway, large, 413, "body-too-large").await;
    assert!(refused.text.contains("2 MB"), "{refused:?}");
    let request = || gateway.post(PATH).query(&[("robot", "ops"), ("type", "file")]);
    let json = request().bearer_auth(CRM).json(&json!({}));
    problem::refuses(&gateway, json, 415, "unsupported-media-type").await;
    let target = format!("{PATH}?robot=ops&type=file");
    let bearer = format!("Bearer {CRM}");
    let media_type = "multipart/form-data; boundary=x";
    let headers = [("authorization", bearer.as_str()), ("content-type", media_type), ("content-length", "0")];
    let (status, empty) = gateway.raw("POST", &target, &headers).await;
    assert!(status == 400 && empty.contains("参数 media "), "{empty}");
    problem::refuses(&gateway, request().json(&json!({})), 401, "unauthorized").await;
    nothing_left(&gateway);
}

#[tokio::test]
async fn a_robots_refusal_of_a_file_is_a_problem_that_says_what_to_do() {
    let gateway = Gateway::start().await;
    let small = problem::refuses(&gateway, upload(&gateway, "ops", "file", vec![7; 5]), 422, "upstream-rejected").await;
    assert_eq!(small.body["upstream"]["code"], 40_006);
    assert!(small.body["upstream"]["hint"].as_str().unwrap().contains("20 MB"), "{small:?}");
    gateway.simulator.set_robot(OPS, RobotState::Unknown);
    let gone = problem::refuses(&gateway, upload(&gateway, "ops", "file", vec![7; 9]), 422, "upstream-rejected").await;
    assert_eq!(gone.body["upstream"]["code"], 93_000);
    assert_eq!(gone.body.get("id"), None::<&Value>);
    let told = gateway.ask(relay(&gateway, "robot:ops", &[text("你好")])).await;
    assert_ne!(told.body["code"], 0);
}
