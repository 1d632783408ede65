//! What is left of the limits, in headers (draft-ietf-httpapi-ratelimit-headers).

use crate::Answer;
use caller::types::Standing;
use http::HeaderName;

/// Which limits count.
pub const POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");
/// What is left of them.
pub const STANDING: HeaderName = HeaderName::from_static("ratelimit");

/// Adds the headers to an answer; an answer without limits stays as it is.
pub fn tell(answer: Answer, limits: &[Standing]) -> Answer {
    if limits.is_empty() {
        return answer;
    }
    let policy: Vec<String> = limits
        .iter()
        .map(|limit| format!("\"{}\";q={};w={}", limit.limit, limit.quota, seconds(limit.window_ms)))
        .collect();
    let standing: Vec<String> = limits
        .iter()
        .map(|limit| format!("\"{}\";r={};t={}", limit.limit, limit.remaining, seconds(limit.reset_ms)))
        .collect();
    answer.with(POLICY, &policy.join(", ")).with(STANDING, &standing.join(", "))
}

/// Whole seconds, one at least: the fields have no fractions.
fn seconds(milliseconds: u64) -> u64 {
    milliseconds.div_ceil(1_000).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn every_limit_is_told_in_both_fields() {
        let limit = |name: &str, remaining| Standing {
            limit: name.into(),
            quota: 20,
            window_ms: 60_000,
            remaining,
            reset_ms: 12_001,
        };
        let answer = tell(Answer::json(200, &json!({})), &[limit("robot-minute", 3), limit("other", 0)]);
        assert_eq!(answer.headers["ratelimit-policy"], "\"robot-minute\";q=20;w=60, \"other\";q=20;w=60");
        assert_eq!(answer.headers["ratelimit"], "\"robot-minute\";r=3;t=13, \"other\";r=0;t=13");
        assert!(tell(Answer::json(200, &json!({})), &[]).headers.is_empty());
    }
}
