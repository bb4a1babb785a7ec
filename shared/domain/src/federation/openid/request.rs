//! Wire parameters to a request that cannot be wrong.

use model::{RoleArn, RoleSessionName, Violation};
use zeroize::Zeroizing;

use super::{IdentityToken, Names, TOKEN_PARAMETERS};
use crate::federation::FederatedRequest;
use crate::session::{ParameterError, take_limits};
use crate::wire::{Parameters, Validator};

/// The shortest and the longest token that any provider may allow, in characters.
const TOKEN_LENGTH: std::ops::RangeInclusive<usize> = 4..=20_000;

/// Parameters of some clients that mean nothing here: further tokens of the same login.
const IGNORED: [&str; 2] = ["WebIdentityAccessToken", "WebIdentityRefreshToken"];

/// A request that is complete as far as it can be judged without the provider.
#[derive(Debug)]
pub struct TokenExchangeRequest<'a> {
    /// The token, and the role that is asked for.
    pub token: IdentityToken<'a>,
    /// What else is asked for.
    pub asked: FederatedRequest,
}

impl<'a> TokenExchangeRequest<'a> {
    /// Takes the parameters of either action.
    pub fn parse(names: &'a Names, mut parameters: Parameters) -> Result<Self, ParameterError> {
        let mut validator = Validator::default();
        let mut session = take_limits(&mut parameters, &mut validator)?;
        let role_arn = take_role(&mut parameters, &mut validator);
        let session_name = parameters.take("RoleSessionName");
        session.role_session_name =
            validator.optional("roleSessionName", session_name.as_deref(), |t| {
                RoleSessionName::parse(t)
            });
        let token = take_token(names, &mut parameters, &mut validator);
        // Some clients send 0 for "not given".
        let duration = parameters
            .take("DurationSeconds")
            .filter(|d| d.as_str() != "0");
        for name in IGNORED {
            parameters.take(name);
        }
        validator.finish()?;
        parameters.finish()?;
        // The validator has refused the request if there is none.
        let unverified_token = token.ok_or_else(ParameterError::incomplete)?;
        let token = IdentityToken {
            names,
            unverified_token,
            role_arn,
        };
        Ok(Self {
            token,
            asked: FederatedRequest { duration, session },
        })
    }
}

/// One client spells the name in its own way.
fn take_role(parameters: &mut Parameters, validator: &mut Validator) -> Option<RoleArn> {
    let role_arn = parameters
        .take("RoleArn")
        .or_else(|| parameters.take("RoleARN"));
    validator.optional("roleArn", role_arn.as_deref(), |t| {
        RoleArn::parse(t).map(RoleArn::without_region)
    })
}

/// With both names given, the second is left over and refuses the request.
fn take_token(
    names: &Names,
    parameters: &mut Parameters,
    validator: &mut Validator,
) -> Option<Zeroizing<String>> {
    let token = TOKEN_PARAMETERS
        .into_iter()
        .find_map(|name| parameters.take_token(name));
    validator.secret(names.token, token.as_ref().map(|t| t.as_str()), |token| {
        Violation::check_length(token, *TOKEN_LENGTH.start(), *TOKEN_LENGTH.end())
    });
    token
}
