//! Runs `cunwu demo`: prepares and serves, or prints what it prepared.

use std::sync::Arc;

use anyhow::Context;
use host::{Carrier, Secrets, ServiceKey, clock::DemoClock};
use kernel::{Domain, Timestamp};
use serde_json::{Map, Value, json};
use tokio_util::sync::CancellationToken;

use crate::{
    cli::Demo,
    demo::{self as history, FIRST_DAY, Size},
    exit::Exit,
    house::{
        House,
        open::{Ground, Opened},
    },
    out::{self, say},
    rules,
    run::listen,
    serve::{self, Others},
};

/// Runs the demo.
///
/// # Errors
/// When its folder cannot be used, or a command of its script is refused.
pub async fn run(args: Demo) -> anyhow::Result<Exit> {
    let Some(rules) = rules::book(args.definitions.as_deref())? else { return Ok(Exit::Wrong) };
    let temporary = args.data.is_none();
    let data = args
        .data
        .clone()
        .unwrap_or_else(|| std::env::temp_dir().join(format!("cunwu-demo-{}", std::process::id())));
    let mut signer_state = data.file_name().unwrap_or_default().to_owned();
    signer_state.push(".signer");
    let signer_state = data.with_file_name(signer_state);
    fresh(&data, &signer_state)?;
    let secrets = Secrets::of_demo(args.seed);
    secrets.keep(&data.join("keys/secrets.json"))?;
    let clock = Arc::new(DemoClock::at(Timestamp::start_of(FIRST_DAY)));
    let ground = Ground {
        signer_state: signer_state.clone(),
        data: data.clone(),
        secrets,
        clock: clock.clone(),
        real: false,
        seed: history::seed(args.seed, "ids"),
        calendar: host::holidays::built_in().map_err(anyhow::Error::msg)?,
        holder: "demo".to_owned(),
    };
    let house = House::whole(ground, rules).await?;
    let size = Size { villages: args.villages, months: args.months, seed: args.seed };
    let written = history::write(&house, clock.clone(), size, args.once).await?;
    house.organisation()?.publish_now(true).await?;
    house.funds()?.publish_now(true).await?;
    if let Some(services) = &house.services {
        services.host.publish_now(true).await?;
    }
    if let Some(disputes) = &house.disputes {
        disputes.host.publish_now(true).await?;
    }
    if args.once {
        let summary = summary(&house, size, written.commands).await?;
        say!("{}", serde_json::to_string_pretty(&summary)?);
        if temporary {
            remove(&data, &signer_state)?;
        }
        return Ok(Exit::Done);
    }
    let listener = listen(args.listen).await?;
    let stop = CancellationToken::new();
    let others = Others {
        remote: std::collections::BTreeMap::new(),
        carrier: Carrier::Direct,
        service_key: ServiceKey(house.ground.secrets.key("deployment", "services")),
        token_public: None,
    };
    clock.let_go();
    let ready = serve::start(&house, &others, listener.local_addr()?, true, &stop).await?;
    if let Some(service) = &ready.first {
        open_doors(service, &written.accounts).await?;
    }
    if let Some((village, code)) = &written.petition {
        out::tell(format_args!(
            "Somebody wrote a petition about {village}. What has become of it: /petitions, with the code {code}"
        ));
    }
    serve::serve(listener, ready, stop).await?;
    if temporary {
        remove(&data, &signer_state)?;
    }
    Ok(Exit::Done)
}

/// The password of every account of the demo: worth nothing, and printed.
const PASSWORD: &str = "cunwu-demo-2026";

/// Gives the accounts their log-in names and the password, and says so.
async fn open_doors(
    service: &organisation::staff::Service,
    accounts: &[history::Account],
) -> anyhow::Result<()> {
    use organisation::staff::credentials;
    out::tell(format_args!(
        "Sign in at /organisation/sign-in with the password {PASSWORD} as one of:"
    ));
    for one in accounts {
        let now = service.host.committer.now();
        credentials::name_account(&service.host.store, one.login, &one.account, now).await?;
        let code = service.code_for(one.login).await.map_err(problem)?;
        service.set_password(one.login, &code, PASSWORD).await.map_err(problem)?;
        out::tell(format_args!("  {:<11} {}", one.login, one.title));
    }
    Ok(())
}

fn problem(problem: web::Problem) -> anyhow::Error {
    anyhow::anyhow!("{}: {}", problem.code, problem.detail.en)
}

fn remove(data: &std::path::Path, signer_state: &std::path::Path) -> anyhow::Result<()> {
    for folder in [data, signer_state] {
        std::fs::remove_dir_all(folder)
            .with_context(|| format!("removing {}", folder.display()))?;
    }
    Ok(())
}

/// The demo's folders are made anew: refused when something else lies there.
fn fresh(data: &std::path::Path, signer_state: &std::path::Path) -> anyhow::Result<()> {
    for folder in [data, signer_state] {
        let mark = folder.join("this-is-a-demo");
        if folder.exists() {
            let empty = std::fs::read_dir(folder)?.next().is_none();
            anyhow::ensure!(
                empty || mark.exists(),
                "{} holds something that no demo made; choose another folder with --data",
                folder.display()
            );
            std::fs::remove_dir_all(folder)?;
        }
        std::fs::create_dir_all(folder).with_context(|| format!("making {}", folder.display()))?;
        std::fs::write(mark, "Made by `cunwu demo`, and made anew by the next one.\n")?;
    }
    Ok(())
}

async fn summary(house: &House, size: Size, commands: u64) -> anyhow::Result<Value> {
    let mut services = Map::new();
    let mut logs = Vec::new();
    if let Some(organisation) = &house.organisation {
        services.insert("organisation".to_owned(), one(organisation, &mut logs).await?);
    }
    if let Some(funds) = &house.funds {
        services.insert("funds".to_owned(), one(funds, &mut logs).await?);
    }
    if let Some(opened) = &house.services {
        services.insert("services".to_owned(), one(opened, &mut logs).await?);
    }
    if let Some(disputes) = &house.disputes {
        services.insert("disputes".to_owned(), one(disputes, &mut logs).await?);
    }
    Ok(json!({
        "villages": size.villages, "months": size.months, "seed": size.seed,
        "commands_submitted": commands, "services": services, "logs": logs,
    }))
}

async fn one<D: Domain>(service: &Opened<D>, logs: &mut Vec<Value>) -> anyhow::Result<Value> {
    let statistics = service.host.store.statistics().await?;
    for (log, published) in service.host.publisher.all() {
        logs.push(json!({
            "service": D::SERVICE, "log": log, "kind": published.kind,
            "size": published.size, "root": published.root,
        }));
    }
    Ok(json!({
        "entries": statistics.entries, "entry_bytes": statistics.entry_bytes,
        "commands_accepted": statistics.commands, "sealed_parts": statistics.sealed_parts,
        "deadlines_open": statistics.deadlines, "events": statistics.facts,
        // The entries of closed logs tell no type: here is what lies in them, by kind.
        "sealed": service.host.store.sealed_streams().await?,
    }))
}
