//! Text that tries to be more than text: a header, another path, another parameter, SQL, a line of the log.

use crate::{
    gateway::{
        Gateway,
        credentials::{CALLBACK, CRM},
        messages::{ACCOUNT, CUSTOMER, EMPLOYEES, TEXT},
    },
    receiver::Receiver,
};
use contract::{Endpoint, Kind, Location, Rule, catalog, samples};
use reqwest::{header::HeaderValue, multipart};
use serde_json::{Map, Value, json};

/// What ends, splits or escapes something somewhere. None is longer than an id may be.
const HOSTILE: [&str; 18] = [
    "a&apikey=b",
    "a=b#c",
    "a?b=c",
    "a/../../b",
    "../b",
    "%2e%2e%2fb",
    "a%00b",
    "a\0b",
    "a\r\nx-evil: 1\r\n\r\nGET / HTTP/1.1",
    "a\nb",
    "a+b c",
    "汉\u{202e}字",
    "'; DROP TABLE message; --",
    "' OR '1'='1",
    "\" OR \"\"=\"",
    "a%' OR caller LIKE '%",
    "{\"$ne\":null}",
    "\u{1b}[2Ja\u{7f}\u{9b}31m",
];

/// Returns parameters of an endpoint as a sample shows them.
fn sample(endpoint: &Endpoint) -> Option<Map<String, Value>> {
    let samples = samples::requests().unwrap().into_iter();
    let mut own = samples.filter(|sample| sample.endpoint().is_ok_and(|found| std::ptr::eq(found, endpoint)));
    own.find_map(|sample| endpoint.check(sample.given(endpoint)?).ok()).map(|kept| kept.documented)
}

#[tokio::test]
async fn what_stands_in_a_query_stays_one_parameter() {
    let gateway = Gateway::start().await;
    let mut tried = 0;
    for endpoint in catalog::endpoints().filter(|endpoint| endpoint.location == Location::Query) {
        let texts = endpoint.parameters.iter().filter(|parameter| {
            let free =
                |rule: &Rule| !matches!(rule, Rule::Words(_) | Rule::Room | Rule::Conversation | Rule::Identifiers(..));
            matches!(parameter.kind, Kind::Text) && parameter.rules.iter().all(free)
        });
        for parameter in texts {
            for hostile in HOSTILE {
                let mut given = sample(endpoint).unwrap_or_default();
                given.insert(parameter.name.to_owned(), json!(hostile));
                let pairs: Vec<(String, String)> = given
                    .iter()
                    .filter(|(_, value)| !value.is_array())
                    .map(|(name, value)| {
                        (name.clone(), value.as_str().map_or_else(|| value.to_string(), str::to_owned))
                    })
                    .collect();
                let before = gateway.simulator.truth().requests.len();
                let answer = gateway.ask(gateway.get(endpoint.path).header("apikey", CRM).query(&pairs)).await;
                let truth = gateway.simulator.truth();
                assert!(answer.status < 500, "{answer:?}");
                let Some(request) = truth.requests.get(before) else { continue };
                assert_eq!(request.path, endpoint.path, "{hostile:?}");
                let names: Vec<&String> = request.query.keys().collect();
                let sent: Vec<&String> = given.keys().collect();
                assert!(names.iter().all(|name| sent.contains(name)), "{hostile:?}: {names:?} of {sent:?}");
                assert_eq!(request.query.get(parameter.name).map(String::as_str), Some(hostile), "{}", endpoint.path);
                assert!(!request.headers.contains_key("x-evil"), "{request:?}");
                tried += 1;
            }
        }
    }
    assert!(tried > 5 * HOSTILE.len(), "{tried} reached the platform");
}

