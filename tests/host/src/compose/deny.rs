//! What stands in for a capability that a dependency does not inherit: a component that exports the same interfaces and
//! refuses every call.
//!
//! A function that can answer with an error answers with the interface's own, so that the guest can tell what happened.
//! Any other function traps, but those all take a handle that no call ever gives.

use std::fmt::Write as _;

use anyhow::{Context as _, bail};
use wit_component::{ComponentEncoder, DecodedWasm, StringEncoding, embed_component_metadata};
use wit_parser::abi::{AbiVariant, WasmType};
use wit_parser::{
    Function, Handle, Int, LiftLowerAbi, ManglingAndAbi, Resolve, ResourceIntrinsic, SizeAlign, Type, TypeDefKind,
    TypeId, TypeOwner, WasmExport, WasmExportKind, WasmImport, World, WorldItem, WorldKey,
};

use crate::dependency::{Capability, Inherit};

const ABI: ManglingAndAbi = ManglingAndAbi::Legacy(LiftLowerAbi::Sync);

/// What Spin's own stand-in lacks although it shares the buckets of `wasi:keyvalue/store`, which it has: Spin cannot
/// compose a dependency that imports one of these unless it inherits them.
const UNDENIABLE: [&str; 2] = ["wasi:keyvalue/atomics@", "wasi:keyvalue/batch@"];

/// Where the answers begin; 0 is no address.
const ANSWERS: usize = 16;

/// The arguments of a call are never read, so they all lie in one place, behind the answers.
const REALLOC: &str = r#"
(memory $memory (export "memory") 2)
(func (export "cabi_realloc") (param i32 i32 i32) (param $size i32) (result i32)
  (if (i32.gt_u (i32.add (local.get $size) (i32.const 65536)) (i32.mul (memory.size) (i32.const 65536)))
    (then (drop (memory.grow (i32.add (i32.div_u (local.get $size) (i32.const 65536)) (i32.const 1))))))
  (i32.const 65536))
"#;

/// Builds the stand-in for what `dependency` does not inherit; none if it imports nothing of that kind.
pub(super) fn component(dependency: &[u8], inherit: &Inherit) -> anyhow::Result<Option<Vec<u8>>> {
    let DecodedWasm::Component(mut resolve, world) = wit_component::decode(dependency)? else {
        bail!("it is no component");
    };
    let denied = |name: &String| Capability::of_import(name).is_some_and(|capability| !inherit.includes(capability));
    let imports = resolve.worlds.get(world).context("it has no world")?.imports.keys();
    let denied: Vec<String> = imports.map(|key| resolve.name_world_key(key)).filter(denied).collect();
    if denied.is_empty() {
        return Ok(None);
    }
    if let Some(import) = denied.iter().find(|import| UNDENIABLE.iter().any(|name| import.starts_with(name))) {
        bail!("it imports {import}, so it must inherit \"key_value_stores\": Spin has no way to deny it this import");
    }
    let mut wit = String::from("package wecom:denial;\nworld denial {\n");
    for interface in denied {
        writeln!(wit, "export {interface};")?;
    }
    wit.push('}');
    let package = resolve.push_source("denial.wit", &wit)?;
    let world_id = resolve.select_world(&[package], None)?;
    let world = resolve.worlds.get(world_id).context("it has no world")?;
    let mut module = wat::parse_str(Denial::new(&resolve, world).module()?)?;
    embed_component_metadata(&mut module, &resolve, world_id, StringEncoding::UTF8)?;
    Ok(Some(ComponentEncoder::default().module(&module)?.encode()?))
}

/// The text of the core module, while it is written.
struct Denial<'a> {
    resolve: &'a Resolve,
    world: &'a World,
    sizes: SizeAlign,
    imports: String,
    functions: String,
    answers: Vec<u8>,
}

impl<'a> Denial<'a> {
    fn new(resolve: &'a Resolve, world: &'a World) -> Self {
        let mut sizes = SizeAlign::default();
        sizes.fill(resolve);
        Self { resolve, world, sizes, imports: String::new(), functions: String::new(), answers: Vec::new() }
    }

    fn module(mut self) -> anyhow::Result<String> {
        for (key, item) in &self.world.exports {
            let WorldItem::Interface { id, .. } = item else { continue };
            let interface = self.resolve.interfaces.get(*id).context("an interface is missing")?;
            for function in interface.functions.values() {
                self.function(key, function)?;
            }
        }
        let Self { imports, functions, answers, .. } = self;
        let answers: String = answers.iter().map(|byte| format!("\\{byte:02x}")).collect();
        Ok(format!("(module {imports} {REALLOC} {functions} (data (i32.const {ANSWERS}) \"{answers}\"))"))
    }

    fn function(&mut self, key: &WorldKey, function: &Function) -> anyhow::Result<()> {
        let kind = WasmExportKind::Normal;
        let name = self.resolve.wasm_export_name(ABI, WasmExport::Func { interface: Some(key), func: function, kind });
        let signature = self.resolve.wasm_signature(AbiVariant::GuestExport, function);
        let params: String = signature.params.iter().map(|param| format!(" {}", text(*param))).collect();
        let results: String = signature.results.iter().map(|result| format!(" {}", text(*result))).collect();
        let interface = self.resolve.name_world_key(key);
        let interface = interface.split_once('@').map_or(interface.as_str(), |(name, _)| name);
        let answer = if signature.retptr { self.answer(interface, function) } else { None };
        let body = match answer {
            Some(address) => format!("{} (i32.const {address})", self.drops(function)?),
            None => "unreachable".to_owned(),
        };
        writeln!(self.functions, "(func (export {name:?}) (param{params}) (result{results}) {body})")?;
        Ok(())
    }

