//! No text is believed, and none panics.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use proptest::prelude::*;
use serde_json::json;

use super::{Provider, check};
use crate::jwt::{DEFAULT_ALGORITHMS, UnverifiedToken};

proptest! {
    #[test]
    fn any_text_is_refused_without_a_panic(token in ".{0,200}") {
        let provider = Provider::new("k");
        prop_assert!(check(&token, &provider.keys()).is_err());
        let _ = UnverifiedToken::decode(&token);
    }

    #[test]
    fn any_json_in_the_three_parts_is_refused_without_a_panic(
        header in any::<(u8, String)>(), payload in ".{0,100}", signature in proptest::collection::vec(any::<u8>(), 0..80),
    ) {
        let header = json!({"alg": DEFAULT_ALGORITHMS[usize::from(header.0) % 9], "kid": header.1}).to_string();
        let [h, p, s] = [header.as_bytes(), payload.as_bytes(), &signature].map(|part| URL_SAFE_NO_PAD.encode(part));
        let token = format!("{h}.{p}.{s}");
        prop_assert!(check(&token, &Provider::new("k").keys()).is_err());
    }
}
