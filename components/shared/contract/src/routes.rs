//! The gateway's own routes, beside the documented endpoints.

mod row;

use crate::{
    endpoint::{Kind, Method, Parameter, Rule},
    kdocs::media,
    problem::Problem,
};
pub use row::{Body, Credential, Envelope, Route};

/// What every route refuses.
const ALWAYS: &[Problem] = &[Problem::MethodNotAllowed, Problem::Internal, Problem::NotConfigured];

/// What a route with a credential refuses.
const CALLER: &[Problem] = &[Problem::Unauthorized];

/// What a route with a body refuses.
const BODY: &[Problem] = &[Problem::InvalidBody, Problem::BodyTooLarge, Problem::UnsupportedMediaType];

/// What a route with parameters refuses.
const PARAMETERS: &[Problem] = &[Problem::InvalidParameter];

/// What a route that sends messages refuses.
const SENDING: &[Problem] =
    &[Problem::InvalidIdempotencyKey, Problem::InFlight, Problem::IdempotencyKeyReused, Problem::Throttled];

/// What a route that takes messages back refuses.
const RECALL: &[Problem] = &[Problem::StateConflict, Problem::RecallTooLate];

/// What a route refuses because of the platform behind it.
const PLATFORM: &[Problem] = &[
    Problem::HostNotAllowed,
    Problem::UpstreamRejected,
    Problem::UpstreamStatus,
    Problem::UpstreamUnauthorized,
    Problem::UpstreamAmbiguous,
    Problem::UpstreamUnavailable,
    Problem::UpstreamTimeout,
    Problem::OperationAmbiguous,
    Problem::OperationTimeout,
    Problem::UpstreamConnectTimeout,
];

/// What the documented endpoints refuse, in groups.
pub const DOCUMENTED: &[&[Problem]] =
    &[ALWAYS, CALLER, BODY, PARAMETERS, SENDING, RECALL, PLATFORM, &[Problem::UnknownPath]];

/// A route without query and body, for callers.
const fn route(method: Method, path: &'static str, summary: &'static str, summary_english: &'static str) -> Route {
    Route {
        method,
        path,
        credential: Credential::Caller,
        query: &[],
        idempotent: false,
        request: Body::None,
        answers: &[],
        problems: &[ALWAYS, CALLER],
        envelope: Envelope::Gateway,
        summary,
        summary_english,
    }
}

/// What the documentation calls the routes here, in Chinese.
pub const TITLE: &str = "网关";
/// The same in English.
pub const TITLE_ENGLISH: &str = "The gateway";

/// The states of a message, as `/v1` writes them.
pub const STATES: &[&str] =
    &["accepted", "queued", "sending", "submitted", "delivered", "failed", "recalled", "refused", "unknown", "expired"];

const IDENTIFIER: &[Rule] = &[Rule::NotBlank, Rule::MaxBytes(64)];

/// What `GET /v1/messages` selects by.
pub const MESSAGES: &[Parameter] = &[
    Parameter::optional("state", Kind::Text, &[Rule::Words(STATES)], "只返回该状态的消息"),
    Parameter::optional("account", Kind::Text, IDENTIFIER, "只返回该企业微信id发送的消息"),
    Parameter::optional("after", Kind::Text, IDENTIFIER, "上一页返回的 next"),
    Parameter::optional("limit", Kind::Integer, &[Rule::Range(1, 100)], "每页条数,默认为100"),
];

/// What `GET /v1/summary` counts.
pub const SUMMARY: &[Parameter] = &[
    Parameter::optional("since", Kind::Text, IDENTIFIER, "从何时起受理的消息,RFC 3339 或毫秒时间戳,默认为24小时前"),
    Parameter::optional("until", Kind::Text, IDENTIFIER, "到何时为止(不含),默认为现在"),
];

/// The states of an event, as `/v1` writes them.
pub const EVENT_STATES: &[&str] = &["received", "routed", "repeated"];

/// The states of a delivery, as `/v1` writes them.
pub const DELIVERY_STATES: &[&str] = &["waiting", "pending", "delivering", "retrying", "delivered", "skipped", "dead"];

/// Names of types and accounts, to select by.
const NAMES: &[Rule] = &[Rule::Count(0, 100), Rule::NotBlank, Rule::MaxBytes(128)];

/// A cursor, or a subscriber's name.
const NAME: &[Rule] = &[Rule::NotBlank, Rule::MaxBytes(512)];

/// What `GET /v1/events` selects by.
pub const EVENTS: &[Parameter] = &[
    Parameter::optional("after", Kind::Text, NAME, "上一页返回的 next;为空则从最早的事件开始"),
    Parameter::optional("type", Kind::TextList, NAMES, "只返回这些类型的事件,可重复或用英文逗号隔开"),
    Parameter::optional("account", Kind::TextList, NAMES, "只返回这些企业微信id的事件,可重复或用英文逗号隔开"),
    Parameter::optional(
        "state",
        Kind::Text,
        &[Rule::Words(EVENT_STATES)],
        "只返回该状态的事件,repeated 为迟到的重复回调;默认为 repeated 以外的所有事件",
    ),
    Parameter::optional("limit", Kind::Integer, &[Rule::Range(1, 500)], "每页条数,默认为100"),
    Parameter::optional("wait", Kind::Integer, &[Rule::Range(0, 30)], "没有事件时最多等待的秒数,默认为0"),
];

