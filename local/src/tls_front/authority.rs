//! The certificate authority of this machine, which vouches for localhost only.

use std::fmt;
use std::fs::{self, DirBuilder, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::Path;

use clock::UnixTime;
use rcgen::{
    BasicConstraints, CertificateParams, CidrSubnet, DistinguishedName, DnType,
    ExtendedKeyUsagePurpose, GeneralSubtree, IsCa, Issuer, KeyPair, KeyUsagePurpose,
    NameConstraints,
};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use time::OffsetDateTime;

use crate::Error;

/// How long the authority is valid, in seconds: no client takes certificates of more than 398
/// days.
const LIFETIME: i64 = 365 * DAY;

/// How long before its end a new authority takes its place, in seconds.
const RENEWAL: i64 = 30 * DAY;

/// How much earlier than now certificates begin, in seconds: clocks differ.
const BACKDATED: i64 = DAY;

const DAY: i64 = 86_400;

/// The key with what belongs to it, in the folder of the authority; for its owner only.
const KEY_FILE: &str = "ca.key";

/// The certificate, in the same folder; what clients are told to trust.
const CERTIFICATE_FILE: &str = "ca.pem";

/// A certificate authority.
pub struct Authority {
    issuer: Issuer<'static, KeyPair>,
    certificate: String,
    not_after: UnixTime,
}

impl fmt::Debug for Authority {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Authority")
            .field("not_after", &self.not_after)
            .finish_non_exhaustive()
    }
}

impl Authority {
    /// Opens the authority in `folder`; makes a new one if there is none, or if the one there
    /// ends within 30 days.
    pub fn open(folder: &Path, now: UnixTime) -> Result<Self, Error> {
        let mut builder = DirBuilder::new();
        let made = builder.recursive(true).mode(0o700).create(folder);
        made.map_err(Error::file(folder))?;
        let path = folder.join(KEY_FILE);
        let stored = match fs::read_to_string(&path) {
            Ok(text) => Some(Self::parse(&text).ok_or_else(|| broken(&path))?),
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => return Err(Error::file(&path)(error)),
        };
        let authority = match stored.filter(|stored| stored.not_after.since(now) > RENEWAL) {
            Some(stored) => stored,
            None => Self::create(&path, now)?,
        };
        let path = folder.join(CERTIFICATE_FILE);
        replace(&path, &authority.certificate, 0o644)?;
        Ok(authority)
    }

    /// A certificate for `localhost` and 127.0.0.1, valid as long as the authority, and its key.
    pub fn issue(
        &self,
        now: UnixTime,
    ) -> Result<(CertificateDer<'static>, PrivateKeyDer<'static>), Error> {
        let names = ["localhost".to_owned(), "127.0.0.1".to_owned()];
        let mut parameters = CertificateParams::new(names).map_err(failed)?;
        parameters.distinguished_name = named("localhost");
        parameters.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        parameters.use_authority_key_identifier_extension = true;
        parameters.not_before = moment(now.plus(-BACKDATED))?;
        parameters.not_after = moment(self.not_after)?;
        let key = KeyPair::generate().map_err(failed)?;
        let certificate = parameters.signed_by(&key, &self.issuer).map_err(failed)?;
        let key = PrivatePkcs8KeyDer::from(key.serialize_der());
        Ok((certificate.der().clone(), key.into()))
    }

    /// Makes an authority, and writes it down: when it ends, its key, its certificate.
    fn create(path: &Path, now: UnixTime) -> Result<Self, Error> {
        let not_after = now.plus(LIFETIME);
        let mut parameters = parameters();
        parameters.not_before = moment(now.plus(-BACKDATED))?;
        parameters.not_after = moment(not_after)?;
        let key = KeyPair::generate().map_err(failed)?;
        let certificate = parameters.self_signed(&key).map_err(failed)?.pem();
        let text = format!("{not_after}\n{}\n{certificate}", key.serialize_pem());
        replace(path, &text, 0o600)?;
        Self::parse(&text).ok_or(Error::Key)
    }

