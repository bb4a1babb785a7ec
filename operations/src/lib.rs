//! What operators may do to users, groups, policies, identity plugins, OpenID providers, master
//! keys, sessions and settings: the rules, the conflicts, the limits.
//!
//! Whoever offers these operations parses requests and shows answers: `sts-admin` on a command
//! line and in YAML files, an API over HTTP. Nothing here reads arguments, the environment or
//! files, and nothing is printed. Time, randomness, keys and connections are arguments; the
//! store is a trait per capability.
//!
//! A noun is a room. What is said of it alone is checked when its `Desired…` is made, so that
//! what is unchecked cannot be written; a `Desired…` is compared with what is stored, and
//! becomes an [`item::Item`] that knows how to write itself. [`declaration`] does so with any
//! number of all kinds at once.
//!
//! | room | holds | uses |
//! |---|---|---|
//! | [`declaration`] | many items of all kinds: read, plan, write | all nouns |
//! | [`key`], [`session`] | rotation and retirement; revocation | `user`, `plugin`, `settings` |
//! | [`user`], [`group`], [`plugin`], [`provider`], [`settings`] | one noun each | `policy`, and a user its `group` |
//! | [`policy`], [`lint`] | documents, and what they depend on that nobody supplies | what is below |
//! | [`item`], [`names`], [`limits`], [`sealing`], [`authorization`] | what nouns have in common | [`error`] |

pub mod authorization;
pub mod declaration;
mod differences;
pub mod error;
pub mod group;
pub mod item;
pub mod key;
pub mod limits;
pub mod lint;
pub mod names;
pub mod plugin;
pub mod policy;
pub mod provider;
mod references;
pub mod sealing;
pub mod session;
pub mod settings;
pub mod user;

pub use error::Error;
