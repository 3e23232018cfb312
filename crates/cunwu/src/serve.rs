//! Puts the routes of the services in this process together, and serves them until told to stop.

use std::{net::SocketAddr, sync::Arc};

use anyhow::Context;
use axum::http::{HeaderMap, Method};
use host::{Carrier, Host, Owner, keep_hearing, keep_reacting};
use kernel::{Class, Text};
use organisation::Organisation;
use pages::{Component, Prefs, ProblemPage, Shell};
use portal::{Portal, shows};
use publish::ServedLogs;
use store::Reader;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use web::{Conventions, Health, Metrics, Problem, RouteInfo, Routes};

use crate::{
    house::{self, House, book::Rulebook, desks::Desks, open::Opened, portal::Seen},
    out,
};

/// A line on every page of the demo.
pub fn banner() -> Text {
    Text::new(
        "演示数据：人名、地名、单位和金额都是虚构的。",
        "Demonstration: people, places, firms and sums are made up.",
    )
}

/// The address that links and QR codes lead to.
fn base_url(listen: SocketAddr) -> String {
    std::env::var("CUNWU_BASE_URL").unwrap_or_else(|_| format!("http://{listen}"))
}

/// Everything that goes on by itself, and the routes, of the services in this process.
///
/// # Errors
/// When routes clash, or a read model's tables have changed.
pub async fn start(
    house: &House,
    others: &Others,
    listen: SocketAddr,
    demo: bool,
    stop: &CancellationToken,
) -> anyhow::Result<Ready> {
    let metrics =
        Metrics::new(env!("CARGO_PKG_VERSION"), option_env!("CUNWU_COMMIT").unwrap_or(""))?;
    let mut health = Health::new(metrics.clone());
    let mut routes = Routes::new();
    let mut logs = Vec::new();
    let mut owners: Vec<Arc<dyn Owner>> = Vec::new();
    let base = base_url(listen);
    let desks = Desks::new(&house.ground, &base, listen, others.token_public, demo.then(banner))?;
    let mut first = None;
    if let Some(organisation) = &house.organisation {
        organisation.host.run(stop.clone());
        logs.push(organisation.host.served_logs());
        owners.push(organisation.host.owner.clone());
        health = database_check(health, "organisation-database", organisation.host.store.clone());
        health = definitions_check(health, &house.rules, organisation.host.store.clone());
        let service = organisation::staff::Service::start(
            organisation.host.clone(),
            organisation::staff::Ports {
                token_key: desks.token_key,
                seed: desks.seed,
                gate: desks.gate.clone(),
                clock: house.ground.clock.clone(),
                cookie: desks.cookie,
                vault: organisation.vault.clone(),
                attachments: Some(organisation.attachments.clone()),
                banner: desks.banner.clone(),
                nav: Desks::nav(),
                burden: None,
                offers: house.rules.offers(),
            },
        )
        .await?;
        routes = routes.merge(service.routes());
        first = Some(service);
        tokio::spawn(adopt_when_formed(organisation.host.clone(), stop.clone()));
        if let Some(funds) = others.owner("funds", house) {
            let reacting = house::organisation_reacts(&organisation.host, funds);
            keep_reacting(reacting, &others.carrier, stop.clone()).await?;
        }
    }
    if let Some(funds) = &house.funds {
        funds.host.run(stop.clone());
        logs.push(funds.host.served_logs());
        owners.push(funds.host.owner.clone());
        health = database_check(health, "funds-database", funds.host.store.clone());
        let ports = funds_oversight::Ports {
            door: desks.door(),
            vault: funds.vault.clone(),
            attachments: funds.attachments.clone(),
            around: desks.around(&house.ground),
        };
        let service = funds_oversight::Service::start(funds.host.clone(), ports).await?;
        keep_reacting(house::funds_reacts(&funds.host), &others.carrier, stop.clone()).await?;
        if let Some(organisation) = others.owner("organisation", house) {
            let hearing = house::funds_hears(&funds.host, organisation.clone());
            keep_hearing(hearing, &others.carrier, stop.clone()).await?;
            keep_hearing(service.directory(organisation), &others.carrier, stop.clone()).await?;
        }
        if let Some(services) = others.owner("services", house) {
            let reacting = house::funds_answer(&funds.host, services);
            keep_reacting(reacting, &others.carrier, stop.clone()).await?;
        }
        routes = routes.merge(service.routes());
    }
    if let Some(opened) = &house.services {
        let definitions = Arc::new(house.rules.of("services"));
        opened.host.show(services::board(definitions)).await?;
        casework(opened, others, house, &mut logs, &mut owners, stop).await?;
        health = database_check(health, "services-database", opened.host.store.clone());
        let parts = parts(opened, &desks);
        routes = routes.merge(services::routes(parts, desks.around(&house.ground)));
    }
    if let Some(opened) = &house.disputes {
        let definitions = Arc::new(house.rules.of("disputes"));
        opened.host.show(disputes::board(definitions)).await?;
        casework(opened, others, house, &mut logs, &mut owners, stop).await?;
        health = database_check(health, "disputes-database", opened.host.store.clone());
        let parts = parts(opened, &desks);
        routes = routes.merge(disputes::routes(parts, desks.around(&house.ground)));
    }
    if let Some(readers) = &house.portal {
        for show in shows::ALL {
            let Some(owner) = others.owner(show.source(), house) else { continue };
            let reader: Arc<dyn Reader> = Arc::new(shows::ShowReader(*show));
            let hearing = house::portal_hears(readers, show.source(), owner, reader);
            if demo {
                hearing.catch_up().await?;
            }
            keep_hearing(hearing, &others.carrier, stop.clone()).await?;
        }
        health = database_check(health, "portal-database", readers.store().clone());
        let seen = ["organisation", "funds", "services", "disputes"]
            .into_iter()
            .filter_map(|name| Some((name.to_owned(), others.owner(name, house)?)))
            .map(|(name, owner)| (name, Arc::new(Seen(owner)) as Arc<dyn portal::Owner>))
            .collect();
        let settings = portal::Settings { base_url: base.clone(), banner: demo.then(banner) };
        let state = Portal::new(
            readers.store().database().clone(),
            seen,
            house.ground.clock.clone(),
            settings,
        );
        routes = routes.merge(portal::http::routes(Arc::new(state)));
    }
    // Only the portal shows rules of services in other processes.
    let elsewhere = match &house.portal {
        Some(_) => others.remote.values().cloned().collect(),
        None => Vec::new(),
    };
    routes = routes
        .mount(kit(), pages::routes())
        .merge(publish_routes(logs))
        .merge(host::remote::routes(owners, elsewhere, others.service_key.clone()))
        .merge(crate::refusals::routes())
        .merge(crate::schemas::routes(&house.rules))
        .merge(health.routes())
        .describe(&Text::new("村务", "Cunwu"), env!("CARGO_PKG_VERSION"));
    let site = routes.finish().map_err(|flaws| anyhow::anyhow!("routes: {}", flaws.join("; ")))?;
    let site = Conventions::new(metrics, base.starts_with("https"))
        .page(move |problem, headers, path| problem_page(problem, headers, path, demo))
        .around(site)
        .context("CUNWU_BASE_URL")?;
    Ok(Ready { site, health, first })
}

