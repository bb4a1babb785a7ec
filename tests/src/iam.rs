//! What IAM asks for when a function calls an AWS service.

use std::collections::BTreeSet;

use serde_json::Value;

/// One action on one resource, the latter as `template.yaml` names it, such as `Table.Arn`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Permission {
    /// The action, such as `dynamodb:GetItem`.
    pub action: String,
    /// The resource.
    pub resource: String,
    /// Which items of a table, as a pattern for `dynamodb:LeadingKeys`, such as `SESSION#*`;
    /// `None` for all of them, and for what is no table.
    pub items: Option<String>,
}

impl Permission {
    /// One for each kind of item that the operation names; one for all items if it names none.
    fn on_table(operation: &str, body: &Value) -> Vec<Self> {
        let resource = match body.get("IndexName").and_then(Value::as_str) {
            Some(name) => format!("Table.Arn/index/{name}"),
            None => "Table.Arn".to_owned(),
        };
        let permission = |items| Self {
            action: format!("dynamodb:{operation}"),
            resource: resource.clone(),
            items,
        };
        let keys = queried(body).map_or_else(|| named(body), |key| vec![key]);
        let kinds: BTreeSet<_> = keys.into_iter().map(kind).collect();
        if kinds.is_empty() {
            return vec![permission(None)];
        }
        kinds.into_iter().map(Some).map(permission).collect()
    }

    fn on_key(operation: &str) -> Self {
        Self {
            action: format!("kms:{operation}"),
            resource: "Key.Arn".to_owned(),
            items: None,
        }
    }
}

/// What a caller needs for the operation that the header `x-amz-target` names.
///
/// DynamoDB checks the parts of a transaction as if they stood alone; a batch is an action of
/// its own, and the condition has to hold for every item of it.
pub(crate) fn needed(target: &str, body: &Value) -> Vec<Permission> {
    let (service, operation) = target.split_once('.').unwrap_or_default();
    match operation {
        _ if service == "TrentService" => vec![Permission::on_key(operation)],
        "TransactGetItems" => Permission::on_table("GetItem", body),
        "TransactWriteItems" => parts(body).collect(),
        _ => Permission::on_table(operation, body),
    }
}

/// Each part is an object with one member: `Put`, `Update`, `Delete` or `ConditionCheck`.
fn parts(body: &Value) -> impl Iterator<Item = Permission> {
    let items = body.get("TransactItems").and_then(Value::as_array);
    let items = items.into_iter().flatten();
    let parts = items.filter_map(|item| item.as_object()?.iter().next());
    parts.flat_map(|(kind, part)| Permission::on_table(&format!("{kind}Item"), part))
}

/// The partition keys of all items that an operation names, wherever it keeps them.
fn named(body: &Value) -> Vec<&str> {
    match body {
        Value::Array(values) => values.iter().flat_map(named).collect(),
        Value::Object(fields) => match fields.get("pk") {
            Some(key) => key["S"].as_str().into_iter().collect(),
            None => fields.values().flat_map(named).collect(),
        },
        _ => Vec::new(),
    }
}

/// The partition key that a query asks for: of an index, that of the index.
fn queried(body: &Value) -> Option<&str> {
    let expression = body.get("KeyConditionExpression")?.as_str()?;
    let (_, value) = expression.split(" AND ").next()?.split_once(" = ")?;
    body.pointer(&format!("/ExpressionAttributeValues/{value}/S"))?
        .as_str()
}

/// The pattern for all items of the kind that `key` is of.
fn kind(key: &str) -> String {
    match key.split_once('#') {
        Some((kind, _)) => format!("{kind}#*"),
        None => key.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn texts(target: &str, body: &Value) -> Vec<String> {
        let needed = needed(target, body);
        let texts = needed.iter().map(|it| {
            let items = it.items.as_deref().unwrap_or("all");
            format!("{} {} {items}", it.action, it.resource)
        });
        texts.collect()
    }

    fn key(pk: &str) -> Value {
        json!({"pk": {"S": pk}})
    }

    #[test]
    fn operations_need_what_iam_asks_for() {
        let batch = json!({"RequestItems": {"t": {"Keys": [
            key("SETTINGS"), key("COUNT#1#a"), key("COUNT#1#b"),
        ]}}});
        let item = json!({"Item": {"pk": {"S": "SESSION#A"}, "parent": {"S": "USER#b"}}});
        let query = json!({
            "IndexName": "by_owner",
            "KeyConditionExpression": "owner_key = :owner AND begins_with(owner_sort, :x)",
            "ExpressionAttributeValues": {":owner": {"S": "KIND#user"}, ":x": {"S": "x"}},
        });
        let transaction = json!({"TransactItems": [
            {"Put": {"Item": key("ROLE#a")}},
            {"ConditionCheck": {"Key": key("ISSUER#b")}},
            {"Delete": {"Key": key("PLUGIN#c")}},
        ]});
        let reads = json!({"TransactItems": [{"Get": {"Key": key("USER#a")}}]});
        for (operation, body, expected) in [
            (
                "BatchGetItem",
                batch,
                &[
                    "BatchGetItem Table.Arn COUNT#*",
                    "BatchGetItem Table.Arn SETTINGS",
                ][..],
            ),
            ("PutItem", item, &["PutItem Table.Arn SESSION#*"]),
            ("Query", query, &["Query Table.Arn/index/by_owner KIND#*"]),
            ("Scan", json!({"TableName": "t"}), &["Scan Table.Arn all"]),
            (
                "TransactWriteItems",
                transaction,
                &[
                    "PutItem Table.Arn ROLE#*",
                    "ConditionCheckItem Table.Arn ISSUER#*",
                    "DeleteItem Table.Arn PLUGIN#*",
                ],
            ),
            ("TransactGetItems", reads, &["GetItem Table.Arn USER#*"]),
        ] {
            let expected: Vec<_> = expected.iter().map(|it| format!("dynamodb:{it}")).collect();
            let target = format!("DynamoDB_20120810.{operation}");
            assert_eq!(texts(&target, &body), expected, "{operation}");
        }
        let decrypt = texts("TrentService.Decrypt", &json!({}));
        assert_eq!(decrypt, ["kms:Decrypt Key.Arn all"]);
    }
}
