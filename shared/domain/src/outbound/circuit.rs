//! A circuit per provider: who fails again and again is left alone for a while.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

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
    /// Lets a call to the provider go out at `now`; `None` while the circuit is open.
    pub fn guard<'a>(&'a self, provider: &'a str, now: UnixTime) -> Option<Guarded<'a>> {
        let admitted = self.with(provider, |circuit| circuit.admit(now));
        admitted.then(|| Guarded {
            circuits: self,
            provider,
            now,
            started: Instant::now(),
        })
    }

    fn with<T>(&self, provider: &str, f: impl FnOnce(&mut Circuit) -> T) -> T {
        let mut circuits = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        f(circuits.entry(provider.to_owned()).or_default())
    }
}

/// A call that is under way.
#[derive(Debug)]
pub struct Guarded<'a> {
    circuits: &'a Circuits,
    provider: &'a str,
    now: UnixTime,
    started: Instant,
}

impl Guarded<'_> {
    /// Notes whether the provider is up. A circuit opens from the moment of the failure, not from
    /// that of the call.
    pub fn note(self, is_up: bool) {
        let took = i64::try_from(self.started.elapsed().as_secs()).unwrap_or_default();
        let now = self.now.plus(took);
        let note = |circuit: &mut Circuit| circuit.note(is_up, now);
        self.circuits.with(self.provider, note);
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
            circuits.guard("a", NOW).unwrap().note(false);
        }
        assert!(circuits.guard("a", NOW).is_none());
        assert!(circuits.guard("b", NOW).is_some());
    }
}
