//! From a document to a compiled policy.

use std::collections::BTreeSet;

use super::action::ActionPattern;
use super::arn::ArnPattern;
use super::condition;
use super::error::PolicyError;
use super::json::{Json, Members, only};
use super::place::Place;
use super::principal::PrincipalElement;
use super::statement::{Actions, Effect, Policy, Resources, Statement};

/// What a policy is attached to; decides which elements and versions are legal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Handed over with a request for credentials: 1 to 2,048 characters, version 2012-10-17.
    Session,
    /// Stored for identities: users, groups, roles. Version 2008-10-17, or none, is legal and
    /// means that there are no policy variables.
    Stored,
    /// Stored with a resource, such as a role's trust policy. `Principal` or `NotPrincipal` is
    /// mandatory here, and refused elsewhere.
    Resource,
}

impl Kind {
    /// The longest document, in characters.
    pub const fn max_length(self) -> usize {
        match self {
            Self::Session => 2048,
            Self::Stored | Self::Resource => 20_480,
        }
    }
}

/// What depends on the document as a whole.
#[derive(Clone, Copy)]
struct Dialect {
    kind: Kind,
    variables: bool,
}

impl Policy {
    /// Parses and compiles a document; refuses whatever it would not evaluate exactly.
    pub fn parse(text: &str, kind: Kind) -> Result<Self, PolicyError> {
        check_text(text, kind)?;
        let document = Json::parse(text)?;
        let place = Place::ROOT;
        let members = document.as_object(&place)?;
        only(members, &["Version", "Id", "Statement"], &place)?;
        if let Some(id) = members.get("Id") {
            id.as_string(&place.key("Id"))?;
        }
        let dialect = Dialect {
            kind,
            variables: parse_version(members, kind)?,
        };
        let place = place.key("Statement");
        let statements = members
            .get("Statement")
            .ok_or_else(|| place.error("missing"))?
            .one_or_more(&place, |value, place| {
                parse_statement(value, dialect, place)
            })?;
        check_sids(&statements, &place)?;
        Ok(Self {
            statements,
            names_principals: kind == Kind::Resource,
        })
    }
}

/// Checks length and, for session policies, AWS's `[\t\n\r\u0020-\u00FF]+`.
fn check_text(text: &str, kind: Kind) -> Result<(), PolicyError> {
    let max = kind.max_length();
    if text.is_empty() || text.chars().nth(max).is_some() {
        return Err(PolicyError::Length { max });
    }
    let (mut line, mut column) = (1, 0);
    for c in text.chars() {
        column += 1;
        let allowed = matches!(c, '\t' | '\n' | '\r' | ' '..='\u{ff}');
        if kind == Kind::Session && !allowed {
            return Err(PolicyError::Character { line, column });
        }
        if c == '\n' {
            (line, column) = (line + 1, 0);
        }
    }
    Ok(())
}

/// Reads the version; tells whether it has policy variables.
fn parse_version(members: &Members, kind: Kind) -> Result<bool, PolicyError> {
    let place = Place::ROOT;
    let place = place.key("Version");
    let version = members.get("Version").map(|v| v.as_string(&place));
    match (version.transpose()?, kind) {
        (Some("2012-10-17"), _) => Ok(true),
        (_, Kind::Session) => Err(place.error("must be 2012-10-17 in a session policy")),
        (Some("2008-10-17") | None, _) => Ok(false),
        (Some(_), _) => Err(place.error("must be 2012-10-17 or 2008-10-17")),
    }
}

fn parse_statement(
    value: &Json,
    dialect: Dialect,
    place: &Place<'_>,
) -> Result<Statement, PolicyError> {
    const ELEMENTS: [&str; 9] = [
        "Sid",
        "Effect",
        "Principal",
        "NotPrincipal",
        "Action",
        "NotAction",
        "Resource",
        "NotResource",
        "Condition",
    ];
    let members = value.as_object(place)?;
    only(members, &ELEMENTS, place)?;
    let actions = parse_actions(members, place)?;
    Ok(Statement {
        sid: parse_sid(members, place)?,
        effect: parse_effect(members, place)?,
        principal: parse_principal(members, dialect.kind, place)?,
        resources: parse_resources(members, &actions, dialect, place)?,
        actions,
        conditions: match members.get("Condition") {
            Some(value) => condition::parse(value, dialect.variables, &place.key("Condition"))?,
            None => Box::default(),
        },
    })
}

