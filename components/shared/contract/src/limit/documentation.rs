//! The page of the limits and of what a request can wish: `docs/limits.md`.

use super::{Limit, Scope, of};
use crate::documentation::tests::is_what_the_tables_say;
use crate::{
    System,
    preference::{LONGEST_WAIT, PREFER, PREFERENCES, Preference},
};

const HEAD: &str = "\
# 发送频率限制 · Limits

What the platforms allow, and how the gateway keeps within it. The tables are rendered from the code that keeps the
limits (`components/shared/contract/src/limit.rs`, `preference.rs`). Sources: 001 is 聚合聊天's document with its line,
a `document` is one of WeCom's developer documentation.
";

const KEEPING: &str = "
## What a caller sees

A message that a limit keeps back waits: for `max_wait_ms` (2 s unless the operator sets it), or for as long as its
request says. If nothing is free by then it is refused: 429, code `429001`, `Retry-After` in seconds, and in the text
the limit and its scope; the message is `refused` in the ledger. With `Prefer: respond-async` it is queued instead and
waits for as long as it takes.

`RateLimit-Policy` and `RateLimit` tell what is left of every limit with a window that the message was counted against;
in a refusal, which limit is used up and when it is free. A message that waited says in its history for which limit, and how long.

";

const COUNTING: &str = "
## How it is counted

- **Slots** (`slot/{account}/{number}` in key-value). Time is cut into slots that are a little longer than the
  platform's 500 ms: by what looking at the one before takes. Whoever increments a slot's counter to one owns it. The
  first message after an idle spell leaves at once, or when the next slot begins if its own ends within 10 ms and it may
  wait; every other leaves when its slot ends, and not before it has seen its predecessor leave.
- **Buckets** (`quota/{limit}/{scope}/{number}` in key-value). A window is cut into 60 buckets. A message increments the
  current one, adds up those that overlap the window, and takes its count back if that is too many. What did not leave is
  given back. A count stays for up to one bucket longer than it must.
- **Ledger**. The rows that say which employee got what when are the counters; one statement looks at them and marks
  the message as `sending`. A message to many employees leaves for all of them or for none.

Nothing but an atomic increment is asked of key-value, so any number of gateways can share one. Their clocks may be
50 ms apart. Counters are deleted by the tick, two hours after the message that they counted.

## What a message costs

Host calls of a message that waits for nobody, in an instance that has sent before (`tests/it/host_calls.rs`):

| message | key-value writes | key-value reads | SQLite statements | requests to the platform |
|---|---|---|---|---|
| of a hosted account (聚合聊天) | 2 | 3 | 3 | 1 |
| to an employee (万网中台) | 1 | 5 | 3 | 1 |
| to a robot | 1 | 5 | 3 | 1 |

The first message that an instance sends under a limit with buckets reads all of these once: about 60 reads more. A
message that waits for its predecessor writes once more, and reads every 10 ms in the 50 ms before it may leave.

## What the operator sets

`max_wait_ms` is how long a message waits that says nothing else. `company` names the company in the counters: gateways
that share a store and serve one company have the same. The limits themselves are the platforms' and are not set.
Gateways share key-value through Spin's runtime configuration (`--runtime-config-file`):

```toml
[key_value_store.default]
type = \"redis\"
url = \"redis://127.0.0.1:6379\"
```
";

/// Renders the page.
fn render() -> String {
    let mut page = HEAD.to_owned();
    page.push_str(
        "\n| 平台 | 限制 | 范围 | 数量 | 说明 | 超出时平台的行为 | 计数 | 来源 |\n|---|---|---|---|---|---|---|---|\n",
    );
    for system in System::ALL {
        for limit in of(*system) {
            page.push_str(&of_limit(*system, limit));
        }
    }
    page.push_str(KEEPING);
    page.push_str("## What a request can wish\n\n");
    page.push_str("| 请求头 | `POST /v1/messages` 的字段 | 取值 | 说明 |\n|---|---|---|---|\n");
    page.push_str(&format!(
        "| `{}` | | `respond-async`、`wait=0` 到 `wait={LONGEST_WAIT}` | {} |\n",
        PREFER.0, PREFER.1
    ));
    PREFERENCES.iter().for_each(|preference| page.push_str(&of_preference(preference)));
    page.push_str(COUNTING);
    page
}

fn of_limit(system: System, limit: &Limit) -> String {
    let (scope, counted) = match limit.scope {
        Scope::Account => ("托管账号 account", "slots"),
        Scope::Company => ("企业 company", "buckets"),
        Scope::Endpoint => ("企业与接口 company and endpoint", "buckets"),
        Scope::Employee => ("应用与成员 app and employee", "ledger"),
        Scope::Robot => ("机器人 robot", "buckets"),
    };
    let Limit { name, quota, window, about, beyond, source, .. } = limit;
    let rate = match window % 1_000 {
        0 => format!("{quota} / {} s", window / 1_000),
        _ => format!("{quota} / {window} ms"),
    };
    format!("| {} | `{name}` | {scope} | {rate} | {about} | {beyond} | {counted} | {source} |\n", system.name())
}

fn of_preference(preference: &Preference) -> String {
    let Preference { header, field, words, about } = preference;
    let words = match words {
        [] => "时间".to_owned(),
        words => words.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join("、"),
    };
    format!("| `{header}` | `{field}` | {words} | {about} |\n")
}

#[test]
fn the_page_is_what_the_tables_say() {
    is_what_the_tables_say("limits.md", &render());
}
