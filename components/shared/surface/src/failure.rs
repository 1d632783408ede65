//! Failures: from what `client` says to what the caller sees.

use crate::{Answer, Surface};
use caller::types::{Conflict, Failure, Rejection, System};
use contract::{Problem, Violation};
use serde_json::{Value, json};

/// A refusal of the gateway, before it has an envelope.
#[derive(Clone, Debug, PartialEq)]
pub struct Refusal {
    /// What is refused.
    pub problem: Problem,
    /// What it is about in this case, in Chinese; empty if the problem's title says it all.
    pub detail: String,
    /// The parameter at fault.
    pub field: Option<String>,
    /// The message in the ledger.
    pub id: Option<String>,
    /// The limit that is used up.
    pub limit: Option<String>,
    /// When to come again, in milliseconds.
    pub retry_after: Option<u64>,
    /// The limit's quota and its window in milliseconds.
    pub policy: Option<(u32, u64)>,
    /// The methods that are allowed.
    pub allow: Option<String>,
    /// What the platform answered.
    pub upstream: Option<Value>,
    /// What to do in this case; none if the problem's own advice says it.
    pub hint: Option<String>,
}

impl Refusal {
    /// A refusal with its detail.
    pub fn new(problem: Problem, detail: impl Into<String>) -> Self {
        Self {
            problem,
            detail: detail.into(),
            field: None,
            id: None,
            limit: None,
            retry_after: None,
            policy: None,
            allow: None,
            upstream: None,
            hint: None,
        }
    }

    /// The same refusal, naming the parameter at fault.
    #[must_use]
    pub fn of_field(mut self, field: impl Into<String>) -> Self {
        self.field = Some(field.into());
        self
    }

    fn of_message(mut self, id: Option<String>) -> Self {
        self.id = id;
        self
    }

    /// Returns what happened and what to do, in one sentence each.
    pub fn message(&self) -> String {
        let entry = self.problem.entry();
        let separator = if self.detail.is_empty() { "" } else { ":" };
        format!("{}{separator}{}。{}", entry.title, self.detail, self.advice())
    }

    /// Returns what to do.
    pub fn advice(&self) -> &str {
        self.hint.as_deref().unwrap_or(self.problem.entry().advice)
    }

