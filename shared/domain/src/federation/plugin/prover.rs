//! The prover: a role, and the plugin that vouches for its sessions.

use std::sync::Arc;

use keys::{KeyRing, SealError};
use model::{RoleArn, SessionDuration};
use store::{IdentityPlugin, KeptClaims, ReadPlugins, Role, Status};
use zeroize::Zeroizing;

use super::PluginTokenError;
use super::protocol::{Plugins, Vouched};
use crate::call::Call;
use crate::federation::{FederatedRequest, Granted, Proven, Prover, Validity};
use crate::issuing::Quota;
use crate::record::Record;
use crate::session::{ParameterError, check_session_policy, parse_duration};

/// The longest session, in seconds.
const MAX_SECONDS: u32 = SessionDuration::LONGEST.secs();

/// A token, and the role whose plugin knows what it is worth.
pub struct PluginToken {
    /// What the caller shows to the plugin.
    pub token: Zeroizing<String>,
    /// The role.
    pub role_arn: RoleArn,
}

impl std::fmt::Debug for PluginToken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "PluginToken(for {})", self.role_arn)
    }
}

/// For whom a plugin vouches.
pub struct VouchedFor {
    plugin: Arc<IdentityPlugin>,
    claims: KeptClaims,
}

impl std::fmt::Debug for VouchedFor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "VouchedFor(by {:?})", self.plugin.name)
    }
}

impl<S: ReadPlugins> Prover<S> for PluginToken {
    type Proof = VouchedFor;
    type Error = PluginTokenError;

    const ACTIONS: &'static [&'static str] = &["AssumeRoleWithCustomToken"];
    const MAX_SECONDS: u32 = MAX_SECONDS;
    const JUDGES_SESSION_POLICY: bool = true;

    /// Whose token it is only its plugin can say, so the token itself is the subject.
    fn unverified_subject(&self) -> Zeroizing<String> {
        format!("{}#{}", self.role_arn, self.token.as_str()).into()
    }

    async fn prove(
        &self,
        call: &Call<'_, S>,
        asked: &FederatedRequest,
    ) -> Result<Proven<VouchedFor>, PluginTokenError> {
        let role_arn = self.role_arn.as_str();
        let plugin = call.identity.plugin(call.store, role_arn, call.now).await?;
        let plugin = plugin
            .filter(|p| p.status == Status::Enabled)
            .ok_or(PluginTokenError::Role)?;
        check(asked)?;
        let plugins = Plugins {
            outbound: &call.identity.outbound,
            circuits: &call.identity.circuits,
            now: call.now,
        };
        let open = || authorization(call.keys, &plugin);
        let vouched = plugins.ask(&plugin, open, &self.token).await?;
        Ok(proven(plugin, vouched))
    }

    async fn grant(
        &self,
        _call: &Call<'_, S>,
        proven: &Proven<VouchedFor>,
        _record: &mut Record,
    ) -> Result<Granted, PluginTokenError> {
        Ok(Granted {
            policies: proven.proof.plugin.policies.clone(),
            claims: proven.proof.claims.clone(),
            single_use: None,
        })
    }
}

/// What the request says by itself; before the plugin vouches nobody learns what the table has.
fn check(asked: &FederatedRequest) -> Result<(), ParameterError> {
    parse_duration(asked.duration(), MAX_SECONDS)?;
    Ok(check_session_policy(&asked.session)?)
}

/// The value of a plugin's `Authorization` header, opened.
pub fn authorization(
    keys: &KeyRing,
    plugin: &IdentityPlugin,
) -> Result<Option<Zeroizing<String>>, SealError> {
    let item = Role::item_key(plugin.role_arn.as_str());
    let sealed = plugin.authorization.as_ref();
    sealed
        .map(|sealed| keys.open_text(&item, sealed))
        .transpose()
}

fn proven(plugin: Arc<IdentityPlugin>, vouched: Vouched) -> Proven<VouchedFor> {
    Proven {
        subject: format!("custom:{}", vouched.user),
        role: Some((plugin.role_arn.clone(), plugin.id.clone())),
        validity: Validity {
            longest: plugin.max_session_seconds,
            at_most: Some(vouched.max_validity),
            ..Validity::default()
        },
        quota: Quota {
            limits: plugin.limits,
            holder: format!("role/{}", plugin.role_arn),
        },
        proof: VouchedFor {
            plugin,
            claims: KeptClaims {
                values: vouched.claims,
                names: None,
            },
        },
    }
}
