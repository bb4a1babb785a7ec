//! Archives that are broken or hostile.

use std::fs;
use std::io::{Cursor, Write as _};

use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

use super::export::USERS;
use super::{is_untouched, zipped};
use crate::operator::{Operator, one_line};

/// Entry, text, explanation.
const BROKEN: [(&str, &str, &str); 9] = [
    (
        "users.json",
        "{\n\"alice\": {\"secretKey\": \"hush\"}\n}",
        "iam-assets/users.json: line 2, column 30: this is not what an export has here",
    ),
    (
        "users.json",
        "{\"alice\":\n\"hush\"}",
        "iam-assets/users.json: line 2, column 6: this is not what an export has here",
    ),
    (
        "users.json",
        "{\"alice\": {\"secretKey\": \"hush\"",
        "iam-assets/users.json: line 1, column 30: the entry ends too early",
    ),
    (
        "groups.json",
        "{\n\n\"team\": hush}",
        "iam-assets/groups.json: line 3, column 9: this is not JSON",
    ),
    (
        "svcaccts.json",
        "[\"hush\"]",
        "iam-assets/svcaccts.json: line 1, column 0: this is not what an export has here",
    ),
    (
        "policies.json",
        "{} {}",
        "iam-assets/policies.json: line 1, column 4: this is not JSON",
    ),
    (
        "user_mappings.json",
        "{\"alice\":{\"policy\":\"a\"},\"alice\":{\"policy\":\"b\"}}",
        "iam-assets/user_mappings.json: \"alice\" is there twice",
    ),
    (
        "users.json",
        "{\"alice\":{\"secretKey\":\"a\",\"secretKey\":\"b\",\"status\":\"enabled\"}}",
        "iam-assets/users.json: line 1, column 37: this is not what an export has here",
    ),
    (
        "stsuser_mappings.json",
        "",
        "iam-assets/stsuser_mappings.json: line 1, column 0: the entry ends too early",
    ),
];

#[tokio::test(flavor = "multi_thread")]
async fn broken_entries_are_named_with_their_line_and_nothing_of_their_text() {
    let operator = Operator::ready().await;
    for (entry, text, explanation) in BROKEN {
        let name = format!("iam-assets/{entry}");
        fs::write(operator.path("iam.zip"), zipped([(name.as_str(), text)])).unwrap();
        let refused = operator.refused("import-minio iam.zip --yes");
        assert_eq!(refused, format!("iam.zip: {explanation}"), "{text}");
        assert!(!refused.contains("hush"));
    }
    is_untouched(&operator);
}

#[tokio::test(flavor = "multi_thread")]
async fn hostile_archives_are_refused() {
    let users = ("iam-assets/users.json", USERS);
    let mut twice = zipped([users, ("iam-assets/users.jsox", "{}")]);
    rename(
        &mut twice,
        b"iam-assets/users.jsox",
        b"iam-assets/users.json",
    );
    let mut path = zipped([users, ("iam-assets/xx/x.json", "{}")]);
    rename(&mut path, b"iam-assets/xx/x.json", b"iam-assets/../x.json");
    let mut absolute = zipped([users, ("xtmp/x.json", "{}")]);
    rename(&mut absolute, b"xtmp/x.json", b"/tmp/x.json");
    let names: Vec<String> = (0..65).map(|n| format!("iam-assets/{n}.json")).collect();
    let many = zipped(names.iter().map(|name| (name.as_str(), "{}")));
    let spaces = " ".repeat((16 << 20) + 1);
    let bomb = zipped([("iam-assets/users.json", spaces.as_str())]);
    assert!(bomb.len() < 100_000);
    let mut damaged = stored("iam-assets/users.json", "{\"alice\":{}}");
    rename(&mut damaged, b"{\"alice\":{}}", b"{\"malic\":{}}");
    let cases = [
        (twice, "two entries have the same name"),
        (
            path,
            "entry \"iam-assets/../x.json\" leads out of the archive",
        ),
        (absolute, "entry \"/tmp/x.json\" leads out of the archive"),
        (many, "the archive has more than 64 entries"),
        (bomb, "iam-assets/users.json has more than 16 MiB"),
        (vec![0; (16 << 20) + 1], "the archive has more than 16 MiB"),
        (
            zipped([("users.json", USERS)]),
            "none of its entries is one of an IAM export",
        ),
        (b"PK".to_vec(), "this is no zip archive: "),
        (zipped([users])[..200].to_vec(), "this is no zip archive: "),
        (damaged, "iam-assets/users.json cannot be unpacked: "),
    ];
    let operator = Operator::ready().await;
    for (archive, explanation) in cases {
        fs::write(operator.path("iam.zip"), archive).unwrap();
        let ran = operator.run("import-minio iam.zip --yes");
        assert_eq!((ran.code, ran.stdout.as_str()), (1, ""), "{explanation}");
        let refused = one_line(&ran.stderr);
        assert!(
            refused.starts_with(&format!("iam.zip: {explanation}")),
            "{refused}"
        );
    }
    let missing = operator.refused("import-minio nowhere.zip");
    assert_eq!(
        missing,
        "nowhere.zip: the archive cannot be read: No such file or directory (os error 2)"
    );
    is_untouched(&operator);
}

/// An archive of one entry that is not compressed.
fn stored(name: &str, text: &str) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default().compression_method(CompressionMethod::Stored);
    zip.start_file(name, options).unwrap();
    zip.write_all(text.as_bytes()).unwrap();
    zip.finish().unwrap().into_inner()
}

/// Replaces every occurrence, as no writer of archives would.
fn rename(archive: &mut [u8], from: &[u8], to: &[u8]) {
    let mut found = 0;
    for start in 0..=archive.len() - from.len() {
        let place = &mut archive[start..start + from.len()];
        if place == from {
            place.copy_from_slice(to);
            found += 1;
        }
    }
    assert!(found > 0);
}
