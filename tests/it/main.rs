//! The integration tests: real binaries and a real engine, driven over HTTP.

// The helpers beside the tests may panic as the tests do; clippy knows them by the attribute.
#[cfg(test)]
mod client;
#[cfg(test)]
mod emulator;
#[cfg(test)]
mod fault_proxy;
