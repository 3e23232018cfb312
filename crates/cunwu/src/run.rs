//! `cunwu up` and `cunwu serve`: real use, in one process or one service a process.

use std::{collections::BTreeMap, net::SocketAddr, sync::Arc};

use anyhow::Context;
use exchange::Connection;
use host::{Carrier, Owner, Remote, ServiceKey};
use store::{Readers, Store};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::{
    cli::{Serve, Service, Up},
    exit::Exit,
    house::{self, House, open::Ground},
    out, rules,
    serve::{self, Others},
};

/// Listens, with the remedy when the address is taken.
///
/// # Errors
/// When the address cannot be listened at.
pub async fn listen(address: SocketAddr) -> anyhow::Result<TcpListener> {
    TcpListener::bind(address).await.with_context(|| {
        format!(
            "{address} cannot be listened at: choose another with --listen, port 0 takes a free one"
        )
    })
}

/// All services in one process.
///
/// # Errors
/// With the remedy, when the folder or the address cannot be used.
pub async fn up(args: Up) -> anyhow::Result<Exit> {
    web::telemetry::init_from_env()?;
    let Some(rules) = rules::book(args.definitions.as_deref())? else { return Ok(Exit::Wrong) };
    let ground = Ground::real(&args.folder.data, &args.folder.signer_state())?;
    let house = House::whole(ground, rules).await?;
    let listener = listen(args.listen).await?;
    let stop = CancellationToken::new();
    let others = Others {
        remote: BTreeMap::new(),
        carrier: Carrier::Direct,
        service_key: ServiceKey(house.ground.secrets.key("deployment", "services")),
        token_public: None,
    };
    let address = listener.local_addr()?;
    let ready = serve::start(&house, &others, address, false, &stop).await?;
    announce(&ready, address).await?;
    serve::serve(listener, ready, stop).await?;
    Ok(Exit::Done)
}

/// One service of a deployment.
///
/// # Errors
/// With the remedy, when something it needs is not set or not there.
pub async fn serve(args: Serve) -> anyhow::Result<Exit> {
    web::telemetry::init_from_env()?;
    let Some(rules) = rules::book(args.definitions.as_deref())? else { return Ok(Exit::Wrong) };
    let ground = Ground::real(&args.folder.data, &args.folder.signer_state())?;
    let service_key = service_key(args.service_key.as_deref())?;
    let database = args.database.as_deref();
    let mut house = House::empty(ground, rules);
    match args.service {
        Service::Organisation => {
            let kind = house.rules.organisation();
            house.organisation = Some(house::open::open(&house.ground, database, kind).await?);
        }
        Service::FundsOversight => {
            let kind = house.rules.funds();
            house.funds = Some(house::open::open(&house.ground, database, kind).await?);
        }
        Service::Portal => {
            let url = database.map_or_else(|| house.ground.database("portal"), str::to_owned);
            house.portal = Some(Readers::new(Store::open(&url, "portal").await?, None));
        }
        Service::Services => {
            let kind = house.rules.services();
            house.services = Some(house::open::open(&house.ground, database, kind).await?);
        }
        Service::Disputes => {
            let kind = house.rules.disputes();
            house.disputes = Some(house::open::open(&house.ground, database, kind).await?);
        }
    }
    let name = args.service.stream_name();
    let mut remote: BTreeMap<&'static str, Arc<dyn Owner>> = BTreeMap::new();
    let others = [
        ("organisation", &args.organisation),
        ("funds", &args.funds),
        ("services", &args.services),
        ("disputes", &args.disputes),
    ];
    for (other, url) in others {
        // Only the portal hears disputes; funds answers what services proposes.
        let heard = args.service == Service::Portal
            || ["organisation", "funds"].contains(&other)
            || (args.service == Service::FundsOversight && other == "services");
        match url {
            Some(url) => {
                // The portal has no key: it asks as anyone would.
                let me = (args.service != Service::Portal)
                    .then(|| (name.to_owned(), service_key.clone()));
                remote.insert(other, Arc::new(Remote::new(url, me)?));
            }
            None if heard && other != name => {
                tracing::warn!(service = name, other, "no address: it is not heard");
            }
            None => {}
        }
    }
    let stop = CancellationToken::new();
    let carrier = match &args.nats {
        Some(url) => {
            Carrier::Nats(Box::new(Connection::open(url, &format!("cunwu-{name}")).await?))
        }
        None => Carrier::Direct,
    };
    if let Carrier::Nats(connection) = &carrier {
        if let Some(organisation) = &house.organisation {
            organisation
                .host
                .relay(connection.as_ref().clone(), args.replicas, stop.clone())
                .await?;
        }
        if let Some(funds) = &house.funds {
            funds.host.relay(connection.as_ref().clone(), args.replicas, stop.clone()).await?;
        }
    }
    if let Carrier::Nats(connection) = &carrier {
        if let Some(services) = &house.services {
            services.host.relay(connection.as_ref().clone(), args.replicas, stop.clone()).await?;
        }
        if let Some(disputes) = &house.disputes {
            disputes.host.relay(connection.as_ref().clone(), args.replicas, stop.clone()).await?;
        }
    }
    let listener = listen(args.listen).await?;
    let token_public = token_public(&args).await?;
    let others = Others { remote, carrier, service_key, token_public };
    let address = listener.local_addr()?;
    let ready = serve::start(&house, &others, address, false, &stop).await?;
    announce(&ready, address).await?;
    serve::serve(listener, ready, stop).await?;
    Ok(Exit::Done)
}