/// The definitions that the program brings along are adopted on record as soon as there is a province to adopt them.
async fn adopt_when_formed(organisation: Arc<Host<Organisation>>, stop: CancellationToken) {
    while !stop.is_cancelled() {
        let adopted = async {
            let Some(unit) = organisation::shows::units::province(&organisation.store).await?
            else {
                return anyhow::Ok(false);
            };
            house::adopt(&organisation, &unit.place, "set-up").await?;
            Ok(true)
        };
        match adopted.await {
            Ok(true) => return,
            Ok(false) => {}
            Err(error) => tracing::warn!(%error, "the built-in definitions are not adopted yet"),
        }
        tokio::select! {
            () = stop.cancelled() => {}
            () = tokio::time::sleep(std::time::Duration::from_secs(1)) => {}
        }
    }
}

/// What a service of casework does by itself, and what of it is served.
async fn casework<S: casework::Service>(
    opened: &Opened<casework::Casework<S>>,
    others: &Others,
    house: &House,
    logs: &mut Vec<ServedLogs>,
    owners: &mut Vec<Arc<dyn Owner>>,
    stop: &CancellationToken,
) -> anyhow::Result<()> {
    opened.host.run(stop.clone());
    logs.push(opened.host.served_logs());
    owners.push(opened.host.owner.clone());
    if let Some(organisation) = others.owner("organisation", house) {
        for hearing in house::casework_hears(&opened.host, &organisation) {
            keep_hearing(hearing, &others.carrier, stop.clone()).await?;
        }
    }
    Ok(())
}

fn parts<S: casework::Service>(
    opened: &Opened<casework::Casework<S>>,
    desks: &Desks,
) -> casework::Parts<S> {
    casework::Parts {
        committer: opened.host.committer.clone(),
        vault: opened.vault.clone(),
        door: desks.door(),
        gate: desks.gate.clone(),
    }
}

