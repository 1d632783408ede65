//! A certificate for this machine, and the authority that signed it.

use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use std::{fs, path::Path};

/// The file of the certificate.
pub const CHAIN: &str = "certificate.pem";
/// The file of its key.
pub const KEY: &str = "key.pem";

/// A certificate for `127.0.0.1`.
pub struct Certificate {
    /// The certificate of the authority: who trusts it trusts this one.
    pub authority: String,
    own: String,
    key: String,
}

impl Certificate {
    /// Makes a certificate of an authority of its own.
    pub fn new() -> Self {
        let mut authority = CertificateParams::default();
        authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let authority_key = KeyPair::generate().expect("a key");
        let root = authority.self_signed(&authority_key).expect("a root");
        let key = KeyPair::generate().expect("a key");
        let own = CertificateParams::new(["127.0.0.1".to_owned()]).expect("a name");
        let own = own.signed_by(&key, &Issuer::new(authority, authority_key)).expect("a certificate");
        Self { authority: root.pem(), own: own.pem(), key: key.serialize_pem() }
    }

    /// Writes the certificate and its key into a folder.
    pub fn write(&self, folder: &Path) {
        for (name, pem) in [(CHAIN, &self.own), (KEY, &self.key)] {
            fs::write(folder.join(name), pem).expect("a file can be written");
        }
    }
}
