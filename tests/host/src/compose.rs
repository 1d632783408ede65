//! From wasm files to one component: core modules become components, and dependencies are composed in.

mod deny;

use std::collections::BTreeMap;

use anyhow::{Context as _, bail, ensure};
use wac_graph::types::Package;
use wac_graph::{CompositionGraph, EncodeOptions, NodeId};
use wasi_preview1_component_adapter_provider::{
    WASI_SNAPSHOT_PREVIEW1_ADAPTER_NAME, WASI_SNAPSHOT_PREVIEW1_REACTOR_ADAPTER,
};
use wit_component::ComponentEncoder;

use crate::dependency::{DependencyName, Inherit};

/// The eight bytes with which a core module begins; a component differs in the last four.
const CORE_MODULE: &[u8] = b"\0asm\x01\0\0\0";

/// A component that satisfies imports of another.
pub(crate) struct Dependency<'a> {
    /// Which imports.
    pub name: &'a DependencyName,
    /// Its wasm.
    pub wasm: &'a [u8],
    /// Which of its parent's grants it shares.
    pub inherit: &'a Inherit,
}

/// Turns the core module into a component and composes its dependencies in, each as one instance, as Spin does.
///
/// A dependency's imports that need a grant which it does not inherit are satisfied by a component that refuses every
/// call; its other imports become those of the whole.
pub(crate) fn compose(wasm: &[u8], dependencies: &[Dependency<'_>]) -> anyhow::Result<Vec<u8>> {
    let component = componentize(wasm)?;
    if dependencies.is_empty() {
        return Ok(component);
    }
    let mut graph = CompositionGraph::new();
    let parent = instantiate(&mut graph, "component", component)?;
    let mut satisfied: BTreeMap<String, &DependencyName> = BTreeMap::new();
    for (index, dependency) in dependencies.iter().enumerate() {
        let name = dependency.name;
        let imports: Vec<String> = parent.imports(&graph).filter(|import| name.matches(import)).collect();
        ensure!(!imports.is_empty(), "the dependency {name} matches no import");
        let child = instantiate_dependency(&mut graph, index, dependency)
            .with_context(|| format!("cannot compose the dependency {name}"))?;
        for import in imports {
            if let Some(other) = satisfied.insert(import.clone(), name) {
                bail!("the import {import} is satisfied by two dependencies: {other} and {name}");
            }
            let export = graph
                .alias_instance_export(child.node, &import)
                .with_context(|| format!("the dependency {name} does not export {import}"))?;
            graph
                .set_instantiation_argument(parent.node, &import, export)
                .with_context(|| format!("the dependency {name} exports {import}, but of another type"))?;
        }
    }
    for export in parent.exports(&graph) {
        let alias = graph.alias_instance_export(parent.node, &export)?;
        graph.export(alias, &export)?;
    }
    Ok(graph.encode(EncodeOptions::default())?)
}

/// Turns a core module for `wasm32-wasip1` into a component; a component stays as it is.
fn componentize(wasm: &[u8]) -> anyhow::Result<Vec<u8>> {
    if !wasm.starts_with(CORE_MODULE) {
        return Ok(wasm.to_vec());
    }
    ComponentEncoder::default()
        .module(wasm)?
        .adapter(WASI_SNAPSHOT_PREVIEW1_ADAPTER_NAME, WASI_SNAPSHOT_PREVIEW1_REACTOR_ADAPTER)?
        .encode()
        .context("the core module cannot be turned into a component")
}

/// An instance in the graph, and its type.
struct Instance {
    node: NodeId,
    world: wac_graph::types::WorldId,
}

impl Instance {
    fn imports(&self, graph: &CompositionGraph) -> impl Iterator<Item = String> + use<> {
        graph.types()[self.world].imports.keys().cloned().collect::<Vec<_>>().into_iter()
    }

    fn exports(&self, graph: &CompositionGraph) -> impl Iterator<Item = String> + use<> {
        graph.types()[self.world].exports.keys().cloned().collect::<Vec<_>>().into_iter()
    }
}

fn instantiate(graph: &mut CompositionGraph, name: &str, component: Vec<u8>) -> anyhow::Result<Instance> {
    let package = Package::from_bytes(name, None, component, graph.types_mut())?;
    let world = package.ty();
    let package = graph.register_package(package)?;
    Ok(Instance { node: graph.instantiate(package), world })
}

fn instantiate_dependency(
    graph: &mut CompositionGraph,
    index: usize,
    dependency: &Dependency<'_>,
) -> anyhow::Result<Instance> {
    let component = componentize(dependency.wasm)?;
    let denial = deny::component(&component, dependency.inherit)?;
    let instance = instantiate(graph, &format!("dependency{index}"), component)?;
    if let Some(denial) = denial {
        let denial = instantiate(graph, &format!("denial{index}"), denial)?;
        for export in denial.exports(graph) {
            let alias = graph.alias_instance_export(denial.node, &export)?;
            graph.set_instantiation_argument(instance.node, &export, alias)?;
        }
    }
    Ok(instance)
}

#[cfg(test)]
mod tests;
