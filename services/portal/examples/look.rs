//! Serves the portal over made-up events, for looking at it: `cargo run -p portal --example look -- 127.0.0.1:8480`.

#[path = "../tests/fixture/mod.rs"]
mod fixture;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let address = std::env::args().nth(1).unwrap_or_else(|| "127.0.0.1:8480".to_owned());
    let folder = tempfile::tempdir()?;
    let services = fixture::story::services();
    let (portal, _store) =
        fixture::portal(folder.path(), services, &format!("http://{address}")).await;
    let router = portal::router(portal).map_err(|flaws| flaws.join("\n"))?;
    let listener = tokio::net::TcpListener::bind(&address).await?;
    println!("http://{address}/");
    axum::serve(listener, router).await?;
    Ok(())
}
