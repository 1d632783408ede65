//! Secrets: no log, no answer and no store ever shows one.

use crate::{
    PATIENCE,
    gateway::{
        Gateway,
        credentials::{self, CALLBACK, CRM, OPS},
        messages::{ACCOUNT, CUSTOMER, EMPLOYEES, ROBOT, TEXT, webhook},
    },
    receiver::Receiver,
};
use reqwest::multipart;
use serde_json::json;
use simulator::{Cut, Fault, FaultRule, Inbound, RobotState, System, TokenOf, subscriber::Reply};
use std::time::Duration;

/// A robot's key, which is a secret too.
const ROBOT_KEY: &str = "693a91f6-7xxx-4bc4-97a0-0ec2sifa5aaa";
/// An access token of Wanwang that the platform does not take.
const DEAD_TOKEN: &str = "access-Hq2pL9kRv6";

/// Sends messages, with a token that the gateway issues and which is returned; all goes well, and then it does not.
async fn send(gateway: &Gateway) -> String {
    let dead = Fault { body: Some(json!({"access_token": DEAD_TOKEN, "expires_in": 7_200})), ..Fault::default() };
    gateway.simulator.fault(FaultRule::next(1, "/oauth2/token", dead)).unwrap();
    let client = [("grant_type", "client_credentials"), ("client_id", "crm"), ("client_secret", CRM)];
    let issued = gateway.ask(gateway.post("/oauth2/token").form(&client)).await.text_at("/access_token").to_owned();
    let html = Fault { body: Some(json!("<html>")), ..Fault::default() };
    for (number, fault) in [Fault::default(), Fault::cut(Cut::After), Fault::status(403), html].into_iter().enumerate()
    {
        for path in [TEXT, EMPLOYEES, ROBOT] {
            gateway.simulator.fault(FaultRule::next(1, path, fault.clone())).unwrap();
        }
        gateway.ask(gateway.chat(&format!("168885435526000{number}"), "你好")).await;
        gateway.ask(gateway.notice("ww0517", "你好").bearer_auth(&issued)).await;
        gateway.ask(gateway.post_to_robot(ROBOT_KEY, &["你好"])).await;
    }
    issued
}

/// Lets robots be refused in every way.
async fn post(gateway: &Gateway) {
    gateway.simulator.set_robot(ROBOT_KEY, RobotState::Disabled);
    gateway.ask(gateway.post_to_robot(ROBOT_KEY, &["你好", "再见"])).await;
    gateway.simulator.expire_tokens(TokenOf::Kdocs);
    gateway.ask(gateway.post_to_robot(ROBOT_KEY, &["你好"])).await;
    let link = format!("https://evil.example/cgi-bin/webhook/send?key={ROBOT_KEY}");
    let body = json!({"link": link, "data": [{"msgtype": "text", "text": {"content": "你好"}}]});
    gateway.ask(gateway.post(ROBOT).query(&[("access_token", CRM)]).json(&body)).await;
}

/// Lets robots that have names be posted to in both ways, and files be uploaded for them.
async fn relay(gateway: &mut Gateway) -> Vec<String> {
    gateway.simulator.set_robot(ROBOT_KEY, RobotState::Active);
    gateway.simulator.expire_tokens(TokenOf::Kdocs);
    for mode in ["kdocs", "direct"] {
        gateway.set("robot_mode", mode);
        gateway.restart().await;
        for link in
            ["robot:ops".to_owned(), "robot:nobody".to_owned(), webhook(OPS), format!("{}&debug=1", webhook(OPS))]
        {
            let body = json!({"link": link, "data": [{"msgtype": "text", "text": {"content": "一".repeat(1_000)}}]});
            gateway.ask(gateway.post(ROBOT).query(&[("access_token", CRM)]).json(&body)).await;
            let message = json!({"to": {"robot": link}, "content": {"type": "text", "content": "你好"}});
            gateway.ask(gateway.post("/v1/messages").bearer_auth(CRM).json(&message)).await;
            for kind in ["file", "video"] {
                let form = multipart::Form::new().part("media", multipart::Part::bytes(vec![7; 9]).file_name("a.txt"));
                let request = gateway.post("/v1/robot/media").query(&[("robot", link.as_str()), ("type", kind)]);
                gateway.ask(request.bearer_auth(CRM).multipart(form)).await;
            }
        }
        gateway.simulator.set_robot(OPS, RobotState::Disabled);
        gateway.ask(gateway.post_to_robot(OPS, &["你好", "再见"])).await;
        gateway.simulator.set_robot(OPS, RobotState::Active);
    }
    assert!(gateway.simulator.truth().tokens.renewed > 0);
    gateway.simulator.kdocs_tokens()
}

/// Lets callbacks come in, well and badly, and be handed on at the second try.
async fn call_back(gateway: &mut Gateway) {
    gateway.simulator.inbound(Inbound::text(ACCOUNT, CUSTOMER, "呼啦")).await.unwrap();
    for path in [format!("/callback/quntool/{CALLBACK}/x"), format!("/callback/quntool/{CALLBACK}")] {
        gateway.ask(gateway.get(&path)).await;
        gateway.ask(gateway.post(&path).body("{")).await;
    }
    gateway.prints("an event was not handed on", 1).await;
    gateway.skip(Duration::from_secs(7)).await;
    gateway.tick("callback").await;
    gateway.tick("send").await;
}

#[tokio::test]
async fn no_secret_is_printed_answered_or_stored() {
    let receiver = Receiver::start().await;
    receiver.answer_next([Reply::status(500)]);
    let mut gateway = Gateway::builder().renewing_kdocs().subscriber("all", &receiver.url(), &[]).start().await;

    let issued = send(&gateway).await;
    post(&gateway).await;
    let renewed = relay(&mut gateway).await;
    assert!(renewed.len() > 1, "an access token and a refresh token were issued");
    call_back(&mut gateway).await;

    receiver.wait_for(2, PATIENCE).await.unwrap();
    let sent = |system| gateway.simulator.truth().messages.iter().filter(|message| message.system == system).count();
    assert!([System::Quntool, System::Wanwang, System::Kdocs].into_iter().all(|system| sent(system) > 0));
    let printed = gateway.printed();
    let answered: String =
        gateway.seen().iter().map(|answer| format!("{:?}\n{}\n", answer.headers, answer.text)).collect();
    let stored = gateway.stored();
    let holds = |text: &str| stored.values().any(|file| file.windows(text.len()).any(|part| part == text.as_bytes()));
    assert!(stored.contains_key("sqlite.db") && stored.contains_key("key_value.db"));
    assert!(holds("ww0517") && holds(ACCOUNT), "what is no secret is found");
    let own = [("a robot's key", ROBOT_KEY), ("an access token", DEAD_TOKEN)];
    for (what, secret) in credentials::ALL.into_iter().chain(own) {
        let bare = secret.trim_start_matches("whsec_");
        assert!(!printed.contains(bare), "{what} is printed:\n{printed}");
        assert!(!answered.contains(bare), "{what} is answered:\n{answered}");
        assert!(!holds(bare), "{what} is stored");
    }
    for token in renewed {
        assert!(!printed.contains(&token) && !answered.contains(&token) && !holds(&token), "a token of KDocs is found");
    }
    // An issued token was answered to whom it belongs.
    assert!(!printed.contains(&issued) && !holds(&issued));
}