/// What `GET /v1/deliveries` selects by.
pub const DELIVERIES: &[Parameter] = &[
    Parameter::optional("state", Kind::Text, &[Rule::Words(DELIVERY_STATES)], "只返回该状态的投递,dead 为死信"),
    Parameter::optional("subscriber", Kind::Text, NAME, "只返回该订阅方的投递"),
    Parameter::optional("after", Kind::Text, NAME, "上一页返回的 next"),
    Parameter::optional("limit", Kind::Integer, &[Rule::Range(1, 500)], "每页条数,默认为100"),
];

/// What `POST /v1/events/replay` asks for: `ids`, or `from`.
pub const REPLAY: &[Parameter] = &[
    Parameter::optional(
        "ids",
        Kind::TextList,
        &[Rule::Count(1, 1_000), Rule::NotBlank, Rule::MaxBytes(64)],
        "事件id列表;不与 from、to 同时使用",
    ),
    Parameter::optional("from", Kind::Text, NAME, "起点:RFC 3339 时间(含),或 next 返回的游标(不含)"),
    Parameter::optional("to", Kind::Text, NAME, "终点:RFC 3339 时间(不含),或游标(含);默认为最新的事件"),
    Parameter::optional("types", Kind::TextList, NAMES, "只重新投递这些类型的事件"),
    Parameter::optional("accounts", Kind::TextList, NAMES, "只重新投递这些企业微信id的事件"),
    Parameter::optional(
        "subscriber",
        Kind::Text,
        NAME,
        "只投递给该订阅方,已停止接收的将重新开始;默认为订阅了该类型的所有订阅方",
    ),
    Parameter::optional("dryRun", Kind::Boolean, &[], "true:只计数,不投递"),
];

/// What a signed link carries.
pub const SIGNATURE: &[Parameter] = &[
    Parameter::optional("expires", Kind::Integer, &[Rule::Range(0, i64::MAX)], "签名链接的失效时间(Unix 秒)"),
    Parameter::optional("signature", Kind::Text, &[Rule::MaxBytes(128)], "签名链接的签名"),
];

/// What `POST /v1/files/link` asks for; a link is valid for a week at most.
pub const FILE_LINK: &[Parameter] = &[
    Parameter::required(
        "path",
        Kind::Text,
        &[Rule::NotEmpty, Rule::MaxBytes(1_024)],
        "媒体文件的路径,以 /gnapi/files/ 开头",
    ),
    Parameter::optional("expiresIn", Kind::Integer, &[Rule::Range(1, 7 * 24 * 3_600)], "有效期(秒),默认为3600"),
];

/// What `POST /v1/robot/media` asks for in its query.
pub const ROBOT_MEDIA: &[Parameter] = &[
    Parameter::required(
        "robot",
        Kind::Text,
        &[Rule::NotBlank, Rule::MaxBytes(2_048)],
        "上传到哪个群机器人:网关配置的机器人名称,或 webhook 地址",
    ),
    Parameter::required(
        "type",
        Kind::Text,
        &[Rule::Words(&["file", "voice"])],
        "file 普通文件(5 字节到 20 MB),voice 语音(AMR,不超过 2 MB 与 60 秒)",
    ),
];

/// The form of `POST /v1/robot/media`.
pub const ROBOT_MEDIA_FORM: &[Parameter] = &[Parameter::required("media", Kind::File, &[], "文件内容,需带文件名")];

