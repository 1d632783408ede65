//! Who calls.

use crate::{Refusal, Surface, token};
use contract::Problem;
use http::HeaderMap;
use runtime::{
    clock,
    log::{self, Level},
};
use serde::Deserialize;
use sha2::{Digest, Sha256};
use std::{cell::RefCell, rc::Rc};
use subtle::{Choice, ConstantTimeEq};

/// A secret. It does not print, and is compared in constant time.
#[derive(Clone, Deserialize)]
#[serde(from = "String")]
pub struct Secret {
    text: String,
    digest: [u8; 32],
}

impl From<String> for Secret {
    fn from(text: String) -> Self {
        Self { digest: Sha256::digest(&text).into(), text }
    }
}

impl Secret {
    /// Keeps a text as a secret.
    pub fn new(text: impl Into<String>) -> Self {
        text.into().into()
    }

    /// Whether there is none: an empty secret matches nothing.
    pub fn is_empty(&self) -> bool {
        self.text.is_empty()
    }

    /// Whether a presented text is this secret. The time taken depends on the presented text's length only.
    pub fn matches(&self, presented: &str) -> bool {
        bool::from(self.compare(presented)) && !self.is_empty()
    }

    /// Shows the secret, to put it into a request or a signature.
    pub fn reveal(&self) -> &str {
        &self.text
    }

    fn compare(&self, presented: &str) -> Choice {
        // Digests are equally long, so that not even the length shows.
        self.digest.ct_eq(&<[u8; 32]>::from(Sha256::digest(presented)))
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Secret")
    }
}

/// The caller whose messages are the gateway's own; nobody else has this name.
pub const OWN_CALLER: &str = "gateway";

/// A business system that may call.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Caller {
    /// Its name; messages belong to it.
    pub name: String,
    /// Its secret: the API key, the client secret, or the bearer token itself.
    pub secret: Secret,
}

/// The callers of the variable `callers`.
#[derive(Clone, Debug, Default)]
pub struct Callers(Vec<Caller>);

impl Callers {
    /// Reads the variable: `[{"name":…,"secret":…}]`. Empty is nobody. The error says what is wrong, without a secret.
    pub fn parse(json: &str) -> Result<Self, String> {
        if json.trim().is_empty() {
            return Ok(Self::default());
        }
        let callers: Vec<Caller> = serde_json::from_str(json)
            .map_err(|error| format!("callers: not a list of name and secret, at column {}", error.column()))?;
        for (index, caller) in callers.iter().enumerate() {
            if caller.name.is_empty() || caller.secret.is_empty() {
                return Err(format!("callers: entry {index} has an empty name or secret"));
            }
            if caller.name == OWN_CALLER {
                return Err(format!("callers: the name of entry {index} is reserved"));
            }
            if callers.iter().skip(index + 1).any(|other| other.name == caller.name) {
                return Err(format!("callers: the name of entry {index} comes twice"));
            }
            // One secret for two callers would give the one what is the other's.
            if callers.iter().skip(index + 1).any(|other| other.secret.matches(caller.secret.reveal())) {
                return Err(format!("callers: the secret of entry {index} comes twice"));
            }
        }
        Ok(Self(callers))
    }

    /// Finds the caller that presented a credential: its secret, or a token that was issued to it. `now` in
    /// milliseconds.
    pub fn authenticate(&self, presented: &str, now: u64) -> Option<&Caller> {
        self.by_secret(presented).or_else(|| self.by_token(presented, now))
    }

    /// Finds the caller with this name and secret (client credentials).
    pub fn by_name_and_secret(&self, name: &str, secret: &str) -> Option<&Caller> {
        self.by_secret(secret).filter(|caller| caller.name == name)
    }

    fn by_secret(&self, presented: &str) -> Option<&Caller> {
        // Every secret is compared, so that the time does not show which one matched.
        let mut found = None;
        for caller in &self.0 {
            if caller.secret.matches(presented) {
                found = Some(caller);
            }
        }
        found
    }

    fn by_token(&self, presented: &str, now: u64) -> Option<&Caller> {
        let name = token::claimed_name(presented)?;
        let caller = self.0.iter().find(|caller| caller.name == name)?;
        token::verify(presented, &caller.secret, now).then_some(caller)
    }
}

thread_local! {
    static CONFIGURED: RefCell<Option<Rc<Callers>>> = const { RefCell::new(None) };
}

