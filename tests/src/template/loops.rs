//! The loops of `template.yaml` (`Fn::ForEach`), written out as CloudFormation does.

use serde_json::{Map, Value};

use super::{at, text, texts};

const LOOP: &str = "Fn::ForEach::";

/// A document with the resources of its loops in their place.
pub(super) fn written_out(mut document: Value) -> Value {
    let all = resources(&document);
    if let Some(members) = document.as_object_mut() {
        members.insert("Resources".to_owned(), all.into());
    }
    document
}

fn resources(document: &Value) -> Map<String, Value> {
    let mut all = Map::new();
    for (name, resource) in at(document, "/Resources").as_object().into_iter().flatten() {
        if name.starts_with(LOOP) {
            all.extend(copies(resource, at(document, "/Mappings")));
        } else {
            all.insert(name.clone(), resource.clone());
        }
    }
    all
}

/// What a loop stands for: its resources once for each item.
fn copies(of: &Value, mappings: &Value) -> Vec<(String, Value)> {
    let rounds = texts(at(of, "/1")).map(|item| Round {
        identifier: text(at(of, "/0")),
        item,
        mappings,
    });
    let fragment = at(of, "/2").as_object().expect("a loop's resources");
    rounds
        .flat_map(|round| {
            let copy = move |(name, it): (&String, &Value)| (round.filled(name), round.of(it));
            fragment.iter().map(copy)
        })
        .collect()
}

/// One round of a loop.
#[derive(Clone, Copy)]
struct Round<'a> {
    identifier: &'a str,
    item: &'a str,
    mappings: &'a Value,
}

impl Round<'_> {
    fn filled(&self, text: &str) -> String {
        fill(text, self.identifier, self.item)
    }

    fn of(&self, value: &Value) -> Value {
        match value {
            // `!Ref` of the identifier.
            Value::String(text) if text == self.identifier => self.item.into(),
            Value::String(text) => self.filled(text).into(),
            Value::Array(list) => self.call(list.iter().map(|it| self.of(it)).collect()),
            Value::Object(members) => match members.get("Ref") {
                Some(name) => self.of(name),
                None => members
                    .iter()
                    .map(|(name, it)| (name.clone(), self.of(it)))
                    .collect(),
            },
            other => other.clone(),
        }
    }

    /// A list, which may be what `!FindInMap` or `!Sub` takes.
    fn call(&self, list: Vec<Value>) -> Value {
        match &*list {
            [Value::String(map), Value::String(key), Value::String(name)] => {
                let found = self.mappings.pointer(&format!("/{map}/{key}/{name}"));
                found.cloned().unwrap_or(list.into())
            }
            [Value::String(it), Value::Object(variables)] => variables
                .iter()
                .fold(it.clone(), |it, (name, value)| fill(&it, name, text(value)))
                .into(),
            _ => list.into(),
        }
    }
}

fn fill(text: &str, variable: &str, value: &str) -> String {
    text.replace(&format!("${{{variable}}}"), value)
}