/// While there are no administrators: the one-time token with which the first two begin, on the terminal alone.
async fn announce(ready: &serve::Ready, address: SocketAddr) -> anyhow::Result<()> {
    let Some(first) = &ready.first else { return Ok(()) };
    if let Some(token) = first.first_token().await? {
        out::tell(format_args!(
            "There are no administrators yet. The first two begin here, once, within a day:"
        ));
        out::tell(format_args!("  http://{address}/organisation/first-administrator?code={token}"));
    }
    Ok(())
}

/// The public key of organisation's tokens: as told, or asked of organisation itself, which may still be starting.
async fn token_public(args: &Serve) -> anyhow::Result<Option<[u8; 32]>> {
    if args.service == Service::Organisation {
        return Ok(None);
    }
    let parse = |text: &str| -> anyhow::Result<[u8; 32]> {
        hex::decode(text.trim())
            .ok()
            .and_then(|bytes| bytes.try_into().ok())
            .context("the key of tokens is not 64 hexadecimal digits")
    };
    if let Some(text) = &args.token_key {
        return parse(text).map(Some);
    }
    let (Some(url), true) = (&args.organisation, args.service != Service::Portal) else {
        return Ok(None);
    };
    let url = format!("{}/organisation/token-key", url.trim_end_matches('/'));
    for _ in 0..60 {
        if let Ok(answer) = reqwest::get(&url).await.and_then(reqwest::Response::error_for_status) {
            // A JWK, with the key in hexadecimal beside.
            let key: serde_json::Value = answer.json().await.with_context(|| url.clone())?;
            let hex = key.get("hex").and_then(serde_json::Value::as_str);
            return parse(hex.with_context(|| format!("{url} gives no key"))?).map(Some);
        }
        tokio::time::sleep(std::time::Duration::from_millis(500)).await;
    }
    anyhow::bail!("{url} does not answer: start organisation, or set CUNWU_TOKEN_KEY")
}

fn service_key(text: Option<&str>) -> anyhow::Result<ServiceKey> {
    let text = text.context(
        "CUNWU_SERVICE_KEY is not set: the services of a deployment share 32 random bytes in hex; make them with `openssl rand -hex 32`",
    )?;
    let key: [u8; 32] = hex::decode(text)
        .ok()
        .and_then(|bytes| bytes.try_into().ok())
        .context("CUNWU_SERVICE_KEY is not 64 hexadecimal digits")?;
    let distinct = key.iter().collect::<std::collections::BTreeSet<_>>().len();
    anyhow::ensure!(
        distinct >= 12 && !key.windows(2).all(|w| w[1] == w[0].wrapping_add(1)),
        "CUNWU_SERVICE_KEY is a default or an example: make one with `openssl rand -hex 32`"
    );
    Ok(ServiceKey(key))
}
