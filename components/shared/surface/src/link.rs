//! Links to media files that need no credential: signed by the gateway, and valid until they expire.

use crate::{Secret, query};
use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use contract::quntool::files;
use hmac::{Hmac, Mac};
use sha2::Sha256;

/// A link to a media file is valid for so many seconds at most: a week.
pub const LONGEST: u64 = 7 * 24 * 3_600;

/// Returns the secret that links are signed with: the variable `link_secret`, or where that is empty one derived from
/// `tick_token`, so that every component that knows either can sign and verify. Two empty ones are none.
pub fn secret(link_secret: Secret, tick_token: &Secret) -> Secret {
    if !link_secret.is_empty() || tick_token.is_empty() {
        return link_secret;
    }
    let derived = Hmac::<Sha256>::new_from_slice(tick_token.reveal().as_bytes()).map(|mut code| {
        code.update(b"wecom-gateway links to media files");
        BASE64_URL_SAFE_NO_PAD.encode(code.finalize().into_bytes())
    });
    // An HMAC takes keys of any length.
    Secret::new(derived.unwrap_or_default())
}

/// Signs a path (decoded) until `expires` (seconds since the epoch), and returns the link, encoded, from the root of the
/// host; none without a secret.
pub fn sign(secret: &Secret, path: &str, expires: u64) -> Option<String> {
    let signature = BASE64_URL_SAFE_NO_PAD.encode(code(secret, path, expires)?.finalize().into_bytes());
    Some(format!("{}?expires={expires}&signature={signature}", files::encode(path)))
}

/// Whether a path (decoded) came with a signature of this secret that has not expired. `now` in seconds. Without a secret no link
/// is valid.
pub fn verify(secret: &Secret, path: &str, query: &str, now: u64) -> bool {
    let signed = || {
        let expires: u64 = query::get(query, "expires")?.parse().ok()?;
        let signature = BASE64_URL_SAFE_NO_PAD.decode(query::get(query, "signature")?).ok()?;
        let valid = code(secret, path, expires)?.verify_slice(&signature).is_ok();
        Some(valid && now <= expires)
    };
    signed().unwrap_or(false)
}

fn code(secret: &Secret, path: &str, expires: u64) -> Option<Hmac<Sha256>> {
    if secret.is_empty() {
        return None;
    }
    let mut code = Hmac::<Sha256>::new_from_slice(secret.reveal().as_bytes()).ok()?;
    // The number has no line break, so that nothing can move between it and the path.
    code.update(format!("{expires}\n{path}").as_bytes());
    Some(code)
}

#[cfg(test)]
mod tests {
    use super::*;

    const PATH: &str = "/gnapi/files/Cache/20230614/a.jpg";

    #[test]
    fn a_link_is_valid_for_its_path_until_it_expires() {
        let secret = Secret::new("secret");
        let link = sign(&secret, PATH, 1_000).unwrap();
        let (path, query) = link.split_once('?').unwrap();
        assert!(verify(&secret, path, query, 1_000));
        assert!(!verify(&secret, path, query, 1_001));
        assert!(!verify(&secret, "/gnapi/files/b.jpg", query, 1));
        assert!(!verify(&Secret::new("other"), path, query, 1));
        assert!(!verify(&secret, path, &query.replace("1000", "9000"), 1));
        for query in ["", "expires=1000", "signature=x", "expires=x&signature=eA"] {
            assert!(!verify(&secret, path, query, 1), "{query}");
        }
    }

    #[test]
    fn links_are_signed_with_the_tick_token_where_there_is_no_secret_for_them() {
        let tick = Secret::new("tick");
        assert_eq!(secret(Secret::new("own"), &tick).reveal(), "own");
        let derived = secret(Secret::new(""), &tick);
        assert!(!derived.is_empty() && !derived.matches("tick"), "the token itself signs nothing else");
        assert!(derived.matches(secret(Secret::new(""), &tick).reveal()));
        assert!(!derived.matches(secret(Secret::new(""), &Secret::new("other")).reveal()));
        assert!(secret(Secret::new(""), &Secret::new("")).is_empty());
    }

    #[test]
    fn names_of_files_are_encoded_in_links() {
        let path = "/gnapi/Files/发布 群控+1&2.txt";
        let link = sign(&Secret::new("secret"), path, 1_000).unwrap();
        let (encoded, query) = link.split_once('?').unwrap();
        assert!(encoded.is_ascii() && !encoded.contains([' ', '+', '&']));
        assert!(verify(&Secret::new("secret"), &files::decode(encoded), query, 1));
    }

    #[test]
    fn without_a_secret_there_are_no_links() {
        assert_eq!(sign(&Secret::new(""), PATH, 1_000), None);
        assert!(!verify(&Secret::new(""), PATH, "expires=1000&signature=eA", 1));
    }
}
