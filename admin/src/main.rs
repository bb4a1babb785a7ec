//! `sts-admin`: what operators do with the service's table.
//!
//! Commands are parsed by [`args`], carried out by one module per noun against the store of
//! `shared`, and answer with an [`output::Output`] that is printed for people or programs.

mod apply;
mod args;
mod audit;
mod authorization;
mod connect;
mod context;
mod error;
mod escape;
mod explain;
mod group;
mod import_minio;
mod init;
mod key;
mod limits;
mod lint;
mod names;
mod opa;
mod output;
mod plugin;
mod policy;
mod policy_test;
mod provider;
mod secret;
mod session;
mod stack;
mod user;
mod who;
mod wrapper;

use std::io::Write as _;
use std::process::ExitCode;

use clap::Parser as _;

use args::{Cli, Command, PolicyCommand};
use context::Admin;
use error::AdminError;
use output::Output;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let cli = Cli::parse();
    let format = cli.global.output;
    match run(cli).await {
        Ok(output) => {
            let text = output.render(format);
            match std::io::stdout().lock().write_all(text.as_bytes()) {
                Ok(()) if !output.is_failure() => ExitCode::SUCCESS,
                // Expectations failed, or whoever read the output had enough.
                Ok(()) | Err(_) => ExitCode::FAILURE,
            }
        }
        Err(error) => {
            output::complain(&error.line());
            ExitCode::from(error.exit_code())
        }
    }
}

async fn run(cli: Cli) -> Result<Output, AdminError> {
    // The SDK's way to find credentials is a big future.
    let admin = Box::pin(Admin::connect(cli.global.clone()));
    match cli.command {
        Command::Audit(command) => Box::pin(audit::run(&cli.global, command)).await,
        Command::Apply(arguments) => apply::run(&admin.await?, &arguments).await,
        Command::Explain(arguments) => explain::run(&admin.await?, &arguments).await,
        Command::Group(command) => group::run(&admin.await?, command).await,
        Command::ImportMinio(arguments) => import_minio::run(&admin.await?, &arguments).await,
        Command::Init => init::run(&admin.await?).await,
        Command::Key(command) => key::run(&admin.await?, command).await,
        Command::Plugin(command) => plugin::run(&admin.await?, command).await,
        Command::Policy(PolicyCommand::Stored(command)) => {
            policy::run(&admin.await?, command).await
        }
        Command::Policy(PolicyCommand::Lint { target }) => policy::lint(admin, &target).await,
        Command::Policy(PolicyCommand::Test { file }) => policy_test::run(admin, &file).await,
        Command::Provider(command) => provider::run(&admin.await?, command).await,
        Command::Session(command) => session::run(&admin.await?, command).await,
        Command::User(command) => user::run(&admin.await?, command).await,
    }
}
