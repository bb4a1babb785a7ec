//! The house: which room may use which, and what whoever guards data has to compile.
//!
//! A room is a crate under `shared/`, or a module of the domain and of the crate at the top.
//! `docs/ARCHITECTURE.md` says on which floor each stands.

mod code;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::slice::from_ref;

use tempfile::TempDir;

use self::code::{Module, Uses};
use crate::wiring::read;

/// Crates whose modules are rooms of their own.
const OF_ROOMS: [&str; 2] = ["domain", "shared"];

/// What nobody compiles who does not use it.
const CLOUD: [&str; 4] = [
    "aws-sdk-dynamodb",
    "aws-sdk-kms",
    "lambda_http",
    "lambda_runtime",
];

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

/// Where a crate under `shared/` keeps its code.
fn source(package: &str) -> PathBuf {
    let shared = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared");
    match package {
        "shared" => shared.join("src"),
        package => shared.join(package).join("src"),
    }
}

/// The crates under `shared/`, and it.
fn packages() -> Vec<String> {
    let shared = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared");
    let entries = fs::read_dir(shared).unwrap().map(|entry| entry.unwrap());
    let crates = entries.filter(|entry| entry.path().join("Cargo.toml").exists());
    let names = crates.map(|entry| entry.file_name().into_string().unwrap());
    names.chain(["shared".to_owned()]).collect()
}

/// What each room uses of others: modules of its crate where they are rooms, and crates.
fn uses(floors: &BTreeMap<String, u32>, packages: &[String]) -> Uses {
    let mut uses = Uses::new();
    for package in packages {
        let modules = code::folders(&code::uses(&source(package)));
        let is_other = |name: &String| {
            let is_module = modules.contains_key(from_ref(name));
            packages.contains(name) && name != package && !is_module
        };
        let of_rooms = OF_ROOMS.contains(&package.as_str());
        for (module, paths) in code::named(&source(package)) {
            let room = if of_rooms {
                module
            } else {
                vec![package.clone()]
            };
            // The root of rooms names them all.
            let Some(room) = room.first() else { continue };
            let others = uses.entry(vec![room.clone()]).or_default();
            others.extend(paths.iter().filter_map(|path| room_of(path, &is_other)));
            others.retain(|name| floors.contains_key(&name[0]));
        }
        if of_rooms {
            for (module, others) in modules {
                uses.entry(module).or_default().extend(others);
            }
        }
    }
    uses
}

/// The room of another crate that a path leads to.
fn room_of(path: &str, is_other: &impl Fn(&String) -> bool) -> Option<Module> {
    let mut parts = path.split("::").map(str::to_owned);
    let first = parts.next().filter(is_other)?;
    let is_domain = first == "domain";
    Some(vec![if is_domain { parts.next()? } else { first }])
}

#[test]
fn no_room_uses_what_stands_above_it_and_none_itself() {
    let floors = floors();
    let uses = uses(&floors, &packages());
    assert!(uses.len() > 25, "{:?}", uses.keys());
    for (room, used) in &uses {
        let floor = floors.get(&room[0]);
        let floor = floor.unwrap_or_else(|| panic!("ARCHITECTURE.md has no floor for {room:?}"));
        for other in used {
            assert!(
                floors[&other[0]] <= *floor,
                "{room:?} uses {other:?}, which is above"
            );
        }
    }
    assert_eq!(code::circles(&uses), [""; 0]);
    let is_empty = |room: &&String| !uses.contains_key(from_ref(*room));
    let empty: Vec<_> = floors.keys().filter(is_empty).collect();
    assert_eq!(empty, [""; 0], "floors without code");
}

#[test]
fn no_files_of_the_command_line_use_each_other() {
    for name in ["admin", "operations"] {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        let files = code::uses(&root.join(name).join("src"));
        assert!(files.len() > 15, "{name}: {files:?}");
        assert_eq!(code::circles(&files), [""; 0], "files of {name}");
        assert_eq!(code::circles(&code::folders(&files)), [""; 0], "{name}");
    }
}

#[test]
fn circles_are_found_however_modules_are_named() {
    let cases = [
        ("use crate::b::c::D;", "pub use super::super::a::{E, F};", 2),
        ("fn f() { crate::b::c::d() }", "use crate::{a::E, x};", 2),
        ("use crate::{x, b::{y, c::D}};", "//! [`crate::a`]", 0),
        (
            "use crate::b::c::D;",
            "#[cfg(test)]\nmod tests {\n    use crate::a;\n}",
            0,
        ),
        ("use x::{b, c};", "use crate::a;", 0),
    ];
    for (a, c, in_circle) in cases {
        let folder = TempDir::new().unwrap();
        let write = |file: &str, text: &str| fs::write(folder.path().join(file), text).unwrap();
        fs::create_dir(folder.path().join("b")).unwrap();
        write("main.rs", "mod a;\nmod b;\nuse a::E;");
        write("a.rs", a);
        write("b/mod.rs", "mod c;\nuse c::D;");
        write("b/c.rs", c);
        let files = code::uses(folder.path());
        assert_eq!(code::circles(&files).len(), in_circle, "{a} {c}: {files:?}");
        let folders = code::folders(&files);
        assert_eq!(
            code::circles(&folders).len(),
            in_circle,
            "{a} {c}: {folders:?}"
        );
    }
}

#[test]
fn only_the_edge_knows_lambda_and_only_aws_its_services() {
    for package in packages() {
        for (module, paths) in code::named(&source(&package)) {
            for path in paths {
                let is_edge = module.first().is_some_and(|room| room == "http");
                assert!(!path.starts_with("lambda_") || is_edge, "{module:?}");
                assert!(
                    !path.starts_with("aws_sdk_") || package == "aws",
                    "{module:?}"
                );
            }
        }
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
        &["--package", "operations"],
        &["--package", "store"],
    ] {
        let compiled = compiled(arguments);
        assert!(compiled.contains("policy") || arguments[1] == "store");
        for cloud in CLOUD {
            assert!(!compiled.contains(cloud), "{arguments:?} compile {cloud}");
        }
    }
}

/// A workspace of its own, whose lock file names everything that is ever compiled.
#[test]
fn the_fuzz_targets_compile_no_cloud() {
    let lock = read("fuzz/Cargo.lock");
    let compiles = |name: &str| lock.contains(&format!("name = \"{name}\"\n"));
    assert!(compiles("policy") && compiles("s3") && compiles("sigv4"));
    for cloud in CLOUD {
        assert!(!compiles(cloud), "{cloud}");
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
