//! The command line: what can be asked of the program, in the words of its help. Decides nothing.

use std::{net::SocketAddr, path::PathBuf};

use clap::{Args, Parser, Subcommand, ValueEnum};

/// 村务: village self-governance in the open. Every fen, every decision, and how anyone can verify them.
#[derive(Parser)]
#[command(name = "cunwu", version, arg_required_else_help = true, max_term_width = 100)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// The commands.
#[derive(Subcommand)]
pub enum Command {
    /// Prepare a fictional county with a deterministic history, then serve it
    Demo(Demo),
    /// Serve all services in one process, empty, for real use
    Up(Up),
    /// Serve one service of a deployment of several processes
    Serve(Serve),
    /// Import registers
    Import {
        /// What to import.
        #[command(subcommand)]
        what: Import,
    },
    /// Verify a proof file, the consistency of two checkpoints, a receipt, or whole logs
    Verify(Verify),
    /// Compute a read model again from the log, beside the live one, and swap
    Rebuild(Rebuild),
    /// Check and show definitions
    Rules {
        /// What to do with them.
        #[command(subcommand)]
        what: Rules,
    },
    /// Who may reach what
    Access {
        /// What to show.
        #[command(subcommand)]
        what: Access,
    },
    /// Look at events
    Events {
        /// What to look at.
        #[command(subcommand)]
        what: Events,
    },
}

/// Where the data is.
#[derive(Args, Clone)]
pub struct Folder {
    /// Folder of the databases, tiles and keys
    #[arg(long, value_name = "DIR", default_value = "data", env = "CUNWU_DATA")]
    pub data: PathBuf,
    /// Folder of the signer's memory; keep it on another disk than the data in real use
    #[arg(long, value_name = "DIR", env = "CUNWU_SIGNER_STATE")]
    pub signer_state: Option<PathBuf>,
}

impl Folder {
    /// The signer's memory: as told, or beside the data folder, not in it.
    pub fn signer_state(&self) -> PathBuf {
        self.signer_state.clone().unwrap_or_else(|| {
            let mut name = self.data.file_name().unwrap_or_default().to_owned();
            name.push(".signer");
            self.data.with_file_name(name)
        })
    }
}

/// `cunwu demo`
#[derive(Args)]
pub struct Demo {
    /// Where the demo's data goes; made anew each time [default: a folder of its own below the temporary folder]
    #[arg(long, value_name = "DIR")]
    pub data: Option<PathBuf>,
    /// Address to serve at; port 0 takes a free one
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:8080")]
    pub listen: SocketAddr,
    /// Number of villages with a history
    #[arg(long, value_name = "N", default_value_t = 6, value_parser = clap::value_parser!(u16).range(1..=2000))]
    pub villages: u16,
    /// Number of months of history
    #[arg(long, value_name = "M", default_value_t = 3, value_parser = clap::value_parser!(u16).range(1..=9))]
    pub months: u16,
    /// The same seed gives the same open logs, root for root
    #[arg(long, value_name = "S", default_value_t = 1)]
    pub seed: u64,
    /// Print a JSON summary and exit instead of serving
    #[arg(long)]
    pub once: bool,
    /// Folder of a region's own definitions: the demo adopts them at once, in the name of those who set it up
    #[arg(long, value_name = "DIR")]
    pub definitions: Option<PathBuf>,
}

/// `cunwu up`
#[derive(Args)]
pub struct Up {
    /// Where the data is.
    #[command(flatten)]
    pub folder: Folder,
    /// Address to serve at; port 0 takes a free one
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:8080", env = "CUNWU_LISTEN")]
    pub listen: SocketAddr,
    /// Folder of a region's own definitions: they govern once two administrators have adopted them
    #[arg(long, value_name = "DIR", env = "CUNWU_DEFINITIONS")]
    pub definitions: Option<PathBuf>,
}

/// The services.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub enum Service {
    /// Who leads and how decisions are made
    Organisation,
    /// What residents are served with
    Services,
    /// How quarrels and petitions are settled
    Disputes,
    /// Where every fen of the collective's money goes
    FundsOversight,
    /// The public pages
    Portal,
}

impl Service {
    /// Its name in types, subjects and databases.
    pub fn stream_name(self) -> &'static str {
        match self {
            Self::Organisation => "organisation",
            Self::Services => "services",
            Self::Disputes => "disputes",
            Self::FundsOversight => "funds",
            Self::Portal => "portal",
        }
    }
}

