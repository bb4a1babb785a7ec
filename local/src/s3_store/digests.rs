//! What the bytes of a body are known by, and what its sender says that is.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use s3s::checksum::ChecksumHasher;
use s3s::crypto::{Checksum as _, Crc32, Crc32c, Crc64Nvme, Md5, Sha1, Sha256};
use s3s::dto::ChecksumAlgorithm;
use s3s::{S3Result, TrailingHeaders, s3_error};

/// Checksums in base64, by algorithm.
pub(super) type Checksums = BTreeMap<String, String>;

/// The checksums among the fields of an input.
macro_rules! checksums_of {
    ($input:expr) => {
        [
            ("CRC32", &$input.checksum_crc32),
            ("CRC32C", &$input.checksum_crc32c),
            ("CRC64NVME", &$input.checksum_crc64nvme),
            ("SHA1", &$input.checksum_sha1),
            ("SHA256", &$input.checksum_sha256),
        ]
        .into_iter()
        .filter_map(|(algorithm, value)| Some((algorithm.to_owned(), value.clone()?)))
        .collect::<$crate::s3_store::digests::Checksums>()
    };
}

/// Sets the fields of an output that have checksums.
macro_rules! set_checksums {
    ($output:expr, $checksums:expr) => {
        $output.checksum_crc32 = $checksums.get("CRC32").cloned();
        $output.checksum_crc32c = $checksums.get("CRC32C").cloned();
        $output.checksum_crc64nvme = $checksums.get("CRC64NVME").cloned();
        $output.checksum_sha1 = $checksums.get("SHA1").cloned();
        $output.checksum_sha256 = $checksums.get("SHA256").cloned();
    };
}

pub(super) use {checksums_of, set_checksums};

/// What the sender says of a body.
#[derive(Debug, Default)]
pub(super) struct Expected {
    md5: Option<String>,
    checksums: Checksums,
    /// The checksum to compute even if its value is not given, or follows the body.
    algorithm: Option<String>,
    trailers: Option<TrailingHeaders>,
}

/// What a body turned out to be.
#[derive(Debug)]
pub(super) struct Digests {
    /// In hexadecimal.
    pub(super) md5: String,
    pub(super) checksums: Checksums,
}

/// Computes [`Digests`].
pub(super) struct Hasher {
    md5: Md5,
    checksums: ChecksumHasher,
}

impl Expected {
    pub(super) fn new(
        md5: Option<String>,
        checksums: Checksums,
        algorithm: Option<&ChecksumAlgorithm>,
        trailers: Option<TrailingHeaders>,
    ) -> Self {
        Self {
            md5,
            checksums,
            algorithm: algorithm.map(|algorithm| algorithm.as_str().to_owned()),
            trailers,
        }
    }

    pub(super) fn hasher(&self) -> Hasher {
        let is_wanted = |algorithm: &str| {
            self.checksums.contains_key(algorithm) || self.algorithm.as_deref() == Some(algorithm)
        };
        Hasher {
            md5: Md5::new(),
            checksums: ChecksumHasher {
                crc32: is_wanted("CRC32").then(Crc32::new),
                crc32c: is_wanted("CRC32C").then(Crc32c::new),
                crc64nvme: is_wanted("CRC64NVME").then(Crc64Nvme::new),
                sha1: is_wanted("SHA1").then(Sha1::new),
                sha256: is_wanted("SHA256").then(Sha256::new),
            },
        }
    }

    /// Compares once the whole body, and what follows it, has been read.
    pub(super) fn verify(&self, digests: &Digests) -> S3Result<()> {
        if let Some(md5) = &self.md5 {
            let expected = STANDARD.decode(md5).ok().filter(|md5| md5.len() == 16);
            let expected = expected.ok_or_else(|| s3_error!(InvalidDigest))?;
            if hex::encode(expected) != digests.md5 {
                return Err(s3_error!(
                    BadDigest,
                    "The body is not that of the Content-MD5."
                ));
            }
        }
        for (algorithm, actual) in &digests.checksums {
            let header = self.checksums.get(algorithm).cloned();
            let expected = header.or_else(|| self.trailer(algorithm));
            if expected.is_some_and(|expected| expected != *actual) {
                return Err(s3_error!(
                    BadDigest,
                    "The body does not have the {algorithm} sent."
                ));
            }
        }
        Ok(())
    }

    fn trailer(&self, algorithm: &str) -> Option<String> {
        let name = format!("x-amz-checksum-{}", algorithm.to_ascii_lowercase());
        let value = self.trailers.as_ref()?.read(|trailers| {
            let value = trailers.get(&name)?.to_str().ok()?;
            Some(value.to_owned())
        });
        value.flatten()
    }
}

impl Hasher {
    pub(super) fn update(&mut self, bytes: &[u8]) {
        self.md5.update(bytes);
        self.checksums.update(bytes);
    }

    pub(super) fn finish(self) -> Digests {
        let checksums = self.checksums.finalize();
        Digests {
            md5: hex::encode(self.md5.finalize()),
            checksums: checksums_of!(checksums),
        }
    }
}
