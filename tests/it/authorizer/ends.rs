//! Revocation, and a table that fails.

use serde_json::{Value, json};
use tests::fault_proxy::{Fault, Rule};
use tests::sts::USER;

use super::{Gate, api, user, verdict};

#[tokio::test]
async fn t55_a_revoked_session_is_refused_at_once_without_a_memory() {
    let gate = Gate::start().await;
    let (one, all) = (gate.sts.session().await, gate.sts.session().await);
    assert_eq!(verdict(&gate.items(&api(one.signer())).await), "allowed");
    let admin = &gate.sts.table;
    admin.admin(&["session", "revoke", &one.access_key]).await;
    let code = "InvalidClientTokenId";
    assert_eq!(verdict(&gate.items(&api(one.signer())).await), code);
    assert_eq!(verdict(&gate.items(&api(all.signer())).await), "allowed");
    admin
        .admin(&["session", "revoke", "--parent", "user/foobar"])
        .await;
    assert_eq!(verdict(&gate.items(&api(all.signer())).await), code);
    admin.admin(&["user", "disable", USER]).await;
    assert_eq!(verdict(&gate.items(&user()).await), "AccessDenied");
}

#[tokio::test]
async fn t55_a_table_that_cannot_be_read_lets_nobody_through() {
    let gate = Gate::start().await;
    let session = api(gate.sts.session().await.signer());
    assert_eq!(verdict(&gate.items(&session).await), "allowed");
    gate.sts.proxy.inject(Fault::InternalError, Rule::ALL);
    assert_eq!(verdict(&gate.items(&session).await), "ServiceUnavailable");
    let logs = gate.lambda.logs();
    let error = logs.iter().find(|line| line.contains("ServiceUnavailable"));
    let error: Value = serde_json::from_str(error.expect("a line")).unwrap();
    assert_eq!(
        (&error["level"], &error["action"]),
        (&json!("ERROR"), &json!("Authorize"))
    );
    gate.sts.proxy.clear();
    assert_eq!(verdict(&gate.items(&session).await), "allowed");
}
