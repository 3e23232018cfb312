//! Serves the made-up tool shed, to look at the pages of a desk: `cargo run -p desk --example look -- 8390`.
//!
//! Somebody is signed in by the cookie `who`: `/as/li`, `/as/wang`, `/as/chen`, `/as/zhao`, `/as/inspector`.

#[path = "../tests/shed/mod.rs"]
mod shed;

use axum::{
    Router,
    extract::Path,
    http::{StatusCode, header::{LOCATION, SET_COOKIE}},
    response::IntoResponse,
    routing::get,
};

async fn sign_in(Path(who): Path<String>) -> impl IntoResponse {
    (StatusCode::SEE_OTHER, [(SET_COOKIE, format!("who={who}; Path=/")), (LOCATION, "/shed/".to_owned())])
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let port: u16 = std::env::args().nth(1).unwrap_or_else(|| "8390".to_owned()).parse()?;
    let office = shed::ShedOffice::new();
    let site = office.desk().routes().finish().map_err(|flaws| flaws.join("\n"))?;
    let app: Router = site.into_router().merge(pages::routes()).route("/as/{who}", get(sign_in));
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", port)).await?;
    println!("http://127.0.0.1:{port}/as/li");
    axum::serve(listener, app).await?;
    Ok(())
}
