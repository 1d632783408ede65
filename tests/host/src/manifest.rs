//! The manifest: the part of Spin's manifest version 2 that the gateway uses.
//!
//! Strict: a key that is not listed here is an error that names the key and its place, because a grant that is
//! silently ignored is worse than one that is refused.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail, ensure};
use serde::Deserialize;

use crate::dependency::{DependencyName, Inherit};

/// A manifest that was read from a file and is consistent in itself.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    spin_manifest_version: u32,
    /// The application's name and the like.
    pub application: Application,
    /// The application's variables, by name.
    #[serde(default)]
    pub variables: BTreeMap<String, Variable>,
    /// What starts a component.
    pub trigger: Triggers,
    /// The components, by id.
    #[serde(default, rename = "component")]
    pub components: BTreeMap<String, Component>,
    #[serde(skip)]
    folder: PathBuf,
}

/// What the application is called.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Application {
    /// Its name.
    pub name: String,
    /// Its version.
    #[serde(default)]
    pub version: String,
    /// One sentence about it.
    #[serde(default)]
    pub description: String,
    /// Who wrote it.
    #[serde(default)]
    pub authors: Vec<String>,
    /// What triggers have in common.
    #[serde(default)]
    pub trigger: TriggerSettings,
}

/// What the triggers of a kind have in common.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TriggerSettings {
    /// The broker of the MQTT triggers.
    pub mqtt: Option<MqttSettings>,
}

/// Where the MQTT triggers listen; templates.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MqttSettings {
    /// The broker, `mqtt://host:port`; an empty one is none.
    pub address: String,
    /// The user's name.
    #[serde(default)]
    pub username: String,
    /// The password.
    #[serde(default)]
    pub password: String,
    /// Seconds between two signs of life.
    pub keep_alive_interval: String,
}

/// A variable of the application.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Variable {
    /// Its value if the environment has none.
    pub default: Option<String>,
    /// True: the environment must have a value.
    #[serde(default)]
    pub required: bool,
    /// True: the value is shown to nobody.
    #[serde(default)]
    pub secret: bool,
}

/// The triggers, by kind.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Triggers {
    /// The routes.
    #[serde(default)]
    pub http: Vec<HttpTrigger>,
    /// The topics.
    #[serde(default)]
    pub mqtt: Vec<MqttTrigger>,
}

/// A topic and the component that handles its messages.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MqttTrigger {
    /// The trigger's own id, which nothing here uses.
    #[serde(default)]
    pub id: String,
    /// The component's id.
    pub component: String,
    /// The topic; a template.
    pub topic: String,
    /// How surely messages arrive: 0, 1 or 2.
    pub qos: String,
}

/// A route and the component that serves it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HttpTrigger {
    /// The trigger's own id, which nothing here uses.
    #[serde(default)]
    pub id: String,
    /// The path's pattern: exact, with `:name` segments, or ending in `/...`.
    pub route: String,
    /// The component's id.
    pub component: String,
}

/// A component: where its wasm lies and what it may use.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Component {
    /// One sentence about it.
    #[serde(default)]
    pub description: String,
    /// The wasm file, relative to the manifest.
    pub source: PathBuf,
    /// The key-value stores that it may open, by label.
    #[serde(default)]
    pub key_value_stores: Vec<String>,
    /// The SQLite databases that it may open, by label.
    #[serde(default)]
    pub sqlite_databases: Vec<String>,
    /// Where it may send HTTP requests; templates.
    #[serde(default)]
    pub allowed_outbound_hosts: Vec<String>,
    /// Its variables, by name; templates.
    #[serde(default)]
    pub variables: BTreeMap<String, String>,
    /// The components that satisfy its imports.
    #[serde(default)]
    pub dependencies: BTreeMap<DependencyName, Dependency>,
    /// How it is built, which nothing here uses.
    pub build: Option<Build>,
}

/// A component that satisfies imports of another.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Dependency {
    /// Its id in this manifest.
    pub component: String,
    /// Which grants of its parent it shares.
    #[serde(default)]
    pub inherit_configuration: Inherit,
}

/// How a component is built.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Build {
    /// The command line.
    pub command: String,
    /// The folder to run it in.
    pub workdir: Option<PathBuf>,
    /// The files whose change calls for a new build.
    #[serde(default)]
    pub watch: Vec<String>,
}

impl Manifest {
    /// Reads the manifest at `path` and checks that everything it refers to is there.
    pub fn load(path: impl AsRef<Path>) -> anyhow::Result<Self> {
        Self::load_with(path, &[])
    }

    /// Reads the manifest at `path` with these files behind it, as if they stood in it.
    pub fn load_with(path: impl AsRef<Path>, more: &[PathBuf]) -> anyhow::Result<Self> {
        let path = path.as_ref();
        let mut text = String::new();
        for path in std::iter::once(path).chain(more.iter().map(PathBuf::as_path)) {
            let read = std::fs::read_to_string(path);
            text.push_str(&read.with_context(|| format!("cannot read the manifest {}", path.display()))?);
            text.push('\n');
        }
        let folder = path.parent().unwrap_or(Path::new("")).to_path_buf();
        let mut manifest =
            Self::parse(&text).with_context(|| format!("the manifest {} is not valid", path.display()))?;
        manifest.folder = folder;
        Ok(manifest)
    }

