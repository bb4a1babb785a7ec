//! `template.yaml` deploys all that there is, safely.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use tests::client::Client;
use tests::engine::Engine;
use tests::iam::Permission;
use tests::table::Table;
use tests::template::{Function, Template};

use crate::wiring::{action_name, functions, read};

/// A function of the template, its crate, and its properties.
fn deployed() -> impl Iterator<Item = (&'static str, &'static Function, &'static Value)> {
    let template = Template::get();
    template.functions().iter().map(|(name, function)| {
        let properties = template.properties(&function.resource);
        (name.as_str(), function, properties)
    })
}

/// The resource behind `!GetAtt NAME.Arn`.
fn resource_of(arn: &Value) -> &str {
    arn.as_str().unwrap().strip_suffix(".Arn").unwrap()
}

#[test]
fn every_function_is_deployed() {
    let names: Vec<_> = deployed().map(|(name, ..)| name).collect();
    assert_eq!(names, functions());
    for (name, _, properties) in deployed() {
        let expected = format!("${{AWS::StackName}}-{name}");
        assert_eq!(properties["FunctionName"], expected.as_str());
    }
}

/// The one endpoint takes what no other route does, so that every error is XML.
#[test]
fn every_function_has_its_routes() {
    for (name, function, _) in deployed() {
        let expected = match name {
            "authorizer" => vec![],
            "introspect" => vec!["POST /introspect".to_owned()],
            "sts" => ["POST /", "GET /", "$default"].map(str::to_owned).into(),
            _ => {
                let code = read(&format!("functions/{name}/src/lib.rs"));
                let action = action_name(name);
                let methods: &[_] = if code.contains("Methods::PostAndGet") {
                    &["POST", "GET"]
                } else {
                    &["POST"]
                };
                let route = |method: &&str| format!("{method} /{action}");
                methods.iter().map(route).collect()
            }
        };
        let routes: BTreeSet<_> = function.routes.iter().collect();
        assert_eq!(routes, expected.iter().collect(), "{name}");
    }
}

#[test]
fn throttles_name_routes_that_exist() {
    let api = Template::get().properties("Api");
    let default = &api["DefaultRouteSettings"];
    let mut all = vec![default];
    let routes: BTreeSet<_> = deployed().flat_map(|(_, it, _)| &it.routes).collect();
    for (route, settings) in api["RouteSettings"].as_object().unwrap() {
        assert!(routes.contains(route), "{route}");
        all.push(settings);
    }
    for settings in all {
        for limit in ["ThrottlingBurstLimit", "ThrottlingRateLimit"] {
            assert!(!settings[limit].is_null(), "{settings}");
        }
    }
}

