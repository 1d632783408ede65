//! The documents' own requests, with nothing changed but the host and the credential.

use super::{all, arrival, bare, name};
use crate::gateway::{Gateway, answer::Answer, credentials::CRM};
use contract::{
    System,
    samples::{self, Sample},
};
use reqwest::{RequestBuilder, multipart};
use serde_json::{Map, Value, json};
use simulator::documents;
use std::collections::BTreeSet;

/// Seed 000 answers every send so; a recall has no data.
fn of_wanwang(path: &str) -> Value {
    let data = if path.ends_with("/recall") { Value::Null } else { json!({"msgId": "D2PfORmTcZ"}) };
    json!({"code": 0, "msg": null, "data": data, "requestId": "2041388380923346944", "ok": true})
}

/// Writes a sample as a request to the gateway.
fn request(gateway: &Gateway, sample: &Sample) -> RequestBuilder {
    let request = bare(gateway, sample.endpoint().expect("the sample has an endpoint")).query(&sample.pairs());
    match (&sample.body, &sample.multipart) {
        (Some(body), _) => request.json(body),
        (_, Some(parts)) => request.multipart(form(parts)),
        _ => request,
    }
}

fn form(parts: &Map<String, Value>) -> multipart::Form {
    parts.iter().fold(multipart::Form::new(), |form, (name, file)| {
        let file = file.as_str().expect("a part has the name of its file").to_owned();
        form.part(name.clone(), multipart::Part::bytes(b"1".to_vec()).file_name(file))
    })
}

/// Does what has to be done before the samples find something: labels, a group, and the message that is taken back.
async fn prepare(gateway: &Gateway, samples: &mut [Sample]) {
    let label = |account: &str, contact: &str, label: &str| {
        let body = json!({"wxId": account, "contactUserId": contact, "labelIds": [label]});
        gateway.post("/gnapi/open/label/contact/setlabel").json(&body)
    };
    let group = json!({"wxId": "168885435526XXXX", "memberWxIds": "788130083907XXXX,788130125713XXXX"});
    let requests = [
        label("xxx", "788", "xxx"),
        label("168885040757XXXX", "788129953392XXXX", "14073751020663697"),
        label("1688850407570384", "788129953392XXXX", "14073751020663697"),
        gateway.post("/gnapi/open/group").json(&group),
    ];
    for request in requests {
        let answer = gateway.ask(request.header("apikey", CRM)).await;
        assert_eq!((answer.status, &answer.body["code"]), (200, &json!(0)), "{answer:?}");
    }
    // The id in the document is that of a message that nobody sent here.
    let sent = gateway.ask(request(gateway, &samples[0])).await;
    for recall in samples.iter_mut().filter(|sample| sample.path.ends_with("/recall")) {
        recall.body.as_mut().expect("a recall has a body").insert("msgId".to_owned(), json!(sent.upstream_id()));
    }
}

/// Tells in what an answer is not the documented one.
fn differences(answer: &Answer, documented: &Value) -> Vec<String> {
    let media_type = answer.headers.get("content-type").and_then(|value| value.to_str().ok()).unwrap_or_default();
    let names = |value: &Value| value.as_object().map(|fields| fields.keys().cloned().collect::<BTreeSet<_>>());
    let mut found = documents::differences(&answer.body, documented);
    if answer.status != 200 || answer.body["code"] != 0 {
        found.push(format!("{} {}", answer.status, answer.text));
    }
    if !media_type.starts_with("application/json") {
        found.push(format!("the media type is {media_type:?}"));
    }
    // Seed 001 leaves out an empty `msg` once (container/verify).
    let own = names(&answer.body).unwrap_or_default();
    let theirs = names(documented).unwrap_or_default();
    if own.difference(&theirs).any(|name| name != "msg") {
        found.push(format!("the envelope has {own:?}"));
    }
    found
}

#[tokio::test]
async fn every_request_of_the_documents_arrives_as_it_is_and_is_answered_as_documented() {
    let gateway = Gateway::start().await;
    let of_quntool = documents::answers().unwrap();
    let mut samples = samples::requests().unwrap();
    prepare(&gateway, &mut samples).await;
    let (mut walked, mut told, mut failures) = (BTreeSet::new(), BTreeSet::new(), Vec::new());
    for sample in &samples {
        let endpoint = sample.endpoint().unwrap();
        let documented = match endpoint.system {
            System::Wanwang => of_wanwang(endpoint.path),
            System::Quntool => of_quntool[&name(endpoint).replace("/gnapi/open/", "")]["answer"].clone(),
            // Its answer tells of every message beside what is documented; see `crate::samples`.
            System::Kdocs => continue,
        };

        let answer = gateway.ask(request(&gateway, sample)).await;

        let mut found = differences(&answer, &documented);
        if let Some(given) = sample.given(endpoint) {
            let given = endpoint.check(given).unwrap().merged();
            found.extend(arrival(endpoint, &given, gateway.simulator.truth().requests.last().unwrap()));
        }
        walked.insert(name(endpoint));
        if answer.body["data"] != json!([]) || documented["data"] == json!([]) {
            told.insert(name(endpoint));
        }
        let place = format!("{} ({})", name(endpoint), sample.source);
        failures.extend(found.into_iter().map(|found| format!("{place}: {found}")));
    }
    failures.extend(walked.difference(&told).map(|name| format!("{name}: the list is empty")));
    assert!(failures.is_empty(), "{}", failures.join("\n"));
    assert_eq!(walked, all().map(name).collect());
    assert_eq!(walked.len(), 64);
}
