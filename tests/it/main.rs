//! The integration tests: real binaries and a real engine, driven over HTTP.

// What stands beside the tests may panic as the tests do; clippy knows it by the attribute.
#[cfg(test)]
mod client;
#[cfg(test)]
mod emulator;
#[cfg(test)]
mod fault_proxy;
