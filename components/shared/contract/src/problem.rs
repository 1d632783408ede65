//! The gateway's own refusals: one table of stable codes.

/// Something that the gateway itself says no to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Problem {
    /// The body is not JSON, or not an object.
    InvalidBody,
    /// A parameter is missing or breaks its rule.
    InvalidParameter,
    /// The idempotency key is not a structured-field string of 1-255 characters.
    InvalidIdempotencyKey,
    /// No credential, or a wrong one.
    Unauthorized,
    /// A credential of the client-credentials grant was refused (RFC 6749 §5.2).
    InvalidClient,
    /// The address that the caller named is not allowed.
    HostNotAllowed,
    /// The callback is of a container or an account that is not listed.
    CallbackNotAllowed,
    /// No such path.
    UnknownPath,
    /// No such message, or another caller's.
    UnknownMessage,
    /// No such event, or not any more.
    UnknownEvent,
    /// The path is there, the method is not.
    MethodNotAllowed,
    /// The first request with this idempotency key has not been answered yet.
    InFlight,
    /// The message's state does not allow it.
    StateConflict,
    /// The platform takes a message back for 24 hours only.
    RecallTooLate,
    /// The body is too large.
    BodyTooLarge,
    /// The body's media type is not one that is understood.
    UnsupportedMediaType,
    /// The idempotency key came with another request.
    IdempotencyKeyReused,
    /// Another message of the request failed, and the caller wants nothing behind it.
    NotTried,
    /// A limit is used up.
    Throttled,
    /// The gateway failed.
    Internal,
    /// The gateway is not configured for this.
    NotConfigured,
    /// The platform refused the message.
    UpstreamRejected,
    /// The platform refused by its HTTP status, without an answer that says why.
    UpstreamStatus,
    /// The platform refused the gateway's credential.
    UpstreamUnauthorized,
    /// The platform's answer was lost or is not understood; the message may have been sent.
    UpstreamAmbiguous,
    /// The platform could not be reached.
    UpstreamUnavailable,
    /// The platform's answer did not come in time; the message may have been sent.
    UpstreamTimeout,
    /// The platform could not be reached in time.
    UpstreamConnectTimeout,
    /// The platform's answer to an operation was lost or is not understood; it may have been done.
    OperationAmbiguous,
    /// The platform's answer to an operation did not come in time; it may have been done.
    OperationTimeout,
}

/// What the table says of a problem.
#[derive(Debug)]
pub struct Entry {
    /// Its stable code: the HTTP status and three digits.
    pub code: u32,
    /// Its name, stable too; `/v1` shows it as the problem's type.
    pub name: &'static str,
    /// What happened, in Chinese.
    pub title: &'static str,
    /// Whose move it is and what to do, in Chinese.
    pub advice: &'static str,
}

impl Entry {
    /// Returns the HTTP status.
    pub const fn status(&self) -> u16 {
        // The first three of six digits fit.
        (self.code / 1_000) as u16
    }
}

const fn entry(code: u32, name: &'static str, title: &'static str, advice: &'static str) -> Entry {
    Entry { code, name, title, advice }
}

