//! Texts that are too long for one message.

use super::{arrived, json, relay, request, states, text, webhook};
use crate::gateway::{Gateway, credentials::CRM, messages::ROBOT};
use ::split::{Format, join};

const KEY: &str = "0b1c-2";

fn long_markdown() -> String {
    let code: String = (0..200).map(|number| format!("let line_{number} = \"第{number}行\";\n")).collect();
    let rows: String = (0..150).map(|number| format!("| 项目{number} | 通过👍🏽 |\n")).collect();
    let prose = "实时新增用户反馈<font color=\"warning\">132例</font>,请<@zhangsan>注意。".repeat(60);
    format!("# 报告\n\n{prose}\n\n```rust\n{code}```\n\n| 项目 | 结果 |\n|---|---|\n{rows}\n完毕")
}

#[tokio::test]
async fn every_part_is_within_the_limit_and_all_of_them_say_what_the_original_said() {
    for mode in ["kdocs", "direct"] {
        let gateway = Gateway::builder().variable("robot_mode", mode).start().await;
        let markdown = long_markdown();
        let message = json!({"msgtype": "markdown_v2", "markdown_v2": {"content": markdown}});

        let answer = gateway.ask(relay(&gateway, &webhook(KEY), &[message])).await;

        // The simulator refuses what is too long.
        assert_eq!((answer.status, &answer.body["code"]), (200, &json!(0)), "{answer:?}");
        let parts = arrived(&gateway);
        assert!(parts.len() > 3 && join(&parts, Format::Markdown).as_deref() == Some(&markdown), "{parts:#?}");
        let told = answer.body["data"]["results"][0]["parts"].as_array().unwrap();
        assert_eq!((told.len(), states(&answer)), (parts.len(), vec!["submitted"]));
        for part in told {
            assert_eq!(gateway.state(part["id"].as_str().unwrap()).await, "submitted");
        }
    }
}

#[tokio::test]
async fn a_long_text_mentions_in_its_first_part_only() {
    let gateway = Gateway::start().await;
    let content = "一二三四五六七八九。".repeat(200);
    let message = json!({"msgtype": "text", "text": {"content": content, "mentioned_list": ["@all"]}});

    let answer = gateway.ask(relay(&gateway, &webhook(KEY), &[message, text("短")])).await;

    assert_eq!(answer.body["code"], 0, "{answer:?}");
    let messages = gateway.simulator.truth().messages;
    let mentioned: Vec<bool> = messages.iter().map(|message| message.content.get("mentioned_list").is_some()).collect();
    assert_eq!((mentioned[0], mentioned.iter().filter(|found| **found).count()), (true, 1));
    let mut parts = arrived(&gateway);
    assert_eq!(parts.pop().as_deref(), Some("短"));
    assert_eq!(join(&parts, Format::Text), Some(content));
}

#[tokio::test]
async fn who_wants_no_parts_is_told_the_limit_and_the_size() {
    let gateway = Gateway::start().await;
    let body = |split| json!({"link": webhook(KEY), "data": [text(&"一".repeat(1_000))], "split": split});
    let whole = json!({"link": webhook(KEY), "data": [text(&"一".repeat(1_000))]});
    let in_query = gateway.post(ROBOT).query(&[("access_token", CRM), ("split", "false")]).json(&whole);
    for request in [request(&gateway, &body(false)), in_query] {
        let answer = gateway.ask(request).await;
        let told = answer.text_at("/msg");
        let names = told.contains("参数 data[0].text.content ") && told.contains("3000") && told.contains("2048");
        assert!(answer.status == 400 && names, "{answer:?}");
    }
    assert!(gateway.simulator.truth().requests.is_empty());
    assert_eq!(gateway.ask(request(&gateway, &body(true))).await.body["code"], 0);
}

#[tokio::test]
async fn the_same_request_again_sends_the_parts_that_were_not_sent() {
    let mut gateway = Gateway::start().await;
    let content = "一二三四五六七八九。\n".repeat(1_500);
    let send = |gateway: &Gateway| {
        let body = json!({"link": webhook(KEY), "data": [text(&content)]});
        request(gateway, &body).header("idempotency-key", "\"k\"")
    };
    let first = gateway.ask(send(&gateway)).await;
    assert_eq!((first.status, &first.body["code"]), (200, &json!(429_001)), "{first:?}");
    assert_eq!((states(&first), arrived(&gateway).len()), (vec!["partial"], 20));
    let wait = first.body["data"]["results"][0]["retryAfterMs"].as_u64().unwrap();

    let ahead = std::time::Duration::from_millis(wait + 1_000);
    gateway.skip(ahead).await;
    gateway.simulator.advance(ahead);
    let again = gateway.ask(send(&gateway)).await;

    assert_eq!((again.status, &again.body["code"]), (200, &json!(0)), "{again:?}");
    assert_eq!(join(&arrived(&gateway), Format::Text), Some(content));
}
