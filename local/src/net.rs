//! Listening on the loopback interface, and knowing when to stop.

use std::io;
use std::net::Ipv4Addr;

use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};

use crate::Error;

/// Listens on 127.0.0.1; port 0 lets the operating system choose.
pub async fn listen(port: u16) -> Result<TcpListener, Error> {
    TcpListener::bind((Ipv4Addr::LOCALHOST, port))
        .await
        .map_err(|source| match source.kind() {
            io::ErrorKind::AddrInUse => Error::PortInUse(port),
            _ => Error::Listen { port, source },
        })
}

/// The URL of a listener: `http://localhost:<port>`.
pub fn url(listener: &TcpListener) -> Result<String, Error> {
    let port = listener.local_addr()?.port();
    Ok(format!("http://localhost:{port}"))
}

/// The URL of a listener behind TLS: `https://localhost:<port>`.
pub fn https_url(listener: &TcpListener) -> Result<String, Error> {
    let port = listener.local_addr()?.port();
    Ok(format!("https://localhost:{port}"))
}

/// Resolves at the first SIGTERM or SIGINT. The handlers are in place when this returns, so
/// that no signal is lost before the future is first polled.
pub fn termination() -> Result<impl Future<Output = ()> + Send + 'static, Error> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn only_the_loopback_interface_is_bound() {
        let listener = listen(0).await.unwrap();
        assert!(listener.local_addr().unwrap().ip().is_loopback());
    }

    #[tokio::test]
    async fn a_taken_port_is_named() {
        let listener = listen(0).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let error = listen(port).await.unwrap_err();
        assert_eq!(error.to_string(), format!("port {port} is already in use"));
    }
}
