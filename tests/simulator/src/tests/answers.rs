//! The document's own requests, and its answers.

use reqwest::{Method, multipart};
use serde_json::{Value, json};

use super::support::{ACCOUNT, CONVERSATION, CUSTOMER, GROUP, Platforms, assert_shape};
use crate::documents;

/// What the document writes in place of values.
fn filled(request: &Value) -> Value {
    let places = [
        ("{{WxId}}", ACCOUNT),
        ("{{ContactUserId}}", CUSTOMER),
        ("{{ConversationId}}", CONVERSATION),
        ("{{RoomConversationId}}", GROUP),
    ];
    let text = places.iter().fold(request.to_string(), |text, (place, value)| text.replace(place, value));
    serde_json::from_str(&text).unwrap()
}

/// Does what has to be done before a list has something in it.
async fn prepare(platforms: &Platforms) {
    let label = |account: &str, label: &str| json!({"wxId": account, "contactUserId": CUSTOMER, "labelIds": [label]});
    platforms.post("/gnapi/open/label/contact/setlabel", label("xxx", "xxx")).await;
    platforms.post("/gnapi/open/label/contact/setlabel", label(ACCOUNT, "14073751020663697")).await;
    platforms.post("/gnapi/open/group", json!({"wxId": ACCOUNT, "memberWxIds": "7881,7882"})).await;
}

#[tokio::test]
async fn answers_every_documented_request_as_documented() {
    let platforms = Platforms::start().await;
    prepare(&platforms).await;
    let samples = documents::answers().unwrap();
    assert_eq!(samples.len(), 58);
    let query = format!(
        "wxId={ACCOUNT}&ContactId={CUSTOMER}&ContactUserId={CUSTOMER}&conversationId={GROUP}&labelId=14073751020663697&keyword=134"
    );
    for (name, sample) in &samples {
        let (method, path) = name.split_once(' ').unwrap();
        let request = match (method, path) {
            ("GET", path) => platforms.request(Method::GET, &format!("/gnapi/open/{path}?{query}")),
            (_, "file/upload") => {
                let part = multipart::Part::bytes(b"1".to_vec()).file_name("发布群控.txt");
                let request = platforms.request(Method::POST, "/gnapi/open/file/upload");
                request.multipart(multipart::Form::new().part("file", part))
            }
            (method, path) => {
                let request = platforms.request(method.parse().unwrap(), &format!("/gnapi/open/{path}"));
                request.json(&filled(&sample["request"]))
            }
        };
        let answer: Value = request.send().await.unwrap().json().await.unwrap();
        assert_eq!(answer["code"], 0, "{name}: {answer}");
        assert_shape(&answer, &sample["answer"], name);
        let empty = answer["data"] == json!([]);
        assert!(!empty, "{name} answers an empty list");
    }
    assert!(platforms.simulator.truth().requests.iter().all(|request| request.status == Some(200)));
}
