//! Writes `corpus/{target}/{number}` and `dictionaries/{target}.dict` for every fuzz target.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod words;

use contract::{
    catalog,
    kdocs::ROBOT_MESSAGES,
    samples::{self, hostile, mutated, robot},
};
use serde_json::{Value, json};
use std::{error::Error, fs, path::Path};

const FORM: &str = "multipart/form-data; boundary=x\n";
const SILK: &[u8] = b"\x07\x02#!SILK_V3\x0c\x00abcdefghijkl\x0c\x00abcdefghijkl\x0c\x00abcdefghijkl\xff\xff";

fn main() -> Result<(), Box<dyn Error>> {
    let place = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    for (target, seeds) in [
        ("answer", answers()),
        ("callback", callbacks()?),
        ("create", creations()?),
        ("endpoints", requests()?),
        ("headers", headers()),
        ("link", links()?),
        ("message", requests()?),
        ("multipart", forms()),
        ("recording", recordings()),
        ("relay", notifications()),
        ("split", texts()),
    ] {
        let corpus = place.join("corpus").join(target);
        fs::create_dir_all(&corpus)?;
        for (number, seed) in seeds.iter().enumerate() {
            fs::write(corpus.join(format!("seed-{number:03}")), seed)?;
        }
        let dictionaries = place.join("dictionaries");
        fs::create_dir_all(&dictionaries)?;
        fs::write(dictionaries.join(format!("{target}.dict")), words::dictionary(target))?;
        println!("{target}: {} seeds", seeds.len());
    }
    Ok(())
}

fn answers() -> Vec<Vec<u8>> {
    let bodies = [
        r#"{"msg":"","code":0,"data":{"msgId":"ed1ba6c2"}}"#,
        r#"{"code":500,"msg":"离线"}"#,
        r#"{"errcode":93000,"errmsg":"invalid webhook url"}"#,
        r#"{"code":"20007","message":"AccessTokenInvalid","hint":"access_token is required"}"#,
        r#"{"errcode":0,"errmsg":"ok","type":"file","media_id":"1G6nrLmr5EC3MMb","created_at":"1380000000"}"#,
        r#"{"access_token":"t","token_type":"Bearer","expires_in":7200}"#,
        r#"{"code":0,"data":{"access_token":"t","refresh_token":"r","expires_in":10}}"#,
        r#"{"error":"invalid_client","error_description":"x"}"#,
        r#"{"id":"1234567","msgId":"7B8D35DA-1D52-46E0-8A7C-356CF52C3007"}"#,
        "<html>",
    ];
    let statuses = [200_u16, 302, 401, 503];
    let answer = |status: u16, body: &str| [&status.to_le_bytes(), body.as_bytes()].concat();
    statuses.iter().flat_map(|status| bodies.iter().map(move |body| answer(*status, body))).collect()
}

fn callbacks() -> serde_json::Result<Vec<Vec<u8>>> {
    let whole = samples::callbacks()?.into_iter().map(|callback| callback.body.to_string().into_bytes());
    Ok(whole.chain(mutated::callbacks(1, 100)?).collect())
}

/// The documents' requests: `METHOD /path?query`, a line end and a body.
fn requests() -> serde_json::Result<Vec<Vec<u8>>> {
    let written = samples::requests()?.into_iter().map(|sample| {
        let query: Vec<String> = sample.pairs().iter().map(|(name, value)| format!("{name}={value}")).collect();
        let body = sample.body.map(|body| Value::Object(body).to_string()).unwrap_or_default();
        format!("{} {}?{}\n{body}", sample.method, sample.path, query.join("&")).into_bytes()
    });
    let robots = notifications()
        .into_iter()
        .map(|body| [b"POST /api/v1/openapi/notification/wecom?split=false\n", body.as_slice()].concat());
    Ok(written.chain(robots).collect())
}

/// The documents' messages, and every message of a robot, as `POST /v1/messages` takes them.
fn creations() -> serde_json::Result<Vec<Vec<u8>>> {
    const TO: [(&str, &str); 4] =
        [("workIds", "workIds"), ("companyId", "companyId"), ("wxId", "account"), ("conversationId", "conversation")];
    let documented = samples::requests()?.into_iter().filter_map(|sample| {
        let kind = catalog::find(&sample.method, &sample.path).ok()?.message?;
        let mut content = sample.body?;
        let mut to = serde_json::Map::new();
        for (documented, ours) in TO {
            if let Some(value) = content.remove(documented) {
                to.insert(ours.to_owned(), value);
            }
        }
        content.insert("type".to_owned(), kind.into());
        Some(json!({ "to": to, "content": content }))
    });
    let robots = ROBOT_MESSAGES.iter().map(|message| {
        let mut content = robot::fields(message.kind);
        content.insert("type".to_owned(), message.kind.into());
        json!({ "to": { "robot": "ops" }, "content": content, "priority": "high", "sendAt": 1_767_294_245_000_u64 })
    });
    Ok(documented.chain(robots).map(|body| body.to_string().into_bytes()).collect())
}

