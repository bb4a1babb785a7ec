//! `template.yaml`: what a deployment is made of.
//!
//! CloudFormation's short forms are read as the value behind the tag: `!Ref Table` and
//! `!GetAtt Table.Arn` are the texts `Table` and `Table.Arn`, `!If` is its list. Loops are
//! written out.

mod loops;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::LazyLock;

use serde_json::Value;

use crate::iam::Permission;

static TEMPLATE: LazyLock<Template> = LazyLock::new(Template::read);

/// A function of the template.
#[derive(Debug)]
pub struct Function {
    /// The name of its resource.
    pub resource: String,
    /// The keys of its routes, such as `POST /AssumeRole`.
    pub routes: Vec<String>,
    /// What its role allows, on whatever resource.
    pub permissions: BTreeSet<Permission>,
}

impl Function {
    /// Whether its role allows all of it.
    pub fn may(&self, needed: &[Permission]) -> bool {
        needed.iter().all(|p| self.permissions.contains(p))
    }
}

/// The template.
#[derive(Debug)]
pub struct Template {
    document: Value,
    functions: BTreeMap<String, Function>,
}

impl Template {
    /// The template of this repository.
    ///
    /// # Panics
    ///
    /// When it is not as these tests expect it to be.
    pub fn get() -> &'static Self {
        &TEMPLATE
    }

    /// The whole document.
    pub fn document(&self) -> &Value {
        &self.document
    }

    /// The functions by the crates that they are built from.
    pub fn functions(&self) -> &BTreeMap<String, Function> {
        &self.functions
    }

    /// Every resource of a type, with its name.
    pub fn resources(&self, kind: &str) -> impl Iterator<Item = (&str, &Value)> {
        let all = at(&self.document, "/Resources").as_object();
        all.into_iter()
            .flatten()
            .filter(move |(_, resource)| at(resource, "/Type") == kind)
            .map(|(name, resource)| (name.as_str(), resource))
    }

    /// The properties of a resource.
    ///
    /// # Panics
    ///
    /// When there are none.
    pub fn properties(&self, resource: &str) -> &Value {
        let properties = at(&self.document, &format!("/Resources/{resource}/Properties"));
        assert!(properties.is_object(), "template.yaml has no {resource}");
        properties
    }

    fn read() -> Self {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../template.yaml");
        let text = std::fs::read_to_string(path).expect("template.yaml");
        let document = serde_saphyr::from_str(&text).expect("YAML");
        let mut template = Self {
            document: loops::written_out(document),
            functions: BTreeMap::new(),
        };
        let functions = template.resources("AWS::Serverless::Function");
        template.functions = functions.map(|(name, _)| template.function(name)).collect();
        template
    }

    fn function(&self, resource: &str) -> (String, Function) {
        let properties = self.properties(resource);
        let code = text(at(properties, "/CodeUri"));
        let name = code.strip_prefix("target/lambda/").expect("built code");
        let events = at(properties, "/Events").as_object().into_iter().flatten();
        let function = Function {
            resource: resource.to_owned(),
            routes: events.map(|(_, event)| route(event)).collect(),
            permissions: self.permissions(text(at(properties, "/Role"))),
        };
        (name.trim_end_matches('/').to_owned(), function)
    }

    fn permissions(&self, role: &str) -> BTreeSet<Permission> {
        let role = self.properties(role.strip_suffix(".Arn").expect("a role of the template"));
        let managed = texts(at(role, "/ManagedPolicyArns")).map(|name| self.properties(name));
        let inline = at(role, "/Policies").as_array().into_iter().flatten();
        let policies = managed.chain(inline);
        policies
            .filter_map(|policy| at(policy, "/PolicyDocument/Statement").as_array())
            .flatten()
            .flat_map(allowed)
            .collect()
    }
}

fn route(event: &Value) -> String {
    assert_eq!(at(event, "/Type"), "HttpApi", "{event}");
    let property = |name| at(event, name).as_str();
    match (property("/Properties/Method"), property("/Properties/Path")) {
        (Some(method), Some(path)) => format!("{method} {path}"),
        _ => "$default".to_owned(),
    }
}

fn allowed(statement: &Value) -> Vec<Permission> {
    assert_eq!(at(statement, "/Effect"), "Allow", "{statement}");
    let items = items(at(statement, "/Condition"));
    let mut permissions = Vec::new();
    for action in texts(at(statement, "/Action")) {
        for resource in texts(at(statement, "/Resource")) {
            permissions.extend(items.iter().map(|items| Permission {
                action: action.to_owned(),
                resource: resource.replace("${", "").replace('}', ""),
                items: items.clone(),
            }));
        }
    }
    permissions
}

/// The kinds of items that a statement is restricted to; `None` alone if it is not.
fn items(condition: &Value) -> Vec<Option<String>> {
    match at(condition, "/ForAllValues:StringLike/dynamodb:LeadingKeys") {
        Value::Null => vec![None],
        keys => texts(keys).map(str::to_owned).map(Some).collect(),
    }
}

/// What a JSON pointer leads to; `null` if nothing is there.
fn at<'a>(value: &'a Value, pointer: &str) -> &'a Value {
    value.pointer(pointer).unwrap_or(&Value::Null)
}

/// One text, or all of a list.
fn texts(value: &Value) -> impl Iterator<Item = &str> {
    let list = value.as_array().into_iter().flatten();
    value.as_str().into_iter().chain(list.map(text))
}

fn text(value: &Value) -> &str {
    value.as_str().expect("a text")
}
