//! Files on their way out.

use super::{MEBIBYTE, content, uploaded};
use crate::gateway::{Gateway, credentials::CRM};
use serde_json::Value;
use simulator::{Cut, Fault, FaultRule};

#[tokio::test]
async fn a_caller_gets_a_file_as_the_platform_keeps_it() {
    let gateway = Gateway::start().await;
    let path = uploaded(&gateway, 3, MEBIBYTE + 1, "发布 群控.mp4").await;

    let answer = gateway.get(&path).header("apikey", CRM).send().await.unwrap();

    let header = |name: &str| answer.headers().get(name).unwrap_or_else(|| panic!("{name} is missing")).to_owned();
    assert_eq!(
        (answer.status().as_u16(), header("content-length")),
        (200, (MEBIBYTE + 1).to_string().parse().unwrap())
    );
    assert!(!header("x-request-id").is_empty());
    // Whatever the file is, a browser must not run it under the gateway's name.
    assert_eq!(
        (header("x-content-type-options"), header("content-security-policy")),
        ("nosniff".parse().unwrap(), "sandbox".parse().unwrap())
    );
    assert!(answer.bytes().await.unwrap() == content(3, MEBIBYTE + 1));
    let arrived = gateway.simulator.truth().requests.pop().unwrap();
    assert!(arrived.query.is_empty() && arrived.headers.contains_key("apikey") && arrived.body == Value::Null);
}

#[tokio::test]
async fn the_documents_two_ways_of_writing_the_root_of_files_both_count() {
    let gateway = Gateway::start().await;
    let path = "/gnapi/Files/20211009/e0faf54d186d24c412f69c1791091273/发布群控.txt";
    let answer = gateway.ask(gateway.get(path).header("apikey", CRM)).await;
    let arrived = gateway.simulator.truth().requests.pop().unwrap();
    // The platform decides whether it knows the file by this name; here it does not.
    assert!(arrived.path.starts_with("/gnapi/Files/20211009/"), "{arrived:?}");
    assert_eq!((arrived.status, answer.status), (Some(404), 404), "{answer:?}");
}

#[tokio::test]
async fn a_file_is_for_callers_only() {
    let gateway = Gateway::start().await;
    let path = uploaded(&gateway, 3, 10, "a.txt").await;
    let before = gateway.simulator.truth().requests.len();
    for request in
        [gateway.get(&path), gateway.get(&path).header("apikey", "wrong"), gateway.get(&path).bearer_auth(CRM)]
    {
        let answer = gateway.ask(request).await;
        assert_eq!((answer.status, answer.body["code"].as_u64()), (401, Some(401_001)), "{answer:?}");
    }
    assert_eq!(gateway.simulator.truth().requests.len(), before);
}

#[tokio::test]
async fn a_file_that_is_not_there_is_not_found() {
    let gateway = Gateway::start().await;
    let answer = gateway.ask(gateway.get("/gnapi/files/20211009/e0fa/nothing.txt").header("apikey", CRM)).await;
    assert_eq!((answer.status, answer.body["code"].as_u64()), (404, Some(404_001)), "{answer:?}");
    assert!(!answer.text_at("/msg").contains("消息"), "no message is missing: {answer:?}");
}

#[tokio::test]
async fn a_platform_that_has_no_file_to_give_is_told() {
    let gateway = Gateway::start().await;
    let path = uploaded(&gateway, 3, 10, "a.txt").await;
    for fault in [Fault::status(500), Fault::status(302), Fault::cut(Cut::Before)] {
        gateway.simulator.fault(FaultRule::next(1, "/gnapi/files/", fault.clone())).unwrap();
        let answer = gateway.ask(gateway.get(&path).header("apikey", CRM)).await;
        assert_eq!((answer.status, answer.body["code"].as_u64()), (502, Some(502_005)), "{fault:?}: {answer:?}");
        assert!(!answer.text.contains("<html>"));
    }
}

#[tokio::test]
async fn a_file_that_breaks_off_does_not_look_whole() {
    let gateway = Gateway::start().await;
    let path = uploaded(&gateway, 3, MEBIBYTE, "a.txt").await;
    gateway.simulator.fault(FaultRule::next(1, "/gnapi/files/", Fault::cut(Cut::Middle))).unwrap();
    let answer = gateway.get(&path).header("apikey", CRM).send().await.unwrap();
    assert_eq!(answer.status(), 200);
    assert!(answer.bytes().await.is_err(), "half of it is an error");
}