fn publish_routes(logs: Vec<ServedLogs>) -> Routes {
    publish::routes(logs)
}

fn database_check(health: Health, name: &'static str, store: store::Store) -> Health {
    health.check(name, move || {
        let store = store.clone();
        async move { store.logs().await.map(|_| ()).map_err(|error| error.to_string()) }
    })
}

/// What a region has adopted must be among the definitions that this process runs.
fn definitions_check(health: Health, rules: &Rulebook, store: store::Store) -> Health {
    let here: Vec<String> = rules.iter().map(|(_, one)| one.reference.to_string()).collect();
    let here = Arc::new(here);
    health.check("definitions", move || {
        let (store, here) = (store.clone(), here.clone());
        async move {
            let rows = organisation::shows::adopted::all(&store).await;
            let rows = rows.map_err(|error| error.to_string())?;
            // the newest version of each definition comes first
            let mut seen = "";
            for row in &rows {
                let adopted = &row.adopted;
                let newest = adopted.definition != seen;
                seen = &adopted.definition;
                let reference = adopted.reference().to_string();
                if newest && adopted.text.is_some() && !here.contains(&reference) {
                    return Err(format!(
                        "{reference} was adopted, but is not here: start with --definitions and the folder that has it"
                    ));
                }
            }
            Ok(())
        }
    })
}

/// The routes of the pages' kit.
fn kit() -> Vec<RouteInfo> {
    let info = |path: &str, operation: &str, zh: &str, en: &str| {
        let what = ("pages", "open", Class::Public);
        RouteInfo::new(Method::GET, path, operation, Text::new(zh, en), what)
    };
    vec![
        info("/assets/{name}", "asset", "样式和脚本", "Style and script").media("text/css"),
        info("/prefs", "preferences", "语言、字号和明暗", "Language, size and theme").html(),
    ]
}

/// How a problem looks to somebody with a browser.
fn problem_page(problem: &Problem, headers: &HeaderMap, path: &str, demo: bool) -> String {
    let prefs = Prefs::from_headers(headers, path.split_once('?').map(|(_, query)| query));
    let zh = prefs.lang == pages::Lang::Zh;
    let pick = |text: &Text| if zh { text.zh.clone() } else { text.en.clone() };
    let page = ProblemPage {
        status: problem.status.as_u16(),
        title: pick(&problem.title),
        detail: pick(&problem.detail),
        article: problem.law.as_ref().map(|law| pages::Link::new(pick(&law.name), "")),
        remedy: pick(&problem.remedy),
        code: problem.code.clone(),
        back: None,
        home: "/".to_owned(),
    };
    let title = pick(&problem.title);
    let mut shell = Shell::new(prefs, path, title);
    shell.banner = demo.then(|| pick(&banner()));
    shell.html(&page.render(if zh { pages::Lang::Zh } else { pages::Lang::En }))
}

/// Ready to be served.
pub struct Ready {
    /// All routes.
    pub site: web::Site,
    /// Alive and ready.
    pub health: Health,
    /// Organisation, when it runs here: gives the token of the first administrators.
    pub first: Option<Arc<organisation::staff::Service>>,
}

/// The services that run elsewhere, and how they are heard.
pub struct Others {
    /// Owners by service, behind HTTP.
    pub remote: std::collections::BTreeMap<&'static str, Arc<dyn Owner>>,
    /// How they are heard.
    pub carrier: Carrier,
    /// By which services prove their names.
    pub service_key: host::ServiceKey,
    /// The public key of organisation's tokens, when it runs elsewhere.
    pub token_public: Option<[u8; 32]>,
}

impl Others {
    fn owner(&self, service: &str, house: &House) -> Option<Arc<dyn Owner>> {
        house.owners().get(service).or_else(|| self.remote.get(service)).cloned()
    }
}

/// Serves until a signal; prints the address first.
///
/// # Errors
/// When the address is taken or the listener breaks.
pub async fn serve(
    listener: TcpListener,
    ready: Ready,
    stop: CancellationToken,
) -> anyhow::Result<()> {
    out::tell(format_args!("listening on http://{}", listener.local_addr()?));
    web::serve(listener, ready.site, ready.health, signal(stop)).await?;
    Ok(())
}

/// SIGINT or SIGTERM.
async fn signal(stop: CancellationToken) {
    let interrupt = tokio::signal::ctrl_c();
    let terminate = async {
        match tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
            Ok(mut signal) => {
                signal.recv().await;
            }
            Err(_) => std::future::pending().await,
        }
    };
    tokio::select! {
        _ = interrupt => {}
        () = terminate => {}
    }
    stop.cancel();
}
