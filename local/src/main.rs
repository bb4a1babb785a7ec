//! `sts-local`: one service of the local stack per process.

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use clap::{Parser, Subcommand};
use clock::{Clock as _, SystemClock};
use local::engine::Engine;
use local::plugin::Plugin;
use local::provider::Provider;
#[cfg(feature = "s3")]
use local::s3_gateway;
use local::tls_front::{Authority, TlsFront};
use local::{Error, net, server, tls_front};
use model::random::OsRandom;
use tokio::net::TcpListener;

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
    /// The demo identity plugin: token aaa is Alice, bbb is Bob
    Plugin {
        /// Port to listen on; 0 for any free one
        #[arg(long, default_value_t = 8081)]
        port: u16,
        /// What the Authorization header of a caller must be; anything if not given
        #[arg(long)]
        auth_token: Option<String>,
    },
    /// The demo OpenID provider: client demo-app, secret demo-secret
    Provider {
        /// Port to listen on; 0 for any free one
        #[arg(long, default_value_t = 8082)]
        port: u16,
        /// Where to keep the signing keys
        #[arg(long)]
        keys: PathBuf,
    },
    /// An S3 server that guards its buckets, the directories under --root, with this service's
    /// credentials; it reads the environment of the functions
    #[cfg(feature = "s3")]
    S3Gateway {
        /// Port to listen on; 0 for any free one
        #[arg(long, default_value_t = 9100)]
        port: u16,
        /// Where the buckets are
        #[arg(long)]
        root: PathBuf,
        /// For how many seconds it remembers sessions, users and policies
        #[arg(long, default_value_t = 1)]
        cache_seconds: u16,
    },
    /// TLS in front of the functions, with a certificate of an authority of this machine's own
    TlsFront {
        /// Port to listen on; 0 for any free one
        #[arg(long, default_value_t = 9443)]
        port: u16,
        /// Where the functions are
        #[arg(long)]
        upstream_port: u16,
        /// Where to keep the authority
        #[arg(long)]
        authority: PathBuf,
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
        Service::Plugin { port, auth_token } => {
            let listener = net::listen(port).await?;
            announce(&listener)?;
            server::serve(listener, Arc::new(Plugin::new(auth_token)), termination).await;
            Ok(())
        }
        Service::Provider { port, keys } => {
            let listener = net::listen(port).await?;
            let provider = Provider::new(net::url(&listener)?, &keys, SystemClock, OsRandom)?;
            announce(&listener)?;
            server::serve(listener, Arc::new(provider), termination).await;
            Ok(())
        }
        #[cfg(feature = "s3")]
        Service::S3Gateway {
            port,
            root,
            cache_seconds,
        } => {
            let listener = net::listen(port).await?;
            let gateway = s3_gateway::open(&root, cache_seconds)?;
            announce(&listener)?;
            s3_gateway::serve(listener, gateway, termination).await;
            Ok(())
        }
        Service::TlsFront {
            port,
            upstream_port,
            authority,
        } => {
            let listener = net::listen(port).await?;
            let now = SystemClock.now();
            let authority = Authority::open(&authority, now)?;
            let front = TlsFront::new(&authority, upstream_port, now)?;
            println!("listening on {}", net::https_url(&listener)?);
            tls_front::serve(listener, front, termination).await;
            Ok(())
        }
    }
}

/// Says where the service listens, in the one line that callers wait for.
fn announce(listener: &TcpListener) -> Result<(), Error> {
    println!("listening on {}", net::url(listener)?);
    Ok(())
}
