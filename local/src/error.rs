use std::io;
use std::path::PathBuf;

#[cfg(feature = "s3")]
use config::ConfigError;
#[cfg(feature = "s3")]
use keys::KeyFileError;

/// Why a local service cannot start or had to stop.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Another process listens on the port.
    #[error("port {0} is already in use")]
    PortInUse(u16),
    /// The port cannot be listened on for another reason.
    #[error("cannot listen on port {port}: {source}")]
    Listen {
        /// The port asked for.
        port: u16,
        /// What the operating system says.
        source: io::Error,
    },
    /// A file cannot be read or written.
    #[error("{}: {source}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What the operating system says.
        source: io::Error,
    },
    /// Another engine has the file open; two of them would not see each other's indexes.
    #[error("{} is in use by another engine", .0.display())]
    Locked(PathBuf),
    /// The storage engine failed.
    #[error("dynamodb engine: {0}")]
    Engine(String),
    /// The gateway's environment does not say where users and sessions are kept.
    #[cfg(feature = "s3")]
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The gateway has no key file, or one that is not its own user's alone.
    #[cfg(feature = "s3")]
    #[error(transparent)]
    KeyFile(#[from] KeyFileError),
    /// A signing key cannot be made or used.
    #[error("the signing key failed")]
    Key,
    /// The operating system refuses signal handlers or a runtime.
    #[error("cannot start: {0}")]
    System(#[from] io::Error),
}

impl Error {
    /// For `map_err` on operations on the file at `path`.
    pub(crate) fn file(path: &std::path::Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::File { path, source }
    }
}