#[tokio::test]
async fn an_id_in_a_path_names_nothing_else() {
    let gateway = Gateway::start().await;
    let sent = gateway.chatted(ACCOUNT, "你好").await;
    let before = gateway.simulator.truth().requests.len();
    let (id, upstream) = (sent.message_id().to_owned(), sent.upstream_id().to_owned());
    let segments = [
        "..".to_owned(),
        "%2e%2e".to_owned(),
        "%2e%2e%2fevents".to_owned(),
        "%2f".to_owned(),
        "%00".to_owned(),
        "%0d%0ax-evil:%201".to_owned(),
        "%27%20OR%20%271%27=%271".to_owned(),
        "%25".to_owned(),
        "_".repeat(36),
        "*".to_owned(),
        format!("{id}%00"),
        format!("{id}%20"),
        format!("{upstream}%23"),
        format!("x/../{id}"),
        format!("{id}/.."),
        format!("{id}//recall"),
        format!("{id};recall"),
        "a".repeat(8_000),
    ];
    for segment in segments {
        for (method, path) in [
            ("GET", format!("/v1/messages/{segment}")),
            ("POST", format!("/v1/messages/{segment}/recall")),
            ("GET", format!("/v1/events/{segment}")),
            ("POST", format!("/callback/quntool/{segment}")),
        ] {
            let (status, body) = gateway.raw(method, &path, &[("apikey", CRM), ("content-length", "0")]).await;
            assert!([400, 401, 404, 405].contains(&status), "{method} {path}: {status} {body}");
            assert!(!body.contains(&id) && !body.contains("x-evil: 1"), "{method} {path}: {body}");
        }
    }
    assert_eq!(gateway.simulator.truth().requests.len(), before);
    assert_ne!(gateway.state(&id).await, "recalled");
}

#[tokio::test]
async fn a_header_that_is_no_plain_text_is_refused_or_ignored() {
    let gateway = Gateway::start().await;
    let odd =
        [&b"\"\xe6\xb1\x89\""[..], b"\xff\xfe", b"\"a\tb\"", b"\"a\\\"; DROP TABLE message;--\"", b"\"a\"; x=1, \"b\""];
    for value in odd {
        let value = HeaderValue::from_bytes(value).expect("HTTP can carry it");
        for name in ["idempotency-key", "prefer", "x-send-at", "x-priority", "x-retry", "x-transport", "x-request-id"] {
            let request = gateway.notice("ww0517", "你好").header(name, value.clone());
            let answer = gateway.ask(request).await;
            assert!([200, 400].contains(&answer.status), "{name} {value:?}: {answer:?}");
            assert_ne!(answer.headers.get("x-request-id"), Some(&value), "the id is the gateway's own");
        }
        let wrong = gateway.ask(gateway.get("/v1/messages").header("apikey", value.clone())).await;
        assert_eq!(wrong.status, 401, "{value:?}: {wrong:?}");
    }
    for request in gateway.simulator.truth().requests {
        let own = ["idempotency-key", "x-request-id", "prefer", "cookie", "x-forwarded-for"];
        assert!(own.iter().all(|name| !request.headers.contains_key(*name)), "{request:?}");
    }
}

#[tokio::test]
async fn a_files_name_and_type_are_the_forms_own_matter() {
    let gateway = Gateway::start().await;
    for name in ["a\"; name=\"other", "../../etc/passwd", "汉.txt", "a\u{202e}gpj.exe", ""] {
        let part = multipart::Part::bytes(vec![7; 99]).file_name(name);
        let form = multipart::Form::new().part("file", part);
        let answer = gateway.ask(gateway.post("/gnapi/open/file/upload").header("apikey", CRM).multipart(form)).await;
        assert!(answer.status < 500, "{name:?}: {answer:?}");
    }
    let evil = "multipart/form-data; boundary=x; apikey=evil";
    let body = "--x\r\ncontent-disposition: form-data; name=\"file\"; filename=\"a\"\r\n\r\nabcdef\r\n--x--\r\n";
    let request = gateway.post("/gnapi/open/file/upload").header("apikey", CRM).header("content-type", evil).body(body);
    assert!(gateway.ask(request).await.status < 500);
    for request in gateway.simulator.truth().requests {
        assert_eq!(request.path, "/gnapi/open/file/upload");
        assert!(!request.headers.contains_key("x-evil") && request.headers["apikey"] != "evil", "{request:?}");
    }
}

