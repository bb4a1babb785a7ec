//! What IAM asks for when a function calls an AWS service.

use serde_json::Value;

/// One action on one resource, the latter as `template.yaml` names it, such as `Table.Arn`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Permission {
    /// The action, such as `dynamodb:GetItem`.
    pub action: String,
    /// The resource.
    pub resource: String,
}

impl Permission {
    fn on_table(operation: &str, body: &Value) -> Self {
        let index = body.get("IndexName").and_then(Value::as_str);
        Self {
            action: format!("dynamodb:{operation}"),
            resource: match index {
                Some(name) => format!("Table.Arn/index/{name}"),
                None => "Table.Arn".to_owned(),
            },
        }
    }

    fn on_key(operation: &str) -> Self {
        Self {
            action: format!("kms:{operation}"),
            resource: "Key.Arn".to_owned(),
        }
    }
}

/// What a caller needs for the operation that the header `x-amz-target` names.
///
/// DynamoDB checks the parts of a transaction as if they stood alone; a batch is an action of
/// its own.
pub(crate) fn needed(target: &str, body: &Value) -> Vec<Permission> {
    let (service, operation) = target.split_once('.').unwrap_or_default();
    match operation {
        _ if service == "TrentService" => vec![Permission::on_key(operation)],
        "TransactGetItems" => vec![Permission::on_table("GetItem", body)],
        "TransactWriteItems" => parts(body).collect(),
        _ => vec![Permission::on_table(operation, body)],
    }
}

/// Each part is an object with one member: `Put`, `Update`, `Delete` or `ConditionCheck`.
fn parts(body: &Value) -> impl Iterator<Item = Permission> {
    let items = body.get("TransactItems").and_then(Value::as_array);
    let items = items.into_iter().flatten();
    let kinds = items.filter_map(|item| item.as_object()?.keys().next());
    kinds.map(|kind| Permission::on_table(&format!("{kind}Item"), &Value::Null))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn operations_need_what_iam_asks_for() {
        let transaction =
            json!({"TransactItems": [{"Put": {}}, {"ConditionCheck": {}}, {"Delete": {}}]});
        for (target, body, expected) in [
            (
                "DynamoDB_20120810.BatchGetItem",
                json!({"RequestItems": {}}),
                vec!["dynamodb:BatchGetItem Table.Arn"],
            ),
            (
                "DynamoDB_20120810.Query",
                json!({"IndexName": "by_owner"}),
                vec!["dynamodb:Query Table.Arn/index/by_owner"],
            ),
            (
                "DynamoDB_20120810.TransactWriteItems",
                transaction,
                vec![
                    "dynamodb:PutItem Table.Arn",
                    "dynamodb:ConditionCheckItem Table.Arn",
                    "dynamodb:DeleteItem Table.Arn",
                ],
            ),
            (
                "DynamoDB_20120810.TransactGetItems",
                json!({}),
                vec!["dynamodb:GetItem Table.Arn"],
            ),
            (
                "TrentService.Decrypt",
                json!({}),
                vec!["kms:Decrypt Key.Arn"],
            ),
        ] {
            let needed = needed(target, &body);
            let texts = needed
                .iter()
                .map(|p| format!("{} {}", p.action, p.resource));
            assert_eq!(texts.collect::<Vec<_>>(), expected, "{target}");
        }
    }
}
