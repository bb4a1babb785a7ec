//! Wire parameters to a request that cannot be wrong.

use shared::model::{RoleArn, Violation};
use shared::session::{ParameterError, take_limits};
use shared::store::SessionDetails;
use shared::wire::{Parameters, Validator};
use zeroize::Zeroizing;

/// The longest token that a plugin is asked about, in characters.
const MAX_TOKEN: usize = 20_000;

/// A request that is complete as far as it can be judged without the role.
pub struct CustomTokenRequest {
    /// What the caller shows to the plugin.
    pub token: Zeroizing<String>,
    /// The role that is asked for.
    pub role_arn: RoleArn,
    /// `DurationSeconds` as sent; the role decides about its limits.
    pub duration: Option<Zeroizing<String>>,
    /// What is kept with the session.
    pub details: SessionDetails,
}

impl std::fmt::Debug for CustomTokenRequest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CustomTokenRequest")
            .field("role_arn", &self.role_arn)
            .finish_non_exhaustive()
    }
}

impl CustomTokenRequest {
    /// `DurationSeconds` as sent, if it was.
    pub fn asked_duration(&self) -> Option<&str> {
        self.duration.as_ref().map(|d| d.as_str())
    }

    /// Takes the action's parameters.
    pub fn parse(mut parameters: Parameters) -> Result<Self, ParameterError> {
        let mut validator = Validator::default();
        let mut details = take_limits(&mut parameters, &mut validator)?;
        let token = parameters.take_token("Token");
        validator.secret("token", token.as_ref().map(|t| t.as_str()), check_token);
        let role_arn = take_role_arn(&mut parameters, &mut validator);
        let duration = parameters.take("DurationSeconds");
        validator.finish()?;
        parameters.finish()?;
        // The validator has refused the request if either is missing.
        let (token, role_arn) = token.zip(role_arn).ok_or_else(ParameterError::incomplete)?;
        details.role_arn = Some(role_arn.clone());
        Ok(Self {
            token,
            role_arn,
            duration,
            details,
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