#[tokio::test]
async fn quotes_stay_text_in_every_field_that_is_stored() {
    let gateway = Gateway::start().await;
    let mut kept = Vec::new();
    for (number, hostile) in HOSTILE.into_iter().enumerate() {
        let employee = json!({"workIds": [hostile], "content": hostile, "companyId": hostile});
        let conversation = format!("S:168885435526{number:04}_{CUSTOMER}");
        let chat = json!({"wxId": hostile, "conversationId": conversation, "content": hostile});
        for request in [
            gateway.post(EMPLOYEES).bearer_auth(CRM).json(&employee),
            gateway.post(TEXT).header("apikey", CRM).json(&chat),
        ] {
            let answer = gateway.ask(request).await;
            assert!(answer.status < 500, "{hostile:?}: {answer:?}");
            if let Some(id) = answer.headers.get("x-message-id") {
                kept.push((id.to_str().unwrap().to_owned(), hostile));
            }
        }
        for (path, name) in
            [("messages", "account"), ("messages", "after"), ("events", "account"), ("deliveries", "subscriber")]
        {
            let list = gateway.get(&format!("/v1/{path}")).bearer_auth(CRM).query(&[(name, hostile)]);
            assert!([200, 400].contains(&gateway.ask(list).await.status), "{path} {name} {hostile:?}");
        }
        let replay = gateway.replay(&json!({"ids": [hostile], "types": [hostile]})).await;
        assert!([200, 400].contains(&replay.status), "{replay:?}");
    }
    assert!(kept.len() > HOSTILE.len(), "{kept:?}");
    for (id, hostile) in kept {
        let message = gateway.message(&id).await;
        let texts = [message.body.get("account"), message.body.pointer("/recipients/0/recipient")];
        assert!(texts.contains(&Some(&json!(hostile))), "{hostile:?}: {message:?}");
    }
}

/// Counters of two accounts whose names lead into each other are two.
#[tokio::test]
async fn an_accounts_name_reaches_into_no_other_counters() {
    let gateway = Gateway::builder().variable("max_wait_ms", "0").start().await;
    let slot = gateway.simulator.now() / 500;
    let mut names = vec!["a".to_owned(), "a/".to_owned(), "/a".to_owned(), "a//".to_owned(), "slot/a".to_owned()];
    names.extend((0..10).map(|ahead| format!("a/{}", slot + ahead)));
    for name in names {
        let body = json!({"wxId": name, "conversationId": format!("S:1_{CUSTOMER}"), "content": "你好"});
        let answer = gateway.ask(gateway.post(TEXT).header("apikey", CRM).json(&body)).await;
        assert_ne!(answer.status, 429, "{name}: {answer:?}");
    }
}

#[tokio::test]
async fn nothing_from_outside_forges_a_line_of_the_log() {
    let receiver = Receiver::start().await;
    let builder = Gateway::builder().variable("callback_sources", r#"["17eeb4b5a466"]"#);
    let gateway = builder.subscriber("all", &receiver.url(), &[]).start().await;
    let forged = "\"}\n{\"level\":\"error\",\"event\":\"forged\"}\r\u{1b}[31m\u{85}\u{2028}\0";
    for (field, number) in [("source", 0), ("type", 1), ("msgId", 2), ("wxid", 3)] {
        let mut callback = json!({"msgId": number.to_string(), "type": "text_msg", "source": "17eeb4b5a466"});
        callback[field] = json!(forged);
        gateway.call_back(&callback).await;
        let path = format!("/callback/quntool/{CALLBACK}%0a%7b%22level%22:1%7d");
        gateway.ask(gateway.post(&path).json(&callback)).await;
        gateway.ask(gateway.notice(forged, forged)).await;
        gateway.ask(gateway.chat(forged, forged)).await;
    }
    gateway.prints("a callback was refused", 1).await;
    receiver.events(3).await;

    let printed = gateway.printed();

    assert!(printed.contains("forged"), "it was printed, as a value:\n{printed}");
    for line in printed.split('\n').filter(|line| !line.is_empty()) {
        // The host says whose entry it is.
        let entry = line.strip_prefix("[callback] ").or_else(|| line.strip_prefix("[send] ")).unwrap_or(line);
        let entry: Map<String, Value> = serde_json::from_str(entry).unwrap_or_else(|_| panic!("no entry: {line:?}"));
        assert_ne!(entry.get("event"), Some(&json!("forged")), "{line:?}");
        assert!(
            !line.contains(|letter: char| letter.is_control() || ('\u{2028}'..='\u{202e}').contains(&letter)),
            "{line:?}"
        );
    }
}
