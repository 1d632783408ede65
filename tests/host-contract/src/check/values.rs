//! Values of the key-value store: access tokens, and the marks of callbacks that left the journal.

use std::slice;

use anyhow::{Result, bail, ensure};
use futures::FutureExt as _;

use super::at_once;
use crate::requirement::Requirement;
use crate::trial::Trial;

/// The rows about values.
pub const REQUIREMENTS: &[Requirement] = &[
    Requirement {
        name: "a value is read as soon as it is written",
        breaks: "an instance goes on with a token that another one has replaced, and asks for a token that is there",
        remedy: "read from the primary: no replica of Redis that lags, no cache in front of the store",
        kills: false,
        check: |trial| seen_at_once(trial).boxed(),
    },
    Requirement {
        name: "a value comes back byte for byte",
        breaks: "tokens are kept sealed; what comes back otherwise does not open, and every send asks for a new token",
        remedy: "use a store that keeps bytes, not text",
        kills: false,
        check: |trial| byte_for_byte(trial).boxed(),
    },
    Requirement {
        name: "a key is taken as it is: 512 bytes, UTF-8, upper and lower case apart",
        breaks: "accounts share a limit, and callbacks are taken for repeats of others",
        remedy: "use a store with keys of 512 bytes at least that it does not change",
        kills: false,
        check: |trial| keys_apart(trial).boxed(),
    },
    Requirement {
        name: "a key that is not there has no value, and may be deleted",
        breaks: "a new callback is taken for a repeat and is not handed on",
        remedy: "use another key-value store",
        kills: false,
        check: |trial| absent(trial).boxed(),
    },
    Requirement {
        name: "many values are written in one call",
        breaks: "callbacks that left the journal have no mark: repeats that come days later are handed on again",
        remedy: "use a store with set-many: Spin's SQLite, Redis (no cluster: its MSET fails across slots) or Valkey",
        kills: false,
        check: |trial| written_together(trial).boxed(),
    },
    Requirement {
        name: "many keys are deleted in one call, and no others",
        breaks: "counters and marks pile up, or limits are forgotten",
        remedy: "use a store with delete-many: Spin's SQLite, Redis (no cluster) or Valkey",
        kills: false,
        check: |trial| deleted_together(trial).boxed(),
    },
];

/// So many keys in one call, as when callbacks leave the journal.
const MANY: usize = 500;

async fn seen_at_once(trial: &Trial) -> Result<String> {
    // Each at once with the others, so that the read finds another instance than the write.
    const KEYS: usize = 16;
    const ROUNDS: usize = 4;
    at_once(KEYS, async |number| {
        let key = trial.key(&format!("value/{number}"));
        for round in 0..ROUNDS {
            let value = format!("{number}/{round}").into_bytes();
            trial.probe.set(&key, &value).await?;
            let read = trial.probe.get(&key).await?;
            ensure!(read.as_ref() == Some(&value), "after the write of round {round}, {} is read", shown(read));
        }
        Ok(())
    })
    .await?;
    Ok(format!("{} writes, each read behind it", KEYS * ROUNDS))
}

async fn byte_for_byte(trial: &Trial) -> Result<String> {
    let every = (0..=u8::MAX).collect::<Vec<u8>>();
    let values = [("every", every.clone()), ("none", Vec::new()), ("large", every.repeat(256))];
    for (name, value) in values {
        let key = trial.key(&format!("bytes/{name}"));
        trial.probe.set(&key, &value).await?;
        let Some(read) = trial.probe.get(&key).await? else { bail!("a value of {} bytes is not there", value.len()) };
        ensure!(read == value, "{} bytes come back as {} others", value.len(), read.len());
    }
    Ok("every byte; 0 to 65536 bytes".into())
}

async fn keys_apart(trial: &Trial) -> Result<String> {
    let long = "k".repeat(472);
    let names = [
        "account".into(),
        "ACCOUNT".into(),
        "企业/微信".into(),
        "a b?*[c]\\".into(),
        format!("{long}1"),
        format!("{long}2"),
    ];
    let mut longest = 0;
    for name in &names {
        let key = trial.key(name);
        longest = longest.max(key.len());
        trial.probe.set(&key, name.as_bytes()).await?;
    }
    for name in &names {
        let read = trial.probe.get(&trial.key(name)).await?;
        ensure!(read.as_deref() == Some(name.as_bytes()), "under the key …{name:.20} is {:.40}", shown(read));
    }
    Ok(format!("{} keys, {longest} bytes at most", names.len()))
}

async fn absent(trial: &Trial) -> Result<String> {
    let key = trial.key("value/absent");
    for _ in 0..2 {
        let read = trial.probe.get(&key).await?;
        ensure!(read.is_none(), "a key that was never written has the value {}", shown(read));
        trial.probe.delete(slice::from_ref(&key)).await?;
    }
    Ok("no value".into())
}

async fn written_together(trial: &Trial) -> Result<String> {
    let values: Vec<_> =
        (0..MANY).map(|number| (trial.key(&format!("many/{number}")), number.to_string().into())).collect();
    trial.probe.set_many(&values).await?;
    let read = at_once(MANY, |number| trial.probe.get(values.get(number).map_or("", |(key, _)| key))).await?;
    let written = values.iter().zip(read).filter(|((_, value), read)| read.as_ref() == Some(value)).count();
    ensure!(written == MANY, "{written} of {MANY} are there");
    Ok(format!("{MANY} values"))
}

async fn deleted_together(trial: &Trial) -> Result<String> {
    let values: Vec<_> = (0..MANY).map(|number| (trial.key(&format!("gone/{number}")), b"1".to_vec())).collect();
    trial.probe.set_many(&values).await?;
    let (kept, gone) = values.split_at(MANY / 10);
    trial.probe.delete(&gone.iter().map(|(key, _)| key.clone()).collect::<Vec<_>>()).await?;
    for (keys, expected) in [(kept, kept.len()), (gone, 0)] {
        let read = at_once(keys.len(), |number| trial.probe.get(keys.get(number).map_or("", |(key, _)| key))).await?;
        let left = read.iter().flatten().count();
        ensure!(left == expected, "{left} of {} keys are left instead of {expected}", keys.len());
    }
    Ok(format!("{} of {MANY} keys", gone.len()))
}

/// Writes a value for a message.
fn shown(value: Option<Vec<u8>>) -> String {
    value.map_or_else(|| "nothing".into(), |bytes| format!("{:?}", String::from_utf8_lossy(&bytes)))
}
