//! Any request is verified or refused, and none under a key that signed nothing.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sigv4::{Payload, Regions, Request, Rules, SigningKey, UnixTime};

type Input<'a> = (&'a str, &'a str, &'a str, Vec<(String, &'a [u8])>, &'a [u8]);

fuzz_target!(|input: Input<'_>| {
    let (method, path, query, headers, body) = input;
    let headers: Vec<_> = headers
        .iter()
        .map(|(name, value)| (name.to_lowercase(), *value))
        .collect();
    let headers: Vec<_> = headers.iter().map(|(n, v)| (n.as_str(), *v)).collect();
    let request = Request {
        method,
        path,
        query,
        headers: &headers,
    };
    let now = UnixTime::from_secs(1_440_938_160);
    for rules in [Rules::sts(Regions::Any), Rules::s3(Regions::Any)] {
        match sigv4::parse(&request, &rules, now) {
            Ok(signature) => {
                let key = SigningKey::derive("nobody signs with this", &signature.scope());
                assert!(signature.verify(&key, Payload::Bytes(body)).is_err());
            }
            Err(error) => assert!(error.to_string().len() < 4096),
        }
    }
});
