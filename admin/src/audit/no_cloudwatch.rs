//! Only the feature `stack` reads CloudWatch Logs.

use std::future::{Ready, ready};

use shared::clock::UnixTime;

use crate::error::AdminError;
use crate::global::Global;

/// The log groups that nobody reads here.
#[derive(Debug)]
pub(super) enum LogGroups {}

impl LogGroups {
    /// Says that this command reads no stacks.
    pub(super) fn connect(global: &Global, _since: UnixTime) -> Ready<Result<Self, AdminError>> {
        let stack = global.stack.clone().unwrap_or_default();
        ready(Err(AdminError::NoStacks(stack)))
    }

    /// There is nothing to read.
    pub(super) fn read(&mut self) -> Ready<Result<String, AdminError>> {
        match *self {}
    }
}
