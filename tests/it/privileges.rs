//! Who may call what: every route and every kind of caller.

use tests::client::Signer;
use tests::sts::{Credentials, FUNCTIONS, TestSts, action};

use crate::check::Outcome::{self, Refused, Success};
use crate::check::{DENIED, INVALID, UNSIGNED};

const CONFIG: &str = "
policies:
  - name: right
    document: {Version: 2012-10-17, Statement: [{Effect: Allow, Action: sts:RevokeSession, Resource: '*'}]}
  - name: wrong
    document: {Version: 2012-10-17, Statement: [{Effect: Allow, Action: sts:IntrospectSession, Resource: '*'}]}
users:
  - {access_key: foobar, secret: foo12345, policies: [readonly]}
  - {access_key: low, secret: low-secret}
  - {access_key: wrong, secret: wrong-secret, policies: [wrong]}
  - {access_key: right, secret: right-secret, policies: [right]}
";

/// What callers get: nobody, a user without policies, one with another action's, one with this
/// action's, and a session of that one whose policy allows nothing of the kind.
const CALLERS: [&str; 5] = ["nobody", "low", "wrong", "right", "restricted"];

/// The rows; a function without one fails the test.
const ROWS: [(&str, [Outcome; 5]); 6] = [
    ("AssumeRole", [UNSIGNED, Success, Success, Success, DENIED]),
    // A token is the proof, and none is shown: who signs does not matter.
    ("AssumeRoleWithClientGrants", [INVALID; 5]),
    ("AssumeRoleWithCustomToken", [INVALID; 5]),
    ("AssumeRoleWithWebIdentity", [INVALID; 5]),
    (
        "GetCallerIdentity",
        [UNSIGNED, Success, Success, Success, Success],
    ),
    ("RevokeSession", [UNSIGNED, DENIED, DENIED, Success, DENIED]),
];

const NARROW: &str =
    r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"*"}]}"#;

#[tokio::test]
async fn t51_every_route_has_its_callers() {
    let sts = TestSts::builder().config(CONFIG).start().await;
    let right = Signer::new("right", "right-secret", None);
    let restricted = sts.assume_role_as(&right, &[("Policy", NARROW)]).await;
    let restricted = Credentials::of(&restricted).signer();
    let signers = [
        None,
        Some(Signer::new("low", "low-secret", None)),
        Some(Signer::new("wrong", "wrong-secret", None)),
        Some(right),
        Some(restricted),
    ];
    for (_, name) in FUNCTIONS {
        let path = format!("/{name}");
        let (_, expected) = ROWS.iter().find(|(row, _)| *row == name).expect(name);
        for ((caller, signer), expected) in CALLERS.iter().zip(&signers).zip(expected) {
            for path in [path.as_str(), "/"] {
                // Somebody else's, so that only a policy can allow it.
                let victim = sts.session().await;
                let own = [("AccessKeyId", victim.access_key.as_str())];
                let parameters: &[_] = if name == "RevokeSession" { &own } else { &[] };
                let request = sts.client.form(path, &action(name, parameters));
                let request = match signer {
                    Some(signer) => signer.sign(request),
                    None => request,
                };
                let reply = sts.client.send(request).await;
                let (status, code) = match expected {
                    Success => (200, None),
                    Refused(status, code) => (*status, Some((*code).to_owned())),
                };
                let got = (reply.status.as_u16(), reply.field("Code"));
                assert_eq!(
                    got,
                    (status, code),
                    "{caller}: {path} {name}: {}",
                    reply.text()
                );
            }
        }
    }
}
