//! A private Postgres server of one's own: found, initialised, started, stopped.
//!
//! [`PrivatePostgres::start`] turns a directory into a running server: it chooses the binaries that fit
//! the data, initialises the cluster the first time, listens on a Unix socket only, and asks for a random
//! password that lives in a file of mode 0600 beside the data. The server is a child of this process and
//! ends with it, also when this process is killed. Other processes find it with [`connect_running`].
//!
//! ```no_run
//! use unearth_postgres::{Config, PrivatePostgres, default_directory};
//!
//! let server = PrivatePostgres::start(&Config::new(default_directory()?))?;
//! println!("DATABASE_URL={}", server.url());
//! server.stop()?;
//! # Ok::<(), unearth_postgres::PostgresError>(())
//! ```

mod account;
mod binaries;
mod cluster;
mod config;
mod directory;
mod error;
mod keeper;
mod log;
mod postmaster_pid;
mod process;
mod running;
mod server;
mod socket;
pub mod test_server;
mod url;

pub use binaries::{Binaries, OLDEST_MAJOR, bundled_folders, find_binaries};
pub use config::{Config, Durability};
pub use directory::{default_directory, default_home};
pub use error::PostgresError;
pub use running::connect_running;
pub use server::PrivatePostgres;
pub use test_server::TestPostgres;
