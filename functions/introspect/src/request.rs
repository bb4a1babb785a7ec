//! The body to a request that cannot be wrong.

use serde::Deserialize;
use shared::caller::Caller;
use shared::clock::UnixTime;
use shared::model::AccessKeyId;
use shared::model::NO_ACCOUNT;
use shared::permissions::context;
use shared::policy::Context;
use shared::s3;
use shared::sigv4;
use shared::wire::ValidationError;
use zeroize::Zeroizing;

use crate::given::{Given, fits};

/// The longest region or service, in bytes.
const MAX_SCOPE: usize = 64;

/// How old a signature may be, in seconds: presigned URLs live for a week.
const MAX_AGE: i64 = 8 * DAY;

const DAY: i64 = 86_400;

/// What is asked about which credentials.
pub(crate) struct IntrospectRequest {
    /// `None` if it can be nobody's.
    pub(crate) access_key: Option<AccessKeyId>,
    /// Temporary credentials have one.
    pub(crate) token: Option<Zeroizing<String>>,
    /// The decision that is asked for.
    pub(crate) question: Option<Question>,
    /// The signing key that is asked for.
    pub(crate) scope: Option<Scope>,
}

/// May the credentials do this?
pub(crate) struct Question {
    pub(crate) action: String,
    pub(crate) resource: String,
    context: Given,
}

/// What a signing key is good for.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Scope {
    date: String,
    region: String,
    service: String,
}

impl IntrospectRequest {
    /// Reads a body.
    pub(crate) fn parse(body: &[u8], now: UnixTime) -> Result<Self, ValidationError> {
        // The parser's own words may quote a token.
        let body: Body = serde_json::from_slice(body).map_err(|_| {
            ValidationError::single("The body is not the JSON object that introspection takes")
        })?;
        let token = body.session_token.map(Zeroizing::new);
        if let Some(scope) = &body.signing {
            scope.check(now)?;
        }
        let question = match body.action {
            Some(action) => Some(Question::new(action, body.resource, body.context)?),
            None if body.resource.is_some() || !body.context.is_empty() => {
                return Err(ValidationError::single(
                    "resource and context are for a decision, which needs an action",
                ));
            }
            None => None,
        };
        Ok(Self {
            access_key: AccessKeyId::parse(body.access_key_id).ok(),
            token,
            question,
            scope: body.signing,
        })
    }

    /// The ARN under which policies let a caller ask: long-term keys are not sessions.
    pub(crate) fn resource(&self) -> String {
        let name = self.access_key.as_ref().map_or("", AccessKeyId::as_str);
        match self.token {
            Some(_) => format!("arn:aws:sts::{NO_ACCOUNT}:session/{name}"),
            None => format!("arn:aws:iam::{NO_ACCOUNT}:user/{name}"),
        }
    }
}

impl Question {
    fn new(
        action: String,
        resource: Option<String>,
        context: Given,
    ) -> Result<Self, ValidationError> {
        let resource = resource.unwrap_or_else(|| "*".to_owned());
        let is_action = action
            .split_once(':')
            .is_some_and(|(service, name)| !service.is_empty() && !name.is_empty());
        if !is_action || !fits(&action) || !fits(&resource) {
            return Err(ValidationError::single(
                "action must be SERVICE:NAME, resource an ARN, both of at most 2048 bytes",
            ));
        }
        context.check()?;
        Ok(Self {
            action,
            resource,
            context,
        })
    }

    /// What is known of the subject, and what the caller knows of the request. What neither
    /// says of the action's own keys cannot be known.
    pub(crate) fn context(&self, subject: &Caller, now: UnixTime) -> Context {
        let mut known = context(subject, None, now);
        self.context.add(&mut known);
        s3::fit_to_action(&mut known, &self.action);
        known
    }
}