/// Every route.
pub const ROUTES: &[Route] = &[
    Route {
        credential: Credential::Client,
        request: Body::JsonOrForm("TokenRequest"),
        answers: &[(200, Body::Json("Token"))],
        problems: &[ALWAYS, BODY, &[Problem::InvalidClient]],
        envelope: Envelope::OAuth,
        ..route(
            Method::Post,
            "/oauth2/token",
            "以客户端模式获取访问令牌",
            "Issues an access token by client credentials (RFC 6749 §4.4)",
        )
    },
    Route {
        idempotent: true,
        request: Body::Json("SendRequest"),
        answers: &[(201, Body::Json("Message")), (202, Body::Json("Message"))],
        problems: &[ALWAYS, CALLER, BODY, PARAMETERS, SENDING, PLATFORM],
        ..route(Method::Post, "/v1/messages", "发送消息", "Sends a message to employees, a conversation or a robot")
    },
    Route {
        query: MESSAGES,
        answers: &[(200, Body::Json("Messages"))],
        problems: &[ALWAYS, CALLER, PARAMETERS],
        ..route(Method::Get, "/v1/messages", "查询消息列表", "Lists messages of the caller, a page at a time")
    },
    Route {
        answers: &[(200, Body::Json("Message"))],
        problems: &[ALWAYS, CALLER, &[Problem::UnknownMessage]],
        ..route(
            Method::Get,
            "/v1/messages/{id}",
            "查询消息状态",
            "Shows a message of the caller, by the gateway's or the platform's id",
        )
    },
    Route {
        answers: &[(200, Body::Json("Message"))],
        problems: &[ALWAYS, CALLER, RECALL, PLATFORM, &[Problem::UnknownMessage]],
        ..route(Method::Post, "/v1/messages/{id}/recall", "撤回消息", "Takes a message back")
    },
    Route {
        query: SUMMARY,
        answers: &[(200, Body::Json("Summary"))],
        problems: &[ALWAYS, CALLER, PARAMETERS],
        ..route(
            Method::Get,
            "/v1/summary",
            "按小时与状态统计消息",
            "Counts the recipients of the caller's messages by hour and state",
        )
    },
    Route {
        query: ROBOT_MEDIA,
        request: Body::Multipart("RobotMediaForm"),
        answers: &[(201, Body::Json("RobotMedia"))],
        problems: &[ALWAYS, CALLER, BODY, PARAMETERS, PLATFORM],
        ..route(
            Method::Post,
            media::ROUTE,
            "上传群机器人的文件或语音",
            "Uploads a file or voice for a group robot; its id is valid for three days, and for that robot only",
        )
    },
    Route {
        credential: Credential::ApiKeyOrSignature,
        query: SIGNATURE,
        answers: &[(200, Body::Bytes), (206, Body::Bytes)],
        problems: &[ALWAYS, CALLER, PARAMETERS, PLATFORM, &[Problem::UnknownPath]],
        envelope: Envelope::Quntool,
        ..route(Method::Get, "/gnapi/files/{path}", "下载媒体文件", "Fetches a media file of 聚合聊天")
    },
    Route {
        request: Body::Json("FileLinkRequest"),
        answers: &[(200, Body::Json("FileLink"))],
        problems: &[ALWAYS, CALLER, BODY, PARAMETERS],
        ..route(
            Method::Post,
            "/v1/files/link",
            "签发媒体文件的下载链接",
            "Signs a link to a media file for those who have no credential",
        )
    },
    Route {
        credential: Credential::Path,
        request: Body::Json("Callback"),
        answers: &[(200, Body::Json("CallbackAnswer"))],
        problems: &[ALWAYS, CALLER, BODY, &[Problem::CallbackNotAllowed]],
        ..route(
            Method::Post,
            "/callback/quntool/{token}",
            "接收聚合聊天的回调",
            "Takes a callback of 聚合聊天: answered once it is durable, a repeat included",
        )
    },
    Route {
        query: EVENTS,
        answers: &[(200, Body::Json("Events"))],
        problems: &[ALWAYS, CALLER, PARAMETERS],
        ..route(
            Method::Get,
            "/v1/events",
            "拉取事件",
            "Lists events in the order in which they were received, and waits for new ones if asked to",
        )
    },
    Route {
        answers: &[(200, Body::Json("EventWithDeliveries"))],
        problems: &[ALWAYS, CALLER, &[Problem::UnknownEvent]],
        ..route(Method::Get, "/v1/events/{id}", "查询事件及其投递", "Shows an event and its deliveries")
    },
    Route {
        request: Body::Json("ReplayRequest"),
        answers: &[(200, Body::Json("Replay"))],
        problems: &[ALWAYS, CALLER, BODY, PARAMETERS],
        ..route(
            Method::Post,
            "/v1/events/replay",
            "重新投递事件",
            "Hands events on again, by id or by range; a delivery that is under way is left alone",
        )
    },
    Route {
        query: DELIVERIES,
        answers: &[(200, Body::Json("Deliveries"))],
        problems: &[ALWAYS, CALLER, PARAMETERS],
        ..route(Method::Get, "/v1/deliveries", "查询投递", "Lists deliveries, the dead letters for example")
    },
    Route {
        credential: Credential::Tick,
        answers: &[(200, Body::Json("Counts"))],
        ..route(
            Method::Post,
            "/internal/send/tick",
            "处理到期的消息",
            "Works the queue, vanished workers, deadlines and what is old",
        )
    },
    Route {
        credential: Credential::Tick,
        answers: &[(200, Body::Json("Counts"))],
        ..route(
            Method::Post,
            "/internal/callback/tick",
            "处理到期的事件与投递",
            "Works events and deliveries that are due, and what is old",
        )
    },
    Route {
        credential: Credential::None,
        answers: &[(200, Body::Json("Document"))],
        problems: &[ALWAYS],
        ..route(Method::Get, "/openapi.json", "本接口文档(OpenAPI 3.1)", "This document (OpenAPI 3.1)")
    },
];
