//! The integration tests: real binaries and a real engine, driven over HTTP.

// What stands beside the tests may panic as the tests do; clippy knows it by the attribute.
#[cfg(test)]
mod assume_role;
#[cfg(test)]
mod attempts;
#[cfg(test)]
mod audit;
#[cfg(test)]
mod authentication;
#[cfg(test)]
mod authorizer;
#[cfg(test)]
mod caller_identity;
#[cfg(test)]
mod captures;
#[cfg(test)]
mod check;
#[cfg(test)]
mod client;
#[cfg(test)]
mod custom_token;
#[cfg(test)]
mod damage;
#[cfg(test)]
mod durability;
#[cfg(test)]
mod emulator;
#[cfg(test)]
mod fault_proxy;
#[cfg(test)]
mod faults;
#[cfg(test)]
mod forged;
#[cfg(test)]
mod hostile;
#[cfg(test)]
mod introspect;
#[cfg(test)]
mod issuing;
#[cfg(test)]
mod kms;
#[cfg(test)]
mod limits;
#[cfg(test)]
mod logs;
#[cfg(test)]
mod long_names;
#[cfg(test)]
mod made_anew;
#[cfg(test)]
mod operators_clock;
#[cfg(test)]
mod own_rights;
#[cfg(test)]
mod parameters;
#[cfg(test)]
mod privileges;
#[cfg(test)]
mod revoke_session;
#[cfg(test)]
mod roles;
#[cfg(test)]
mod rooms;
#[cfg(test)]
mod routing;
#[cfg(test)]
mod s3_conditions;
#[cfg(test)]
mod s3_gateway;
#[cfg(test)]
mod sdk;
#[cfg(test)]
mod secrecy;
#[cfg(test)]
mod session_credentials;
#[cfg(test)]
mod start;
#[cfg(test)]
mod store;
#[cfg(test)]
mod template;
#[cfg(test)]
mod token_exchange;
#[cfg(test)]
mod wiring;