/// Returns the callers of the variable `callers`, read once per instance. One that is not valid is nobody.
pub async fn configured() -> Rc<Callers> {
    if let Some(callers) = CONFIGURED.with_borrow(Clone::clone) {
        return callers;
    }
    let callers = Callers::parse(&runtime::variable("callers").await).unwrap_or_else(|reason| {
        log::write(Level::Error, "the variable callers is not valid: every call is refused", &[("reason", &reason)]);
        Callers::default()
    });
    let callers = Rc::new(callers);
    CONFIGURED.set(Some(callers.clone()));
    callers
}

/// Returns the name of the caller whose credential came with a request, in the place that the surface asks for.
pub async fn authenticate(surface: Surface, headers: &HeaderMap, query: &str) -> Result<String, Refusal> {
    let presented = surface.credential(headers, query);
    let callers = configured().await;
    presented
        .and_then(|credential| callers.authenticate(&credential, clock::now()).map(|caller| caller.name.clone()))
        .ok_or_else(|| Refusal::new(Problem::Unauthorized, surface.credential_place()))
}

/// Returns the token of an `Authorization: Bearer …` header.
pub fn bearer(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get(http::header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim()).filter(|token| !token.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    const TWO: &str = r#"[{"name":"crm","secret":"one"},{"name":"erp","secret":"two"}]"#;

    #[test]
    fn finds_the_caller_by_secret_or_token() {
        let callers = Callers::parse(TWO).unwrap();
        assert_eq!(callers.authenticate("two", 0).unwrap().name, "erp");
        let issued = token::issue("crm", &Secret::new("one"), 1_000, 60_000).unwrap();
        assert_eq!(callers.authenticate(&issued, 2_000).unwrap().name, "crm");
        assert!(callers.authenticate(&issued, 61_001).is_none());
        assert!(callers.authenticate("three", 0).is_none());
        assert!(callers.authenticate("", 0).is_none());
    }

    #[test]
    fn nobody_is_configured_by_default() {
        for json in ["", "[]"] {
            assert!(Callers::parse(json).unwrap().authenticate("", 0).is_none());
        }
    }

    #[test]
    fn a_broken_configuration_is_named_without_its_secrets() {
        for json in [
            r#"[{"name":"a","secret":"hush"},{"name":"a","secret":"hush2"}]"#,
            r#"[{"name":"a","secret":"hush"},{"name":"b","secret":"hush"}]"#,
            r#"[{"name":"","secret":"hush"}]"#,
            r#"[{"name":"gateway","secret":"hush"}]"#,
            r#"[{"name":"a","secret":""}]"#,
            r#"[{"name":"a","secret":"hush","x":1}]"#,
            r#"{"name":"a","secret":"hush"}"#,
        ] {
            assert!(!Callers::parse(json).unwrap_err().contains("hush"), "{json}");
        }
    }

    /// Says of a type whether it can be compared with `==`: the constant of the type itself goes before the trait's.
    struct Probe<T>(std::marker::PhantomData<T>);

    trait Incomparable {
        const COMPARABLE: bool = false;
    }

    impl<T> Incomparable for Probe<T> {}

    impl<T: PartialEq> Probe<T> {
        const COMPARABLE: bool = true;
    }

    #[test]
    fn secrets_are_compared_in_constant_time_alone() {
        assert_eq!([Probe::<Secret>::COMPARABLE, Probe::<String>::COMPARABLE], [false, true]);
        let secret = Secret::new("hush");
        assert!(secret.matches("hush"));
        for presented in ["", "h", "hus", "hush\0", "hushh", "HUSH"] {
            assert!(!secret.matches(presented) && !Secret::new("").matches(presented), "{presented:?}");
        }
    }

    #[test]
    fn secrets_do_not_print() {
        assert_eq!(format!("{:?}", Secret::new("hush")), "Secret");
    }

    #[test]
    fn reads_bearer_tokens() {
        let mut headers = http::HeaderMap::new();
        assert_eq!(bearer(&headers), None);
        for (value, token) in
            [("Bearer abc", Some("abc")), ("bearer abc", Some("abc")), ("Basic abc", None), ("Bearer ", None)]
        {
            headers.insert(http::header::AUTHORIZATION, value.parse().unwrap());
            assert_eq!(bearer(&headers), token, "{value}");
        }
    }
}
