//! Generates the Rust of the protobuf messages, with the JSON names and rules of the same fields.
//!
//! The result is committed, so building nearcast needs neither protoc nor this crate; the test
//! below says when it is out of date.

use std::path::{Path, PathBuf};

use prost_build::{Config, Module};
use prost_types::field_descriptor_proto::{Label, Type};
use prost_types::{DescriptorProto, FieldDescriptorProto};

const ROOT: &str = "src/wire/proto";
const SOURCE: &str = "nearcast/v1/nearcast.proto";
const TARGET: &str = "src/wire/generated.rs";
const PACKAGE: &str = "nearcast.v1";

/// Written even when empty: the list is the message.
const LISTS_ALWAYS_WRITTEN: [&str; 2] = ["Nearby.people", "Welcome.modes"];

/// By clients whose clocks may tell fractions of a millisecond.
const CLIENTS_TIMES: [&str; 1] = ["Move.at"];

/// Writes the generated file.
pub(crate) fn run() -> Result<(), String> {
    let target = workspace().join(TARGET);
    std::fs::write(&target, generate()?).map_err(|error| format!("write {TARGET}: {error}"))
}

/// The text the generated file must have.
pub(crate) fn generate() -> Result<String, String> {
    let root = workspace().join(ROOT);
    let mut files =
        protox::compile([SOURCE], [&root]).map_err(|error| format!("compile {SOURCE}: {error}"))?;
    let file = files
        .file
        .pop()
        .ok_or_else(|| format!("{SOURCE} compiles to nothing"))?;
    let mut config = Config::new();
    for message in &file.message_type {
        derive_json(&mut config, message);
    }
    let module = Module::from_protobuf_package_name(PACKAGE);
    let code = config
        .generate(vec![(module.clone(), file)])
        .map_err(|error| format!("generate {TARGET}: {error}"))?
        .remove(&module)
        .ok_or_else(|| format!("{SOURCE} generates nothing"))?;
    Ok(format!(
        "// @generated from {SOURCE} by `cargo xtask proto`: change that file, not this one.\n{code}"
    ))
}

fn workspace() -> PathBuf {
    let xtask = Path::new(env!("CARGO_MANIFEST_DIR"));
    xtask.parent().unwrap_or(xtask).to_owned()
}

/// Serde for a message. The two envelopes (a oneof and an id) are read and written by hand.
fn derive_json(config: &mut Config, message: &DescriptorProto) {
    if message
        .oneof_decl
        .iter()
        .any(|oneof| !oneof.name().starts_with('_'))
    {
        return;
    }
    let path = format!(".{PACKAGE}.{}", message.name());
    config.type_attribute(&path, "#[derive(serde::Serialize, serde::Deserialize)]");
    for field in &message.field {
        let field_path = format!("{path}.{}", field.name());
        let rules = json_rules(message.name(), field);
        if !rules.is_empty() {
            config.field_attribute(field_path, format!("#[serde({})]", rules.join(", ")));
        }
    }
}

/// How a field is read from and written to JSON: absent when it has nothing to say, a message
/// as an object, an enumeration as its text.
fn json_rules(message: &str, field: &FieldDescriptorProto) -> Vec<String> {
    let mut rules = Vec::new();
    let many = field.label() == Label::Repeated;
    let optional = field.proto3_optional() || field.r#type() == Type::Message && !many;
    let name = format!("{message}.{}", field.name());
    if optional {
        rules.push("default, skip_serializing_if = \"Option::is_none\"".to_owned());
    } else if many && !LISTS_ALWAYS_WRITTEN.contains(&name.as_str()) {
        rules.push("default, skip_serializing_if = \"Vec::is_empty\"".to_owned());
    }
    if CLIENTS_TIMES.contains(&name.as_str()) {
        rules.push("deserialize_with = \"crate::wire::json::time::read\"".to_owned());
    }
    if field.r#type() == Type::Message {
        let shape = if many { "list" } else { "optional" };
        rules.push(format!(
            "deserialize_with = \"crate::wire::json::object::{shape}::read\""
        ));
    }
    if field.r#type() == Type::Enum {
        let word = field.type_name().rsplit('.').next().unwrap_or_default();
        let shape = match (many, optional) {
            (true, _) if LISTS_ALWAYS_WRITTEN.contains(&name.as_str()) => "list",
            (true, _) => "nonempty",
            (_, true) => "optional",
            _ => "one",
        };
        let path = format!("crate::wire::json::word::{shape}");
        rules.push(format!(
            "serialize_with = \"{path}::write::<crate::wire::{word}, _>\", \
             deserialize_with = \"{path}::read::<crate::wire::{word}, _>\""
        ));
    }
    rules
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_committed_code_is_what_the_proto_file_generates() {
        let committed = std::fs::read_to_string(workspace().join(TARGET)).unwrap();
        assert!(
            committed == generate().unwrap(),
            "{TARGET} is out of date: run `cargo xtask proto`"
        );
    }
}
