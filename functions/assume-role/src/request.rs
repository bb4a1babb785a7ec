//! Wire parameters to a request that cannot be wrong.

use shared::model::{ExternalId, RoleArn, RoleSessionName, SessionDuration, SourceIdentity};
use shared::session::{ParameterError, take_duration, take_limits, take_tags};
use shared::store::SessionRequest;
use shared::wire::{Parameters, Validator};

use crate::error::AssumeRoleError;

/// The longest session of this action, in seconds.
pub(crate) const MAX_SECONDS: u32 = SessionDuration::LONGEST_OF_ROLE.secs();

/// A valid request.
#[derive(Debug)]
pub struct AssumeRoleRequest {
    /// How long the session lasts.
    pub duration: SessionDuration,
    /// What is kept with the session.
    pub asked: SessionRequest,
}

impl AssumeRoleRequest {
    /// Takes the action's parameters; sessions last at most `limit` seconds.
    pub fn parse(mut parameters: Parameters, limit: u32) -> Result<Self, AssumeRoleError> {
        if parameters.get("SerialNumber").is_some() || parameters.get("TokenCode").is_some() {
            return Err(AssumeRoleError::Mfa);
        }
        let mut validator = Validator::default();
        let duration = take_duration(&mut parameters, &mut validator, limit);
        let asked = take_session(&mut parameters, &mut validator)?;
        validator.finish().map_err(ParameterError::from)?;
        parameters.finish().map_err(ParameterError::from)?;
        Ok(Self {
            duration: duration.unwrap_or(SessionDuration::DEFAULT),
            asked,
        })
    }
}

fn take_session(
    parameters: &mut Parameters,
    validator: &mut Validator,
) -> Result<SessionRequest, ParameterError> {
    let mut asked = take_limits(parameters, validator)?;
    take_tags(parameters, validator, &mut asked)?;
    let mut take = |name| parameters.take(name);
    let (role_arn, session_name) = (take("RoleArn"), take("RoleSessionName"));
    // A session has its user's own rights: the role has no meaning and is not kept.
    validator.optional("roleArn", role_arn.as_deref(), |t| RoleArn::parse(t));
    let (external_id, source_identity) = (take("ExternalId"), take("SourceIdentity"));
    asked.role_session_name = validator.optional("roleSessionName", session_name.as_deref(), |t| {
        RoleSessionName::parse(t)
    });
    asked.external_id = validator.optional("externalId", external_id.as_deref(), |t| {
        ExternalId::parse(t)
    });
    asked.source_identity = validator.optional("sourceIdentity", source_identity.as_deref(), |t| {
        SourceIdentity::parse(t)
    });
    Ok(asked)
}
