//! How one component satisfies the imports of another: which of them, and with which grants.

use std::fmt;
use std::str::FromStr;

use serde::Deserialize;
use serde::de::{self, Deserializer, SeqAccess, Visitor};

/// The name of a dependency: which imports it satisfies.
///
/// `package`, `package@version`, `package/interface` or `package/interface@version`, where a package is
/// `namespace:name`. Without an interface it means all of the package's, without a version any version. A name
/// without a colon is that of a plain import.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct DependencyName {
    package: String,
    interface: Option<String>,
    version: Option<String>,
}

impl DependencyName {
    /// Tells whether this dependency satisfies the import of this name.
    pub fn matches(&self, import: &str) -> bool {
        let Ok(import) = import.parse::<Self>() else { return false };
        self.package == import.package
            && (self.interface.is_none() || self.interface == import.interface)
            && (self.version.is_none() || self.version == import.version)
    }
}

impl FromStr for DependencyName {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        let (path, version) = match name.split_once('@') {
            Some((path, version)) => (path, Some(version)),
            None => (name, None),
        };
        let (package, interface) = match path.split_once('/') {
            Some((package, interface)) => (package, Some(interface)),
            None => (path, None),
        };
        let plain = !package.contains(':');
        let parts = package.split(':').chain(interface).chain(version);
        if parts.clone().any(|part| part.trim().is_empty()) || (plain && (interface.is_some() || version.is_some())) {
            return Err(format!("{name:?} is not namespace:package, with /interface and @version if need be"));
        }
        Ok(Self { package: package.into(), interface: interface.map(Into::into), version: version.map(Into::into) })
    }
}

impl fmt::Display for DependencyName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.package)?;
        if let Some(interface) = &self.interface {
            write!(f, "/{interface}")?;
        }
        if let Some(version) = &self.version {
            write!(f, "@{version}")?;
        }
        Ok(())
    }
}

impl<'de> Deserialize<'de> for DependencyName {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

/// A set of host interfaces that a component is granted, or not, as a whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Capability {
    /// HTTP requests and MQTT messages.
    AllowedOutboundHosts,
    /// Key-value stores.
    KeyValueStores,
    /// SQLite databases.
    SqliteDatabases,
    /// Variables.
    Variables,
}

impl Capability {
    /// The capability that an import stands for; none for what needs no grant.
    pub fn of_import(import: &str) -> Option<Self> {
        let interface = import.split_once('@').map_or(import, |(interface, _)| interface);
        match interface {
            "wasi:http/client" | "spin:mqtt/mqtt" => Some(Self::AllowedOutboundHosts),
            "spin:key-value/key-value" | "wasi:keyvalue/store" | "wasi:keyvalue/atomics" | "wasi:keyvalue/batch" => {
                Some(Self::KeyValueStores)
            }
            "spin:sqlite/sqlite" => Some(Self::SqliteDatabases),
            "spin:variables/variables" | "wasi:config/store" => Some(Self::Variables),
            _ => None,
        }
    }
}

/// Which grants of its parent a dependency shares: `true`, `false` or a list. Nothing is the default.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Inherit {
    /// Every grant.
    All,
    /// These, and no other.
    Some(Vec<Capability>),
}

impl Default for Inherit {
    fn default() -> Self {
        Self::Some(Vec::new())
    }
}

impl Inherit {
    /// Tells whether the grant is shared.
    pub fn includes(&self, capability: Capability) -> bool {
        match self {
            Self::All => true,
            Self::Some(capabilities) => capabilities.contains(&capability),
        }
    }
}

impl<'de> Deserialize<'de> for Inherit {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct AllOrSome;

        impl<'de> Visitor<'de> for AllOrSome {
            type Value = Inherit;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("true, false or a list of capabilities")
            }

            fn visit_bool<E>(self, all: bool) -> Result<Inherit, E> {
                Ok(if all { Inherit::All } else { Inherit::default() })
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Inherit, A::Error> {
                let mut capabilities = Vec::new();
                while let Some(capability) = list.next_element()? {
                    capabilities.push(capability);
                }
                Ok(Inherit::Some(capabilities))
            }
        }

        deserializer.deserialize_any(AllOrSome)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matches(name: &str, import: &str) -> bool {
        name.parse::<DependencyName>().unwrap().matches(import)
    }

    #[test]
    fn a_package_matches_each_of_its_interfaces() {
        assert!(matches("wecom:gateway", "wecom:gateway/messages@0.1.0"));
        assert!(matches("wecom:gateway@0.1.0", "wecom:gateway/types@0.1.0"));
        assert!(matches("wecom:gateway", "wecom:gateway/messages"));
        assert!(!matches("wecom:gateway", "wecom:other/messages@0.1.0"));
    }

    #[test]
    fn an_interface_matches_itself_alone() {
        assert!(matches("wecom:gateway/messages", "wecom:gateway/messages@0.1.0"));
        assert!(!matches("wecom:gateway/messages", "wecom:gateway/messages-v2@0.1.0"));
        assert!(!matches("wecom:gateway/messages", "wecom:gateway/quntool@0.1.0"));
    }

    #[test]
    fn a_version_matches_itself_alone() {
        assert!(!matches("wecom:gateway@0.2.0", "wecom:gateway/messages@0.1.0"));
        assert!(!matches("wecom:gateway@0.1.0", "wecom:gateway/messages"));
    }

    #[test]
    fn a_plain_name_matches_itself() {
        assert!(matches("logger", "logger"));
        assert!(!matches("logger", "log:ger/it"));
    }

    #[test]
    fn malformed_names_are_refused() {
        for name in ["", ":", "a:", "a:b/", "a:b@", "a/b", "a@1.0.0"] {
            assert!(name.parse::<DependencyName>().is_err(), "{name}");
        }
    }

    #[test]
    fn inheritance_is_all_nothing_or_a_list() {
        #[derive(Deserialize)]
        struct Wrapper {
            inherit: Inherit,
        }
        let parse =
            |value: &str| toml::from_str::<Wrapper>(&format!("inherit = {value}")).map(|wrapper| wrapper.inherit);
        assert_eq!(parse("true").unwrap(), Inherit::All);
        assert_eq!(parse("false").unwrap(), Inherit::default());
        let some = parse("[\"variables\"]").unwrap();
        assert!(some.includes(Capability::Variables) && !some.includes(Capability::KeyValueStores));
        assert!(parse("[\"variable\"]").unwrap_err().to_string().contains("unknown variant `variable`"));
    }

    #[test]
    fn every_interface_of_a_capability_is_known() {
        assert_eq!(Capability::of_import("wasi:keyvalue/atomics@0.2.0-draft2"), Some(Capability::KeyValueStores));
        assert_eq!(Capability::of_import("wasi:http/client@0.3.0"), Some(Capability::AllowedOutboundHosts));
        assert_eq!(Capability::of_import("wasi:http/types@0.3.0"), None);
    }
}
