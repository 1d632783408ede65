//! Links that must lead nowhere: refused by the component, and by the host's allow-list without it.

use super::{Value, json, relay, text, webhook};
use crate::{
    gateway::{Gateway, credentials::CRM},
    refusals::nothing_left,
};
use contract::samples::hostile;
use simulator::{Fault, FaultRule, subscriber::Subscriber};

/// The authority of a server.
fn authority(url: &str) -> String {
    let (_, rest) = url.split_once("://").expect("an address");
    rest.split('/').next().expect("an authority").to_owned()
}

#[tokio::test]
async fn every_hostile_link_is_refused_and_nothing_is_sent() {
    let decoy = Subscriber::start().await.unwrap();
    for mode in ["kdocs", "direct"] {
        let gateway = Gateway::builder().variable("robot_mode", mode).start().await;
        let links = hostile::links(&authority(&decoy.url()));
        assert!(links.len() > 100);
        for link in &links {
            let answer = gateway.ask(relay(&gateway, link, &[text("你好")])).await;
            assert_eq!((answer.status, &answer.body["code"]), (400, &json!(400_002)), "{link:?}: {answer:?}");
            assert!(answer.text_at("/msg").contains("参数 link "), "{link:?}: {answer:?}");
            let message = json!({"to": {"robot": link}, "content": {"type": "text", "content": "你好"}});
            let own = gateway.ask(gateway.post("/v1/messages").bearer_auth(CRM).json(&message)).await;
            assert_eq!((own.status, &own.body["field"]), (400, &json!("to.robot")), "{link:?}: {own:?}");
        }
        let listed = gateway.ask(gateway.get("/v1/messages").bearer_auth(CRM)).await;
        assert_eq!(listed.body["messages"], Value::Array(vec![]));
        nothing_left(&gateway);
    }
    assert!(decoy.received().is_empty());
}

/// The manifest in which robots may be called at the right origins only, whatever `robot_url` says.
fn walled(manifest: &str) -> String {
    let walled = manifest.replace(r#", "{{ robot_url }}"]"#, r#", "https://qyapi.weixin.qq.com"]"#);
    assert_ne!(walled, manifest);
    walled
}

/// In direct mode the message goes to the address that starts with `robot_url`. With a hostile link there, nothing of the
/// component stands between the link and the request: only the host's allow-list does.
#[tokio::test]
async fn the_hosts_allow_list_alone_refuses_every_link_to_another_host() {
    let decoy = Subscriber::start().await.unwrap();
    let mut gateway = Gateway::builder().manifest(walled).variable("robot_mode", "direct").start().await;
    assert!(hostile::ELSEWHERE.len() >= 40);
    let mut walls = 0;
    for (number, link) in hostile::ELSEWHERE.iter().enumerate() {
        let link = hostile::at(link, &authority(&decoy.url()));
        // What the environment of a process cannot hold cannot be configured either.
        if link.contains('\0') {
            continue;
        }
        gateway.set("robot_url", &link);
        gateway.restart().await;

        // A robot of its own, so that none waits for another.
        let answer = gateway.ask(relay(&gateway, &webhook(&format!("wall-{number}")), &[text("你好")])).await;

        match answer.body["code"].as_u64() {
            Some(403_001) => walls += 1,
            // The host speaks HTTP only.
            Some(502_003) => assert!(!link.starts_with("http"), "{link:?}: {answer:?}"),
            // No request can be made of it.
            Some(502_004) => {
                assert!(answer.text.contains("无效") || answer.text.contains("无法构造"), "{link:?}: {answer:?}")
            }
            _ => panic!("{link:?}: {answer:?}"),
        }
    }
    assert!(walls >= 40, "{walls} were refused by the host");
    assert!(decoy.received().is_empty());
    nothing_left(&gateway);
    // The wall stands where it should: with the right address, the same gateway in the same way goes out.
    let gateway = Gateway::builder().variable("robot_mode", "direct").start().await;
    assert_eq!(gateway.ask(relay(&gateway, "robot:ops", &[text("你好")])).await.body["code"], 0);
}

#[tokio::test]
async fn a_redirect_is_a_refusal() {
    for (mode, path) in [("kdocs", super::ROBOT), ("direct", "/cgi-bin/webhook/send")] {
        let gateway = Gateway::builder().variable("robot_mode", mode).start().await;
        let moved = Fault { status: Some(307), effect: Some(false), ..Fault::default() };
        gateway.simulator.fault(FaultRule::next(1, path, moved)).unwrap();
        let answer = gateway.ask(relay(&gateway, "robot:ops", &[text("你好")])).await;
        assert_eq!((answer.status, &answer.body["data"]["results"][0]["code"]), (502, &json!(307)), "{answer:?}");
        assert_eq!(gateway.simulator.truth().messages.len(), 0);
    }
}
