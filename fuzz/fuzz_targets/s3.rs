//! Any head of a request asks for an operation or is refused, and what it asks for is something.
#![no_main]

use clock::UnixTime;
use libfuzzer_sys::fuzz_target;
use policy::Context;
use s3::Moments;

type Input<'a> = (&'a str, &'a str, &'a str, Vec<(String, &'a str)>);

fuzz_target!(|input: Input<'_>| {
    let (method, path, query, headers) = input;
    let header = |name: &str| {
        let mut all = headers.iter();
        all.find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, v)| *v)
    };
    let now = UnixTime::from_secs(1_440_938_160);
    let moments = Moments {
        signed_at: now,
        now,
    };
    if let Ok(operation) = s3::operation(method, path, query, header) {
        let context = Context::new();
        for asked in operation.asked(&context, moments) {
            assert!(asked.action.contains(':'));
            assert!(asked.resource.starts_with("arn:aws:s3:::"));
        }
    }
});
