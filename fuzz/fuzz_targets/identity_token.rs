//! No text is believed as an identity token, and none panics; nor does any text as a key set.
#![no_main]

use libfuzzer_sys::fuzz_target;
use clock::UnixTime;
use domain::jwt::{DEFAULT_ALGORITHMS, Expectations, KeySet, UnverifiedToken, verify_identity};

fuzz_target!(|input: (&str, &[u8])| {
    let (token, keys) = input;
    let keys = KeySet::parse(keys).unwrap_or_default();
    if let Ok(unverified) = UnverifiedToken::decode(token) {
        let _ = unverified.unverified_issuer();
    }
    let audiences = ["app".to_owned()];
    let algorithms = DEFAULT_ALGORITHMS.map(str::to_owned);
    let expected = Expectations {
        issuer: "https://idp.example.com",
        audiences: &audiences,
        algorithms: &algorithms,
        leeway: 60,
        now: UnixTime::from_secs(1_800_000_000),
    };
    assert!(verify_identity(token, &keys, &expected).is_err());
});
