//! `cunwu`: one program, from the village hall to the province.

mod access_matrix;
mod cli;
mod demo;
mod demo_run;
mod events;
mod exit;
mod house;
mod import;
mod out;
mod rebuild;
mod refusals;
mod rules;
mod run;
mod schemas;
mod serve;
mod verify;

use clap::Parser;

use crate::{
    cli::{Access, Cli, Command, Events, Import, Rules},
    exit::Exit,
};

#[tokio::main]
async fn main() -> Exit {
    // One TLS provider for the whole program, before anything opens a connection.
    if rustls::crypto::ring::default_provider().install_default().is_err() {
        eprintln!("cunwu: the TLS provider was installed twice");
        return Exit::Failed;
    }
    let cli = Cli::parse();
    match dispatch(cli.command).await {
        Ok(exit) => exit,
        Err(error) => {
            eprintln!("cunwu: {error:#}");
            Exit::Failed
        }
    }
}

async fn dispatch(command: Command) -> anyhow::Result<Exit> {
    match command {
        Command::Access { what: Access::Matrix } => access_matrix::print().await,
        Command::Demo(args) => demo_run::run(args).await,
        Command::Up(args) => run::up(args).await,
        Command::Serve(args) => run::serve(args).await,
        Command::Rebuild(args) => rebuild::run(args).await,
        Command::Verify(args) => verify::run(args).await,
        Command::Rules { what: Rules::Check { paths, coverage, json } } => {
            rules::check(&paths, coverage, json)
        }
        Command::Rules { what: Rules::Show { id, lang, svg, definitions } } => {
            rules::show(&id, lang, svg.as_deref(), definitions.as_deref())
        }
        Command::Events { what: Events::Tail { folder, service, village, no_follow, json } } => {
            let ground = house::open::Ground::real(&folder.data, &folder.signer_state())?;
            events::tail(&ground, events::Tail { service, village, follow: !no_follow, json }).await
        }
        Command::Import { what: Import::Divisions { file, folder, json } } => {
            let ground = house::open::Ground::real(&folder.data, &folder.signer_state())?;
            import::divisions(&ground, &file, json).await
        }
    }
}
