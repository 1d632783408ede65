//! `POST /api/v1/openapi/notification/wecom`: a list of messages for one robot.

use crate::{
    outcome::{self, Outcome},
    plan::{Part, plan},
};
use caller::{
    messages,
    types::{Failure, Message, Options, Recipient, Robot},
};
use contract::{Problem, arguments, arguments::Names, kdocs};
use message::{queue, robot};
use serde_json::Value;
use spin_sdk::http::Request;
use surface::{Answer, Refusal, Surface, body, credential, failure::refusal, idempotency, preference, query};

/// Checks every message, then sends one after the other; `on_error` says what one that fails means for the rest.
pub async fn relay(request: Request, request_id: &str) -> Result<Answer, Refusal> {
    let (parts, incoming) = request.into_parts();
    let query = parts.uri.query().unwrap_or_default();
    let caller = credential::authenticate(Surface::Kdocs, &parts.headers, query).await?;
    let key = idempotency::key(&parts.headers)?;
    let options = preference::options(&parts.headers)?;
    let bytes = body::read_within(kdocs::BODY, &parts.headers, incoming).await?;
    let mut given = body::object(&parts.headers, &bytes)?;
    let in_query = arguments::query::read(&[kdocs::SPLIT, kdocs::ON_ERROR], query::pairs(query), Names::Exact);
    for parameter in [kdocs::SPLIT, kdocs::ON_ERROR] {
        if let Some(value) = in_query.get(parameter.name) {
            given.entry(parameter.name).or_insert_with(|| value.clone());
        }
    }
    let Some(endpoint) = kdocs::ENDPOINTS.first() else { return Err(Refusal::new(Problem::UnknownPath, "")) };
    let mut arguments = endpoint.check(given)?;
    let may_split = arguments.documented.get(kdocs::SPLIT.name).and_then(Value::as_bool).unwrap_or(true);
    let stops = arguments.optional_text(kdocs::ON_ERROR.name).as_deref() == Some(kdocs::STOP);
    let robot = robot::recipient(arguments.text("link"), arguments.optional_text("sk")).await?;
    let data = arguments.objects("data").into_iter().enumerate();
    let planned: Vec<Vec<Part>> =
        data.map(|(index, message)| plan(index, message, may_split)).collect::<Result<_, _>>()?;

    let relay = Relay { caller: &caller, request_id, robot: &robot, key: key.as_deref(), options };
    let mut outcomes: Vec<Outcome> = Vec::with_capacity(planned.len());
    for (index, parts) in planned.into_iter().enumerate() {
        let stopped = stops && outcomes.last().is_some_and(|outcome| !outcome.went());
        let outcome = if stopped { Outcome::not_tried(parts.len()) } else { relay.send(index, parts).await };
        // What the request as a whole names wrongly, a robot say, is as wrong for the other messages.
        if outcomes.is_empty()
            && let Some(Failure::Invalid(invalid)) = outcome.failure()
        {
            return Err(refusal(Failure::Invalid(invalid.clone())));
        }
        outcomes.push(outcome);
    }
    queue::work_soon(outcomes.iter().flat_map(Outcome::receipts));
    Ok(outcome::answer(&outcomes, request_id))
}

/// What all messages of a request have in common.
struct Relay<'a> {
    caller: &'a str,
    request_id: &'a str,
    robot: &'a Robot,
    key: Option<&'a str>,
    options: Options,
}

impl Relay<'_> {
    /// Sends the parts of one message in their order, up to the first one that fails: a reader is not to miss one in
    /// the middle.
    async fn send(&self, index: usize, parts: Vec<Part>) -> Outcome {
        let count = parts.len();
        let mut sent = Vec::with_capacity(count);
        for (number, part) in parts.into_iter().enumerate() {
            let message = Message {
                caller: self.caller.to_owned(),
                request_id: self.request_id.to_owned(),
                recipient: Recipient::Robot(self.robot.clone()),
                content: part.content,
                extra: part.extra,
                idempotency_key: self.key.map(|key| own_key(key, index, number, count)),
                options: self.options,
            };
            sent.push(messages::send(message).await);
            if sent.last().is_some_and(Result::is_err) {
                break;
            }
        }
        Outcome::new(sent, count)
    }
}

/// Derives the idempotency key of a part: each message of the list is one of its own. No caller can send such a key: a
/// structured-field string has no line break.
fn own_key(key: &str, index: usize, part: usize, count: usize) -> String {
    if count == 1 { format!("{key}\n{index}") } else { format!("{key}\n{index}\n{part}") }
}
