//! The write side of the store and the `sts-admin` binary, against a real engine.

#![cfg(test)]

mod audit;
mod commands;
mod declarations;
mod engine;
mod explain;
mod from_env;
mod hostile;
mod http;
mod identity;
mod import_minio;
mod issuer;
mod lint;
mod names;
mod opa;
mod operator;
mod provider_store;
mod revocation;
mod stack;
mod store;
