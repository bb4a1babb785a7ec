//! A circuit per provider: who fails again and again is left alone for a while.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use clock::UnixTime;

/// Failures in a row that open a circuit.
const FAILURES: u32 = 5;

/// How long an open circuit refuses calls before it lets one probe through, in seconds.
const OPEN_SECONDS: i64 = 10;

/// The state of calls to one provider.
#[derive(Debug, Clone, Copy, Default)]
pub struct Circuit {
    failures: u32,
    probe_at: Option<UnixTime>,
}

impl Circuit {
    /// Whether a call may go out now. An open circuit lets one probe through every ten
    /// seconds; the probe's result decides.
    pub fn admit(&mut self, now: UnixTime) -> bool {
        match self.probe_at {
            None => true,
            Some(at) if now < at => false,
            Some(_) => {
                self.probe_at = Some(now.plus(OPEN_SECONDS));
                true
            }
        }
    }

    /// Notes how a call ended. A refusal by the provider is an answer, not a failure.
    pub fn note(&mut self, answered: bool, now: UnixTime) {
        if answered {
            *self = Self::default();
            return;
        }
        self.failures = self.failures.saturating_add(1);
        if self.failures >= FAILURES {
            self.probe_at = Some(now.plus(OPEN_SECONDS));
        }
    }
}

/// The circuits of all providers, by name.
#[derive(Debug, Default)]
pub struct Circuits(Mutex<HashMap<String, Circuit>>);

impl Circuits {
    /// Whether a call to the provider may go out now.
    pub fn admit(&self, provider: &str, now: UnixTime) -> bool {
        self.with(provider, |circuit| circuit.admit(now))
    }

    /// Notes how a call to the provider ended.
    pub fn note(&self, provider: &str, answered: bool, now: UnixTime) {
        self.with(provider, |circuit| circuit.note(answered, now));
    }

    fn with<T>(&self, provider: &str, f: impl FnOnce(&mut Circuit) -> T) -> T {
        let mut circuits = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        f(circuits.entry(provider.to_owned()).or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: UnixTime = UnixTime::from_secs(1000);

    fn broken() -> Circuit {
        let mut circuit = Circuit::default();
        for _ in 0..5 {
            assert!(circuit.admit(NOW));
            circuit.note(false, NOW);
        }
        circuit
    }

    #[test]
    fn five_failures_in_a_row_open_the_circuit() {
        let mut circuit = broken();
        assert!(!circuit.admit(NOW));
        assert!(!circuit.admit(NOW.plus(9)));
    }

    #[test]
    fn an_answer_in_between_starts_the_count_again() {
        let mut circuit = Circuit::default();
        for round in 0..20 {
            assert!(circuit.admit(NOW));
            circuit.note(round % 5 == 4, NOW);
        }
        assert!(circuit.admit(NOW));
    }

    #[test]
    fn one_probe_goes_out_and_decides() {
        let mut circuit = broken();
        assert!(circuit.admit(NOW.plus(10)));
        assert!(!circuit.admit(NOW.plus(10)), "only one probe");
        circuit.note(false, NOW.plus(10));
        assert!(!circuit.admit(NOW.plus(19)));
        assert!(circuit.admit(NOW.plus(20)));
        circuit.note(true, NOW.plus(20));
        assert!(circuit.admit(NOW.plus(20)) && circuit.admit(NOW.plus(20)));
    }

    #[test]
    fn circuits_do_not_share_failures() {
        let circuits = Circuits::default();
        for _ in 0..5 {
            circuits.note("a", false, NOW);
        }
        assert!(!circuits.admit("a", NOW));
        assert!(circuits.admit("b", NOW));
    }
}
