//! Wire parameters to a request that cannot be wrong.

use shared::federation::FederatedRequest;
use shared::federation::plugin::PluginToken;
use shared::model::{RoleArn, Violation};
use shared::session::{ParameterError, take_limits};
use shared::wire::{Parameters, Validator};

/// The longest token that a plugin is asked about, in characters.
const MAX_TOKEN: usize = 20_000;

/// A request that is complete as far as it can be judged without the role.
#[derive(Debug)]
pub struct CustomTokenRequest {
    /// What the caller shows to the plugin of which role.
    pub token: PluginToken,
    /// What is asked for.
    pub asked: FederatedRequest,
}

impl CustomTokenRequest {
    /// Takes the action's parameters.
    pub fn parse(mut parameters: Parameters) -> Result<Self, ParameterError> {
        let mut validator = Validator::default();
        let session = take_limits(&mut parameters, &mut validator)?;
        let token = parameters.take_token("Token");
        validator.secret("token", token.as_ref().map(|t| t.as_str()), check_token);
        let role_arn = take_role_arn(&mut parameters, &mut validator);
        let duration = parameters.take("DurationSeconds");
        validator.finish()?;
        parameters.finish()?;
        // The validator has refused the request if either is missing.
        let (token, role_arn) = token.zip(role_arn).ok_or_else(ParameterError::incomplete)?;
        Ok(Self {
            token: PluginToken { token, role_arn },
            asked: FederatedRequest { duration, session },
        })
    }
}

fn check_token(token: &str) -> Result<(), Violation> {
    Violation::check_length(token, 1, MAX_TOKEN)
}

fn take_role_arn(parameters: &mut Parameters, validator: &mut Validator) -> Option<RoleArn> {
    let text = parameters.take("RoleArn");
    if text.is_none() {
        validator.missing("roleArn");
    }
    validator.optional("roleArn", text.as_deref(), RoleArn::parse_role)
}
