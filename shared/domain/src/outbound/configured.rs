//! URLs that an operator configures.

use url::{Host, Url};

use super::Reach;
use super::client::is_this_machine;

/// A configured URL is not one to send secrets to. The texts do not repeat it: its query may
/// hold a secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum UrlError {
    /// Link-local and similar addresses are never contacted.
    #[error("its address may not be contacted")]
    Address,
    /// A fragment is never sent.
    #[error("it must have no fragment")]
    Fragment,
    /// Plain HTTP to another machine.
    #[error("it must be HTTPS, unless its host is this machine or allow_http is set")]
    Insecure,
    /// It does not parse, or is not HTTP at all.
    #[error("it is no HTTP URL")]
    Malformed,
    /// User names and passwords belong into headers.
    #[error("it must have no user name or password")]
    UserInfo,
}

/// Checks a URL before it is stored; every call checks it again.
pub fn check_configured(url: &str, allow_http: bool) -> Result<(), UrlError> {
    let url: Url = url.parse().map_err(|_| UrlError::Malformed)?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(UrlError::Malformed);
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(UrlError::UserInfo);
    }
    if url.fragment().is_some() {
        return Err(UrlError::Fragment);
    }
    if url.scheme() == "http" && !allow_http && !is_this_machine(&url) {
        return Err(UrlError::Insecure);
    }
    let reach = Reach::Configured;
    let allowed = match url.host() {
        Some(Host::Ipv4(v4)) => reach.allows(v4.into()),
        Some(Host::Ipv6(v6)) => reach.allows(v6.into()),
        Some(Host::Domain(_)) => true,
        None => return Err(UrlError::Malformed),
    };
    allowed.then_some(()).ok_or(UrlError::Address)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn t25_configured_urls_are_checked() {
        let cases = [
            ("https://idp.example.com/a?b=c", false, Ok(())),
            ("http://localhost:8081", false, Ok(())),
            ("http://127.0.0.1:8081/x", false, Ok(())),
            ("http://[::1]/", false, Ok(())),
            ("http://idp.example.com", true, Ok(())),
            ("http://idp.example.com", false, Err(UrlError::Insecure)),
            ("http://10.0.0.1", false, Err(UrlError::Insecure)),
            ("https://u@idp.example.com", false, Err(UrlError::UserInfo)),
            ("https://:p@idp.example.com", false, Err(UrlError::UserInfo)),
            ("https://idp.example.com/#x", false, Err(UrlError::Fragment)),
            ("https://169.254.169.254/", true, Err(UrlError::Address)),
            ("https://[fe80::1]/", true, Err(UrlError::Address)),
            ("ftp://localhost", true, Err(UrlError::Malformed)),
            ("idp.example.com", true, Err(UrlError::Malformed)),
            ("", true, Err(UrlError::Malformed)),
        ];
        for (url, allow_http, expected) in cases {
            assert_eq!(check_configured(url, allow_http), expected, "{url}");
        }
    }
}
