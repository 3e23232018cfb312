//! What the tests against the whole program share: where it lies, running it, demo folders, HTTP. Knows no service's rules.
#![allow(clippy::disallowed_methods, reason = "tests run on the machine's clock")]

use std::{
    path::{Path, PathBuf},
    process::Command,
    time::{Duration, SystemTime},
};

use serde_json::Value;
use testbed::cunwu::Launch;

/// The program, beside the test programs' folder.
///
/// # Panics
/// With the remedy, when it was not built.
pub fn program() -> PathBuf {
    let test = std::env::current_exe().expect("a test program knows where it lies");
    let path =
        test.parent().and_then(Path::parent).expect("it lies in target/…/deps").join("cunwu");
    assert!(path.is_file(), "{} is missing: run `cargo build -p cunwu`", path.display());
    path
}

/// What a run of the program came to.
#[derive(Debug)]
pub struct Ran {
    /// Exit code; `None` when a signal ended it.
    pub code: Option<i32>,
    /// Standard output.
    pub out: String,
    /// Standard error.
    pub err: String,
}

impl Ran {
    /// Standard output as JSON.
    ///
    /// # Panics
    /// When it is none.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }
}

/// Runs the program to its end. It may fail, but never panic.
///
/// # Panics
/// When it cannot be run, or panics.
pub fn cunwu<S: AsRef<std::ffi::OsStr>>(arguments: &[S]) -> Ran {
    let mut command = Command::new(program());
    // What the machine's environment sets must not change what is tested.
    for name in ["CUNWU_DATA", "CUNWU_SIGNER_STATE", "CUNWU_LISTEN", "CUNWU_DATABASE_URL"] {
        command.env_remove(name);
    }
    let output = command.args(arguments).output().expect("the program can be run");
    let ran = Ran {
        code: output.status.code(),
        out: String::from_utf8_lossy(&output.stdout).into_owned(),
        err: String::from_utf8_lossy(&output.stderr).into_owned(),
    };
    assert!(!ran.err.contains("panicked"), "{}", ran.err);
    ran
}

/// Prepares a start of the program that serves.
///
/// # Panics
/// When it was not built.
pub fn launch() -> Launch {
    testbed::Cunwu::program(program())
        .expect("the program lies there")
        .patience(Duration::from_secs(120))
}

/// A demo's data folder made by `cunwu demo --once`, shared by all test programs of one build: copy it before changing it.
#[derive(Debug, Clone)]
pub struct Demo {
    /// The data folder.
    pub data: PathBuf,
    /// What `--once` printed.
    pub summary: Value,
}

impl Demo {
    /// Makes it, or finds it made for this very build of the program.
    ///
    /// # Panics
    /// When the program refuses, or the folder cannot be written.
    pub fn of(villages: u16, months: u16, seed: u64) -> Self {
        let program = program();
        let built = std::fs::metadata(&program).and_then(|file| file.modified()).expect("a file");
        let built = built.duration_since(SystemTime::UNIX_EPOCH).expect("after 1970").as_nanos();
        let folder = program.parent().expect("a folder").join("demos");
        std::fs::create_dir_all(&folder).expect("the build folder can be written");
        forget_old(&folder);
        let made = folder.join(format!("{built}-{villages}-{months}-{seed}"));
        if !made.exists() {
            // Test programs run side by side: each makes its own, the first one to be done is kept.
            let own = tempfile::tempdir_in(&folder).expect("a folder");
            let data = own.path().join("data");
            let [villages, months, seed] =
                [u64::from(villages), u64::from(months), seed].map(|n| n.to_string());
            let ran = cunwu(&[
                "demo",
                "--once",
                "--data",
                &data.display().to_string(),
                "--villages",
                &villages,
                "--months",
                &months,
                "--seed",
                &seed,
            ]);
            assert_eq!(ran.code, Some(0), "{ran:?}");
            std::fs::write(own.path().join("summary.json"), &ran.out).expect("it can be written");
            let own = own.keep();
            if std::fs::rename(&own, &made).is_err() {
                assert!(made.exists(), "{} cannot be made", made.display());
                std::fs::remove_dir_all(own).expect("it can be removed");
            }
        }
        let summary = std::fs::read(made.join("summary.json")).expect("it was written");
        Self { data: made.join("data"), summary: serde_json::from_slice(&summary).expect("JSON") }
    }

    /// A copy of the data folder and of the signer's memory beside it, to be changed at will.
    ///
    /// # Panics
    /// When it cannot be written.
    pub fn copy(&self) -> Copied {
        let folder = tempfile::Builder::new().prefix("cunwu-data-").tempdir().expect("a folder");
        copy(&self.data, &folder.path().join("data"));
        copy(&self.data.with_file_name("data.signer"), &folder.path().join("data.signer"));
        Copied(folder)
    }
}

/// A demo's folders of one's own, removed at the end.
#[derive(Debug)]
pub struct Copied(tempfile::TempDir);

impl Copied {
    /// The data folder.
    pub fn data(&self) -> PathBuf {
        self.0.path().join("data")
    }

    /// The signer's memory.
    pub fn signer(&self) -> PathBuf {
        self.0.path().join("data.signer")
    }
}

/// Folders of earlier builds, an hour old.
fn forget_old(folder: &Path) {
    let hour = Duration::from_secs(3600);
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let old = entry
            .metadata()
            .and_then(|data| data.modified())
            .is_ok_and(|at| at.elapsed().is_ok_and(|age| age > hour));
        if old {
            // Another test program may be removing the same one.
            let _ = std::fs::remove_dir_all(entry.path());
        }
    }
}

/// Copies a folder with all that lies in it.
///
/// # Panics
/// When a file cannot be read or written.
pub fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).expect("the folder can be made");
    for entry in std::fs::read_dir(from).expect("the folder can be read") {
        let entry = entry.expect("an entry");
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).expect("the file can be copied");
        }
    }
}

/// An HTTP client; makes the TLS provider's choice once, which plain HTTP needs too.
///
/// # Panics
/// When the client cannot be built.
pub fn client() -> reqwest::Client {
    static TLS: std::sync::Once = std::sync::Once::new();
    TLS.call_once(|| {
        // Another helper of the same test program may have chosen the same one before.
        let _ = rustls::crypto::ring::default_provider().install_default();
    });
    reqwest::Client::builder().timeout(Duration::from_secs(60)).build().expect("a client")
}

/// Fetches; status and body.
///
/// # Panics
/// When nobody answers.
pub async fn get(url: &str) -> (u16, Vec<u8>) {
    let answer = client().get(url).send().await.unwrap_or_else(|error| panic!("{url}: {error}"));
    let status = answer.status().as_u16();
    (status, answer.bytes().await.expect("a body").to_vec())
}

/// Fetches what must be there.
///
/// # Panics
/// When it is not.
pub async fn fetch(url: &str) -> Vec<u8> {
    let (status, body) = get(url).await;
    assert_eq!(status, 200, "{url}: {}", String::from_utf8_lossy(&body));
    body
}

/// Fetches JSON that must be there.
///
/// # Panics
/// When it is not.
pub async fn fetch_json(url: &str) -> Value {
    serde_json::from_slice(&fetch(url).await).unwrap_or_else(|error| panic!("{url}: {error}"))
}