impl Problem {
    /// Every problem.
    pub const ALL: &'static [Self] = &[
        Self::InvalidBody,
        Self::InvalidParameter,
        Self::InvalidIdempotencyKey,
        Self::Unauthorized,
        Self::InvalidClient,
        Self::HostNotAllowed,
        Self::CallbackNotAllowed,
        Self::UnknownPath,
        Self::UnknownMessage,
        Self::UnknownEvent,
        Self::MethodNotAllowed,
        Self::InFlight,
        Self::StateConflict,
        Self::RecallTooLate,
        Self::BodyTooLarge,
        Self::UnsupportedMediaType,
        Self::IdempotencyKeyReused,
        Self::NotTried,
        Self::Throttled,
        Self::Internal,
        Self::NotConfigured,
        Self::UpstreamRejected,
        Self::UpstreamStatus,
        Self::UpstreamUnauthorized,
        Self::UpstreamAmbiguous,
        Self::UpstreamUnavailable,
        Self::UpstreamTimeout,
        Self::UpstreamConnectTimeout,
        Self::OperationAmbiguous,
        Self::OperationTimeout,
    ];

    /// Returns what the table says.
    pub const fn entry(self) -> Entry {
        match self {
            Self::InvalidBody => entry(400_001, "invalid-body", "请求体不是合法的 JSON 对象", "请修正请求体后重试"),
            Self::InvalidParameter => entry(400_002, "invalid-parameter", "参数错误", "请按文档修正该参数后重试"),
            Self::InvalidIdempotencyKey => entry(
                400_003,
                "invalid-idempotency-key",
                "Idempotency-Key 格式错误",
                "请使用带双引号的字符串,1 到 255 个字符",
            ),
            Self::Unauthorized => entry(401_001, "unauthorized", "凭证缺失或错误", "请检查凭证;凭证由网关管理员发放"),
            Self::InvalidClient => entry(401_002, "invalid-client", "client_id 或 client_secret 错误", "请检查凭证"),
            Self::HostNotAllowed => {
                entry(403_001, "host-not-allowed", "不允许访问该地址", "请改用允许的地址,或联系网关管理员")
            }
            Self::CallbackNotAllowed => entry(
                403_002,
                "callback-not-allowed",
                "回调的容器或账号不在允许列表中",
                "若应接收,请网关管理员将其加入该变量",
            ),
            Self::UnknownPath => entry(404_001, "unknown-path", "路径不存在", "请检查路径"),
            Self::UnknownMessage => {
                entry(404_002, "unknown-message", "消息不存在", "请检查消息 id;只能查询自己发送的消息")
            }
            Self::UnknownEvent => entry(404_003, "unknown-event", "事件不存在", "请检查事件 id;事件只在保留期内可查"),
            Self::MethodNotAllowed => {
                entry(405_001, "method-not-allowed", "请求方法不支持", "请改用 Allow 头列出的方法")
            }
            Self::InFlight => {
                entry(409_001, "in-flight", "相同 Idempotency-Key 的请求正在处理", "请稍后用同一请求重试")
            }
            Self::StateConflict => entry(409_002, "state-conflict", "消息当前状态不允许该操作", "请查询消息状态"),
            Self::RecallTooLate => {
                entry(409_003, "recall-too-late", "消息发送已超过 24 小时,平台不再支持撤回", "无法撤回")
            }
            Self::BodyTooLarge => entry(413_001, "body-too-large", "请求体过大", "请缩小请求体"),
            Self::UnsupportedMediaType => {
                entry(415_001, "unsupported-media-type", "不支持的 Content-Type", "请使用 application/json")
            }
            Self::IdempotencyKeyReused => {
                entry(422_001, "idempotency-key-reused", "Idempotency-Key 已用于另一请求", "请换用新的 Idempotency-Key")
            }
            Self::NotTried => entry(
                424_001,
                "not-tried",
                "前面的消息失败,未发送",
                "请处理前面的失败后,用相同的请求与 Idempotency-Key 重试",
            ),
            Self::Throttled => entry(429_001, "throttled", "超过发送频率限制", "请在 Retry-After 之后重试"),
            Self::Internal => entry(500_001, "internal", "网关内部错误", "请凭 requestId 联系网关管理员"),
            Self::NotConfigured => entry(503_001, "not-configured", "网关未配置该功能", "请联系网关管理员"),
            Self::UpstreamRejected => entry(422_002, "upstream-rejected", "平台拒绝了请求", "请按平台返回的错误码处理"),
            Self::UpstreamStatus => entry(
                502_001,
                "upstream-status",
                "平台以 HTTP 状态拒绝了请求,未说明原因",
                "请联系网关管理员检查平台地址",
            ),
            Self::UpstreamUnauthorized => {
                entry(502_002, "upstream-unauthorized", "平台拒绝了网关的凭证", "请联系网关管理员检查平台凭证")
            }
            Self::UpstreamAmbiguous => entry(
                502_003,
                "upstream-ambiguous",
                "平台的应答丢失或无法识别,消息可能已发送",
                "请勿直接重发,先按 id 查询消息状态",
            ),
            Self::UpstreamUnavailable => {
                entry(502_004, "upstream-unavailable", "无法连接平台,请求未发送", "可以重试;若持续出现请联系网关管理员")
            }
            Self::OperationAmbiguous => entry(
                502_005,
                "operation-ambiguous",
                "平台的应答丢失或无法识别,请求可能已被执行",
                "重试前请先查询是否已生效",
            ),
            Self::OperationTimeout => {
                entry(504_003, "operation-timeout", "等待平台应答超时,请求可能已被执行", "重试前请先查询是否已生效")
            }
            Self::UpstreamTimeout => entry(
                504_001,
                "upstream-timeout",
                "等待平台应答超时,消息可能已发送",
                "请勿直接重发,先按 id 查询消息状态",
            ),
            Self::UpstreamConnectTimeout => entry(
                504_002,
                "upstream-connect-timeout",
                "连接平台超时,请求未发送",
                "可以重试;若持续出现请联系网关管理员",
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Problem;
    use std::collections::HashSet;

    #[test]
    fn codes_and_names_are_unique_and_carry_the_status() {
        let mut codes = HashSet::new();
        let mut names = HashSet::new();
        for problem in Problem::ALL {
            let entry = problem.entry();
            assert!(codes.insert(entry.code), "{problem:?}");
            assert!(names.insert(entry.name), "{problem:?}");
            assert!((400..600).contains(&entry.status()), "{problem:?}");
        }
    }
}