/// `cunwu serve`
#[derive(Args)]
pub struct Serve {
    /// Which service
    pub service: Service,
    /// Its database: `postgres://…`, `sqlite:FILE` or a path [default: a file in the data folder]
    #[arg(long, value_name = "URL", env = "CUNWU_DATABASE_URL", hide_env_values = true)]
    pub database: Option<String>,
    /// The broker: `nats://host:port`; without it the others are asked over HTTP
    #[arg(long, value_name = "URL", env = "CUNWU_NATS_URL", hide_env_values = true)]
    pub nats: Option<String>,
    /// Copies of each stream in the broker's cluster
    #[arg(long, value_name = "N", default_value_t = 1, env = "CUNWU_NATS_REPLICAS")]
    pub replicas: usize,
    /// Where the data is.
    #[command(flatten)]
    pub folder: Folder,
    /// Address to serve at; port 0 takes a free one
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:0", env = "CUNWU_LISTEN")]
    pub listen: SocketAddr,
    /// Where organisation is served
    #[arg(long, value_name = "URL", env = "CUNWU_ORGANISATION_URL")]
    pub organisation: Option<String>,
    /// Where funds-oversight is served
    #[arg(long, value_name = "URL", env = "CUNWU_FUNDS_URL")]
    pub funds: Option<String>,
    /// Where services is served; the portal hears it
    #[arg(long, value_name = "URL", env = "CUNWU_SERVICES_URL")]
    pub services: Option<String>,
    /// Where disputes is served; the portal hears it
    #[arg(long, value_name = "URL", env = "CUNWU_DISPUTES_URL")]
    pub disputes: Option<String>,
    /// Public key of organisation's tokens, 32 bytes in hex [default: asked of organisation]
    #[arg(long, value_name = "HEX", env = "CUNWU_TOKEN_KEY")]
    pub token_key: Option<String>,
    /// A secret that the services of this deployment share, 32 bytes in hex: by it they prove their names to each other
    #[arg(long, value_name = "HEX", env = "CUNWU_SERVICE_KEY", hide_env_values = true)]
    pub service_key: Option<String>,
    /// Folder of a region's own definitions: they govern once two administrators have adopted them
    #[arg(long, value_name = "DIR", env = "CUNWU_DEFINITIONS")]
    pub definitions: Option<PathBuf>,
}

/// `cunwu import …`
#[derive(Subcommand)]
pub enum Import {
    /// A register of divisions: CSV with the columns code,name,level; all or nothing
    Divisions {
        /// The file
        file: PathBuf,
        /// Where the data is.
        #[command(flatten)]
        folder: Folder,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
}

/// `cunwu verify`
#[derive(Args)]
pub struct Verify {
    /// Proof, consistency or receipt files (JSON)
    #[arg(value_name = "FILE", required_unless_present_any = ["data", "url"])]
    pub files: Vec<PathBuf>,
    /// Public key of the log (or of the receipts), as printed on the page and on the notice; may be repeated
    #[arg(long = "key", value_name = "VKEY")]
    pub keys: Vec<String>,
    /// Audit every log of a data folder: rows, tiles and checkpoint
    #[arg(long, value_name = "DIR", conflicts_with_all = ["files", "url"])]
    pub data: Option<PathBuf>,
    /// Audit a log served over HTTP: `http://host/logs/<log>`
    #[arg(long, value_name = "URL", conflicts_with = "files")]
    pub url: Option<String>,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

/// `cunwu rebuild`
#[derive(Args)]
pub struct Rebuild {
    /// Name of the read model, such as `portal`; `all` for all of them
    pub name: String,
    /// Folder of a region's own definitions, as the services were started with
    #[arg(long, value_name = "DIR", env = "CUNWU_DEFINITIONS")]
    pub definitions: Option<PathBuf>,
    /// Where the data is.
    #[command(flatten)]
    pub folder: Folder,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

/// `cunwu rules …`
#[derive(Subcommand)]
pub enum Rules {
    /// Check definitions and run the cases beside them: those built in, or the files and folders named
    Check {
        /// Files or folders of definitions
        paths: Vec<PathBuf>,
        /// List which mechanisms of the mission the definitions carry
        #[arg(long)]
        coverage: bool,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Show a definition as plain sentences, and its course as a picture
    Show {
        /// Id of a definition, or a file
        id: String,
        /// Language
        #[arg(long, value_enum, default_value_t = Lang::Zh)]
        lang: Lang,
        /// Write the picture of its course there (SVG)
        #[arg(long, value_name = "FILE")]
        svg: Option<PathBuf>,
        /// Folder of a region's own definitions
        #[arg(long, value_name = "DIR", env = "CUNWU_DEFINITIONS")]
        definitions: Option<PathBuf>,
    },
}

/// A language.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub enum Lang {
    /// Chinese
    Zh,
    /// English
    En,
}

/// `cunwu access …`
#[derive(Subcommand)]
pub enum Access {
    /// Print every route × role × own, neighbouring and foreign village as CSV: `+` may, `-` may not
    Matrix,
}

/// `cunwu events …`
#[derive(Subcommand)]
pub enum Events {
    /// Print the events of the open logs, one JSON line each, and go on as they come
    Tail {
        /// Where the data is.
        #[command(flatten)]
        folder: Folder,
        /// Only this service's
        #[arg(long, value_enum)]
        service: Option<Service>,
        /// Only this village's or unit's code
        #[arg(long, value_name = "CODE")]
        village: Option<String>,
        /// Print what is there and stop
        #[arg(long)]
        no_follow: bool,
        /// Print whole events; the default is one short line each
        #[arg(long)]
        json: bool,
    },
}
