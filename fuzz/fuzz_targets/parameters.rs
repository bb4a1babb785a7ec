//! Any query and any body are read or refused.
#![no_main]

use libfuzzer_sys::fuzz_target;
use domain::wire::Parameters;

fuzz_target!(|input: (&str, &[u8])| {
    if let Ok(mut parameters) = Parameters::parse(input.0, input.1) {
        let _ = parameters.take_members("Tags");
        let _ = parameters.take_list("TransitiveTagKeys");
        let _ = parameters.finish();
    }
});
