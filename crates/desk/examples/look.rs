//! Serves the made-up tool shed, to look at the pages of a desk: `cargo run -p desk --example look -- 8390`.
//!
//! Somebody is signed in by the cookie `who`: `/as/li`, `/as/wang`, `/as/chen`, `/as/zhao`, `/as/inspector`.

#[path = "../tests/shed/mod.rs"]
mod shed;

use axum::{
    Router,
    extract::{Path, Query},
    http::{
        StatusCode,
        header::{LOCATION, SET_COOKIE},
    },
    response::{Html, IntoResponse},
    routing::get,
};

type Pairs = Query<Vec<(String, String)>>;

fn to(pairs: &[(String, String)]) -> String {
    pairs
        .iter()
        .find(|(name, _)| name == "to")
        .map_or("/shed/".to_owned(), |(_, to)| pages::local_path(to))
}

async fn sign_in(Path(who): Path<String>, Query(pairs): Pairs) -> impl IntoResponse {
    (StatusCode::SEE_OTHER, [(SET_COOKIE, format!("who={who}; Path=/")), (LOCATION, to(&pairs))])
}

/// A page as a phone shows it: 360 px wide.
async fn narrow(Query(pairs): Pairs) -> Html<String> {
    let src = pages::Markup::text(&to(&pairs)).into_string();
    Html(format!(
        "<!doctype html><body style=\"margin:0\"><iframe src=\"{src}\" style=\"border:0;width:360px;height:3400px\"></iframe>"
    ))
}

/// Sends a form as a browser would: `/send?to=/shed/…&name=value…`.
async fn send(Query(pairs): Pairs) -> Html<String> {
    let text = |text: &str| pages::Markup::text(text).into_string();
    let inputs = pairs.iter().filter(|(name, _)| name != "to");
    let inputs: String = inputs
        .map(|(name, value)| format!("<input name=\"{}\" value=\"{}\">", text(name), text(value)))
        .collect();
    Html(format!(
        "<!doctype html><form method=post action=\"{}\">{inputs}</form><script>document.forms[0].submit()</script>",
        text(&to(&pairs))
    ))
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let port: u16 = std::env::args().nth(1).unwrap_or_else(|| "8390".to_owned()).parse()?;
    let office = shed::ShedOffice::new();
    let site = office.desk().routes().finish().map_err(|flaws| flaws.join("\n"))?;
    let app: Router = site
        .into_router()
        .merge(pages::routes())
        .route("/as/{who}", get(sign_in))
        .route("/narrow", get(narrow))
        .route("/send", get(send));
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", port)).await?;
    println!("http://127.0.0.1:{port}/as/li");
    axum::serve(listener, app).await?;
    Ok(())
}
