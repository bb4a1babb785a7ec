//! Any text parses or is refused with a short error; what parses once parses again.
#![no_main]

use libfuzzer_sys::fuzz_target;
use policy::{Kind, Policy};

fuzz_target!(|text: &str| {
    let session = Policy::parse(text, Kind::Session);
    let stored = Policy::parse(text, Kind::Stored);
    assert!(session.is_err() || stored.is_ok());
    for error in [
        session.err(),
        stored.err(),
        Policy::parse(text, Kind::Resource).err(),
    ] {
        assert!(error.is_none_or(|error| error.to_string().len() < 512));
    }
});
