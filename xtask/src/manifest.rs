//! What the tasks need of the manifests: of the application, and of the probe that checks a host.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use serde::Deserialize;

use crate::cargo::workspace;

/// The manifests of the workspace: what is shipped, and what checks a host.
const MANIFESTS: [&str; 2] = ["spin.toml", "tests/probe/spin.toml"];

/// Components by id, which is each one's package as well.
#[derive(Default, Deserialize)]
pub struct Manifest {
    component: BTreeMap<String, Source>,
}

#[derive(Deserialize)]
struct Source {
    source: PathBuf,
}

/// A component of the application.
#[derive(Debug, PartialEq)]
pub struct Component {
    /// Its id, and the package that it is built from.
    pub id: String,
    /// The module that is loaded, relative to the workspace.
    pub source: PathBuf,
}

impl Manifest {
    /// Returns the path of the application's manifest.
    pub fn path() -> PathBuf {
        let [application, _] = MANIFESTS;
        workspace().join(application)
    }

    /// Returns the path of the probe's manifest.
    pub fn of_probe() -> PathBuf {
        let [_, probe] = MANIFESTS;
        workspace().join(probe)
    }

    /// Reads all manifests of the workspace.
    pub fn load() -> Result<Self> {
        let mut all = Self::default();
        for name in MANIFESTS {
            let path = workspace().join(name);
            let text = fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
            let manifest: Self =
                toml::from_str(&text).with_context(|| format!("{} is no application", path.display()))?;
            let folder = Path::new(name).parent().unwrap_or(Path::new(""));
            let components = manifest.component.into_iter();
            all.component.extend(components.map(|(id, source)| (id, Source { source: folder.join(source.source) })));
        }
        Ok(all)
    }

    /// Returns the components with these ids, or all if none is named.
    pub fn select(self, ids: &[String]) -> Result<Vec<Component>> {
        if let Some(unknown) = ids.iter().find(|id| !self.component.contains_key(*id)) {
            let known: Vec<_> = self.component.into_keys().collect();
            bail!("no component `{unknown}`; there are {}", known.join(", "));
        }
        let chosen = self.component.into_iter().filter(|(id, _)| ids.is_empty() || ids.contains(id));
        Ok(chosen.map(|(id, Source { source })| Component { id, source }).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn manifest() -> Manifest {
        toml::from_str(
            r#"
            spin_manifest_version = 2
            [component.send]
            source = "modules/send.wasm"
            key_value_stores = ["default"]
            [component.kdocs-relay]
            source = "modules/kdocs_relay.wasm"
            "#,
        )
        .unwrap()
    }

    fn ids(components: &[Component]) -> Vec<&str> {
        components.iter().map(|component| component.id.as_str()).collect()
    }

    #[test]
    fn selects_every_component_if_none_is_named() {
        assert_eq!(ids(&manifest().select(&[]).unwrap()), ["kdocs-relay", "send"]);
    }

    #[test]
    fn selects_the_components_that_are_named() {
        let selected = manifest().select(&["kdocs-relay".into()]).unwrap();
        assert_eq!(selected, [Component { id: "kdocs-relay".into(), source: "modules/kdocs_relay.wasm".into() }]);
    }

    #[test]
    fn refuses_an_unknown_component_and_names_the_known_ones() {
        let refusal = manifest().select(&["recieve".into()]).unwrap_err().to_string();
        assert_eq!(refusal, "no component `recieve`; there are kdocs-relay, send");
    }

    #[test]
    fn reads_the_manifests_of_the_workspace() {
        let components = Manifest::load().unwrap().select(&[]).unwrap();
        assert_eq!(ids(&components), ["callback", "client", "kdocs-relay", "mqtt-reply", "probe", "send"]);
    }
}
