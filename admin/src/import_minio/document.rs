//! Policy documents of an export: whether they mean the same here.

use serde_json::Value;
use serde_json::value::RawValue;
use shared::policy::{Kind, Policy};

use super::export::Members;

/// The services whose actions this service or its guards ask about.
const SERVICES: [&str; 3] = ["*", "s3", "sts"];

/// The services whose actions the server itself asked about, to administer it.
const ADMINISTRATION: [&str; 2] = ["admin", "kms"];

/// A document that can be stored.
pub(super) struct Document {
    pub(super) text: String,
    /// Its actions that nobody asks about here.
    pub(super) idle_actions: Vec<String>,
}

impl Document {
    /// Checks a document; says why it cannot be stored.
    pub(super) fn check(raw: &RawValue) -> Result<Self, String> {
        let text = with_id(raw.get());
        Policy::parse(&text, Kind::Stored).map_err(|error| error.to_string())?;
        let document = serde_json::from_str(&text).map_err(|error| error.to_string())?;
        let mut idle_actions = Vec::new();
        for action in actions(&document) {
            let service = action.split_once(':').map_or("*", |(service, _)| service);
            let service = service.to_ascii_lowercase();
            if ADMINISTRATION.contains(&service.as_str()) {
                idle_actions.push(action.to_owned());
            } else if !SERVICES.contains(&service.as_str()) {
                return Err(format!("action {action} is of a service that is not known"));
            }
        }
        Ok(Self { text, idle_actions })
    }

    /// Whether a stored document says the same. Exports write lists in any order.
    pub(super) fn says_the_same_as(&self, stored: &str) -> bool {
        let parsed = |text| serde_json::from_str(text).map(normal).ok();
        self.text == stored || parsed(&self.text) == parsed(stored)
    }
}

/// The document with its `ID`, as exports spell it, spelt `Id`. All else stays byte for byte,
/// so that the parser sees members that are there twice.
fn with_id(text: &str) -> String {
    let Ok(Members(members)) = serde_json::from_str::<Members<Box<RawValue>>>(text) else {
        return text.to_owned();
    };
    if !members.iter().any(|(name, _)| name == "ID") {
        return text.to_owned();
    }
    let member = |(name, value): &(String, Box<RawValue>)| {
        let name = if name == "ID" { "Id" } else { name };
        format!("{}:{}", Value::from(name), value.get())
    };
    let members: Vec<String> = members.iter().map(member).collect();
    format!("{{{}}}", members.join(","))
}

/// All elements of `Action` and `NotAction`.
fn actions(document: &Value) -> impl Iterator<Item = &str> {
    let statements = document.get("Statement").into_iter().flat_map(one_or_more);
    statements
        .flat_map(|statement| [statement.get("Action"), statement.get("NotAction")])
        .flatten()
        .flat_map(one_or_more)
        .filter_map(Value::as_str)
}

fn one_or_more(value: &Value) -> &[Value] {
    value
        .as_array()
        .map_or(std::slice::from_ref(value), Vec::as_slice)
}

/// A form that two documents have in common if they differ in the order of lists, or in
/// writing one element without its list.
fn normal(value: Value) -> Value {
    match value {
        Value::Array(list) => {
            let mut list: Vec<Value> = list.into_iter().map(normal).collect();
            list.sort_by_cached_key(Value::to_string);
            list.dedup();
            match <[Value; 1]>::try_from(list) {
                Ok([only]) => only,
                Err(list) => Value::Array(list),
            }
        }
        Value::Object(members) => {
            let normal = |(name, value)| (name, normal(value));
            Value::Object(members.into_iter().map(normal).collect())
        }
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use shared::policy::canned;

    use super::*;

    fn check(document: &str) -> Result<Document, String> {
        Document::check(&RawValue::from_string(document.to_owned()).unwrap())
    }

    fn statement(members: &str) -> String {
        format!(r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow",{members}}}]}}"#)
    }

    #[test]
    fn what_would_not_mean_the_same_is_refused_with_its_reason() {
        let resource = r#""Resource":"arn:aws:s3:::*""#;
        let cases = [
            (
                statement(&format!(r#""Action":"s3:*","Principal":"*",{resource}"#)),
                "Statement[0].Principal: only policies of resources name principals",
            ),
            (
                statement(r#""Action":"s3:*""#),
                "Statement[0]: Resource or NotResource is missing",
            ),
            (
                statement(&format!(r#""Action":["s3:*","s3tables:Get*"],{resource}"#)),
                "action s3tables:Get* is of a service that is not known",
            ),
            (
                statement(&format!(r#""NotAction":"ec2:*",{resource}"#)),
                "action ec2:* is of a service that is not known",
            ),
            (
                statement(&format!(r#""Action":"s3:*","Action":"s3:*",{resource}"#)),
                "syntax error at line 1, column 79: duplicate key \"Action\"",
            ),
            (
                r#"{"Version":"","Statement":[]}"#.to_owned(),
                "Version: must be 2012-10-17 or 2008-10-17",
            ),
            (
                r#"{"ID":"a","ID":"b","Statement":[]}"#.to_owned(),
                "syntax error at line 1, column 14: duplicate key \"Id\"",
            ),
            (
                r#"{"Version":"2012-10-17","Statement":null}"#.to_owned(),
                "Statement: must be an object",
            ),
            ("[]".to_owned(), "policy document: must be an object"),
        ];
        for (document, reason) in cases {
            assert_eq!(check(&document).err().unwrap(), reason, "{document}");
        }
    }

    #[test]
    fn what_means_the_same_is_stored_as_it_is() {
        for (name, document) in canned::ALL {
            let checked = check(document).unwrap();
            assert_eq!(checked.text, document, "{name}");
        }
        let odd = statement(r#""Action":["sts:AssumeRole","*"],"Resource":"*""#);
        assert_eq!(check(&odd).unwrap().text, odd);
        let with_id = check(
            r#"{"ID":"x","Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":["s3:*"],"Resource":["*"]}]}"#,
        );
        assert_eq!(
            with_id.unwrap().text,
            r#"{"Id":"x","Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":["s3:*"],"Resource":["*"]}]}"#
        );
    }

    #[test]
    fn actions_of_administration_are_told() {
        let checked = check(canned::CONSOLE_ADMIN).unwrap();
        assert_eq!(checked.idle_actions, ["admin:*", "kms:*"]);
        assert!(check(canned::READWRITE).unwrap().idle_actions.is_empty());
    }

    #[test]
    fn the_order_of_lists_means_nothing() {
        let a = statement(r#""Action":["s3:GetObject","s3:PutObject"],"Resource":["*"]"#);
        let b = statement(r#""Resource":"*","Action":["s3:PutObject","s3:GetObject"]"#);
        let c = statement(r#""Resource":"*","Action":["s3:PutObject"]"#);
        assert!(check(&a).unwrap().says_the_same_as(&b));
        assert!(!check(&a).unwrap().says_the_same_as(&c));
    }
}