    fn parse(text: &str) -> anyhow::Result<Self> {
        let manifest: Self = toml::from_str(text)?;
        ensure!(
            manifest.spin_manifest_version == 2,
            "spin_manifest_version is {}, only 2 is supported",
            manifest.spin_manifest_version
        );
        for trigger in &manifest.trigger.http {
            if !manifest.components.contains_key(&trigger.component) {
                bail!(
                    "the route {:?} names the component {:?}, but there is no [component.{}]",
                    trigger.route,
                    trigger.component,
                    trigger.component
                );
            }
        }
        for trigger in &manifest.trigger.mqtt {
            let id = &trigger.component;
            ensure!(
                manifest.components.contains_key(id),
                "the topic {:?} names the component {id:?}, but there is no [component.{id}]",
                trigger.topic,
            );
            ensure!(manifest.application.trigger.mqtt.is_some(), "there is no [application.trigger.mqtt]");
        }
        for (id, component) in &manifest.components {
            for (name, dependency) in &component.dependencies {
                manifest
                    .check_dependency(name, dependency)
                    .with_context(|| format!("in [component.{id}.dependencies]"))?;
            }
        }
        Ok(manifest)
    }

    fn check_dependency(&self, name: &DependencyName, dependency: &Dependency) -> anyhow::Result<()> {
        let id = &dependency.component;
        let Some(component) = self.components.get(id) else {
            bail!("{name} names the component {id:?}, but there is no [component.{id}]");
        };
        ensure!(
            component.dependencies.is_empty(),
            "{name} names the component {id:?}, which has dependencies of its own: these are not composed"
        );
        Ok(())
    }

    /// Where a component's wasm file lies.
    pub(crate) fn source_path(&self, component: &Component) -> PathBuf {
        self.folder.join(&component.source)
    }

    /// The ids of the components that serve a route, each once.
    pub(crate) fn served_components(&self) -> impl Iterator<Item = (&String, &Component)> {
        self.components.iter().filter(|(id, _)| self.trigger.http.iter().any(|trigger| trigger.component == **id))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINIMAL: &str = r#"
        spin_manifest_version = 2
        application = { name = "app" }
        [[trigger.http]]
        route = "/..."
        component = "one"
        [component.one]
        source = "one.wasm"
    "#;

    fn refusal(text: &str) -> String {
        format!("{:#}", Manifest::parse(text).unwrap_err())
    }

    #[test]
    fn reads_a_minimal_manifest() {
        let manifest = Manifest::parse(MINIMAL).unwrap();
        assert_eq!(manifest.application.name, "app");
        assert_eq!(manifest.served_components().count(), 1);
    }

    #[test]
    fn names_an_unknown_key_and_its_line() {
        let refusal = refusal(&format!("{MINIMAL}\nkey_value_store = [\"default\"]"));
        assert!(refusal.contains("unknown field `key_value_store`"), "{refusal}");
        assert!(refusal.contains("line 10"), "{refusal}");
    }

    #[test]
    fn refuses_a_kind_of_trigger_that_it_does_not_serve() {
        let refusal = refusal(&format!("{MINIMAL}\n[[trigger.redis]]\nchannel = \"x\""));
        assert!(refusal.contains("unknown field `redis`"), "{refusal}");
    }

    #[test]
    fn refuses_another_manifest_version() {
        let refusal = refusal(&MINIMAL.replace("version = 2", "version = 1"));
        assert!(refusal.contains("only 2 is supported"), "{refusal}");
    }

    #[test]
    fn names_the_component_that_a_route_lacks() {
        let refusal = refusal(&MINIMAL.replace("component = \"one\"", "component = \"two\""));
        assert!(refusal.contains("there is no [component.two]"), "{refusal}");
    }

    #[test]
    fn names_the_component_that_a_dependency_lacks() {
        let refusal = refusal(&format!("{MINIMAL}\n[component.one.dependencies]\n\"a:b\" = {{ component = \"two\" }}"));
        assert!(refusal.contains("in [component.one.dependencies]"), "{refusal}");
        assert!(refusal.contains("there is no [component.two]"), "{refusal}");
    }

    #[test]
    fn refuses_a_dependency_that_has_dependencies() {
        let refusal = refusal(&format!(
            "{MINIMAL}\n[component.one.dependencies]\n\"a:b\" = {{ component = \"two\" }}\n\
             [component.two]\nsource = \"two.wasm\"\n[component.two.dependencies]\n\"c:d\" = {{ component = \"one\" }}"
        ));
        assert!(refusal.contains("dependencies of its own"), "{refusal}");
    }
}
