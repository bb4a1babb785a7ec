//! `AssumeRole` as unmodified clients send it: recorded requests, signed again for today.

use std::fs;
use std::path::Path;

use hyper::Request;
use hyper::body::Bytes;
use tests::client::{Client, Signer};
use tests::sts::TestSts;

use crate::check::Outcome::{self, Refused, Success};
use crate::check::{INVALID, outcome};

const ACCESS_KEY: &str = "AKIAIOSFODNN7EXAMPLE";
const SECRET: &str = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";
const CONFIG: &str = "
users:
  - access_key: AKIAIOSFODNN7EXAMPLE
    secret: wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY
    policies: [readwrite, own-tags]
policies:
  - name: own-tags
    document:
      Version: 2012-10-17
      Statement: {Effect: Allow, Action: ['sts:TagSession', 'sts:SetSourceIdentity'], Resource: '*'}
  - name: ReadOnlyAccess
    document: {Version: '2012-10-17', Statement: {Effect: Allow, Action: 's3:Get*', Resource: '*'}}
  - name: p2
    document: {Version: '2012-10-17', Statement: {Effect: Allow, Action: 's3:*', Resource: '*'}}
";

/// A recorded request.
struct Capture {
    method: String,
    target: String,
    headers: Vec<(String, String)>,
    body: String,
}

impl Capture {
    fn read(client: &str) -> Self {
        let folder =
            Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/sigv4/testdata/captures");
        let text = fs::read_to_string(folder.join(format!("{client}__AssumeRole.txt"))).unwrap();
        let (head, body) = text.split_once("\n\n").unwrap();
        // The first line names the recording.
        let mut lines = head.lines().skip(1);
        let mut request = lines.next().unwrap().split(' ');
        let header = |line: &str| {
            let (name, value) = line.split_once(": ").unwrap();
            (name.to_ascii_lowercase(), value.to_owned())
        };
        Self {
            method: request.next().unwrap().to_owned(),
            target: request.next().unwrap().to_owned(),
            headers: lines.map(header).collect(),
            body: body.trim_end().to_owned(),
        }
    }

    fn header(&self, name: &str) -> &str {
        let header = self.headers.iter().find(|(own, _)| own == name);
        &header.unwrap().1
    }

    /// The request for another endpoint: the same headers in the same order, the same ones of
    /// them signed, in the same region.
    fn replay(&self, client: &Client) -> Request<Bytes> {
        let authorization = self.header("authorization");
        let part = |name| {
            let (_, rest) = authorization.split_once(name).unwrap();
            rest.split(',').next().unwrap()
        };
        let signed: Vec<_> = part("SignedHeaders=").split(';').collect();
        let mut user = Signer::new(ACCESS_KEY, SECRET, None);
        user.region = part("Credential=").split('/').nth(2).unwrap().to_owned();

        let only_signed = self.request(client, |name| signed.contains(&name));
        let only_signed = user.sign(only_signed);
        let mut request = self.request(client, |_| true);
        for name in ["authorization", "x-amz-date"] {
            let value = only_signed.headers()[name].clone();
            request.headers_mut().insert(name, value);
        }
        let authorization = request.headers()["authorization"].to_str().unwrap();
        let same = format!("SignedHeaders={},", signed.join(";"));
        assert!(authorization.contains(&same), "{authorization}");
        request
    }

    /// The request with those of its headers, but for what depends on the endpoint.
    fn request(&self, client: &Client, keep: impl Fn(&str) -> bool) -> Request<Bytes> {
        let mut request = client.request(&self.method, &self.target);
        *request.body_mut() = self.body.clone().into();
        let host = request.uri().authority().unwrap().to_string();
        for (name, value) in &self.headers {
            let value = match name.as_str() {
                "host" => host.clone(),
                "content-length" => self.body.len().to_string(),
                // The signer adds its own.
                "authorization" | "x-amz-date" => continue,
                _ => value.clone(),
            };
            if keep(name) {
                let name: hyper::header::HeaderName = name.parse().unwrap();
                request.headers_mut().append(name, value.parse().unwrap());
            }
        }
        request
    }
}

/// Client, changes to what it sends, and what comes of it.
type Case = (
    &'static str,
    &'static [(&'static str, &'static str)],
    Outcome,
);

const CASES: &[Case] = &[
    ("awscli1", &[], Success),
    ("awscli1-profile-chain", &[], Success),
    ("minio-py-minimal", &[], Success),
    ("minio-py-s3-after-assumerole", &[], Success),
    // A space in ExternalId, `~` and `*` in a tag: AWS refuses them as well.
    ("minio-py", &[], INVALID),
    ("minio-py", &[("ext+1", "ext1")], Success),
    ("aws-sdk-rust", &[], INVALID),
    ("aws-sdk-rust", &[("x~%2A", "x-y")], Success),
    ("boto3", &[], Refused(400, "InvalidParameterValue")),
    ("boto3", BOTO3_WITHOUT_MFA, INVALID),
    ("boto3", BOTO3_WITHOUT_UNSUPPORTED, Success),
    // The endpoint has no such path.
    ("minio-py-path", &[], Refused(400, "InvalidAction")),
];

const BOTO3_WITHOUT_MFA: &[(&str, &str)] = &[
    ("&SerialNumber=arn%3Aaws%3Aiam%3A%3A1%3Amfa%2Fx", ""),
    ("&TokenCode=123456", ""),
];

const BOTO3_WITHOUT_UNSUPPORTED: &[(&str, &str)] = &[
    BOTO3_WITHOUT_MFA[0],
    BOTO3_WITHOUT_MFA[1],
    (
        "&ProvidedContexts.member.1.ProviderArn=arn%3Aaws%3Aiam%3A%3Aaws%3AcontextProvider%2FIdentityCenter&ProvidedContexts.member.1.ContextAssertion=abcd",
        "",
    ),
];

#[tokio::test]
async fn recorded_requests_are_answered() {
    let sts = TestSts::builder().config(CONFIG).start().await;
    for (client, changes, expected) in CASES {
        let mut capture = Capture::read(client);
        for (from, to) in *changes {
            assert!(capture.body.contains(from), "{from} in {client}");
            capture.body = capture.body.replace(from, to);
        }
        let reply = sts.client.send(capture.replay(&sts.client)).await;
        outcome((client, changes), &reply, *expected);
    }
}
