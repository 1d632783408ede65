//! Access tokens that the gateway issues (RFC 6749 §4.4): JWTs signed with the caller's own secret (HS256), so that
//! nothing has to be stored and a changed secret ends them.

use crate::Secret;
use chrono::{DateTime, Duration, Utc};
use jwt_compact::{
    AlgorithmExt, Claims, Header, TimeOptions, UntrustedToken,
    alg::{Hs256, Hs256Key},
};
use serde::{Deserialize, Serialize};

/// How long a token is valid, in seconds.
pub const LIFETIME: u64 = 7_200;

#[derive(Serialize, Deserialize)]
struct Subject {
    sub: String,
}

/// Issues a token to a caller; times in milliseconds. None if the time is out of range.
pub fn issue(name: &str, secret: &Secret, now: u64, lifetime: u64) -> Option<String> {
    let mut claims = Claims::new(Subject { sub: name.to_owned() });
    claims.issued_at = Some(moment(now)?);
    claims.expiration = Some(moment(now.checked_add(lifetime)?)?);
    Hs256.token(&Header::empty().with_token_type("JWT"), &claims, &key(secret)).ok()
}

/// Returns the name that a token claims, unverified.
pub fn claimed_name(token: &str) -> Option<String> {
    let claims = UntrustedToken::new(token).ok()?.deserialize_claims_unchecked::<Subject>().ok()?;
    Some(claims.custom.sub)
}

/// Whether a token was signed with this secret and is still valid.
pub fn verify(token: &str, secret: &Secret, now: u64) -> bool {
    let Some(now) = moment(now) else { return false };
    let Ok(untrusted) = UntrustedToken::new(token) else { return false };
    let Ok(verified) = Hs256.validator::<Subject>(&key(secret)).validate(&untrusted) else { return false };
    verified.claims().validate_expiration(&TimeOptions::new(Duration::zero(), || now)).is_ok()
}

fn key(secret: &Secret) -> Hs256Key {
    Hs256Key::new(secret.reveal())
}

fn moment(milliseconds: u64) -> Option<DateTime<Utc>> {
    DateTime::from_timestamp_millis(i64::try_from(milliseconds).ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_holds_until_it_expires_and_for_its_secret_only() {
        let secret = Secret::new("secret");
        let token = issue("crm", &secret, 1_000_000, 60_000).unwrap();
        assert_eq!(claimed_name(&token).as_deref(), Some("crm"));
        assert!(verify(&token, &secret, 1_000_000));
        assert!(verify(&token, &secret, 1_059_000));
        assert!(!verify(&token, &secret, 1_061_000));
        assert!(!verify(&token, &Secret::new("other"), 1_000_000));
    }

    #[test]
    fn a_changed_token_does_not_hold() {
        let secret = Secret::new("secret");
        let token = issue("crm", &secret, 0, 60_000).unwrap();
        let (head, signature) = token.rsplit_once('.').unwrap();
        let forged = issue("erp", &Secret::new("x"), 0, 60_000).unwrap();
        let (other, _) = forged.rsplit_once('.').unwrap();
        assert!(!verify(&format!("{other}.{signature}"), &secret, 0));
        assert!(!verify(head, &secret, 0));
        assert!(!verify("", &secret, 0));
        // alg: none
        assert!(!verify("eyJhbGciOiJub25lIn0.eyJzdWIiOiJjcm0ifQ.", &secret, 0));
    }
}
