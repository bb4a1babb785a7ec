//! The reply's result.

use shared::federation::Federated;
use shared::federation::plugin::VouchedFor;
use shared::wire::ActionResult;

pub(crate) fn result(federated: &Federated<VouchedFor>) -> ActionResult {
    ActionResult::new(|result| {
        federated.credentials.write(result);
        result.text("AssumedUser", &federated.proven.subject);
    })
}
