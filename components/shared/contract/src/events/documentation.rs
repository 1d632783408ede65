//! The documentation of every event, rendered from the table: `docs/events.md`, and a schema per type in `docs/events/`.

use super::{EventType, Field, MESSAGE, Media, UNKNOWN, all, qr_code, schema};

const HEAD: &str = "\
# 事件 · Events

What subscribers get: one JSON body per callback of 聚合聊天, `{\"id\", \"type\", \"timestamp\", \"data\"}`, signed per
[Standard Webhooks](https://www.standardwebhooks.com). The types stand in a table (`components/shared/contract/src/events.rs`),
from which the events, their JSON Schemas and this page are derived.

`type` is the platform's own name; a callback of a type that the document does not list is handed on as `unknown`, with the
name that came in `data.platformType`. What a callback does not say, or says in a type that cannot be read, is left out of
the event; `data.raw` is the callback as it came, byte for byte.

## `data`

| 字段 | 说明 |
|---|---|
| `account`, `source`, `user` | 企业微信id(`wxid`),容器id,聚合聊天的登录用户id(`userId`) |
| `conversation` | `{kind, id, otherParty, room}`:`direct`(另一方为 `otherParty`)或 `group`(群id为 `room`) |
| **`direction`** | `inbound` 收到;`outbound` 账号发出;`none` 不是消息,或无法判断 |
| `sender`, `receiver` | `{id, name}`;账号在聚合聊天中发出时,`sender.user` 为操作的用户 `{id, name}` |
| `sentBy` | 账号发出的消息:`api` 通过接口(有 `sendMsgId` 或 `isOpenApi`),否则 `hand` |
| `sentMessageId`, `outcome` | 发送接口返回的 `msgId`;发送结果 `{code, message}`,`code` 为 0 是成功 |
| **`mentions`** | 被@的成员 `[{id, name}]`;id 为 `0` 是所有人 |
| **`content`** | 内容,按类型不同,见下表 |
| **`media`** | 媒体文件 `[{role, kind, url, expiresAt}]`:平台的文件经网关签名,7天有效,无需凭证;其他地址原样 |
| `message` | 每条消息都有的平台字段,见下 |
| `sentAt`, `sentAtMs` | 消息的发送时间 |
| **`timestampMs`** | 平台发起回调的时间(毫秒),与 `timestamp` 相同;平台没有给出时为接收时间 |
| **`receivedAt`**, **`receivedAtMs`** | 网关的接收时间 |
| `unverified` | 仅为 `true`:回调给出了发送结果,但没有与之匹配的消息 |
| `timestampImplausible` | 仅为 `true`:平台的时间与接收时间相差超过10分钟,或无法识别 |
| `platformType` | 仅 `unknown`:平台的类型名 |
| **`raw`** | 平台的回调,原样 |

**Bold** fields are always there. Times are RFC 3339 in UTC, and milliseconds since the Unix epoch beside them. The
addresses of `cdn` (encrypted files of WeCom) stand in `raw` only.
";

/// Renders the page.
pub fn render() -> String {
    let mut page = HEAD.to_owned();
    page.push_str("\n`message`:\n\n");
    MESSAGE.iter().for_each(|field| page.push_str(&format!("- {}\n", of_field(field))));
    page.push_str(
        "\n## `type`\n\n**Bold** fields are in every sample of the platform's document; the name of the platform's field \
         follows in brackets.\n\n| type | 说明 | content | media | 来源 |\n|---|---|---|---|---|\n",
    );
    all().for_each(|row| page.push_str(&of_type(row)));
    page.push_str(&format!(
        "| [`{UNKNOWN}`](events/{UNKNOWN}.json) | 文档未列出的类型<br>A type that the document does not list |  |  |  |\n"
    ));
    page.push_str("\n## 二维码状态 · States of a QR code\n\n| 编号 | 状态 | 说明 |\n|---|---|---|\n");
    for (number, (name, about)) in qr_code::STATES.iter().enumerate() {
        page.push_str(&format!("| {number} | `{name}` | {about} |\n"));
    }
    page
}

/// Returns the schema of every type, by the name of its file in `docs/events/`.
pub fn schemas() -> impl Iterator<Item = (String, serde_json::Value)> {
    let documented = all().map(|row| (format!("{}.json", row.name), schema::of(row)));
    documented.chain([(format!("{UNKNOWN}.json"), schema::unknown())])
}

fn of_type(row: &EventType) -> String {
    let mut summary = vec![row.summary, row.summary_english];
    summary.extend(Some(row.note).filter(|note| !note.is_empty()));
    let fields: Vec<String> = row.fields.iter().map(of_field).collect();
    let media: Vec<String> = row.media.iter().map(of_media).collect();
    let cells = [
        format!("[`{0}`](events/{0}.json)", row.name),
        summary.join("<br>"),
        fields.join("<br>"),
        media.join("<br>"),
        row.source.to_owned(),
    ];
    format!("| {} |\n", cells.join(" | "))
}

fn of_field(field: &Field) -> String {
    let name = emphasised(field.name, field.required);
    let paths: Vec<String> = field.paths.iter().map(|path| format!("`{path}`")).collect();
    format!("{name} {}:{}({})", field.shape.name(), field.about, paths.join(", "))
}

fn of_media(media: &Media) -> String {
    format!("{} {}(`{}`)", emphasised(media.role.name(), media.required), media.kind.name(), media.path)
}

fn emphasised(name: &str, required: bool) -> String {
    if required { format!("**`{name}`**") } else { format!("`{name}`") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::documentation::tests::{DOCUMENTS, is_what_the_tables_say};
    use std::{collections::BTreeSet, fs};

    #[test]
    fn the_page_is_what_the_tables_say() {
        is_what_the_tables_say("events.md", &render());
    }

    #[test]
    fn the_schemas_are_what_the_table_says_and_there_is_no_other() {
        fs::create_dir_all(format!("{DOCUMENTS}/events")).unwrap();
        let mut names = BTreeSet::new();
        for (name, schema) in schemas() {
            is_what_the_tables_say(&format!("events/{name}"), &format!("{schema:#}\n"));
            names.insert(name);
        }
        let files = fs::read_dir(format!("{DOCUMENTS}/events")).unwrap();
        let files: BTreeSet<String> = files.map(|file| file.unwrap().file_name().into_string().unwrap()).collect();
        assert_eq!(files, names);
    }
}
