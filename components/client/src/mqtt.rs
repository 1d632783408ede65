//! Quntool's other way in: a message is published, and its answer comes to another component (`mqtt-reply`).

use crate::{
    bindings::exports::wecom::gateway::types::Failure,
    configuration::Configuration,
    dispatch::Ending,
    ledger::{self, schema::MIGRATIONS},
    platform::Verdict,
    send::internal,
    upstream::Silence,
};
use contract::quntool::mqtt;
use futures::{FutureExt, future::Either, future::select, pin_mut};
use runtime::clock;
use serde_json::{Map, Value, json};
use spin_sdk::mqtt::{Connection, Error, Qos};
use store::Database;

/// The ledger is asked so often, in milliseconds, whether the answer came.
const LOOK: u64 = 50;
/// What the broker is told to expect a sign of life after, in seconds; a connection publishes one message and ends.
const KEEP_ALIVE: u64 = 30;
/// The largest packet in bytes: more than a request's body can become. The client library alone allows 10 KiB.
const PACKET: usize = 2 * 1024 * 1024;

/// Publishes a message with quality of service 1, and waits for its answer.
///
/// Each message has a connection of its own: what a connection that broke had not had acknowledged would be published
/// again by its successor. The answer counts even if it overtakes the broker's acknowledgement.
pub async fn send(
    configuration: &Configuration,
    database: &Database,
    id: &str,
    kind: &str,
    body: &Value,
) -> Result<Verdict, Ending> {
    let fields = body.as_object().cloned().unwrap_or_else(Map::new);
    let payload = mqtt::message(kind, id, &fields).to_string().into_bytes();
    let published = publish(configuration, id, payload).fuse();
    let answered = answer_to(database, id).fuse();
    pin_mut!(published, answered);
    match select(published, answered).await {
        Either::Left((published, answered)) => match published {
            Ok(()) => answered.await,
            Err(ending) => Err(ending),
        },
        Either::Right((answered, _)) => answered,
    }
}

/// Waits until another component has recorded the answer to a message.
async fn answer_to(database: &Database, id: &str) -> Result<Verdict, Ending> {
    let until = clock::now() + mqtt::PATIENCE;
    while clock::now() < until {
        clock::sleep(LOOK).await;
        // A store that fails now may answer later; the message may be out.
        if let Ok(Some(upstream_id)) = ledger::upstream_id(database, id) {
            return Ok(Verdict::Taken { answer: answer(&upstream_id), upstream_id: Some(upstream_id) });
        }
    }
    Err(lost("30 秒内未收到 MQTT 应答", true))
}

/// Records an answer; see `wit/messages.wit`.
pub fn answered(id: &str, upstream_id: &str) -> Result<bool, Failure> {
    let database = Database::open(&MIGRATIONS).map_err(internal)?;
    ledger::answered(&database, id, upstream_id, &answer(upstream_id), clock::now()).map_err(internal)
}

/// Writes an answer as HTTP gives it: that is what callers know.
fn answer(upstream_id: &str) -> String {
    json!({ "msg": "", "code": 0, "data": { "msgId": upstream_id } }).to_string()
}

async fn publish(configuration: &Configuration, id: &str, payload: Vec<u8>) -> Result<(), Ending> {
    if configuration.quntool_mqtt_url.is_empty() {
        return Err(unreached("变量 quntool_mqtt_url 未设置", false));
    }
    let address = address(&configuration.quntool_mqtt_url, id);
    let (username, password) = (&configuration.quntool_mqtt_username, &configuration.quntool_mqtt_password);
    let connection = Connection::open(address, username, password, KEEP_ALIVE).await.map_err(|error| match error {
        Error::ConnectionFailed(reason) if reason.contains("not permitted") => Ending::Silence(Silence::NotAllowed),
        Error::InvalidAddress => unreached("变量 quntool_mqtt_url 无效", false),
        Error::TooManyConnections => unreached("连接数已达上限", false),
        Error::ConnectionFailed(_) | Error::Other(_) => unreached("无法连接 MQTT 代理", false),
    })?;
    connection.publish(mqtt::SEND, payload, Qos::AtLeastOnce).await.map_err(|error| broken(&error))
}

fn address(broker: &str, id: &str) -> String {
    format!("{broker}?client_id={id}&max_incoming_packet_size_bytes={PACKET}&max_outgoing_packet_size_bytes={PACKET}")
}

/// Tells what was surely not published from what may have been.
fn broken(error: &Error) -> Ending {
    // The interface has one case for everything that goes wrong between here and the broker, in the client library's
    // words. These are said before anything is published: who is not told them may have published.
    const BEFORE: &[(&str, &str, bool)] = &[
        ("refused", "MQTT 代理拒绝连接", false),
        ("TLS: ", "与 MQTT 代理的 TLS 握手失败", false),
        ("lookup", "MQTT 代理的域名无法解析", false),
        ("Network timeout", "连接 MQTT 代理超时", true),
    ];
    let reason = match error {
        Error::ConnectionFailed(reason) | Error::Other(reason) => reason.as_str(),
        Error::InvalidAddress | Error::TooManyConnections => "",
    };
    BEFORE
        .iter()
        .find(|(words, ..)| reason.contains(words))
        .map_or_else(|| lost("MQTT 连接中断", false), |(_, said, timed_out)| unreached(said, *timed_out))
}

fn lost(reason: &str, timed_out: bool) -> Ending {
    Ending::Silence(Silence::Lost { reason: reason.into(), timed_out })
}

fn unreached(reason: &str, timed_out: bool) -> Ending {
    Ending::Silence(Silence::Unreached { reason: reason.into(), timed_out })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_unreached(reason: &str) -> bool {
        matches!(broken(&Error::ConnectionFailed(reason.into())), Ending::Silence(Silence::Unreached { .. }))
    }

    #[test]
    fn only_what_failed_before_publishing_counts_as_unreached() {
        for reason in [
            "I/O: Connection refused (os error 111)",
            "Connection refused, return code: `NotAuthorized`",
            "TLS: I/O: invalid peer certificate: UnknownIssuer",
            "Network timeout",
            "I/O: failed to lookup address information: Name or service not known",
        ] {
            assert!(is_unreached(reason), "{reason}");
        }
        for reason in ["I/O: connection closed by peer", "Flush timeout", "Mqtt state: Io(Kind(ConnectionReset))", ""] {
            assert!(!is_unreached(reason), "{reason}");
        }
    }

    #[test]
    fn an_answer_by_mqtt_reads_as_one_by_http() {
        let read = crate::platform::read(&crate::upstream::Answer { status: 200, body: answer("u-1").into_bytes() });
        assert_eq!(read, Verdict::Taken { upstream_id: Some("u-1".into()), answer: answer("u-1") });
    }
}