impl Scope {
    pub(crate) fn as_scope(&self) -> sigv4::Scope<'_> {
        sigv4::Scope {
            date: &self.date,
            region: &self.region,
            service: &self.service,
        }
    }

    /// A key for this service itself would let its holder act as the subject here, and one for
    /// the days to come would outlive a revocation.
    fn check(&self, now: UnixTime) -> Result<(), ValidationError> {
        let day = UnixTime::parse_amz_date(&format!("{}T000000Z", self.date));
        let is_name = |text: &str| {
            let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
            text.len() <= MAX_SCOPE && text.bytes().all(plain)
        };
        if day.is_none_or(|day| !(-DAY..=MAX_AGE).contains(&now.since(day))) {
            return Err(ValidationError::single(
                "signing.date must be a day as YYYYMMDD, from a week ago until tomorrow",
            ));
        }
        if !is_name(&self.region) || !is_name(&self.service) || self.service.is_empty() {
            return Err(ValidationError::single(
                "signing.region and signing.service must be of at most 64 characters a-z, 0-9 and -",
            ));
        }
        if self.service == "sts" {
            return Err(ValidationError::single(
                "There are no signing keys for sts, whose requests only this service verifies",
            ));
        }
        Ok(())
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Body {
    access_key_id: String,
    session_token: Option<String>,
    action: Option<String>,
    resource: Option<String>,
    #[serde(default)]
    context: Given,
    signing: Option<Scope>,
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    /// 2030-01-10T12:00:00Z.
    const NOW: UnixTime = UnixTime::from_secs(1_894_276_800);

    fn parse(change: impl FnOnce(&mut Value)) -> Result<IntrospectRequest, String> {
        let mut body = json!({"access_key_id": "ABC", "session_token": "t"});
        change(&mut body);
        IntrospectRequest::parse(body.to_string().as_bytes(), NOW).map_err(|e| e.to_string())
    }

    fn is_accepted(change: impl FnOnce(&mut Value)) -> bool {
        parse(change).is_ok()
    }

    #[test]
    fn sessions_and_users_are_resources_of_their_own() {
        let resource = |change: fn(&mut Value)| parse(change).unwrap().resource();
        assert_eq!(resource(|_| ()), "arn:aws:sts::000000000000:session/ABC");
        assert_eq!(
            resource(|b| b["session_token"] = json!(null)),
            "arn:aws:iam::000000000000:user/ABC"
        );
        assert_eq!(
            resource(|b| b["access_key_id"] = json!("a/*")),
            "arn:aws:sts::000000000000:session/",
            "what can be no access key matches no pattern by itself"
        );
    }

    #[test]
    fn t26_the_caller_sets_no_key_of_the_platform() {
        for (key, expected) in [
            ("aws:SourceIp", true),
            ("AWS:USERAGENT", true),
            ("aws:Referer", true),
            ("aws:SecureTransport", true),
            ("s3:prefix", true),
            ("gateway:Tenant", true),
            ("aws:username", false),
            ("Aws:PrincipalTag/team", false),
            ("aws:SourceIp2", false),
            ("aws:CurrentTime", false),
            ("jwt:sub", false),
            ("LDAP:user", false),
            ("sts:DurationSeconds", false),
            ("prefix", false),
            (":name", false),
            ("s3:", false),
        ] {
            let accepted = is_accepted(|b| {
                b["action"] = json!("s3:GetObject");
                b["context"] =
                    json!({key: if key == "aws:SourceIp" { "192.0.2.1" } else { "true" }});
            });
            assert_eq!(accepted, expected, "{key}");
        }
    }

    #[test]
    fn a_context_reads_in_one_way() {
        let accepts = |context: Value| {
            is_accepted(|b| {
                b["action"] = json!("s3:ListBucket");
                b["context"] = context;
            })
        };
        assert!(!accepts(json!({"s3:prefix": "a", "S3:Prefix": "b"})));
        let twice = r#"{"access_key_id": "ABC", "action": "s3:ListBucket", "context": {"s3:prefix": "a", "s3:prefix": "b"}}"#;
        assert!(IntrospectRequest::parse(twice.as_bytes(), NOW).is_err());
        for (key, good, bad) in [
            (
                "aws:SourceIp",
                &["10.0.0.1", "2001:db8::1"][..],
                &["10.0.0.1 ", "10.0.0.1:443", "010.0.0.1", ""][..],
            ),
            (
                "aws:SecureTransport",
                &["true", "False"],
                &["no", "0", " false"],
            ),
            (
                "s3:max-keys",
                &["1", "05"],
                &["+11", "1 ", "1e3", "", "1000000000"],
            ),
        ] {
            for value in good {
                assert!(accepts(json!({key: value})), "{key} {value}");
            }
            for value in bad {
                assert!(!accepts(json!({key: value})), "{key} {value:?}");
            }
        }
    }

    #[test]
    fn signing_keys_are_for_these_days_and_other_services() {
        let accepts = |date: &str, region: &str, service: &str| {
            let signing = json!({"date": date, "region": region, "service": service});
            is_accepted(|b| b["signing"] = signing)
        };
        for date in ["20300110", "20300111", "20300103"] {
            assert!(accepts(date, "us-east-1", "s3"), "{date}");
        }
        for date in ["20300112", "20300102", "2030-01-10", "x", ""] {
            assert!(!accepts(date, "us-east-1", "s3"), "{date}");
        }
        assert!(
            accepts("20300110", "", "s3"),
            "MinIO's clients have no region"
        );
        for (region, service) in [
            ("us-east-1", "sts"),
            ("us-east-1", ""),
            ("a/b", "s3"),
            ("", "S3"),
        ] {
            assert!(!accepts("20300110", region, service), "{region} {service}");
        }
    }

    #[test]
    fn other_bodies_are_refused_without_quoting_them() {
        for change in [
            |b: &mut Value| b["access_key_id"] = json!(null),
            |b: &mut Value| b["session_token"] = json!(["t0ken"]),
            |b: &mut Value| b["resource"] = json!("*"),
            |b: &mut Value| b["action"] = json!("GetObject"),
            |b: &mut Value| b["tokne"] = json!("t0ken"),
            |b: &mut Value| *b = json!("t0ken"),
        ] {
            let error = parse(change).err().unwrap();
            assert!(!error.contains("t0ken"), "{error}");
        }
    }
}
