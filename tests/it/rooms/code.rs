//! Rooms: which modules of a crate use which, read from its code.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

/// A module, such as `["apply", "file"]`.
pub(super) type Module = Vec<String>;

/// The modules of a crate, and which of them each one uses.
pub(super) type Uses = BTreeMap<Module, BTreeSet<Module>>;

/// Which modules of the crate in `src` use which. Tests may use what they like, and the root
/// stands above all.
pub(super) fn uses(src: &Path) -> Uses {
    let mut texts = texts(src);
    texts.remove(&Module::new());
    let others = |module: &Module, text: &String| {
        let paths = paths(text).into_iter();
        let modules = paths.filter_map(|path| resolve(module, &path, &texts));
        modules.filter(|other| other != module).collect()
    };
    let modules = texts.iter();
    modules
        .map(|(module, text)| (module.clone(), others(module, text)))
        .collect()
}

/// The paths that the modules of the crate in `src` name, such as `store::Session`; the root is
/// the module without a name.
pub(super) fn named(src: &Path) -> BTreeMap<Module, Vec<String>> {
    let texts = texts(src).into_iter();
    texts.map(|(module, text)| (module, paths(&text))).collect()
}

fn texts(src: &Path) -> BTreeMap<Module, String> {
    let mut texts = BTreeMap::new();
    read(src, &Module::new(), &mut texts);
    texts
}

/// The same of files and folders that lie directly in `src`.
pub(super) fn folders(files: &Uses) -> Uses {
    let folder = |module: &Module| module[..1].to_vec();
    let mut folders = Uses::new();
    for (module, used) in files {
        let own = folder(module);
        let others = used.iter().map(folder).filter(|used| *used != own);
        folders.entry(own.clone()).or_default().extend(others);
    }
    folders
}

/// Modules in a circle, and those between circles: what is left when those that use nothing
/// that is left, or that nothing uses, have gone.
pub(super) fn circles(uses: &Uses) -> Vec<String> {
    let mut left = uses.clone();
    loop {
        let modules: BTreeSet<Module> = left.keys().cloned().collect();
        let targets: BTreeSet<Module> = left.values().flatten().cloned().collect();
        left.retain(|module, others| !others.is_disjoint(&modules) && targets.contains(module));
        if left.len() == modules.len() {
            return modules.iter().map(|module| module.join("::")).collect();
        }
    }
}

/// Reads the files of a folder, which is the module of that path.
fn read(folder: &Path, module: &Module, texts: &mut BTreeMap<Module, String>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
        let child = [module.clone(), vec![name.clone()]].concat();
        match name.as_str() {
            "tests" => {}
            _ if path.is_dir() => read(&path, &child, texts),
            "lib" | "main" | "mod" => {
                texts.insert(module.clone(), fs::read_to_string(path).unwrap());
            }
            _ => {
                texts.insert(child, fs::read_to_string(path).unwrap());
            }
        }
    }
}

/// The paths in `use` declarations of a text and within its code; without comments and tests.
fn paths(text: &str) -> Vec<String> {
    let text = text.split("#[cfg(test)]\nmod tests {").next().unwrap();
    let code = text.lines().map(|line| line.split("//").next().unwrap());
    let code = code.collect::<Vec<_>>().join(" ");
    let mut paths = Vec::new();
    for declaration in code.split(';') {
        paths.extend(inline(declaration));
        if let Some((_, tree)) = declaration.rsplit_once("use ") {
            expand("", tree, &mut paths);
        }
    }
    paths
}

/// The paths of a tree such as `a::{b, c::{d, e}}`.
fn expand(prefix: &str, tree: &str, paths: &mut Vec<String>) {
    let Some((path, list)) = tree.split_once('{') else {
        let path = tree.split_whitespace().next().unwrap_or_default();
        paths.push(format!("{prefix}{path}"));
        return;
    };
    let list = list.rsplit_once('}').map_or(list, |(list, _)| list);
    let mut depth = 0;
    let is_end = |c: char| {
        depth += i32::from(c == '{') - i32::from(c == '}');
        c == ',' && depth == 0
    };
    for member in list.split(is_end) {
        expand(&format!("{prefix}{}", path.trim()), member, paths);
    }
}

/// The paths within code.
fn inline(code: &str) -> impl Iterator<Item = String> {
    let words = code.split(|c: char| !(c.is_alphanumeric() || c == '_' || c == ':'));
    let is_path = |word: &&str| word.contains("::") && !word.starts_with("::");
    words.filter(is_path).map(str::to_owned)
}

/// The module of the crate that a path in `module` leads to, if it leads to one.
fn resolve(module: &Module, path: &str, texts: &BTreeMap<Module, String>) -> Option<Module> {
    let child = |module: &Module, name: &str| [module.clone(), vec![name.to_owned()]].concat();
    let mut names = path.split("::").peekable();
    let mut place = match *names.peek()? {
        "crate" => Module::new(),
        "self" | "super" => module.clone(),
        name if texts.contains_key(&child(module, name)) => module.clone(),
        _ => return None,
    };
    for name in names {
        let next = child(&place, name);
        match name {
            "crate" | "self" => {}
            "super" => drop(place.pop()),
            _ if texts.contains_key(&next) => place = next,
            _ => break,
        }
    }
    texts.contains_key(&place).then_some(place)
}
