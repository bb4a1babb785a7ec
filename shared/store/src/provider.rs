//! OpenID providers, as the operator configures them.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::future::Future;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use model::random::{Random, RandomError};
use model::{IdKind, PolicyName, RoleArn, UniqueId};
use ring::digest::{SHA1_FOR_LEGACY_USE_ONLY, digest};

use super::item_key::digest_of;
use super::{IssueLimits, Listed, Status, StoreError};

/// The name under which the claim of a user's groups is kept, whatever its own.
pub const GROUPS_CLAIM: &str = "groups";

/// Where a provider's public keys come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeySource {
    /// The discovery document's URL (OpenID Connect Discovery 1.0), which names the key set's.
    ConfigUrl(String),
    /// The key set's URL.
    JwksUrl(String),
    /// The key set itself.
    Jwks(String),
}

/// An OpenID provider: whom it is trusted for, and what its tokens are good for.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "four independent settings, named as operators write them"
)]
pub struct OpenIdProvider {
    /// New whenever a provider is made; `None` before that.
    pub id: Option<UniqueId>,
    /// The ids of its roles by client id, each new whenever the role is made.
    pub role_ids: BTreeMap<String, UniqueId>,
    /// The operator's name for it.
    pub name: String,
    /// The issuer, which a token's `iss` must equal byte for byte.
    pub issuer: String,
    /// Where its keys come from.
    pub keys: KeySource,
    /// The audiences that its tokens may be for; at least one.
    pub client_ids: Vec<String>,
    /// The accepted algorithms, none of them symmetric.
    pub algorithms: Vec<String>,
    /// What sessions may do: policies of the role, or what the token's claim names.
    pub grant: Grant,
    /// The claim that holds the user's groups, kept for policies.
    pub groups_claim: Option<String>,
    /// Scopes that a token must have.
    pub scopes_required: Vec<String>,
    /// How far the provider's clock may be off, in seconds.
    pub leeway_seconds: u32,
    /// The longest session, in seconds; the action's limit if `None`.
    pub max_session_seconds: Option<u32>,
    /// How much may be issued by the provider.
    pub limits: IssueLimits,
    /// Whether a session may live longer than the token that opened it.
    pub outlive_token: bool,
    /// What becomes of a `DurationSeconds` that is too long.
    pub long_durations: LongDurations,
    /// The longest token, in characters.
    pub max_token_length: Option<u32>,
    /// What becomes of a token whose claim names policies that do not exist.
    pub missing_policies: MissingPolicies,
    /// Whether each token is good for one session only.
    pub single_use: bool,
    /// Claims that are kept with the session.
    pub kept_claims: Vec<String>,
    /// Whether plain HTTP to another machine is fine.
    pub allow_http: bool,
    /// Whether it may issue.
    pub enabled: bool,
}

/// What becomes of a `DurationSeconds` above a provider's limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum LongDurations {
    /// The call fails.
    #[default]
    Refuse,
    /// The limit counts.
    Clamp,
}

impl LongDurations {
    /// What operators write.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Refuse => "refuse",
            Self::Clamp => "clamp",
        }
    }

    /// Parses what operators write.
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "refuse" => Some(Self::Refuse),
            "clamp" => Some(Self::Clamp),
            _ => None,
        }
    }
}

/// Where a session's permissions come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Grant {
    /// The policies that a claim of the token names; a dotted path reaches nested claims.
    Claim(String),
    /// The policies of the provider's roles, as they are when a session is used.
    Role(Vec<PolicyName>),
}

/// What becomes of a token whose claim names policies that do not exist.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum MissingPolicies {
    /// It opens nothing.
    Refuse,
    /// It grants the others.
    #[default]
    Skip,
}

impl MissingPolicies {
    /// What operators write.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Refuse => "refuse",
            Self::Skip => "skip",
        }
    }

    /// Parses what operators write.
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "refuse" => Some(Self::Refuse),
            "skip" => Some(Self::Skip),
            _ => None,
        }
    }
}

impl OpenIdProvider {
    /// A provider, enabled, of whom nothing else is said: no algorithm is accepted and nothing
    /// granted yet; a minute's leeway.
    pub fn new(name: String, issuer: String, keys: KeySource, client_ids: Vec<String>) -> Self {
        Self {
            id: None,
            role_ids: BTreeMap::new(),
            name,
            issuer,
            keys,
            client_ids,
            algorithms: Vec::new(),
            grant: Grant::Role(Vec::new()),
            groups_claim: None,
            scopes_required: Vec::new(),
            leeway_seconds: 60,
            max_session_seconds: None,
            limits: IssueLimits::default(),
            outlive_token: false,
            long_durations: LongDurations::default(),
            max_token_length: None,
            missing_policies: MissingPolicies::default(),
            single_use: false,
            kept_claims: Vec::new(),
            allow_http: false,
            enabled: true,
        }
    }

