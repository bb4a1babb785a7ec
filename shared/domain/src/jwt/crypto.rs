//! The cryptography below `jsonwebtoken`: `ring`, which the TLS stack links anyway.
//!
//! HMAC exists with SHA-512 only, for our own session tokens. HS256 and HS384 have no
//! implementation here, so no configuration can make them verify anything.

use jsonwebtoken::crypto::{CryptoProvider, JwtSigner, JwtVerifier, KeyUtils};
use jsonwebtoken::errors::{Error, ErrorKind, Result};
use jsonwebtoken::{Algorithm, AlgorithmFamily, DecodingKey, DecodingKeyKind, EncodingKey};
use ring::hmac;
use ring::signature::{
    ECDSA_P256_SHA256_FIXED, ECDSA_P384_SHA384_FIXED, ED25519, RSA_PKCS1_2048_8192_SHA256,
    RSA_PKCS1_2048_8192_SHA384, RSA_PKCS1_2048_8192_SHA512, RSA_PSS_2048_8192_SHA256,
    RSA_PSS_2048_8192_SHA384, RSA_PSS_2048_8192_SHA512, RsaParameters, RsaPublicKeyComponents,
    UnparsedPublicKey, VerificationAlgorithm,
};
use signature::{Signer, Verifier};

/// Makes `ring` the cryptography of `jsonwebtoken` in this process; later calls do nothing.
pub(super) fn install() {
    static PROVIDER: CryptoProvider = CryptoProvider {
        signer_factory: signer,
        verifier_factory: verifier,
        key_utils: KeyUtils::new_unimplemented(),
    };
    // An error means that it is installed already.
    let _installed = PROVIDER.install_default();
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "the signature that `CryptoProvider` asks for"
)]
fn signer(algorithm: &Algorithm, key: &EncodingKey) -> Result<Box<dyn JwtSigner>> {
    match (algorithm, key.family()) {
        (Algorithm::HS512, AlgorithmFamily::Hmac) => Ok(Box::new(Hs512(hmac::Key::new(
            hmac::HMAC_SHA512,
            key.as_bytes(),
        )))),
        _ => Err(Error::from(ErrorKind::InvalidAlgorithm)),
    }
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "the signature that `CryptoProvider` asks for"
)]
fn verifier(algorithm: &Algorithm, key: &DecodingKey) -> Result<Box<dyn JwtVerifier>> {
    let algorithm = *algorithm;
    match (algorithm, key.family()) {
        (Algorithm::HS512, AlgorithmFamily::Hmac) => {
            let key = hmac::Key::new(hmac::HMAC_SHA512, key.try_get_as_bytes()?);
            return Ok(Box::new(Hs512(key)));
        }
        (_, AlgorithmFamily::Rsa) => {
            if let DecodingKeyKind::RsaModulusExponent { n, e } = key.kind() {
                let parameters = rsa_parameters(algorithm)?;
                let key = RsaPublicKeyComponents {
                    n: n.clone(),
                    e: e.clone(),
                };
                return Ok(Box::new(Rsa {
                    algorithm,
                    parameters,
                    key,
                }));
            }
        }
        (_, AlgorithmFamily::Ec | AlgorithmFamily::Ed) => {
            let curve = curve_parameters(algorithm)?;
            let key = UnparsedPublicKey::new(curve, key.try_get_as_bytes()?.to_vec());
            return Ok(Box::new(Curve { algorithm, key }));
        }
        _ => {}
    }
    Err(Error::from(ErrorKind::InvalidAlgorithm))
}

fn rsa_parameters(algorithm: Algorithm) -> Result<&'static RsaParameters> {
    Ok(match algorithm {
        Algorithm::RS256 => &RSA_PKCS1_2048_8192_SHA256,
        Algorithm::RS384 => &RSA_PKCS1_2048_8192_SHA384,
        Algorithm::RS512 => &RSA_PKCS1_2048_8192_SHA512,
        Algorithm::PS256 => &RSA_PSS_2048_8192_SHA256,
        Algorithm::PS384 => &RSA_PSS_2048_8192_SHA384,
        Algorithm::PS512 => &RSA_PSS_2048_8192_SHA512,
        _ => return Err(Error::from(ErrorKind::InvalidAlgorithm)),
    })
}

fn curve_parameters(algorithm: Algorithm) -> Result<&'static dyn VerificationAlgorithm> {
    Ok(match algorithm {
        Algorithm::ES256 => &ECDSA_P256_SHA256_FIXED,
        Algorithm::ES384 => &ECDSA_P384_SHA384_FIXED,
        Algorithm::EdDSA => &ED25519,
        _ => return Err(Error::from(ErrorKind::InvalidAlgorithm)),
    })
}

struct Hs512(hmac::Key);

impl Signer<Vec<u8>> for Hs512 {
    fn try_sign(&self, message: &[u8]) -> std::result::Result<Vec<u8>, signature::Error> {
        Ok(hmac::sign(&self.0, message).as_ref().to_vec())
    }
}

impl JwtSigner for Hs512 {
    fn algorithm(&self) -> Algorithm {
        Algorithm::HS512
    }
}

impl Verifier<Vec<u8>> for Hs512 {
    fn verify(&self, message: &[u8], tag: &Vec<u8>) -> std::result::Result<(), signature::Error> {
        hmac::verify(&self.0, message, tag).map_err(|_| signature::Error::new())
    }
}

impl JwtVerifier for Hs512 {
    fn algorithm(&self) -> Algorithm {
        Algorithm::HS512
    }
}

struct Rsa {
    algorithm: Algorithm,
    parameters: &'static RsaParameters,
    key: RsaPublicKeyComponents<Vec<u8>>,
}

impl Verifier<Vec<u8>> for Rsa {
    fn verify(&self, message: &[u8], tag: &Vec<u8>) -> std::result::Result<(), signature::Error> {
        self.key
            .verify(self.parameters, message, tag)
            .map_err(|_| signature::Error::new())
    }
}

impl JwtVerifier for Rsa {
    fn algorithm(&self) -> Algorithm {
        self.algorithm
    }
}

struct Curve {
    algorithm: Algorithm,
    key: UnparsedPublicKey<Vec<u8>>,
}

impl Verifier<Vec<u8>> for Curve {
    fn verify(&self, message: &[u8], tag: &Vec<u8>) -> std::result::Result<(), signature::Error> {
        self.key
            .verify(message, tag)
            .map_err(|_| signature::Error::new())
    }
}

impl JwtVerifier for Curve {
    fn algorithm(&self) -> Algorithm {
        self.algorithm
    }
}
