//! An action is complete only when it is wired everywhere.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use tests::template::Template;

/// Functions with an interface of their own, not actions of the query protocol.
const NOT_ACTIONS: [&str; 3] = ["authorizer", "introspect", "sts"];

pub(crate) fn read(path: &str) -> String {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    fs::read_to_string(root.join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

pub(crate) fn functions() -> Vec<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let mut names: Vec<String> = fs::read_dir(root.join("functions"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

/// The value of `pub const NAME` in an action's crate.
pub(crate) fn action_name(function: &str) -> String {
    let code = read(&format!("functions/{function}/src/lib.rs"));
    let (_, rest) = code
        .split_once("pub const NAME: &str = \"")
        .unwrap_or_else(|| panic!("{function} names no action"));
    rest.split('"').next().unwrap().to_owned()
}

#[test]
fn every_action_is_served_at_the_one_endpoint_and_at_its_own_path() {
    let endpoint = read("functions/sts/src/main.rs");
    let workspace = read("Cargo.toml");
    let readme = read("README.md");
    let deployed = Template::get().functions();
    let actions: Vec<String> = functions()
        .into_iter()
        .filter(|f| !NOT_ACTIONS.contains(&f.as_str()))
        .collect();
    assert!(actions.len() >= 6, "{actions:?}");
    for function in actions {
        let name = action_name(&function);
        let entry = format!("{}::action()", function.replace('-', "_"));
        assert!(
            endpoint.contains(&entry),
            "functions/sts does not serve {name}"
        );
        assert!(
            workspace.contains(&format!("\"/{name}\" = \"{function}\"")),
            "make run has no path /{name}"
        );
        assert!(
            deployed[&function]
                .routes
                .contains(&format!("POST /{name}")),
            "template.yaml has no route to {name}"
        );
        assert!(
            readme.contains(&format!("| `{name}` |")),
            "README.md has no row for {name}"
        );
    }
}

#[test]
fn a_function_is_called_like_its_folder() {
    for function in functions() {
        let manifest = read(&format!("functions/{function}/Cargo.toml"));
        assert!(
            manifest.contains(&format!("name = \"{function}\"")),
            "{function}"
        );
    }
}

/// All of them are installed into one environment, each without resolving.
#[test]
fn a_python_package_has_one_version() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let mut versions = BTreeMap::new();
    for entry in fs::read_dir(root).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        if !name.starts_with("requirements-") {
            continue;
        }
        for line in read(&name).lines() {
            let Some((package, version)) = line.split_once("==") else {
                assert!(line.is_empty() || line.starts_with('#'), "{name}: {line}");
                continue;
            };
            let package = package.to_lowercase().replace('_', "-");
            let other = versions.insert(package, version.to_owned());
            assert!(other.is_none_or(|it| it == version), "{name}: {line}");
        }
    }
    assert!(versions.len() > 50);
}

#[test]
fn t12_no_other_generator_than_the_operating_systems_makes_keys() {
    let random = read("shared/model/src/random.rs");
    assert!(random.contains("SysRng"));
    for weak in [
        "thread_rng",
        "SmallRng",
        "StdRng",
        "ThreadRng",
        "fastrand",
        "Xoshiro",
        "rand::random",
    ] {
        for (path, code) in sources() {
            assert!(!code.contains(weak), "{path} uses {weak}");
        }
    }
}

/// The library code of functions and the crates they share.
fn sources() -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let mut folders = vec![root.join("shared"), root.join("functions")];
    let mut found = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|ending| ending == "rs") {
                found.push((
                    path.display().to_string(),
                    fs::read_to_string(&path).unwrap(),
                ));
            }
        }
    }
    assert!(found.len() > 80);
    found
}