fn notifications() -> Vec<Vec<u8>> {
    let message = |kind: &str, fields: Value| json!({ "msgtype": kind, kind: fields });
    let link = "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=xxx";
    let whole = ROBOT_MESSAGES.iter().map(|robot| message(robot.kind, robot::fields(robot.kind).into()));
    let long = ["text", "markdown", "markdown_v2"].into_iter().map(|kind| {
        let paragraph = "今天的构建全部通过。[日志](https://a.test/1) **好** @all\n```rust\nlet a = 1;\n```\n|a|b|\n|-|-|\n|1|2|\n\n";
        message(kind, json!({ "content": paragraph.repeat(50), "mentioned_list": ["@all"] }))
    });
    let bodies = whole.chain(long).map(|message| json!({ "link": link, "sk": "s", "data": [message] }));
    bodies.map(|body| body.to_string().into_bytes()).collect()
}

fn headers() -> Vec<Vec<u8>> {
    let seeds = [
        "idempotency-key: \"8e03978e-40d5-43dd-bc93-6894a57f9324\"",
        "idempotency-key: \"a\\\"b\\\\c\"",
        "prefer: respond-async, wait=5; x=1\nx-priority: high\nx-retry: at-least-once\nx-transport: mqtt",
        "x-send-at: 2026-01-02T03:04:05+08:00\nx-expires-at: 1767294245000",
        "x-send-at: 2026-01-02t03:04:60.123456789z",
        "authorization: Bearer eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJjcm0ifQ.c2ln",
        "apikey: a secret of tests",
        "host: gw.test:3000\nx-forwarded-proto: https, http",
        "host: user@[::1]:3000",
    ];
    seeds.map(|seed| seed.as_bytes().to_vec()).to_vec()
}

fn links() -> serde_json::Result<Vec<Vec<u8>>> {
    let own = [
        "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=693a91f6-7xxx-4bc4-97a0-0ec2sifa5aaa",
        "robot:ops",
        "/gnapi/Files/2021/发布 群控+1&2.txt",
        "https://a.test/gnapi/files/a%20b.jpg?expires=1000&signature=eA",
        "S:168885435526XXXX_788130083907XXXX",
        "R:1089985527713XXXX",
    ];
    let own = own.into_iter().map(str::to_owned);
    Ok(own.chain(hostile::links("127.0.0.1:3100")).map(String::into_bytes).collect())
}

fn forms() -> Vec<Vec<u8>> {
    let file =
        "--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a; name=b.txt\"\r\n\r\n12345\r\n--x--\r\n";
    let note = "--x\r\nContent-Disposition: form-data; name=\"note\"\r\n\r\n1\r\n";
    let quoted = "multipart/form-data; charset=utf-8; Boundary=\"a;b\"\n--a;b\r\ncontent-disposition: form-data; name=file\r\n\r\n1\r\n--a;b--";
    let seeds = [
        format!("\u{7}{FORM}{file}"),
        format!("\u{1}{FORM}{note}{file}"),
        format!("\u{3}{FORM}{note}--x--"),
        format!("\u{2}{quoted}"),
    ];
    seeds.map(String::into_bytes).to_vec()
}

fn recordings() -> Vec<Vec<u8>> {
    let amr =
        [b"\x05#!AMR\n".to_vec(), [&[0x3C_u8][..], &[0xAA; 31]].concat().repeat(3), vec![0x44, 1, 2, 3, 4, 5, 0x7C]];
    let wav: [&[u8]; 9] = [
        b"\x09RIFF\0\0\0\0WAVEfmt ",
        &16_u32.to_le_bytes(),
        &[1, 0, 1, 0],
        &12_000_u32.to_le_bytes(),
        &24_000_u32.to_le_bytes(),
        &[2, 0, 16, 0],
        b"data",
        &48_u32.to_le_bytes(),
        &[0; 48],
    ];
    vec![amr.concat(), SILK.to_vec(), [b"\x01", SILK.get(2..).unwrap_or_default()].concat(), wav.concat()]
}

/// Texts of every construct, long enough to be split: the format, the limit, and the text.
fn texts() -> Vec<Vec<u8>> {
    let sources = [
        "今天的构建全部通过。明天发布新的版本。".repeat(9),
        format!("日志:\n```rust\n{}```\n完毕\n", "let a = 1;\n".repeat(30)),
        format!("~~~\n{}\n~~~\n", "0".repeat(300)),
        format!("<font color=\"info\">{}</font>", "一二三四五六七八九十。".repeat(12)),
        format!("| 项目 | 结果 |\n|---|:-:|\n{}", "| 构建 | 通过 |\n".repeat(20)),
        "见 [日志](https://a.test/x?q=1&b=(x)) 与 `代码` <@zhangsan> @张三 **重** \\* 👨\u{200d}👩\u{200d}👧 🇨🇳🇩🇪 e\u{301}\r\n".repeat(6),
    ];
    let seed = |format: u8, limit: u16, source: &str| [&[format][..], &limit.to_le_bytes(), source.as_bytes()].concat();
    let of_formats = |source: &String| [seed(0, 100, source), seed(1, 150, source), seed(1, 4_096, source)];
    sources.iter().flat_map(of_formats).collect()
}
