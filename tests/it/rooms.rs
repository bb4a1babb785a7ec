//! The house: which room may use which, and what whoever guards data has to compile.
//!
//! A room is a crate under `shared/`, or a module of the domain and of the crate at the top.
//! `docs/ARCHITECTURE.md` says on which floor each stands.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

use crate::wiring::{read, sources};

/// Crates whose modules are rooms of their own.
const OF_ROOMS: [&str; 2] = ["domain", "shared"];

/// What nobody compiles who does not use it.
const CLOUD: [&str; 4] = [
    "aws-sdk-dynamodb",
    "aws-sdk-kms",
    "lambda_http",
    "lambda_runtime",
];

type Uses = BTreeMap<String, BTreeSet<String>>;

/// The floors of the table in `docs/ARCHITECTURE.md`: room to number.
fn floors() -> BTreeMap<String, u32> {
    let document = read("docs/ARCHITECTURE.md");
    let mut sections = document.split("\n## ");
    let section = sections.find(|s| s.starts_with("Floors of `shared`"));
    let mut floors = BTreeMap::new();
    for row in section.unwrap().lines() {
        let cells: Vec<_> = row.split('|').map(str::trim).collect();
        let Some(Ok(floor)) = cells.get(1).map(|cell| cell.parse()) else {
            continue;
        };
        for room in cells[2].split('`').skip(1).step_by(2) {
            assert_eq!(floors.insert(room.to_owned(), floor), None, "{room} twice");
        }
    }
    floors
}

/// The crate and the room that a file under `shared/` belongs to.
fn room_of(path: &str) -> Option<(String, String)> {
    let (_, path) = path.split_once("/shared/")?;
    let parts: Vec<_> = path.split('/').collect();
    let (package, rest) = match parts.as_slice() {
        ["src", rest @ ..] => ("shared", rest),
        [package, "src", rest @ ..] => (*package, rest),
        _ => return None,
    };
    let is_test = rest
        .iter()
        .any(|part| matches!(*part, "tests" | "tests.rs"));
    let room = match rest {
        _ if is_test => return None,
        ["lib.rs"] if OF_ROOMS.contains(&package) => return None,
        [first, ..] if OF_ROOMS.contains(&package) => first.trim_end_matches(".rs"),
        _ => package,
    };
    Some((package.to_owned(), room.to_owned()))
}

/// Whether a crate under `shared/` depends on another.
fn depends(package: &str, other: &str) -> bool {
    let manifest = match package {
        "shared" => read("shared/Cargo.toml"),
        package => read(&format!("shared/{package}/Cargo.toml")),
    };
    let dotted = format!("{other}.workspace");
    let table = format!("{other} = {{ workspace");
    let mut lines = manifest.lines();
    lines.any(|line| line.starts_with(&dotted) || line.starts_with(&table))
}

/// The paths `crate::…` and `NAME::…` of a file, tests apart, as rooms.
fn used(code: &str, package: &str, rooms: &BTreeMap<String, u32>) -> BTreeSet<String> {
    let code = code.split("#[cfg(test)]\nmod tests {").next().unwrap();
    let code = code
        .lines()
        .filter(|line| !line.trim_start().starts_with("//"));
    let mut found = BTreeSet::new();
    for line in code {
        let words = line.split(|c: char| !(c.is_alphanumeric() || c == '_' || c == ':'));
        for word in words {
            let mut parts = word.split("::");
            let first = parts.next().unwrap_or_default();
            let second = parts.next();
            if !rooms.contains_key(first) && !["crate", "domain"].contains(&first) {
                continue;
            }
            let room = match first {
                "crate" if OF_ROOMS.contains(&package) => second,
                "domain" => second,
                _ => second.map(|_| first).filter(|name| depends(package, name)),
            };
            let room = room.filter(|room| rooms.contains_key(*room));
            found.extend(room.map(str::to_owned));
        }
    }
    found
}

/// What each room uses of others.
fn uses(floors: &BTreeMap<String, u32>) -> Uses {
    let mut uses = Uses::new();
    for (path, code) in sources() {
        if let Some((package, room)) = room_of(&path) {
            let mut others = used(&code, &package, floors);
            others.remove(&room);
            uses.entry(room).or_default().append(&mut others);
        }
    }
    uses
}

/// A way from a room back to itself, if there is one.
fn circle<'a>(uses: &'a Uses, room: &'a str, way: &mut Vec<&'a str>) -> bool {
    if way.contains(&room) {
        way.push(room);
        return true;
    }
    way.push(room);
    let found = uses
        .get(room)
        .is_some_and(|used| used.iter().any(|next| circle(uses, next, way)));
    if !found {
        way.pop();
    }
    found
}

#[test]
fn no_room_uses_what_stands_above_it_and_none_itself() {
    let floors = floors();
    let uses = uses(&floors);
    assert!(uses.len() > 25, "{:?}", uses.keys());
    for (room, used) in &uses {
        let floor = floors.get(room);
        let floor = floor.unwrap_or_else(|| panic!("ARCHITECTURE.md has no floor for {room}"));
        for other in used {
            assert!(
                floors[other] <= *floor,
                "{room} uses {other}, which is above"
            );
        }
        let mut way = Vec::new();
        assert!(!circle(&uses, room, &mut way), "{}", way.join(" -> "));
    }
    let empty: Vec<_> = floors
        .keys()
        .filter(|room| !uses.contains_key(*room))
        .collect();
    assert_eq!(empty, [""; 0], "floors without code");
}

#[test]
fn only_the_edge_knows_lambda_and_only_aws_its_services() {
    for (path, code) in sources() {
        let Some((package, room)) = room_of(&path) else {
            continue;
        };
        assert!(!code.contains("lambda_http::") || room == "http", "{path}");
        assert!(!code.contains("aws_sdk_") || package == "aws", "{path}");
    }
}

/// The packages that one compiles who links `package`.
fn compiled(arguments: &[&str]) -> BTreeSet<String> {
    let output = Command::new(env!("CARGO"))
        .args(["tree", "--offline", "--edges", "normal", "--prefix", "none"])
        .args(["--format", "{p}"])
        .args(arguments)
        .current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{errors}");
    let names = text.lines().filter_map(|line| line.split(' ').next());
    names.map(str::to_owned).collect()
}

#[test]
fn whoever_guards_data_compiles_no_cloud() {
    for arguments in [
        &["--package", "s3-guard"][..],
        &["--package", "domain"],
        &["--package", "store"],
        &["--manifest-path", "fuzz/Cargo.toml"],
    ] {
        let compiled = compiled(arguments);
        assert!(compiled.contains("policy") || arguments[1] == "store");
        for cloud in CLOUD {
            assert!(!compiled.contains(cloud), "{arguments:?} compile {cloud}");
        }
    }
}

#[test]
fn the_table_alone_needs_no_kms_and_no_lambda() {
    let compiled = compiled(&["--package", "aws", "--features", "dynamodb"]);
    assert!(compiled.contains("aws-sdk-dynamodb"));
    assert!(!compiled.contains("aws-sdk-kms") && !compiled.contains("lambda_http"));
}

#[test]
fn what_is_pure_compiles_neither_runtime_nor_client() {
    for package in ["policy", "s3", "sigv4"] {
        let compiled = compiled(&["--package", package]);
        for other in [
            "hyper", "model", "rand", "rustls", "store", "tokio", "tracing",
        ] {
            assert!(!compiled.contains(other), "{package} compiles {other}");
        }
    }
}
