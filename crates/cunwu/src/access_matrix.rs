//! `cunwu access matrix`: every route of the program × every role × own, neighbouring and foreign village, as the gate
//! answers. What an auditor reads, and what a test compares with the committed file.

use std::{collections::BTreeMap, net::SocketAddr, sync::Arc};

use access::{Gate, matrix};
use host::{Carrier, Secrets, ServiceKey, clock::DemoClock};
use kernel::Timestamp;
use tokio_util::sync::CancellationToken;

use crate::{
    demo::FIRST_DAY,
    exit::Exit,
    house::{House, book::Rulebook, open::Ground},
    serve::{self, Others},
};

/// Prints the matrix, computed from the routes of an empty installation in a temporary folder.
///
/// # Errors
/// When the folder cannot be used, or a route's action is unknown.
pub async fn print() -> anyhow::Result<Exit> {
    let data = std::env::temp_dir().join(format!("cunwu-access-{}", std::process::id()));
    std::fs::create_dir_all(&data)?;
    let text = compute(&data).await;
    std::fs::remove_dir_all(&data)?;
    crate::out::print(format_args!("{}", text?));
    Ok(Exit::Done)
}

async fn compute(data: &std::path::Path) -> anyhow::Result<String> {
    let ground = Ground {
        data: data.to_owned(),
        signer_state: data.join("signer"),
        secrets: Secrets::of_demo(0),
        clock: Arc::new(DemoClock::at(Timestamp::start_of(FIRST_DAY))),
        real: false,
        seed: [0; 32],
        calendar: host::holidays::built_in().map_err(anyhow::Error::msg)?,
        holder: "access".to_owned(),
    };
    let house = House::whole(ground, Rulebook::built_in()?).await?;
    let others = Others {
        remote: BTreeMap::new(),
        carrier: Carrier::Direct,
        service_key: ServiceKey([0; 32]),
        token_public: None,
    };
    let stop = CancellationToken::new();
    let here = SocketAddr::from(([127, 0, 0, 1], 0));
    let ready = serve::start(&house, &others, here, false, &stop).await?;
    stop.cancel();
    let routes: Vec<matrix::Route> = ready
        .site
        .infos()
        .iter()
        .map(|info| matrix::Route {
            method: info.method.to_string(),
            path: info.path.clone(),
            service: info.service.clone(),
            action: info.action.clone(),
            class: info.class,
        })
        .collect();
    matrix::compute(&Gate::new(), &routes).map_err(anyhow::Error::msg)
}