    /// Drops the handles that the call hands over, so that whoever waits at their other ends is told.
    ///
    /// Only a handle that is the sole parameter is looked for: no interface hands one over otherwise.
    fn drops(&mut self, function: &Function) -> anyhow::Result<String> {
        let [parameter] = function.params.as_slice() else { return Ok(String::new()) };
        let Some(resource) = self.owned(&parameter.ty) else { return Ok(String::new()) };
        let Some(TypeOwner::Interface(owner)) = self.resolve.types.get(resource).map(|ty| ty.owner) else {
            return Ok(String::new());
        };
        let key = WorldKey::Interface(owner);
        if !self.world.imports.contains_key(&key) {
            return Ok(String::new());
        }
        let intrinsic = ResourceIntrinsic::ImportedDrop;
        let (module, name) = self
            .resolve
            .wasm_import_name(ABI, WasmImport::ResourceIntrinsic { interface: Some(&key), resource, intrinsic });
        let id = format!("$drop{}", resource.index());
        if !self.imports.contains(&format!("{id} ")) {
            writeln!(self.imports, "(import {module:?} {name:?} (func {id} (param i32)))")?;
        }
        Ok(format!("(call {id} (local.get 0))"))
    }

    /// The resource whose handle a value of this type owns.
    fn owned(&self, ty: &Type) -> Option<TypeId> {
        match self.kind(ty)?.1 {
            TypeDefKind::Handle(Handle::Own(resource)) => self.definition(*resource).map(|(id, _)| id),
            _ => None,
        }
    }

    /// Puts the function's refusal among the answers and returns its address; none if it has none.
    fn answer(&mut self, interface: &str, function: &Function) -> Option<usize> {
        let (_, TypeDefKind::Result(result)) = self.kind(function.result.as_ref()?)? else { return None };
        let error = result.err.as_ref()?;
        let (_, TypeDefKind::Variant(variant)) = self.kind(error)? else { return None };
        let refusals = ["access-denied", "internal-error", "undefined", "io", "other"];
        let (index, case) =
            refusals.iter().find_map(|name| variant.cases.iter().enumerate().find(|(_, case)| case.name == *name))?;
        let payloads = variant.cases.iter().map(|case| case.ty.as_ref());
        let payload = self.sizes.payload_offset(variant.tag(), payloads).size_wasm32();
        let value = self.sizes.payload_offset(Int::U8, [result.ok.as_ref(), Some(error)]).size_wasm32();
        let reason = format!("{interface:?} is not permitted");

        let address = self.reserve(value + self.sizes.size(error).size_wasm32());
        self.put(address, &[1]);
        self.put(address + value, &[u8::try_from(index).ok()?]);
        let at = address + value + payload;
        match &case.ty {
            None => {}
            Some(Type::String) => self.put_text(at, &reason)?,
            Some(ty) => match self.kind(ty)?.1 {
                TypeDefKind::Option(Type::String) => {
                    self.put(at, &[1]);
                    self.put_text(at + 4, &reason)?;
                }
                _ => return None,
            },
        }
        Some(address)
    }

    /// Reserves this many bytes among the answers and returns their address, a multiple of 8.
    fn reserve(&mut self, size: usize) -> usize {
        let start = self.answers.len().next_multiple_of(8);
        self.answers.resize(start + size, 0);
        ANSWERS + start
    }

    fn put(&mut self, address: usize, bytes: &[u8]) {
        let target = self.answers.iter_mut().skip(address - ANSWERS);
        target.zip(bytes).for_each(|(target, byte)| *target = *byte);
    }

    /// Puts a string at this address: where its bytes lie, and how many they are.
    fn put_text(&mut self, address: usize, text: &str) -> Option<()> {
        let bytes = self.reserve(text.len());
        self.put(bytes, text.as_bytes());
        self.put(address, &u32::try_from(bytes).ok()?.to_le_bytes());
        self.put(address + 4, &u32::try_from(text.len()).ok()?.to_le_bytes());
        Some(())
    }

    /// What a type is, behind its aliases.
    fn kind(&self, ty: &Type) -> Option<(TypeId, &'a TypeDefKind)> {
        match ty {
            Type::Id(id) => self.definition(*id),
            _ => None,
        }
    }

    fn definition(&self, mut id: TypeId) -> Option<(TypeId, &'a TypeDefKind)> {
        loop {
            match &self.resolve.types.get(id)?.kind {
                TypeDefKind::Type(Type::Id(alias)) => id = *alias,
                kind => return Some((id, kind)),
            }
        }
    }
}

fn text(ty: WasmType) -> &'static str {
    match ty {
        WasmType::I32 | WasmType::Pointer | WasmType::Length => "i32",
        WasmType::I64 | WasmType::PointerOrI64 => "i64",
        WasmType::F32 => "f32",
        WasmType::F64 => "f64",
    }
}