#[test]
fn every_function_has_a_role_of_its_own() {
    let mut roles = BTreeSet::new();
    for (name, _, properties) in deployed() {
        let role = resource_of(&properties["Role"]);
        assert!(roles.insert(role), "{name} shares {role}");
        let trust = &Template::get().properties(role)["AssumeRolePolicyDocument"]["Statement"];
        let expected = json!([{"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}]);
        assert_eq!(trust, &expected, "{name}");
    }
    let all = Template::get().resources("AWS::IAM::Role");
    assert_eq!(roles, all.map(|(role, _)| role).collect());
}

/// What a function does to the table is compared in `roles`.
#[test]
fn beside_the_table_a_role_allows_logs_traces_and_the_key() {
    for (name, function, properties) in deployed() {
        let log = properties["LoggingConfig"]["LogGroup"].as_str().unwrap();
        let own = format!("{log}.Arn");
        let permissions = function.permissions.iter();
        let others: Vec<_> = permissions
            .map(|it| (it.action.as_str(), it.resource.as_str()))
            .filter(|(action, _)| !action.starts_with("dynamodb:"))
            .collect();
        let expected = [
            ("kms:Decrypt", "Key.Arn"),
            ("logs:CreateLogStream", &own),
            ("logs:PutLogEvents", &own),
            ("xray:PutTelemetryRecords", "*"),
            ("xray:PutTraceSegments", "*"),
        ];
        assert_eq!(others, expected, "{name}");
        let group = Template::get().properties(log);
        let expected = format!("/aws/lambda/${{AWS::StackName}}-{name}");
        assert_eq!(group["LogGroupName"], expected.as_str());
        assert_eq!(group["RetentionInDays"], "LogRetentionDays");
    }
}

/// `ForAllValues` holds where a request has no keys at all, so `Null` stands beside it.
#[test]
fn a_role_names_the_items_of_the_table_that_it_reaches() {
    for (name, _, properties) in deployed() {
        let role = Template::get().properties(resource_of(&properties["Role"]));
        let statements = &role["Policies"][0]["PolicyDocument"]["Statement"];
        for statement in statements.as_array().unwrap() {
            if statement["Resource"] != "Table.Arn" {
                continue;
            }
            let condition = &statement["Condition"];
            let keys = &condition["ForAllValues:StringLike"]["dynamodb:LeadingKeys"];
            let expected = json!({
                "ForAllValues:StringLike": {"dynamodb:LeadingKeys": keys},
                "Null": {"dynamodb:LeadingKeys": "false"},
            });
            assert_eq!(condition, &expected, "{name}");
            assert!(!keys.as_array().unwrap().is_empty(), "{name}");
        }
    }
}

#[test]
fn no_role_may_write_what_operators_write() {
    let operators = [
        "GROUP#",
        "ISSUER#",
        "KEYRING",
        "PLUGIN#",
        "POLICY#",
        "PROVIDER#",
        "ROLE#",
        "SETTINGS",
        "USER#",
    ];
    for (name, function, _) in deployed() {
        let permissions = function.permissions.iter();
        let on_table = permissions.filter(|it| it.resource.starts_with("Table."));
        for Permission { action, items, .. } in on_table {
            if ["dynamodb:GetItem", "dynamodb:BatchGetItem"].contains(&action.as_str()) {
                continue;
            }
            let items = items.as_deref().unwrap_or("*").trim_end_matches('*');
            let reaches = |it: &&&str| it.starts_with(items) || items.starts_with(**it);
            assert_eq!(operators.iter().find(reaches), None, "{name}: {action}");
        }
    }
}

/// A function unwraps master keys of its own table, and decrypts nothing else.
#[test]
fn t10_the_key_opens_master_keys_of_the_table_only() {
    let policy = &Template::get().properties("FunctionPolicy")["PolicyDocument"];
    let statements = policy["Statement"].as_array().unwrap();
    let decrypt = statements.iter().find(|it| it["Action"] == "kms:Decrypt");
    assert_eq!(
        decrypt.unwrap()["Condition"],
        json!({"StringEquals": {"kms:EncryptionContext:table": "Table"}})
    );
}

#[test]
fn every_function_has_alarms() {
    let alarms: Vec<_> = Template::get()
        .resources("AWS::CloudWatch::Alarm")
        .map(|(_, alarm)| &alarm["Properties"])
        .collect();
    for (name, function, _) in deployed() {
        let dimensions = json!([{"Name": "FunctionName", "Value": function.resource}]);
        let own = alarms.iter().filter(|it| it["Dimensions"] == dimensions);
        let own: BTreeSet<_> = own
            .map(|it| {
                let how = it["Statistic"]
                    .as_str()
                    .or(it["ExtendedStatistic"].as_str());
                (it["MetricName"].as_str().unwrap(), how.unwrap())
            })
            .collect();
        let expected = [("Duration", "p99"), ("Errors", "Sum"), ("Throttles", "Sum")];
        assert_eq!(own, expected.into(), "{name}");
    }
    for alarm in alarms {
        let topic = json!(["HasAlarmTopic", ["AlarmTopicArn"], "AWS::NoValue"]);
        assert_eq!(alarm["AlarmActions"], topic, "{alarm}");
    }
}

#[test]
fn the_dashboard_shows_every_function_and_metric() {
    let dashboard = Template::get().properties("Dashboard");
    let body = dashboard["DashboardBody"].as_str().unwrap();
    let parsed: Value = serde_json::from_str(body).unwrap();
    assert!(parsed["widgets"].is_array());
    for (name, function, _) in deployed() {
        let own = format!("\"${{{}}}\"", function.resource);
        assert_eq!(body.matches(&own).count(), 2, "{name}: errors, throttles");
    }
    for metric in [
        "Calls",
        "ColdStarts",
        "Errors",
        "Latency",
        "ProviderFailures",
        "ProviderLatency",
    ] {
        let search = format!(" MetricName=\\\"{metric}\\\"");
        assert!(body.contains(&search), "{metric}");
    }
}

#[test]
fn every_functions_concurrency_can_be_reserved() {
    for (name, function, properties) in deployed() {
        let stem = function.resource.strip_suffix("Function").unwrap();
        let expected = json!([
            format!("Reserves{stem}"),
            format!("{stem}Concurrency"),
            "AWS::NoValue"
        ]);
        assert_eq!(
            properties["ReservedConcurrentExecutions"], expected,
            "{name}"
        );
    }
}

#[test]
fn functions_are_what_cargo_lambda_builds() {
    let globals = &Template::get().document()["Globals"]["Function"];
    for (property, expected) in [
        ("Architectures", json!(["Architecture"])),
        ("Handler", json!("bootstrap")),
        ("MemorySize", json!(256)),
        ("Runtime", json!("provided.al2023")),
        ("Tracing", json!("Active")),
    ] {
        assert_eq!(globals[property], expected);
    }
    let document = Template::get().document();
    assert_eq!(document["Parameters"]["Architecture"]["Default"], "arm64");
}

/// API Gateway fills variables in as they are. All that callers choose, such as path, query and
/// user agent, would let a quote into the line; so would an integration's own error message.
#[test]
fn t53_the_access_log_has_nothing_that_a_caller_chooses() {
    let api = Template::get().properties("Api");
    let format = api["AccessLogSettings"]["Format"].as_str().unwrap();
    let line: Value = serde_json::from_str(format).unwrap();
    let mut variables: Vec<_> = line.as_object().unwrap().values().collect();
    variables.sort_by_key(|it| it.as_str());
    let expected = [
        "$context.error.responseType",
        "$context.identity.sourceIp",
        "$context.integration.requestId",
        "$context.integrationStatus",
        "$context.requestId",
        "$context.requestTime",
        "$context.responseLatency",
        "$context.responseLength",
        "$context.routeKey",
        "$context.status",
    ];
    assert_eq!(variables, expected);
}

#[test]
fn the_table_is_kept_safe() {
    let resources = &Template::get().document()["Resources"];
    for name in ["Table", "Key"] {
        for policy in ["DeletionPolicy", "UpdateReplacePolicy"] {
            assert_eq!(resources[name][policy], "Retain", "{name}");
        }
    }
    let table = Template::get().properties("Table");
    assert_eq!(table["DeletionProtectionEnabled"], true);
    let recovery = &table["PointInTimeRecoverySpecification"];
    assert_eq!(recovery["PointInTimeRecoveryEnabled"], true);
    let encryption = json!({"KMSMasterKeyId": "Key.Arn", "SSEEnabled": true, "SSEType": "KMS"});
    assert_eq!(table["SSESpecification"], encryption);
    assert_eq!(Template::get().properties("Key")["EnableKeyRotation"], true);
}

/// CloudFormation and DynamoDB call a table's properties by the same names.
#[tokio::test]
async fn the_table_has_the_shape_that_operators_commands_expect() {
    let engine = Engine::memory().await;
    let table = Template::get().properties("Table");
    let mut request = json!({"TableName": engine.table});
    for name in [
        "AttributeDefinitions",
        "BillingMode",
        "GlobalSecondaryIndexes",
        "KeySchema",
    ] {
        request[name] = table[name].clone();
    }
    send(&engine.url, "CreateTable", &request).await;
    let expiry = json!({"TableName": engine.table, "TimeToLiveSpecification": table["TimeToLiveSpecification"]});
    send(&engine.url, "UpdateTimeToLive", &expiry).await;
    // `init` as `Table::create` runs it refuses any other shape.
    let table = Table::create(&engine.url, &engine.table).await;
    let found = table.admin(&["init"]).await;
    assert!(
        found.starts_with(&format!("= table {}\n= expiry of items\n", table.name)),
        "{found}"
    );
}

/// An operation of DynamoDB, as it stands.
async fn send(url: &str, operation: &str, body: &Value) {
    let client = Client::new(url);
    let mut request = client.request("POST", "/");
    let target = format!("DynamoDB_20120810.{operation}");
    for (name, value) in [
        ("content-type", "application/x-amz-json-1.0"),
        ("x-amz-target", &target),
        (
            "authorization",
            "AWS4-HMAC-SHA256 Credential=x/20260101/us-east-1/dynamodb/aws4_request, SignedHeaders=host, Signature=x",
        ),
        ("x-amz-date", "20260101T000000Z"),
    ] {
        request.headers_mut().insert(name, value.parse().unwrap());
    }
    *request.body_mut() = body.to_string().into();
    let reply = client.send(request).await;
    assert_eq!(reply.status, 200, "{operation}: {}", reply.text());
}

#[test]
fn functions_find_table_and_key() {
    let globals = &Template::get().document()["Globals"]["Function"];
    let expected = json!({
        "STS_CACHE_SECONDS": "CacheSeconds",
        "STS_KMS_KEY": "Key.Arn",
        "STS_LOG": "LogLevel",
        "STS_METRICS_NAMESPACE": "lambda-sts",
        "STS_TABLE": "Table",
    });
    assert_eq!(globals["Environment"]["Variables"], expected);
}
