//! Secrets: no log, no answer and no store ever shows one.

use crate::{
    PATIENCE,
    gateway::{
        Gateway,
        credentials::{self, CALLBACK, CRM, KDOCS, KDOCS_REFRESH, KDOCS_SECRET, OPS, QUNTOOL, WANWANG},
        messages::{ACCOUNT, CUSTOMER, EMPLOYEES, ROBOT, TEXT, webhook},
    },
    receiver::Receiver,
};
use contract::kdocs;
use reqwest::multipart;
use serde_json::json;
use simulator::{Cut, Fault, FaultRule, Inbound, RobotState, System, TokenOf, subscriber::Reply};
use std::{collections::BTreeMap, time::Duration};

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
async fn call_back(gateway: &mut Gateway, receiver: &Receiver) {
    // Not before: a gateway that is killed meanwhile prints nothing of it.
    receiver.answer_next([Reply::status(500)]);
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
    let mut gateway = Gateway::builder().renewing_kdocs().subscriber("all", &receiver.url(), &[]).start().await;

    let issued = send(&gateway).await;
    post(&gateway).await;
    let renewed = relay(&mut gateway).await;
    assert!(renewed.len() > 1, "an access token and a refresh token were issued");
    call_back(&mut gateway, &receiver).await;

    receiver.wait_for(2, PATIENCE).await.unwrap();
    let sent = |system| gateway.simulator.truth().messages.iter().filter(|message| message.system == system).count();
    assert!([System::Quntool, System::Wanwang, System::Kdocs].into_iter().all(|system| sent(system) > 0));
    hides(&gateway, &["ww0517", ACCOUNT], &[("a robot's key", ROBOT_KEY), ("an access token", DEAD_TOKEN)]);
    for token in &renewed {
        hides(&gateway, &[], &[("a token of KDocs", token)]);
    }
    // An issued token was answered to whom it belongs.
    let Shown { printed, stored, .. } = Shown::of(&gateway);
    assert!(!printed.contains(&issued) && !holds(&stored, &issued));
}

/// Everything that leaves the gateway, but for what the platforms and the subscribers get.
struct Shown {
    printed: String,
    answered: String,
    stored: BTreeMap<String, Vec<u8>>,
}

impl Shown {
    fn of(gateway: &Gateway) -> Self {
        let answers = gateway.seen();
        let answered = answers.iter().map(|answer| format!("{:?}\n{}\n", answer.headers, answer.text)).collect();
        Self { printed: gateway.printed(), answered, stored: gateway.stored() }
    }
}

fn holds(stored: &BTreeMap<String, Vec<u8>>, text: &str) -> bool {
    stored.values().any(|file| file.windows(text.len()).any(|part| part == text.as_bytes()))
}

/// Fails if a secret of the gateway, or one of these, was printed, answered or stored; what is no secret was stored.
fn hides(gateway: &Gateway, open: &[&str], secrets: &[(&str, &str)]) {
    let Shown { printed, answered, stored } = Shown::of(gateway);
    assert!(stored.contains_key("sqlite.db") && stored.contains_key("key_value.db"));
    assert!(open.iter().all(|text| holds(&stored, text)), "what is no secret is found");
    for (what, secret) in credentials::ALL.iter().chain(secrets) {
        let bare = secret.trim_start_matches("whsec_");
        assert!(!printed.contains(bare), "{what} is printed:\n{printed}");
        assert!(!answered.contains(bare), "{what} is answered:\n{answered}");
        assert!(!holds(&stored, bare), "{what} is stored");
    }
}

/// The credentials that each call carries, which its platform then quotes; the code makes KDocs' token a dead one.
const QUOTES: [(&str, &[&str]); 9] = [
    ("/oauth2/token", &[WANWANG]),
    (EMPLOYEES, &[DEAD_TOKEN]),
    (TEXT, &[QUNTOOL]),
    ("/gnapi/open/miniProgram/list", &[QUNTOOL]),
    ("/gnapi/open/file/upload", &[QUNTOOL]),
    (ROBOT, &[KDOCS, OPS]),
    (kdocs::TOKEN_PATH, &[KDOCS_SECRET, KDOCS_REFRESH]),
    ("/cgi-bin/webhook/send", &[OPS]),
    ("/cgi-bin/webhook/upload_media", &[OPS]),
];

#[tokio::test]
async fn what_a_platform_quotes_of_a_secret_goes_no_further() {
    for (mode, status, code) in [("kdocs", 200, 20_007), ("kdocs", 400, 1), ("direct", 200, 20_007), ("direct", 403, 1)]
    {
        let builder = Gateway::builder().renewing_kdocs().variable("robot_mode", mode);
        let gateway = builder.start().await;
        // The first token that is issued is known here; the next one is refused.
        let issued = Fault { body: Some(json!({"access_token": DEAD_TOKEN, "expires_in": 1})), ..Fault::default() };
        gateway.simulator.fault(FaultRule::next(1, QUOTES[0].0, issued)).unwrap();
        for (path, quoted) in QUOTES {
            let said = json!({"code": code, "msg": format!("{} is wrong", quoted.join(" and ")), "data": quoted});
            let fault = Fault { status: Some(status), body: Some(said), effect: Some(false), ..Fault::default() };
            gateway.simulator.fault(FaultRule { times: None, ..FaultRule::next(1, path, fault) }).unwrap();
        }
        let form = |name| multipart::Form::new().part(name, multipart::Part::bytes(vec![7; 99]).file_name("a.txt"));
        let text = json!({"type": "text", "content": "你好"});
        let relay = json!({"link": "robot:ops", "data": [{"msgtype": "text", "text": {"content": "你好"}}]});
        let media = [("robot", "ops"), ("type", "file")];
        for request in [
            gateway.notice("ww0517", "你好"),
            gateway.notice("ww0517", "再见"),
            gateway.chat(ACCOUNT, "你好"),
            gateway.get("/gnapi/open/miniProgram/list").header("apikey", CRM).query(&[("wxId", ACCOUNT)]),
            gateway.post("/gnapi/open/file/upload").header("apikey", CRM).multipart(form("file")),
            gateway.post(ROBOT).query(&[("access_token", CRM)]).json(&relay),
            gateway.post("/v1/robot/media").query(&media).bearer_auth(CRM).multipart(form("media")),
            gateway
                .post("/v1/messages")
                .bearer_auth(CRM)
                .json(&json!({"to": {"workIds": ["ww0518"]}, "content": text})),
            gateway.post("/v1/messages").bearer_auth(CRM).json(&json!({"to": {"robot": "ops"}, "content": text})),
            gateway.get("/v1/messages").bearer_auth(CRM),
        ] {
            gateway.ask(request).await;
        }
        hides(&gateway, &["ww0517", "is wrong"], &[("an access token", DEAD_TOKEN)]);
        let quotes = gateway.seen().iter().filter(|answer| answer.text.contains("*** is wrong")).count();
        assert!(quotes >= 6, "{quotes} answers quote what the platform said: {:#?}", gateway.seen());
    }
}