    /// The same refusal, saying what to do in this case.
    #[must_use]
    pub fn hinting(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

impl From<Violation> for Refusal {
    fn from(violation: Violation) -> Self {
        Self::new(Problem::InvalidParameter, violation.to_string()).of_field(violation.field)
    }
}

impl Surface {
    /// Answers a failure of `client`: a platform's own refusal as it came, everything else in the surface's envelope.
    pub fn fail(self, failure: Failure, request_id: &str) -> Answer {
        match failure {
            Failure::Rejected(Rejection { id, status, body: Some(body), .. }) if self != Self::Gateway => {
                let answer = Answer::raw(status, body);
                match id {
                    Some(id) => answer.with(crate::answer::MESSAGE_ID, &id),
                    None => answer,
                }
            }
            failure => self.refuse(&refusal(failure), request_id),
        }
    }
}

/// Turns a failure into a refusal.
pub fn refusal(failure: Failure) -> Refusal {
    match failure {
        Failure::Invalid(invalid) => {
            Refusal::new(Problem::InvalidParameter, format!("参数 {} {}", invalid.field, invalid.reason))
                .of_field(invalid.field)
        }
        Failure::Unauthorized(rejection) => rejected(Problem::UpstreamUnauthorized, rejection),
        Failure::NotAllowed(host) => Refusal::new(Problem::HostNotAllowed, host),
        Failure::Conflict(Conflict::InFlight) => Refusal::new(Problem::InFlight, ""),
        Failure::Conflict(Conflict::KeyReused) => Refusal::new(Problem::IdempotencyKeyReused, ""),
        Failure::Conflict(Conflict::State) => Refusal::new(Problem::StateConflict, ""),
        Failure::Conflict(Conflict::TooLate) => Refusal::new(Problem::RecallTooLate, ""),
        Failure::Throttled(throttle) => {
            let scope = throttle.scope.map(|scope| format!("{scope} ")).unwrap_or_default();
            let detail = format!(
                "{scope}{} 毫秒内最多 {} 条({}),{} 毫秒后可重试",
                throttle.window_ms, throttle.quota, throttle.limit, throttle.retry_after_ms
            );
            let mut refusal = Refusal::new(Problem::Throttled, detail).of_message(throttle.id);
            refusal.policy = Some((throttle.quota, throttle.window_ms));
            refusal.limit = Some(throttle.limit);
            refusal.retry_after = Some(throttle.retry_after_ms);
            refusal
        }
        Failure::Rejected(rejection) => {
            let problem = if rejection.body.is_some() { Problem::UpstreamRejected } else { Problem::UpstreamStatus };
            rejected(problem, rejection)
        }
        Failure::Ambiguous(lost) => {
            let problem = match (&lost.id, lost.timed_out) {
                (Some(_), false) => Problem::UpstreamAmbiguous,
                (Some(_), true) => Problem::UpstreamTimeout,
                (None, false) => Problem::OperationAmbiguous,
                (None, true) => Problem::OperationTimeout,
            };
            Refusal::new(problem, format!("{}:{}", system_name(lost.system), lost.reason)).of_message(lost.id)
        }
        Failure::Unavailable(unavailable) => {
            let problem =
                if unavailable.timed_out { Problem::UpstreamConnectTimeout } else { Problem::UpstreamUnavailable };
            let detail = format!("{}:{}", system_name(unavailable.system), unavailable.reason);
            Refusal::new(problem, detail).of_message(unavailable.id)
        }
        Failure::NotFound => Refusal::new(Problem::UnknownMessage, ""),
        // The cause is in the log; callers get the request id.
        Failure::Other(_) => Refusal::new(Problem::Internal, ""),
    }
}

fn rejected(problem: Problem, rejection: Rejection) -> Refusal {
    let detail = format!("{}返回 {}:{}", system_name(rejection.system), rejection.code, rejection.message);
    let mut refusal = Refusal::new(problem, detail).of_message(rejection.id);
    refusal.upstream = Some(json!({
        "system": system_id(rejection.system), "status": rejection.status, "code": rejection.code,
        "message": rejection.message, "hint": rejection.hint,
    }));
    refusal
}

const fn system_name(system: System) -> &'static str {
    match system {
        System::Wanwang => "万网中台",
        System::Quntool => "聚合聊天",
        System::Kdocs => "KDocs 群机器人",
    }
}

/// Returns the name of a system as the API writes it.
pub const fn system_id(system: System) -> &'static str {
    match system {
        System::Wanwang => "wanwang",
        System::Quntool => "quntool",
        System::Kdocs => "kdocs",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use caller::types::{Ambiguity, Throttle};

    fn rejection(body: Option<&str>) -> Failure {
        Failure::Rejected(Rejection {
            id: Some("m-1".into()),
            system: System::Quntool,
            status: 200,
            code: 500,
            message: "企业微信不在线".into(),
            hint: None,
            body: body.map(str::to_owned),
        })
    }

    #[test]
    fn what_a_platform_answered_passes_through_as_it_came() {
        let answer = Surface::Quntool.fail(rejection(Some(r#"{"code":500,"msg":"企业微信不在线"}"#)), "r-1");
        assert_eq!((answer.status, answer.body.as_str()), (200, r#"{"code":500,"msg":"企业微信不在线"}"#));
        assert_eq!(answer.headers["x-message-id"], "m-1");
    }

    #[test]
    fn on_the_gateways_own_surface_it_is_a_problem_with_the_platforms_code() {
        let answer = Surface::Gateway.fail(rejection(Some("{}")), "r-1");
        assert_eq!(answer.status, 422);
        let body: Value = serde_json::from_str(&answer.body).unwrap();
        assert_eq!(body["upstream"]["code"], 500);
        assert_eq!(body["id"], "m-1");
        assert_eq!(
            Surface::Gateway.fail(rejection(None), "r-1").status,
            502,
            "an HTTP server's word is not the platform's"
        );
    }

    #[test]
    fn a_lost_answer_names_the_message() {
        let lost = |timed_out| {
            let lost =
                Ambiguity { id: Some("m-1".into()), system: System::Wanwang, reason: "连接中断".into(), timed_out };
            Surface::Wanwang.fail(Failure::Ambiguous(lost), "r-1")
        };
        assert_eq!((lost(true).status, lost(false).status), (504, 502));
        let body: Value = serde_json::from_str(&lost(true).body).unwrap();
        assert_eq!(body["data"]["id"], "m-1");
        assert_eq!(body["ok"], false);
    }

    #[test]
    fn a_limit_says_which_and_when() {
        let throttle = Throttle {
            id: None,
            limit: "account-spacing".into(),
            scope: Some("a-1".into()),
            quota: 1,
            window_ms: 500,
            retry_after_ms: 3_000,
        };
        let answer = Surface::Gateway.fail(Failure::Throttled(throttle), "r-1");
        assert_eq!((answer.status, answer.headers["retry-after"].to_str().unwrap()), (429, "3"));
        assert_eq!(answer.headers["ratelimit"], "\"account-spacing\";r=0;t=3");
        let body: Value = serde_json::from_str(&answer.body).unwrap();
        assert_eq!((body["limit"].as_str(), body["retryAfterMs"].as_u64()), (Some("account-spacing"), Some(3_000)));
    }

    #[test]
    fn what_the_gateway_did_wrong_is_not_told_to_callers() {
        let answer = Surface::Gateway.fail(Failure::Other("database: disk I/O error".into()), "r-1");
        assert_eq!(answer.status, 500);
        assert!(!answer.body.contains("disk"));
    }
}
