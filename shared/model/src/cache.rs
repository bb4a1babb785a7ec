//! A small cache with an age limit.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use clock::UnixTime;

/// How many entries a cache holds before it starts again from nothing.
const MAX_ENTRIES: usize = 1024;

/// Values by name, each good for a limited time after it was read.
#[derive(Debug)]
pub struct Cache<V> {
    max_age: i64,
    entries: Mutex<HashMap<String, (UnixTime, V)>>,
}

impl<V: Clone> Cache<V> {
    /// A cache whose values are good for `max_age` seconds; with 0 it keeps nothing.
    pub fn new(max_age: i64) -> Self {
        Self {
            max_age,
            entries: Mutex::default(),
        }
    }

    /// The value of that name, unless it is too old.
    pub fn get(&self, name: &str, now: UnixTime) -> Option<V> {
        let entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        let (read_at, value) = entries.get(name)?;
        (0..self.max_age)
            .contains(&now.since(*read_at))
            .then(|| value.clone())
    }

    /// Keeps a value that was read at `now`.
    pub fn put(&self, name: &str, value: V, now: UnixTime) {
        if self.max_age <= 0 {
            return;
        }
        let mut entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        if entries.len() >= MAX_ENTRIES {
            entries.clear();
        }
        entries.insert(name.to_owned(), (now, value));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: UnixTime = UnixTime::from_secs(1000);

    #[test]
    fn values_age() {
        let cache = Cache::new(60);
        cache.put("a", 1, NOW);
        assert_eq!(cache.get("a", NOW.plus(59)), Some(1));
        assert_eq!(cache.get("a", NOW.plus(60)), None);
        assert_eq!(
            cache.get("a", NOW.plus(-1)),
            None,
            "a clock that went back trusts nothing"
        );
        assert_eq!(cache.get("b", NOW), None);
    }

    #[test]
    fn nothing_is_kept_without_an_age() {
        let cache = Cache::new(0);
        cache.put("a", 1, NOW);
        assert_eq!(cache.get("a", NOW), None);
    }

    #[test]
    fn it_does_not_grow_without_bound() {
        let cache = Cache::new(60);
        for n in 0..5000 {
            cache.put(&n.to_string(), n, NOW);
        }
        assert!(cache.entries.lock().unwrap().len() <= MAX_ENTRIES);
    }
}
