//! The runtime configuration: which backends stand behind the labels, as Spin's `--runtime-config-file` says it.
//!
//! ```toml
//! [key_value_store.default]
//! type = "redis"
//! url = "redis://127.0.0.1:6379"
//! ```

use std::fs;
use std::path::Path;

use anyhow::Context as _;
use serde::Deserialize;

/// The part of Spin's runtime configuration that this host has; anything else in the file is an error.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RuntimeConfig {
    #[serde(default)]
    pub(crate) key_value_store: KeyValueStores,
}

/// The key-value stores, by their labels.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct KeyValueStores {
    /// None is a SQLite file.
    pub(crate) default: Option<KeyValueStore>,
}

/// What stands behind a label.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(tag = "type", rename_all = "lowercase", deny_unknown_fields)]
pub(crate) enum KeyValueStore {
    Redis { url: String },
}

impl RuntimeConfig {
    /// Reads the file.
    pub fn load(path: impl AsRef<Path>) -> anyhow::Result<Self> {
        let path = path.as_ref();
        let text = fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
        toml::from_str(&text).with_context(|| format!("{} is not valid", path.display()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> Result<RuntimeConfig, String> {
        toml::from_str(text).map_err(|error: toml::de::Error| error.to_string())
    }

    #[test]
    fn nothing_is_the_file_and_redis_has_a_url() {
        assert_eq!(parsed("").unwrap(), RuntimeConfig::default());
        let redis = parsed("[key_value_store.default]\ntype = \"redis\"\nurl = \"redis://r:1\"").unwrap();
        assert_eq!(redis.key_value_store.default, Some(KeyValueStore::Redis { url: "redis://r:1".into() }));
    }

    #[test]
    fn what_this_host_does_not_have_is_named() {
        for (text, named) in [
            ("[key_value_store.default]\ntype = \"azure_cosmos\"", "azure_cosmos"),
            ("[key_value_store.other]\ntype = \"redis\"\nurl = \"\"", "other"),
            ("[sqlite_database.default]\ntype = \"libsql\"", "sqlite_database"),
            ("[key_value_store.default]\ntype = \"redis\"", "url"),
        ] {
            let refusal = parsed(text).unwrap_err();
            assert!(refusal.contains(named), "{refusal}");
        }
    }
}
