//! Addresses that others control: the gateway hands them on, and calls none of them.

use crate::{
    gateway::{
        Gateway,
        credentials::{CRM, SIGNING},
        messages::webhook,
    },
    receiver::Receiver,
};
use contract::{
    Endpoint, Kind, Parameter, Rule, System, catalog,
    kdocs::ROBOT_MESSAGES,
    samples::{self, hostile},
};
use serde_json::{Map, Value, json};
use simulator::subscriber::Subscriber;
use std::collections::BTreeSet;

/// Every address gets so many of the hostile links that each of them is given to every so many-th.
const SHARE: usize = 4;

/// A message with an address in it.
struct Case {
    system: System,
    path: &'static str,
    body: Value,
    /// Where the address stands in the request, and where in what reaches the platform.
    pointer: String,
}

/// Collects the JSON pointers of the parameters that are addresses, as far as a sample has them, and all their names.
fn addresses(
    table: &[Parameter],
    sample: &Value,
    prefix: &str,
    found: &mut Vec<String>,
    names: &mut BTreeSet<&'static str>,
) {
    for parameter in table {
        let pointer = format!("{prefix}/{}", parameter.name);
        let value = sample.pointer(&pointer);
        match parameter.kind {
            Kind::Object(fields) => addresses(fields, sample, &pointer, found, names),
            Kind::ObjectList(fields) => addresses(fields, sample, &format!("{pointer}/0"), found, names),
            _ if parameter.rules.iter().any(|rule| matches!(rule, Rule::Http | Rule::File)) => {
                names.insert(parameter.name);
                found.extend(value.map(|_| pointer));
            }
            _ => {}
        }
    }
}

/// Returns parameters that keep every rule, as many as any sample of the endpoint has.
fn fullest(endpoint: &Endpoint) -> Value {
    let samples = samples::requests().unwrap().into_iter();
    let own = samples.filter(|sample| sample.endpoint().is_ok_and(|found| found.path == endpoint.path));
    let given = own.filter_map(|sample| endpoint.check(sample.given(endpoint)?).ok()).map(|kept| kept.documented);
    Value::Object(given.max_by_key(Map::len).unwrap_or_default())
}

/// Every address of every table, and the names of those that no sample shows.
fn cases() -> (Vec<Case>, BTreeSet<&'static str>) {
    let (mut cases, mut names) = (Vec::new(), BTreeSet::new());
    for endpoint in catalog::endpoints().filter(|endpoint| endpoint.system != System::Kdocs) {
        let (body, mut found) = (fullest(endpoint), Vec::new());
        addresses(endpoint.parameters, &body, "", &mut found, &mut names);
        let case = |pointer| Case { system: endpoint.system, path: endpoint.path, body: body.clone(), pointer };
        cases.extend(found.into_iter().map(case));
    }
    for message in ROBOT_MESSAGES {
        let (kind, mut found) = (message.kind, Vec::new());
        let fields = Value::Object(samples::robot::fields(kind));
        addresses(message.parameters, &fields, "", &mut found, &mut names);
        let body = json!({"data": [{"msgtype": kind, kind: fields}]});
        let pointer = |pointer| format!("/data/0/{kind}{pointer}");
        cases.extend(found.into_iter().map(|found| Case {
            system: System::Kdocs,
            path: crate::gateway::messages::ROBOT,
            body: body.clone(),
            pointer: pointer(found),
        }));
    }
    for case in &cases {
        names.remove(case.pointer.rsplit('/').next().unwrap_or_default());
    }
    (cases, names)
}

/// The authority of a server.
fn authority(server: &Subscriber) -> String {
    server.url().trim_start_matches("http://").trim_end_matches('/').to_owned()
}

