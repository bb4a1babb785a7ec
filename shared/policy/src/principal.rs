//! Principals: who asks, and whom `Principal` and `NotPrincipal` name.

use super::arn::segments;
use super::error::PolicyError;
use super::json::{Json, only};
use super::place::Place;

/// Who makes the request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Principal<'a> {
    /// Nobody who has proven anything.
    Anonymous,
    /// The ARN of an account's root, a user, a role, or a session of one of them.
    Aws(&'a str),
    /// An identity provider: its ARN or its domain.
    Federated(&'a str),
    /// A service, such as `lambda.amazonaws.com`.
    Service(&'a str),
    /// An S3 canonical user id.
    CanonicalUser(&'a str),
}

/// The element `Principal` or `NotPrincipal`.
#[derive(Debug)]
pub(super) struct PrincipalElement {
    negated: bool,
    names: Vec<Name>,
}

#[derive(Debug)]
enum Name {
    Everyone,
    /// A bare account id, which means the whole account in any partition.
    Account(Box<str>),
    Arn(Box<str>),
    Federated(Box<str>),
    Service(Box<str>),
    CanonicalUser(Box<str>),
}

impl PrincipalElement {
    pub(super) fn parse(
        value: &Json,
        negated: bool,
        place: &Place<'_>,
    ) -> Result<Self, PolicyError> {
        let names = match value {
            Json::String(text) if text == "*" => vec![Name::Everyone],
            Json::Object(members) => {
                only(
                    members,
                    &["AWS", "Federated", "Service", "CanonicalUser"],
                    place,
                )?;
                if members.is_empty() {
                    return Err(place.error("must not be empty"));
                }
                let mut names = Vec::new();
                for (kind, value) in members {
                    let place = place.key(kind);
                    let parsed = value.one_or_more(&place, |value, place| {
                        Name::parse(kind, value.as_string(place)?).map_err(|e| place.error(e))
                    })?;
                    names.extend(parsed);
                }
                names
            }
            _ => return Err(place.error("must be \"*\" or an object")),
        };
        Ok(Self { negated, names })
    }

    /// Whether the statement is about `principal`. `deny` tells the effect of the statement.
    ///
    /// `NotPrincipal` never errs to the permissive side: a Deny spares only those that it names
    /// literally, an Allow leaves out everybody whom a name covers.
    pub(super) fn matches(&self, principal: Principal<'_>, deny: bool) -> bool {
        match (self.negated, deny) {
            (false, _) => self.names.iter().any(|name| name.covers(principal)),
            (true, true) => !self.names.iter().any(|name| name.is(principal)),
            (true, false) => !self.names.iter().any(|name| name.covers(principal)),
        }
    }
}

impl Name {
    fn parse(kind: &str, text: &str) -> Result<Self, &'static str> {
        if kind == "AWS" && text == "*" {
            return Ok(Self::Everyone);
        }
        if text.is_empty() || text.contains(['*', '?', '$']) {
            return Err("a principal is named in full, without wildcards or variables");
        }
        match kind {
            "Federated" => Ok(Self::Federated(text.into())),
            "Service" => Ok(Self::Service(text.into())),
            "CanonicalUser" => Ok(Self::CanonicalUser(text.into())),
            _ if is_account(text) => Ok(Self::Account(text.into())),
            _ => match segments(text) {
                Some(["arn", _, "iam" | "sts", "", account, resource])
                    if !account.is_empty() && !resource.is_empty() =>
                {
                    Ok(Self::Arn(text.into()))
                }
                _ => Err(
                    "must be `*`, an account id, or the ARN of an account, user, role or session",
                ),
            },
        }
    }

    /// Whether the name is that of `principal`, or of the account or role that stands behind it.
    fn covers(&self, principal: Principal<'_>) -> bool {
        if self.is(principal) {
            return true;
        }
        let Principal::Aws(text) = principal else {
            return false;
        };
        match (self, segments(text)) {
            (Self::Account(id), Some(asking)) => is_in_account(asking, id),
            (Self::Arn(name), Some(asking)) => {
                segments(name).is_some_and(|named| stands_behind(named, asking))
            }
            _ => false,
        }
    }

    /// Whether the name is literally that of `principal`.
    fn is(&self, principal: Principal<'_>) -> bool {
        match (self, principal) {
            (Self::Everyone, _) => true,
            (Self::Arn(name), Principal::Aws(asking))
            | (Self::Federated(name), Principal::Federated(asking))
            | (Self::Service(name), Principal::Service(asking))
            | (Self::CanonicalUser(name), Principal::CanonicalUser(asking)) => **name == *asking,
            _ => false,
        }
    }
}

fn is_account(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|b| b.is_ascii_digit())
}

fn is_in_account([arn, _, service, _, account, _]: [&str; 6], id: &str) -> bool {
    arn == "arn" && matches!(service, "iam" | "sts") && account == id
}

/// Whether `named` is the account of `asking`, or the role whose session `asking` is.
///
/// The ARN of a session holds the role's name without its path.
fn stands_behind(named: [&str; 6], asking: [&str; 6]) -> bool {
    let [_, partition, service, _, account, resource] = named;
    let [_, asking_partition, asking_service, _, _, session] = asking;
    if partition != asking_partition || service != "iam" || !is_in_account(asking, account) {
        return false;
    }
    if resource == "root" {
        return true;
    }
    let role = resource
        .strip_prefix("role/")
        .and_then(|path| path.rsplit('/').next());
    let session_role = session
        .strip_prefix("assumed-role/")
        .and_then(|names| names.split_once('/'))
        .map(|(role, _)| role);
    asking_service == "sts" && role.is_some() && role == session_role
}
