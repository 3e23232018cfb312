//! The golden matrix of access: routes from the router itself, expectations from a committed file; and what a visitor
//! really gets at every route that is not open.
#![allow(clippy::disallowed_methods, reason = "a test waits on the machine's clock")]

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use testbed::Cunwu;

fn program() -> PathBuf {
    let test = std::env::current_exe().unwrap();
    let path = test.parent().and_then(Path::parent).unwrap().join("cunwu");
    assert!(path.is_file(), "{} is missing: run `cargo build -p cunwu`", path.display());
    path
}

fn matrix() -> String {
    let output = Command::new(program()).args(["access", "matrix"]).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// Open, or public to read.
fn everybody(cells: &[&str]) -> bool {
    cells[3] == "open" || (cells[3] == "read" && cells[4] == "public")
}

const GOLDEN: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/golden/access-matrix.csv");

#[test]
fn every_route_and_role_is_as_committed() {
    let computed = matrix();
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(GOLDEN, &computed).unwrap();
    }
    let committed = std::fs::read_to_string(GOLDEN).unwrap();
    let differences = access::matrix::differences(&committed, &computed);
    assert!(
        differences.is_empty(),
        "look at each; if it is meant, UPDATE_GOLDEN=1 writes the file:\n{}",
        differences.join("\n")
    );
}

/// What must hold whatever is committed: nobody of another village reads or writes beyond what is public.
#[test]
fn no_seat_of_one_village_reaches_into_another() {
    let text = matrix();
    let mut lines = text.lines();
    let head: Vec<&str> = lines.next().unwrap().split(',').collect();
    let village = [
        "visitor",
        "member",
        "representative",
        "group-leader",
        "window-clerk",
        "mediator",
        "village-director",
        "bookkeeper",
        "legal-representative",
        "supervision-member",
    ];
    let mut checked = 0;
    for line in lines {
        let cells: Vec<&str> = line.split(',').collect();
        if everybody(&cells) {
            continue;
        }
        for (name, cell) in head.iter().zip(&cells).skip(5) {
            if village.contains(name) {
                assert!(cell.ends_with("--"), "{name} at {}: {cell}", cells[0]);
                checked += 1;
            }
        }
    }
    assert!(checked > 500, "{checked} cells");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_visitor_gets_nothing_at_a_route_that_is_not_open() {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let data = tempfile::tempdir().unwrap();
    let at = data.path().join("data");
    let server = Cunwu::program(program())
        .unwrap()
        .args(["up", "--listen", "127.0.0.1:0", "--data", at.to_str().unwrap()])
        .start()
        .unwrap();
    let client =
        reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
    let mut tried = 0;
    for line in matrix().lines().skip(1) {
        let cells: Vec<&str> = line.split(',').collect();
        let (path, method) = (cells[0], cells[1]);
        if everybody(&cells) {
            continue;
        }
        let path: Vec<&str> =
            path.split('/').map(|part| if part.starts_with('{') { "x" } else { part }).collect();
        let url = format!("{}{}", server.url(), path.join("/"));
        let request = match method {
            "GET" => client.get(&url),
            _ => client
                .post(&url)
                .header("idempotency-key", "visitor")
                .header("content-type", "application/json")
                .body("{}"),
        };
        let status = request.send().await.unwrap().status().as_u16();
        let refused = matches!(status, 303 | 400 | 401 | 403 | 404 | 405 | 415 | 422 | 428);
        assert!(refused, "{method} {url}: {status}");
        tried += 1;
    }
    assert!(tried > 100, "{tried} routes");
}