fn parse_sid(members: &Members, place: &Place<'_>) -> Result<Option<Box<str>>, PolicyError> {
    let Some(value) = members.get("Sid") else {
        return Ok(None);
    };
    let sid = value.as_string(&place.key("Sid"))?;
    Ok((!sid.is_empty()).then(|| sid.into()))
}

fn check_sids(statements: &[Statement], place: &Place<'_>) -> Result<(), PolicyError> {
    let mut seen = BTreeSet::new();
    for (index, statement) in statements.iter().enumerate() {
        if statement.sid.as_ref().is_some_and(|sid| !seen.insert(sid)) {
            return Err(place.index(index).key("Sid").error("must be unique"));
        }
    }
    Ok(())
}

fn parse_effect(members: &Members, place: &Place<'_>) -> Result<Effect, PolicyError> {
    let place = place.key("Effect");
    let value = members
        .get("Effect")
        .ok_or_else(|| place.error("missing"))?;
    match value.as_string(&place)? {
        "Allow" => Ok(Effect::Allow),
        "Deny" => Ok(Effect::Deny),
        _ => Err(place.error("must be Allow or Deny")),
    }
}

fn parse_principal(
    members: &Members,
    kind: Kind,
    place: &Place<'_>,
) -> Result<Option<PrincipalElement>, PolicyError> {
    match (either(members, "Principal", "NotPrincipal", place)?, kind) {
        (Some(found), Kind::Resource) => {
            PrincipalElement::parse(found.value, found.negated, &found.place(place)).map(Some)
        }
        (None, Kind::Resource) => Err(place.error("Principal or NotPrincipal is missing")),
        (Some(found), _) => Err(found
            .place(place)
            .error("only policies of resources name principals")),
        (None, _) => Ok(None),
    }
}

fn parse_actions(members: &Members, place: &Place<'_>) -> Result<Actions, PolicyError> {
    let found = either(members, "Action", "NotAction", place)?
        .ok_or_else(|| place.error("Action or NotAction is missing"))?;
    let patterns = found
        .value
        .one_or_more(&found.place(place), |value, place| {
            ActionPattern::parse(value.as_string(place)?).map_err(|reason| place.error(reason))
        })?;
    Ok(Actions {
        negated: found.negated,
        patterns,
    })
}

/// A resource's own policy may leave the resource out, and so may a statement about services
/// that have none; both mean any resource.
fn parse_resources(
    members: &Members,
    actions: &Actions,
    dialect: Dialect,
    place: &Place<'_>,
) -> Result<Resources, PolicyError> {
    let Some(found) = either(members, "Resource", "NotResource", place)? else {
        let mut patterns = actions.patterns.iter();
        let unnecessary = !actions.negated && patterns.all(ActionPattern::is_without_resources);
        if dialect.kind != Kind::Resource && !unnecessary {
            return Err(place.error("Resource or NotResource is missing"));
        }
        return Ok(Resources {
            negated: false,
            patterns: Box::new([ArnPattern::Any]),
        });
    };
    // IAM User Guide, "IAM JSON policy elements: Resource": incomplete ARNs of identity policies.
    let completed = dialect.kind == Kind::Stored;
    let patterns = found
        .value
        .one_or_more(&found.place(place), |value, place| {
            ArnPattern::resource(value.as_string(place)?, dialect.variables, completed)
                .map_err(|reason| place.error(reason))
        })?;
    Ok(Resources {
        negated: found.negated,
        patterns,
    })
}

/// One of two elements that exclude each other.
struct Found<'a> {
    name: &'a str,
    negated: bool,
    value: &'a Json,
}

impl<'a> Found<'a> {
    fn place<'p>(&self, parent: &'p Place<'p>) -> Place<'p>
    where
        'a: 'p,
    {
        parent.key(self.name)
    }
}

fn either<'a>(
    members: &'a Members,
    name: &'a str,
    negated_name: &'a str,
    place: &Place<'_>,
) -> Result<Option<Found<'a>>, PolicyError> {
    match (members.get(name), members.get(negated_name)) {
        (Some(_), Some(_)) => Err(place
            .key(negated_name)
            .error("excludes the element without Not")),
        (Some(value), None) => Ok(Some(Found {
            name,
            negated: false,
            value,
        })),
        (None, Some(value)) => Ok(Some(Found {
            name: negated_name,
            negated: true,
            value,
        })),
        (None, None) => Ok(None),
    }
}
