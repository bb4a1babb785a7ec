//! A store that holds one of each and forgets what it is given: it costs next to nothing.

use shared::clock::UnixTime;
use shared::keys::{Binding, KeyFile, KeyRing, KeyState, MasterKey};
use shared::model::{AccessKeyId, IdKind, PolicyName, RoleArn, UniqueId};
use shared::policy::canned;
use shared::random::OsRandom;
use shared::store::{
    Count, Counter, CreateSessions, Grant, Group, IdentityPlugin, IssueLimits, KeyEntry,
    KeySetCopies, KeySetCopy, KeySource, OpenIdProvider, ReadGroups, ReadPlugins, ReadPolicies,
    ReadProviders, ReadRevocations, ReadRoles, ReadService, ReadSessions, ReadUsers, Role, Scope,
    ServiceRecord, Session, Settings, Status, StoreError, StoredPolicy, TakePlaces, UsedTokens,
    User,
};

use crate::tokens::ISSUER;

/// The key file of the benchmark.
pub(crate) const KEY: &str = "8f1c0d6b5a79e4233b2c91d0f7a8564e1b0a9c8d7e6f5a4b3c2d1e0f9a8b7c6d";

#[derive(Debug)]
pub(crate) struct Memory {
    user: User,
    plugin: IdentityPlugin,
    provider: OpenIdProvider,
    /// The key set, in the table's copy as for a warm function.
    keys: String,
    policy: StoredPolicy,
    record: ServiceRecord,
}

impl Memory {
    pub(crate) fn new(now: UnixTime, plugin_url: &str, keys: String) -> Self {
        let master = MasterKey::generate(&OsRandom).unwrap();
        let binding = Binding {
            table: "t",
            kid: "k1",
        };
        let wrapped = KeyFile::parse(KEY)
            .unwrap()
            .wrap(&master, binding, &OsRandom)
            .unwrap();
        let ring = KeyRing::new([("k1".to_owned(), KeyState::Active, master)]).unwrap();
        let access_key = AccessKeyId::parse("foobar").unwrap();
        let readwrite = PolicyName::parse("readwrite").unwrap();
        let entry = KeyEntry {
            kid: "k1".to_owned(),
            state: KeyState::Active,
            wrapped,
            created_at: now.plus(-1000),
            rotated_at: None,
        };
        Self {
            user: User {
                id: UniqueId::generate(IdKind::User, &OsRandom).unwrap(),
                secret: ring
                    .seal(&User::item_key(&access_key), b"foo12345", &OsRandom)
                    .unwrap(),
                access_key,
                status: Status::Enabled,
                policies: vec![readwrite.clone()],
                groups: Vec::new(),
                max_session_seconds: None,
                limits: IssueLimits::default(),
            },
            plugin: plugin(plugin_url, &readwrite),
            provider: provider(),
            keys,
            policy: StoredPolicy::new(readwrite, canned::READWRITE, &OsRandom).unwrap(),
            record: ServiceRecord {
                keys: vec![entry],
                settings: Settings::default(),
            },
        }
    }
}

fn plugin(url: &str, policy: &PolicyName) -> IdentityPlugin {
    let role_arn = RoleArn::parse("arn:minio:iam:::role/idmp-bench").unwrap();
    IdentityPlugin {
        id: UniqueId::generate(IdKind::Role, &OsRandom).ok(),
        policies: vec![policy.clone()],
        ..IdentityPlugin::new("bench".to_owned(), role_arn, url.to_owned())
    }
}

fn provider() -> OpenIdProvider {
    let keys = KeySource::JwksUrl("https://idp.example.com/jwks".to_owned());
    let clients = vec!["app".to_owned()];
    OpenIdProvider {
        id: UniqueId::generate(IdKind::Provider, &OsRandom).ok(),
        algorithms: shared::jwt::DEFAULT_ALGORITHMS.map(str::to_owned).to_vec(),
        grant: Grant::Claim("policy".to_owned()),
        kept_claims: vec!["sub".to_owned(), "iss".to_owned()],
        ..OpenIdProvider::new("bench".to_owned(), ISSUER.to_owned(), keys, clients)
    }
}

impl ReadUsers for Memory {
    async fn user(&self, _: &AccessKeyId) -> Result<Option<User>, StoreError> {
        Ok(Some(self.user.clone()))
    }
}

impl ReadSessions for Memory {
    async fn session(&self, _: &AccessKeyId) -> Result<Option<Session>, StoreError> {
        Ok(None)
    }
}

impl CreateSessions for Memory {
    async fn create_session(&self, _: &Session) -> Result<(), StoreError> {
        Ok(())
    }
}

impl ReadPolicies for Memory {
    async fn policies(&self, _: &[PolicyName]) -> Result<Vec<StoredPolicy>, StoreError> {
        Ok(vec![self.policy.clone()])
    }
}

impl ReadGroups for Memory {
    async fn groups(&self, _: &[String]) -> Result<Vec<Group>, StoreError> {
        Ok(Vec::new())
    }
}

impl ReadRoles for Memory {
    async fn role(&self, _: &str) -> Result<Option<Role>, StoreError> {
        let policies = self.plugin.policies.clone();
        Ok(Some(Role {
            id: self.plugin.id.clone().unwrap(),
            provider: "bench".to_owned(),
            policies,
            status: Status::Enabled,
        }))
    }
}

impl ReadRevocations for Memory {
    async fn revoked_until(&self, _: &[Scope]) -> Result<Option<UnixTime>, StoreError> {
        Ok(None)
    }
}

impl ReadPlugins for Memory {
    async fn plugin(&self, _: &str) -> Result<Option<IdentityPlugin>, StoreError> {
        Ok(Some(self.plugin.clone()))
    }
}

impl ReadProviders for Memory {
    async fn providers(&self, _: &str) -> Result<Vec<OpenIdProvider>, StoreError> {
        Ok(vec![self.provider.clone()])
    }
}

impl KeySetCopies for Memory {
    async fn key_set_copy(&self, _: &str) -> Result<Option<KeySetCopy>, StoreError> {
        let document = self.keys.clone();
        let fetched_at = self.record.keys[0].created_at;
        Ok(Some(KeySetCopy {
            source: self.provider.key_source_digest(),
            document,
            fetched_at,
            fresh_until: fetched_at.plus(86_000),
        }))
    }

    async fn put_key_set_copy(&self, _: &str, _: &KeySetCopy) -> Result<(), StoreError> {
        Ok(())
    }
}

impl UsedTokens for Memory {
    async fn use_token(
        &self,
        _: (&str, &str),
        _: &AccessKeyId,
        _: UnixTime,
    ) -> Result<(), StoreError> {
        Ok(())
    }
}

impl ReadService for Memory {
    async fn service_record(&self) -> Result<ServiceRecord, StoreError> {
        Ok(self.record.clone())
    }
}

/// Nothing of the benchmarks has a limit.
impl Count for Memory {
    async fn count(&self, _counter: &Counter, _limit: u32) -> Result<bool, StoreError> {
        Ok(true)
    }

    async fn take_back(&self, _counter: &Counter) -> Result<(), StoreError> {
        Ok(())
    }
}

impl TakePlaces for Memory {
    async fn take_place(
        &self,
        _holder: &str,
        _limit: u32,
        _now: UnixTime,
        _until: UnixTime,
    ) -> Result<bool, StoreError> {
        Ok(true)
    }
}
