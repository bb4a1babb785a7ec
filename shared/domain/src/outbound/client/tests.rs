use super::*;

fn check(url: &str, allow_http: bool, reach: Reach) -> Result<(), OutboundError> {
    check_url(&OutboundRequest {
        url: url.parse().unwrap(),
        reach,
        allow_http,
        content: None,
        authorization: None,
        max_reply: 0,
    })
}

#[test]
fn plain_http_stays_on_this_machine_unless_allowed() {
    for url in [
        "https://idp.example.com/x",
        "http://localhost:8081",
        "http://127.0.0.1",
        "http://[::1]:1/",
    ] {
        assert_eq!(check(url, false, Reach::Configured), Ok(()), "{url}");
    }
    for url in [
        "http://idp.example.com",
        "http://10.0.0.1",
        "http://localhost.example.com",
        "ftp://localhost",
    ] {
        assert_eq!(
            check(url, false, Reach::Configured),
            Err(OutboundError::Insecure),
            "{url}"
        );
    }
    assert_eq!(
        check("http://idp.example.com", true, Reach::Configured),
        Ok(())
    );
}

#[test]
fn t25_literal_addresses_are_checked_in_every_spelling() {
    for url in [
        "https://169.254.169.254/",
        "https://0xa9fea9fe/",
        "https://2852039166/",
        "https://0251.0376.0251.0376/",
        "https://[::ffff:a9fe:a9fe]/",
        "https://[fe80::1]/",
    ] {
        assert_eq!(
            check(url, true, Reach::Configured),
            Err(OutboundError::Address),
            "{url}"
        );
    }
    assert_eq!(
        check("https://127.0.0.1/", true, Reach::Learned),
        Err(OutboundError::Address)
    );
}

#[test]
fn t47_debug_output_has_no_url_and_no_authorization() {
    let request = OutboundRequest {
        url: "https://h/?token=s3cret".parse().unwrap(),
        reach: Reach::Configured,
        allow_http: false,
        content: Some(Content::Form(Zeroizing::new("token=s3cret".to_owned()))),
        authorization: Some(Zeroizing::new("s3cret".to_owned())),
        max_reply: 1,
    };
    assert!(!format!("{request:?}").contains("s3cret"));
}

#[test]
fn every_request_says_who_asks_and_what_is_read() {
    let text = |text: &str| Zeroizing::new(text.to_owned());
    for content in [
        None,
        Some(Content::Form(text(""))),
        Some(Content::Form(text("token=x"))),
        Some(Content::Json(text("{}"))),
    ] {
        let request = http_request(OutboundRequest {
            url: "https://idp.example.com/".parse().unwrap(),
            reach: Reach::Configured,
            allow_http: false,
            content,
            authorization: Some(text("Bearer x")),
            max_reply: 0,
        });
        let headers = request.unwrap().headers().clone();
        let agent = format!("lambda-sts/{}", env!("CARGO_PKG_VERSION"));
        assert_eq!(headers["user-agent"], agent);
        assert_eq!(headers["accept"], "application/json");
        assert_eq!(headers["accept-encoding"], "identity");
        assert_eq!(headers["authorization"], "Bearer x");
    }
}
