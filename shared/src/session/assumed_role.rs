//! Who a session is, in the words of AWS: the `AssumedRoleUser` element.

use crate::model::{RoleArn, RoleSessionName};
use crate::wire::Element;

/// The account in ARNs where a request names none: this service has no accounts.
pub const NO_ACCOUNT: &str = "000000000000";

/// A session as the holder of a role.
#[derive(Debug, Clone, Copy)]
pub struct AssumedRole<'a> {
    /// Whose session it is.
    pub parent: &'a str,
    /// The role that was asked for.
    pub role_arn: Option<&'a RoleArn>,
    /// The session's name; the parent's if it has none.
    pub session_name: Option<&'a RoleSessionName>,
}

impl AssumedRole<'_> {
    /// Writes the element, with the id in AWS's spelling and in that of MinIO's clients.
    pub fn write(&self, result: &mut Element<'_>) {
        result.child("AssumedRoleUser", |user| {
            let id = self.id();
            user.text("Arn", &self.arn());
            user.text("AssumedRoleId", &id);
            user.text("AssumeRoleId", &id);
        });
    }

    /// `PARENT:SESSION`.
    pub fn id(&self) -> String {
        format!("{}:{}", self.parent, self.name())
    }

    /// `arn:aws:sts::ACCOUNT:assumed-role/ROLE/SESSION`, from whatever ARN was asked for.
    pub fn arn(&self) -> String {
        let arn = self.role_arn.map_or("", RoleArn::as_str);
        let account = arn
            .split(':')
            .nth(4)
            .filter(|a| a.len() == 12 && a.bytes().all(|b| b.is_ascii_digit()));
        let role = arn
            .rsplit(['/', ':'])
            .next()
            .filter(|role| !role.is_empty())
            .unwrap_or(self.parent);
        format!(
            "arn:aws:sts::{}:assumed-role/{role}/{}",
            account.unwrap_or(NO_ACCOUNT),
            self.name()
        )
    }

    fn name(&self) -> &str {
        self.session_name
            .map_or(self.parent, RoleSessionName::as_str)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn arn(role_arn: Option<&str>, session: Option<&str>) -> String {
        let role_arn = role_arn.map(|arn| RoleArn::parse(arn).unwrap());
        let session_name = session.map(|name| RoleSessionName::parse(name).unwrap());
        AssumedRole {
            parent: "foobar",
            role_arn: role_arn.as_ref(),
            session_name: session_name.as_ref(),
        }
        .arn()
    }

    #[test]
    fn any_arn_that_sdks_let_through_becomes_one_of_sts() {
        let aws = "arn:aws:iam::123456789012:role/path/demo";
        assert_eq!(
            arn(Some(aws), Some("s1")),
            "arn:aws:sts::123456789012:assumed-role/demo/s1"
        );
        assert_eq!(
            arn(Some("arn:xxx:xxx:xxx:xxxx"), Some("anything")),
            "arn:aws:sts::000000000000:assumed-role/xxxx/anything"
        );
        assert_eq!(
            arn(None, None),
            "arn:aws:sts::000000000000:assumed-role/foobar/foobar"
        );
    }
}
