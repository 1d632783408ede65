//! What a request that sends can wish: one table, for headers and for the fields of `POST /v1/messages`.

/// One wish.
#[derive(Debug)]
pub struct Preference {
    /// Its name as a field of `POST /v1/messages`.
    pub field: &'static str,
    /// Its name as a header, on every surface.
    pub header: &'static str,
    /// What it can be; none is a time, RFC 3339 or milliseconds since the Unix epoch.
    pub words: &'static [&'static str],
    /// What it is for, in Chinese.
    pub about: &'static str,
}

/// Not before this time.
pub const SEND_AT: Preference = Preference {
    field: "sendAt",
    header: "x-send-at",
    words: &[],
    about: "不早于该时间发送,RFC 3339 或毫秒时间戳,最多为 30 天之后;消息排队,应答 202",
};
/// Not after this time.
pub const EXPIRES_AT: Preference = Preference {
    field: "expiresAt",
    header: "x-expires-at",
    words: &[],
    about: "不晚于该时间发送,RFC 3339 或毫秒时间戳;届时仍在排队的消息状态为 expired",
};
/// Its place in the queue.
pub const PRIORITY: Preference = Preference {
    field: "priority",
    header: "x-priority",
    words: &["normal", "high"],
    about: "排队时的优先级,默认为 normal;同一账号的 high 先于 normal 发送",
};
/// What a lost answer leads to.
pub const RETRY: Preference = Preference {
    field: "retry",
    header: "x-retry",
    words: &["never", "at-least-once"],
    about: "平台应答丢失时:never 不再发送(默认),at-least-once 再次发送,接收者可能收到两次",
};

/// How a message gets to 聚合聊天.
pub const TRANSPORT: Preference = Preference {
    field: "transport",
    header: "x-transport",
    words: &["http", "mqtt"],
    about: "聚合聊天消息的发送方式,默认为网关的配置;MQTT 不支持的消息类型仍经 HTTP 发送",
};

/// Every wish.
pub const PREFERENCES: &[&Preference] = &[&SEND_AT, &EXPIRES_AT, &PRIORITY, &RETRY, &TRANSPORT];

/// The header of RFC 7240, and what of it is understood, in Chinese.
pub const PREFER: (&str, &str) =
    ("prefer", "respond-async:排队发送并立即应答 202;wait=秒:最多等待多久的发送频率限制,0 到 60(RFC 7240)");

/// The longest wait that can be wished for, in seconds.
pub const LONGEST_WAIT: u32 = 60;
