//! Changes to items past the store, as it would never make them.

use aws_sdk_dynamodb::types::AttributeValue;
use tests::table::Table;

/// Changes one attribute of an item; `None` removes it.
pub(crate) async fn damage(
    table: &Table,
    item: &str,
    attribute: &str,
    value: Option<AttributeValue>,
) {
    let update = table.connection().client();
    let update = update.update_item().table_name(&table.name);
    let update = update.key("pk", AttributeValue::S(item.to_owned()));
    let update = update.expression_attribute_names("#a", attribute);
    let update = match value {
        None => update.update_expression("REMOVE #a"),
        Some(value) => update
            .update_expression("SET #a = :v")
            .expression_attribute_values(":v", value),
    };
    update.send().await.unwrap();
}