    fn parse(text: &str) -> Option<Self> {
        const BEGIN: &str = "-----BEGIN CERTIFICATE-----";
        let (not_after, pem) = text.split_once('\n')?;
        let (key, certificate) = pem.split_once(BEGIN)?;
        let key = KeyPair::from_pem(key).ok()?;
        Some(Self {
            issuer: Issuer::new(parameters(), key),
            certificate: format!("{BEGIN}{certificate}"),
            not_after: UnixTime::parse_iso8601(not_after)?,
        })
    }
}

/// What the authority says of itself. It cannot vouch for other machines, so that whoever
/// steals its key gets little.
fn parameters() -> CertificateParams {
    let localhost = vec![
        GeneralSubtree::DnsName("localhost".to_owned()),
        GeneralSubtree::IpAddress(CidrSubnet::V4([127, 0, 0, 1], [255; 4])),
    ];
    let mut parameters = CertificateParams::default();
    parameters.distinguished_name = named("lambda-sts on this machine");
    parameters.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    parameters.key_usages = vec![KeyUsagePurpose::KeyCertSign];
    parameters.name_constraints = Some(NameConstraints {
        permitted_subtrees: localhost,
        excluded_subtrees: Vec::new(),
    });
    parameters
}

fn named(common_name: &str) -> DistinguishedName {
    let mut name = DistinguishedName::new();
    name.push(DnType::CommonName, common_name);
    name
}

fn moment(time: UnixTime) -> Result<OffsetDateTime, Error> {
    OffsetDateTime::from_unix_timestamp(time.secs()).map_err(|_| Error::Key)
}

/// Writes a new file and puts it in place of the old one.
fn replace(path: &Path, text: &str, mode: u32) -> Result<(), Error> {
    let new = path.with_added_extension("new");
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true).mode(mode);
    options
        .open(&new)
        .and_then(|mut file| file.write_all(text.as_bytes()))
        .and_then(|()| fs::rename(&new, path))
        .map_err(Error::file(path))
}

fn broken(path: &Path) -> Error {
    Error::file(path)(io::Error::other("holds no authority; remove it"))
}

fn failed(_: rcgen::Error) -> Error {
    Error::Key
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use tempfile::TempDir;

    use super::*;

    const NOW: UnixTime = UnixTime::from_secs(1_900_000_000);

    /// The certificate that clients trust, after the authority was opened.
    fn trusted(folder: &Path, now: UnixTime) -> String {
        Authority::open(folder, now).unwrap().issue(now).unwrap();
        fs::read_to_string(folder.join("ca.pem")).unwrap()
    }

    #[test]
    fn an_authority_is_kept_until_it_nears_its_end() {
        let folder = TempDir::new().unwrap();
        let folder = folder.path().join("tls");
        let first = trusted(&folder, NOW);
        assert!(first.starts_with("-----BEGIN CERTIFICATE-----"), "{first}");
        assert_eq!(trusted(&folder, NOW.plus(LIFETIME - RENEWAL - 1)), first);
        let second = trusted(&folder, NOW.plus(LIFETIME - RENEWAL));
        assert_ne!(second, first);
        assert_eq!(trusted(&folder, NOW.plus(LIFETIME)), second);
    }

    #[test]
    fn the_key_is_its_owners_only() {
        let folder = TempDir::new().unwrap();
        let folder = folder.path().join("tls");
        let public = trusted(&folder, NOW);
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(&folder), 0o700);
        assert_eq!(mode(&folder.join("ca.key")), 0o600);
        assert!(!public.contains("PRIVATE"));
        let authority = Authority::open(&folder, NOW).unwrap();
        assert!(!format!("{authority:?}").contains("PRIVATE"));
    }

    #[test]
    fn a_broken_file_is_named_and_left_alone() {
        let folder = TempDir::new().unwrap();
        let path = folder.path().join("ca.key");
        for text in [
            "",
            "2030-01-01T00:00:00Z\n",
            "x\n-----BEGIN CERTIFICATE-----\n",
        ] {
            fs::write(&path, text).unwrap();
            let error = Authority::open(folder.path(), NOW).unwrap_err().to_string();
            assert!(
                error.ends_with("ca.key: holds no authority; remove it"),
                "{error}"
            );
            assert_eq!(fs::read_to_string(&path).unwrap(), text);
        }
    }
}