#[tokio::test]
async fn an_address_in_a_message_is_refused_or_handed_on_unchanged_and_never_called() {
    let decoy = Subscriber::start().await.unwrap();
    let gateway = Gateway::start().await;
    let (cases, unseen) = cases();
    assert!(unseen.is_empty() && cases.len() >= 20, "{} addresses; no sample has {unseen:?}", cases.len());
    // The simulator masks keys in what it tells.
    let links = hostile::ELSEWHERE.iter().map(|link| hostile::at(link, &authority(&decoy)).replace("?key=", "?id="));
    let links: Vec<String> = links.collect();
    let (mut passed, mut refused) = (0, 0);
    for (number, case) in cases.iter().enumerate() {
        for (turn, link) in links.iter().enumerate().filter(|(turn, _)| turn % SHARE == number % SHARE) {
            let mut body = case.body.clone();
            *body.pointer_mut(&case.pointer).expect("the address is there") = json!(link);
            // Each from an account, to an employee or to a robot of its own, so that none waits for another.
            let own = format!("{:06}", 100 * number + turn);
            let request = gateway.post(case.path);
            let request = match case.system {
                System::Wanwang => {
                    body["workIds"] = json!([own]);
                    request.bearer_auth(CRM)
                }
                System::Quntool => {
                    body["wxId"] = json!(format!("1688854355{own}"));
                    request.header("apikey", CRM)
                }
                System::Kdocs => {
                    body["link"] = json!(webhook(&own));
                    request.query(&[("access_token", CRM)])
                }
            };
            let before = gateway.simulator.truth().requests.len();
            let answer = gateway.ask(request.json(&body)).await;
            let truth = gateway.simulator.truth();
            if answer.status == 400 {
                assert!(truth.requests.len() == before, "{link:?}: {answer:?}");
                refused += 1;
            } else {
                let arrived = truth.requests.last().expect("it reached the platform").body.pointer(&case.pointer);
                assert_eq!(arrived, Some(&json!(link)), "{} {}: {answer:?}", case.path, case.pointer);
                passed += 1;
            }
        }
    }
    assert!(passed > 100 && refused > 50, "{passed} were handed on, {refused} refused");
    assert!(decoy.received().is_empty());
}

/// Puts an address in the place of every file and address in a callback.
fn lead(value: &mut Value, address: &str) {
    match value {
        Value::String(text) if text.contains("://") || text.starts_with("/gnapi/") => address.clone_into(text),
        Value::Array(values) => values.iter_mut().for_each(|value| lead(value, address)),
        Value::Object(fields) => fields.values_mut().for_each(|value| lead(value, address)),
        _ => {}
    }
}

#[tokio::test]
async fn an_address_in_a_callback_is_handed_on_and_never_called() {
    let decoy = Subscriber::start().await.unwrap();
    let receiver = Receiver::start().await;
    let builder = Gateway::builder().variable("alert_robot", "robot:ops").variable("auto_account_start", "true");
    let gateway = builder.subscriber("all", &receiver.url(), &[]).start().await;
    let mut sent = 0;
    for (number, callback) in samples::callbacks().unwrap().into_iter().enumerate() {
        let mut body = callback.body;
        lead(&mut body, &format!("{}/secret.jpg", decoy.url()));
        body["msgId"] = json!(format!("address-{number}"));
        assert_eq!(gateway.call_back(&body).await.status, 200);
        sent += 1;
    }
    let events = receiver.events(sent).await;
    assert!(events.iter().any(|event| event.body.to_string().contains("/secret.jpg")), "it was handed on");
    assert!(decoy.received().is_empty());
}

/// The subscribers' addresses are the operator's; what stands behind a mistake is the allow-list.
#[tokio::test]
async fn a_subscriber_elsewhere_gets_nothing() {
    let decoy = Subscriber::start().await.unwrap();
    let links: Vec<String> = hostile::ELSEWHERE.iter().map(|link| hostile::at(link, &authority(&decoy))).collect();
    let subscriber = |(number, url)| json!({"name": format!("s{number}"), "url": url, "secret": SIGNING});
    let subscribers: Vec<Value> = links.iter().enumerate().map(subscriber).collect();
    let builder = Gateway::builder().variable("subscribers", json!(subscribers).to_string());
    let gateway = builder.variable("subscriber_url", "https://subscriber.example").start().await;
    assert_eq!(gateway.call_back(&json!({"msgId": "1", "type": "text_msg"})).await.status, 200);

    let tried = crate::gateway::eventually("every subscriber was tried", 3 * crate::PATIENCE, async || {
        let tried = gateway.deliveries("state=retrying&limit=500").await;
        (tried.len() == links.len()).then_some(tried)
    });
    let walls =
        tried.await.iter().filter(|delivery| delivery["reason"] == "the subscriber's host is not allowed").count();

    assert!(walls >= 30, "{walls} of {} ended at the allow-list", links.len());
    assert!(decoy.received().is_empty());
}