    /// Whether the provider may issue.
    pub const fn status(&self) -> Status {
        Status::of_enabled(self.enabled)
    }

    /// The ARN of the role of one client id, by MinIO's rule.
    pub fn role_arn(&self, client_id: &str) -> Option<RoleArn> {
        let id = URL_SAFE_NO_PAD.encode(digest(&SHA1_FOR_LEGACY_USE_ONLY, client_id.as_bytes()));
        RoleArn::parse(format!("arn:minio:iam:::role/{id}")).ok()
    }

    /// The ARNs of the provider's roles, one per client id; none if a claim grants.
    pub fn role_arns(&self) -> impl Iterator<Item = RoleArn> {
        let clients = self.clients_with_roles().iter();
        clients.filter_map(|id| self.role_arn(id))
    }

    /// The id of the role of that ARN.
    pub fn role_id(&self, arn: &RoleArn) -> Option<&UniqueId> {
        let mut roles = self.role_ids.iter();
        let role = roles.find(|(client, _)| self.role_arn(client).as_ref() == Some(arn));
        role.map(|(_, id)| id)
    }

    /// Takes over the ids of what was there `before` and still is.
    pub fn keep_ids(&mut self, before: &Self) {
        self.id.clone_from(&before.id);
        let clients = self.clients_with_roles().iter();
        let kept = clients.filter_map(|id| before.role_ids.get_key_value(id));
        self.role_ids = kept
            .map(|(client, id)| (client.clone(), id.clone()))
            .collect();
    }

    /// Gives an id to what has none: what is new.
    pub fn give_ids(&mut self, random: &dyn Random) -> Result<(), RandomError> {
        if self.id.is_none() {
            self.id = Some(UniqueId::generate(IdKind::Provider, random)?);
        }
        for client in self.clients_with_roles().to_vec() {
            if let Entry::Vacant(new) = self.role_ids.entry(client) {
                new.insert(UniqueId::generate(IdKind::Role, random)?);
            }
        }
        Ok(())
    }

    const fn clients_with_roles(&self) -> &[String] {
        match self.grant {
            Grant::Role(_) => self.client_ids.as_slice(),
            Grant::Claim(_) => &[],
        }
    }

    /// The names under which claims are kept if a token has them.
    pub fn kept_claim_names(&self) -> Vec<String> {
        let groups = self.groups_claim.as_ref().map(|_| GROUPS_CLAIM.to_owned());
        self.kept_claims.iter().cloned().chain(groups).collect()
    }

    /// What tells the provider's keys from others: a digest of whose they are and where they
    /// come from. Keys that were had under other settings are not this provider's keys, and
    /// neither are those of a provider that had its name before.
    pub fn key_source_digest(&self) -> String {
        let (kind, source) = match &self.keys {
            KeySource::ConfigUrl(url) => ("config_url", url),
            KeySource::JwksUrl(url) => ("jwks_url", url),
            KeySource::Jwks(document) => ("jwks", document),
        };
        let id = self.id.as_ref().map_or("", UniqueId::as_str);
        digest_of(&[id, &self.name, &self.issuer, kind, source].join("\n"))
    }

    /// The key of the item that holds all providers of an issuer.
    pub fn item_key(issuer: &str) -> String {
        format!("ISSUER#{}", digest_of(issuer))
    }
}

/// Looks up OpenID providers.
pub trait ReadProviders: Sync {
    /// The providers with that issuer, enabled or not, read consistently.
    fn providers(
        &self,
        issuer: &str,
    ) -> impl Future<Output = Result<Vec<OpenIdProvider>, StoreError>> + Send;
}

/// Lists and changes OpenID providers. Names are unique among them, and so are roles.
pub trait ManageProviders: ReadProviders {
    /// All providers, by name.
    fn list_providers(
        &self,
    ) -> impl Future<Output = Result<Listed<OpenIdProvider>, StoreError>> + Send;

    /// The provider of that name, read consistently.
    fn provider_named(
        &self,
        name: &str,
    ) -> impl Future<Output = Result<Option<OpenIdProvider>, StoreError>> + Send;

    /// Stores a new provider and its roles.
    fn create_provider(
        &self,
        provider: &OpenIdProvider,
    ) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// Replaces a provider by one of the same name, only if it is still the one that was
    /// `read`. Roles that the new one lacks go, and the copy of its keys does if they come
    /// from elsewhere now.
    fn change_provider(
        &self,
        read: &OpenIdProvider,
        provider: &OpenIdProvider,
    ) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// Deletes a provider, its roles and the copy of its keys, only if it is still the one
    /// that was `read`.
    fn delete_provider(
        &self,
        read: &OpenIdProvider,
    ) -> impl Future<Output = Result<(), StoreError>> + Send;
}

#[cfg(test)]
mod tests;
