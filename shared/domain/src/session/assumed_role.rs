//! Who a session is, in the words of AWS: the `AssumedRoleUser` element.

use model::{NO_ACCOUNT, RoleArn, RoleSessionName};

use crate::wire::Element;

/// A session as the holder of a role.
#[derive(Debug, Clone, Copy)]
pub struct AssumedRole<'a> {
    /// Whose session it is.
    pub parent: &'a str,
    /// The role that is assumed; its parent stands for it if it has none.
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

    /// `arn:aws:sts::ACCOUNT:assumed-role/ROLE/SESSION`.
    pub fn arn(&self) -> String {
        let role = self
            .role_arn
            .and_then(|arn| arn.as_str().rsplit('/').next());
        let role = role.unwrap_or(self.parent);
        format!(
            "arn:aws:sts::{NO_ACCOUNT}:assumed-role/{role}/{}",
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
    fn a_session_is_named_by_its_role_or_its_parent() {
        let role = "arn:minio:iam:::role/idmp-vGxBdLkOc8mQPU1-UQbBh-yWWVQ";
        assert_eq!(
            arn(Some(role), Some("s1")),
            "arn:aws:sts::000000000000:assumed-role/idmp-vGxBdLkOc8mQPU1-UQbBh-yWWVQ/s1"
        );
        assert_eq!(
            arn(None, Some("anything")),
            "arn:aws:sts::000000000000:assumed-role/foobar/anything"
        );
        assert_eq!(
            arn(None, None),
            "arn:aws:sts::000000000000:assumed-role/foobar/foobar"
        );
    }
}
