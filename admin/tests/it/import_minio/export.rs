//! An export, as `mc admin cluster iam export` writes it.

const POLICIES: &str = r#"{
  "readwrite": {"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["s3:*"],"Resource":["arn:aws:s3:::*"]}]},
  "readonly": {"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["s3:GetObject","s3:GetBucketLocation"],"Resource":["arn:aws:s3:::*"]}]},
  "reports": {"ID":"r","Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["s3:GetObject"],"Resource":["arn:aws:s3:::reports/*"]}]},
  "operators": {"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["admin:ServerInfo"]},{"Effect":"Allow","Action":["kms:KeyStatus"]}]},
  "public": {"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":["s3:GetObject"],"Resource":["arn:aws:s3:::*"]}]},
  "tables": {"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["s3tables:*"],"Resource":["*"]}]}
}"#;

pub(super) const USERS: &str = r#"{
  "alice": {"secretKey":"alice-hush","status":"enabled"},
  "bob": {"secretKey":"bob-hush-hush","status":"disabled"},
  "carol": {"secretKey":"carol-hush","status":"enabled"},
  "dave": {"secretKey":"dave-hush","status":"enabled","nickname":"hush"},
  "eve": {"secretKey":"hush","status":"enabled"},
  "frank/x": {"secretKey":"frank-hush","status":"enabled"},
  "grace": {"secretKey":"grace-hush","status":"on"},
  "heidi\u001b[2J": {"secretKey":"heidi-hush","status":"enabled"}
}"#;

const GROUPS: &str = r#"{
  "team": {"version":1,"status":"enabled","members":["alice","bob","mallory"],"updatedAt":"2025-01-02T03:04:05Z"},
  "idle": {"version":1,"status":"disabled","members":null,"updatedAt":"2025-01-02T03:04:05Z"},
  "publishers": {"version":1,"status":"enabled","members":["carol"],"updatedAt":"2025-01-02T03:04:05Z"}
}"#;

const USER_MAPPINGS: &str = r#"{
  "alice": {"version":1,"policy":"readwrite,reports","updatedAt":"2025-01-02T03:04:05Z"},
  "dave": {"version":1,"policy":"operators","updatedAt":"2025-01-02T03:04:05Z"},
  "nobody": {"version":1,"policy":"readonly","updatedAt":"2025-01-02T03:04:05Z"}
}"#;

const GROUP_MAPPINGS: &str = r#"{
  "team": {"version":1,"policy":"reports","updatedAt":"2025-01-02T03:04:05Z"},
  "publishers": {"version":1,"policy":"public","updatedAt":"2025-01-02T03:04:05Z"},
  "cn=staff,dc=example,dc=com": {"version":0,"policy":"readonly","updatedAt":"2025-01-02T03:04:05Z"}
}"#;

const STS_USER_MAPPINGS: &str = r#"{
  "uid=ivan,dc=example,dc=com": {"version":0,"policy":"readonly","updatedAt":"2025-01-02T03:04:05Z"}
}"#;

const SERVICE_ACCOUNTS: &str = r#"{
  "SVCACCOUNT0000000001": {"parent":"alice","accessKey":"SVCACCOUNT0000000001","secretKey":"service-hush","groups":null,"claims":{"accessKey":"x"},"sessionPolicy":null,"status":"on","name":"","description":"","expiration":null}
}"#;

/// Entries with one item of every kind that can be imported, and of every kind that cannot.
pub(super) const EXPORT: [(&str, &str); 8] = [
    ("iam-assets/policies.json", POLICIES),
    ("iam-assets/users.json", USERS),
    ("iam-assets/groups.json", GROUPS),
    ("iam-assets/user_mappings.json", USER_MAPPINGS),
    ("iam-assets/group_mappings.json", GROUP_MAPPINGS),
    ("iam-assets/stsuser_mappings.json", STS_USER_MAPPINGS),
    ("iam-assets/svcaccts.json", SERVICE_ACCOUNTS),
    ("iam-assets/buckets.json", "{}"),
];
