//! `GetCallerIdentity`: for everybody who can sign.

use std::time::Duration;

use tests::client::encode;
use tests::sts::{Credentials, TestSts, action, user};

const DENY: &str = "[{Effect: Deny, Action: [s3:*, 'sts:Get*'], Resource: '*'}]";
const NOTHING: &str =
    r#"{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"*","Resource":"*"}]}"#;

#[tokio::test]
async fn no_policy_denies_it_in_any_form() {
    let sts = TestSts::builder().statements(DENY).start().await;
    let session = Credentials::of(&sts.assume_role(&[("Policy", NOTHING)]).await);
    let user = user();
    let parameters = action("GetCallerIdentity", &[]);
    let query = format!("/?{}", encode(&parameters));
    for (signer, arn) in [
        (user, "arn:aws:iam::000000000000:user/foobar"),
        (session.signer(), "arn:aws:sts::000000000000:assumed-role/"),
    ] {
        let minute = Duration::from_mins(1);
        let get = || sts.client.request("GET", &query);
        let post = || sts.client.request("POST", &query);
        for (form, request) in [
            ("header", signer.sign(sts.client.form("/", &parameters))),
            ("header, GET", signer.sign(get())),
            ("presigned", signer.presign(post(), minute)),
            ("presigned, GET", signer.presign(get(), minute)),
        ] {
            let reply = sts.client.send(request).await;
            assert_eq!(reply.status, 200, "{form}: {}", reply.text());
            let named = reply.field("Arn").unwrap();
            assert!(named.starts_with(arn), "{form}: {named}");
        }
    }
}
