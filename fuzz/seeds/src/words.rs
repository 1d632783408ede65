//! The words that a target understands: names of the tables, and marks of the formats.

use contract::{Endpoint, Kind, Parameter, catalog, events, kdocs::ROBOT_MESSAGES, preference};
use std::collections::BTreeSet;

/// Words by target, beside the names of the tables.
const MARKS: &[(&str, &[&str])] = &[
    (
        "answer",
        &[
            "code",
            "errcode",
            "msg",
            "message",
            "errmsg",
            "error",
            "hint",
            "data",
            "msgId",
            "access_token",
            "expires_in",
            "refresh_token",
            "error_description",
            "media_id",
            "created_at",
        ],
    ),
    ("callback", &["msgId", "source", "userId", "wxid", "timestamp", "type", "data", "sendMsgId", "error_code"]),
    ("create", &["to", "content", "type", "workIds", "companyId", "account", "conversation", "robot"]),
    (
        "headers",
        &[
            "idempotency-key",
            "authorization",
            "Bearer ",
            "apikey",
            "host",
            "x-forwarded-proto",
            "https",
            "prefer",
            "respond-async",
            "wait=",
            "2026-01-02T03:04:05Z",
            "+08:00",
        ],
    ),
    (
        "link",
        &[
            "https://qyapi.weixin.qq.com",
            "/cgi-bin/webhook/send",
            "?key=",
            "robot:",
            "/gnapi/files/",
            "%2e",
            "..",
            "expires=",
            "signature=",
            "S:",
            "R:",
            "_",
        ],
    ),
    (
        "multipart",
        &[
            "multipart/form-data; boundary=x\n",
            "--x",
            "\r\n",
            "--",
            "content-disposition: form-data",
            "; name=file",
            "\"",
            "\u{1}",
        ],
    ),
    ("recording", &["#!AMR\n", "#!SILK_V3", "\u{2}", "RIFF", "WAVEfmt ", "data"]),
    (
        "split",
        &[
            "```",
            "~~~",
            "<font color=\"info\">",
            "</font>",
            "[a](https://b)",
            "https://",
            "<@a>",
            "@a ",
            "`",
            "**",
            "|-|",
            "\n",
            "\r\n",
            "\\",
            "(1/2)",
            "…",
            "👨\u{200d}👩",
            "\u{301}",
            "🇨🇳",
            "。",
        ],
    ),
];

/// Returns a dictionary of libFuzzer: a word in quotation marks in each line.
pub fn dictionary(target: &str) -> String {
    let mut words: BTreeSet<String> = MARKS
        .iter()
        .filter(|(name, _)| *name == target)
        .flat_map(|(_, words)| *words)
        .map(|word| (*word).into())
        .collect();
    match target {
        "callback" => words.extend(of_events()),
        "create" => words.extend(of_wishes().chain(of_endpoints()).chain(of_robots())),
        "endpoints" | "message" => words.extend(of_endpoints().chain(paths())),
        "headers" => words.extend(of_wishes()),
        "relay" => words.extend(of_endpoints().chain(of_robots())),
        _ => {}
    }
    words.iter().map(|word| format!("\"{}\"\n", escaped(word))).collect()
}

fn of_events() -> impl Iterator<Item = String> {
    let rows = events::all().flat_map(|row| {
        let fields = row.fields.iter().chain(events::MESSAGE).flat_map(|field| field.paths.iter().copied());
        fields.chain(row.media.iter().map(|media| media.path)).chain([row.name])
    });
    rows.flat_map(|path| path.split('.').map(str::to_owned))
}

fn of_wishes() -> impl Iterator<Item = String> {
    let words =
        preference::PREFERENCES.iter().flat_map(|wish| wish.words.iter().copied().chain([wish.field, wish.header]));
    words.map(str::to_owned)
}

fn of_endpoints() -> impl Iterator<Item = String> {
    catalog::endpoints()
        .flat_map(|endpoint| names(endpoint.parameters).into_iter().chain(endpoint.message.map(str::to_owned)))
}

fn of_robots() -> impl Iterator<Item = String> {
    ROBOT_MESSAGES.iter().flat_map(|message| names(message.parameters).into_iter().chain([message.kind.to_owned()]))
}

fn paths() -> impl Iterator<Item = String> {
    catalog::endpoints().map(|Endpoint { method, path, .. }| format!("{} {path}\n", method.as_str()))
}

fn names(table: &[Parameter]) -> Vec<String> {
    let inner = |parameter: &Parameter| match parameter.kind {
        Kind::Object(fields) | Kind::ObjectList(fields) => names(fields),
        _ => Vec::new(),
    };
    table.iter().flat_map(|parameter| inner(parameter).into_iter().chain([parameter.name.to_owned()])).collect()
}

/// Writes what is no letter as `\xAB`.
fn escaped(word: &str) -> String {
    let written = word.bytes().map(|byte| match byte {
        b'"' | b'\\' => format!("\\{}", char::from(byte)),
        b' '..=b'~' => char::from(byte).to_string(),
        _ => format!("\\x{byte:02X}"),
    });
    written.collect()
}
