//! `sts-admin`: what operators do with the service's table.
//!
//! Commands are parsed by [`args`]; a module per noun owns its arguments and its form in files,
//! has [`operations`] carry the command out, and answers with an [`output::Output`] that is
//! printed for people or programs. What the rules are is not known here.
//!
//! | module | uses |
//! |---|---|
//! | [`args`] | all commands |
//! | [`apply`] | the forms of nouns in files |
//! | [`user`], [`group`], [`policy`], [`plugin`], [`provider`], [`settings`], [`key`], [`session`], [`init`], [`import_minio`], [`explain`], [`audit`] | what is below; `init` its `key`, the tests of `policy` `explain`'s words |
//! | [`declare`], [`findings`], [`context`], [`secret`], [`yaml`] | what is below |
//! | [`connect`], [`stack`], [`wrapper`], [`global`], [`input`], [`output`], [`error`] | no noun |

mod apply;
mod args;
mod audit;
mod connect;
mod context;
mod declare;
mod error;
mod escape;
mod explain;
mod findings;
mod global;
mod group;
mod import_minio;
mod init;
mod input;
mod key;
mod output;
mod plugin;
mod policy;
mod provider;
mod secret;
mod session;
mod settings;
mod stack;
mod user;
mod wrapper;
mod yaml;

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
        Command::Policy(command) => policy::run(admin, command).await,
        Command::Provider(command) => provider::run(&admin.await?, command).await,
        Command::Session(command) => session::run(&admin.await?, command).await,
        Command::User(command) => user::run(&admin.await?, command).await,
    }
}
