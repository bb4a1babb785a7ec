//! The reply's result.

use super::Names;
use super::verify::VerifiedToken;
use crate::federation::Federated;
use crate::session::AssumedRole;
use crate::wire::ActionResult;

pub(super) fn result(names: &Names, federated: &Federated<VerifiedToken>) -> ActionResult {
    let Federated {
        credentials,
        proven,
        asked,
    } = federated;
    ActionResult::new(|result| {
        let role = AssumedRole {
            parent: &proven.subject,
            role_arn: proven.role.as_ref().map(|(arn, _)| arn),
            session_name: asked.role_session_name.as_ref(),
        };
        role.write(result);
        credentials.write(result);
        result.text(names.subject, &proven.proof.claims.subject);
        result.text("Audience", &proven.proof.claims.audience);
        result.text("Provider", &proven.proof.provider.issuer);
        credentials.write_size(result, asked);
    })
}
