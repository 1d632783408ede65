//! A message with more recipients than one call takes: several calls under one id.

use super::{Work, end, internal};
use crate::{
    bindings::exports::wecom::gateway::types::{Failure, State},
    dispatch::{self, Ending},
    ledger,
    platform::Verdict,
};
use contract::wanwang::RECIPIENTS_PER_CALL;
use runtime::clock;
use serde_json::Value;

impl Work {
    /// Sends call by call, and stops at the first one that fails: its recipients and the ones behind it have their
    /// states then, and the caller gets its failure. If the very first fails, nothing was sent.
    pub(super) async fn in_parts(&self) -> Result<Result<Verdict, Ending>, Failure> {
        let mut first: Option<(Option<String>, String)> = None;
        let mut calls = self.prepared.recipients.chunks(RECIPIENTS_PER_CALL).enumerate();
        while let Some((number, recipients)) = calls.next() {
            let list = Value::from(recipients);
            let mut body = self.prepared.body.clone();
            if let Some(work_ids) = body.get_mut("workIds") {
                *work_ids = list.clone();
            }
            let verdict = dispatch::wanwang(&self.configuration, &self.prepared.path, &body).await;
            match verdict {
                Ok(Verdict::Taken { upstream_id, answer }) => {
                    let id = upstream_id.as_deref();
                    ledger::part(&self.database, &self.id, number, id, &list.to_string()).map_err(internal)?;
                    first.get_or_insert((upstream_id, answer));
                }
                verdict => {
                    let Some((upstream_id, _)) = first else { return Ok(verdict) };
                    let left: Vec<&String> = calls.flat_map(|(_, recipients)| recipients).collect();
                    let left = serde_json::json!(left);
                    return Err(self.broken_off(verdict, &list, &left, upstream_id.as_deref()).await?);
                }
            }
        }
        Ok(match first {
            Some((upstream_id, answer)) => Ok(Verdict::Taken { upstream_id, answer }),
            None => Ok(Verdict::Unclear("没有接收者")),
        })
    }

    /// Some calls were taken, this one was not: `failed` are its recipients, `left` those behind it.
    async fn broken_off(
        &self,
        verdict: Result<Verdict, Ending>,
        failed: &Value,
        left: &Value,
        upstream_id: Option<&str>,
    ) -> Result<Failure, Failure> {
        let id = Some(self.id.clone());
        let system = self.prepared.system;
        // The same request again gets the refusal again, and not the answer to the calls that were taken.
        let said = match &verdict {
            Ok(Verdict::Refused(refusal)) => refusal.body.clone().map(|body| (refusal.status, body)),
            _ => None,
        };
        let (state, code, reason, failure) = match verdict {
            Ok(Verdict::Refused(refusal)) => {
                (State::Failed, Some(refusal.code), refusal.message.clone(), Failure::Rejected(refusal.of(id, system)))
            }
            Ok(Verdict::Unclear(reason)) => {
                (State::Unknown, None, reason.to_owned(), Ending::unclear(reason).failure(id, system))
            }
            Ok(Verdict::Taken { .. }) => return Err(Failure::Other("a call that was taken did not fail".into())),
            Err(ending) => {
                let (state, code, reason) = end::outcome(&ending);
                let reason = reason.to_owned();
                (state, code, reason, ending.failure(id, system))
            }
        };
        ledger::rest(&self.database, &self.id, failed, state, code, &reason).map_err(internal)?;
        let behind = "前一批接收者发送失败,未发送";
        ledger::rest(&self.database, &self.id, left, State::Refused, None, behind).map_err(internal)?;
        let said = said.as_ref().map(|(status, body)| (*status, body.as_str()));
        ledger::submitted(&self.database, &self.id, upstream_id, said, clock::now()).await.map_err(internal)?;
        Ok(failure)
    }
}
