//! `sts-local`: one service of the local stack per process.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use local::engine::Engine;
use local::{Error, net};

/// Runs one service of the local stack on the loopback interface until SIGTERM or Ctrl-C.
#[derive(Debug, Parser)]
#[command(name = "sts-local")]
struct Cli {
    #[command(subcommand)]
    service: Service,
}

#[derive(Debug, Subcommand)]
enum Service {
    /// A DynamoDB-compatible engine
    Engine {
        /// Where to keep the data; in memory if not given
        #[arg(long)]
        file: Option<PathBuf>,
        /// Port to listen on; 0 for any free one
        #[arg(long)]
        port: u16,
    },
}

fn main() -> ExitCode {
    match run(Cli::parse().service) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("sts-local: {error}");
            ExitCode::FAILURE
        }
    }
}

#[tokio::main]
async fn run(service: Service) -> Result<(), Error> {
    let termination = net::termination()?;
    match service {
        Service::Engine { file, port } => {
            let listener = net::listen(port).await?;
            let engine = file.map_or_else(Engine::in_memory, |path| Engine::open(&path))?;
            announce(&listener)?;
            engine.serve(listener, termination).await
        }
    }
}

/// Says where the service listens, in the one line that callers wait for.
fn announce(listener: &tokio::net::TcpListener) -> Result<(), Error> {
    println!("listening on {}", net::url(listener)?);
    Ok(())
}
