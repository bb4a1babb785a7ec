//! `sts-admin`: what operators do with the service's table.
//!
//! Commands are parsed by [`args`], carried out by one module per noun against the store of
//! `shared`, and answer with an [`output::Output`] that is printed for people or programs.

mod apply;
mod args;
mod connect;
mod context;
mod error;
mod group;
mod init;
mod key;
mod names;
mod output;
mod policy;
mod secret;
mod session;
mod user;

use std::io::Write as _;
use std::process::ExitCode;

use clap::Parser as _;

use args::{Cli, Command};
use context::Admin;
use error::AdminError;
use output::Output;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let cli = Cli::parse();
    let format = cli.global.output;
    match run(cli).await.map(|output| output.render(format)) {
        Ok(text) => match std::io::stdout().lock().write_all(text.as_bytes()) {
            Ok(()) => ExitCode::SUCCESS,
            // Whoever read the output had enough.
            Err(_) => ExitCode::FAILURE,
        },
        Err(error) => {
            // Nobody is left to be told if this fails.
            let _told = writeln!(std::io::stderr(), "sts-admin: {}", error.line());
            ExitCode::from(error.exit_code())
        }
    }
}

async fn run(cli: Cli) -> Result<Output, AdminError> {
    let admin = Admin::connect(cli.global).await?;
    match cli.command {
        Command::Apply(arguments) => apply::run(&admin, &arguments).await,
        Command::Group(command) => group::run(&admin, command).await,
        Command::Init => init::run(&admin).await,
        Command::Key(command) => key::run(&admin, command).await,
        Command::Policy(command) => policy::run(&admin, command).await,
        Command::Session(command) => session::run(&admin, command).await,
        Command::User(command) => user::run(&admin, command).await,
    }
}
