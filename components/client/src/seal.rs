//! Sealing: what is secret and has to be stored is encrypted (ChaCha20-Poly1305, RFC 8439) under a key that is derived
//! from a configured secret, so that a copy of the store gives nothing away.

use chacha20poly1305::{ChaCha20Poly1305, KeyInit, aead::Aead};
use sha2::{Digest, Sha256};

const NONCE_LENGTH: usize = 12;

/// Encrypts a text under a secret; the nonce, which must never come twice, goes in front.
pub fn seal(secret: &str, nonce: [u8; NONCE_LENGTH], text: &str) -> Option<Vec<u8>> {
    let sealed = cipher(secret).encrypt(&nonce.into(), text.as_bytes()).ok()?;
    Some([nonce.as_slice(), &sealed].concat())
}

/// Decrypts what was sealed under the same secret; anything else gives none.
pub fn open(secret: &str, sealed: &[u8]) -> Option<String> {
    let (nonce, sealed) = sealed.split_first_chunk::<NONCE_LENGTH>()?;
    let text = cipher(secret).decrypt(nonce.into(), sealed).ok()?;
    String::from_utf8(text).ok()
}

fn cipher(secret: &str) -> ChaCha20Poly1305 {
    let key = Sha256::new().chain_update("wecom-gateway seal\0").chain_update(secret).finalize();
    ChaCha20Poly1305::new(&key)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn opens_only_with_the_same_secret_and_unchanged() {
        let sealed = seal("secret", [7; 12], "令牌").unwrap();
        assert!(!sealed.windows(3).any(|window| window == "令".as_bytes()));
        assert_eq!(open("secret", &sealed).as_deref(), Some("令牌"));
        assert_eq!(open("other", &sealed), None);
        assert_eq!(open("secret", &sealed[..sealed.len() - 1]), None);
        assert_eq!(open("secret", b"short"), None);
    }
}
