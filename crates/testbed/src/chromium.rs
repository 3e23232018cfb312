//! A real browser for tests and pictures; knows no page.

use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use serde_json::{Map, Value, json};
use tempfile::TempDir;

use crate::process::Running;
use crate::{find, http_get};

const PATIENCE: Duration = Duration::from_secs(60);

/// What every start of the browser needs here: no window, no sandbox (containers have none), no calls home.
pub const FLAGS: &[&str] = &[
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    // Containers often have a /dev/shm of 64 MB, in which pages crash.
    "--disable-dev-shm-usage",
];

/// A window is never narrower, whatever it is asked: a phone's width has to be emulated.
const NARROWEST_WINDOW: u32 = 500;

/// A chromedriver on a free port; it and all browsers it has opened end on drop.
#[derive(Debug)]
pub struct Driver {
    _running: Running,
    port: u16,
    profiles: AtomicU32,
    folder: TempDir,
}

impl Driver {
    /// Starts chromedriver on a port that it chooses itself.
    ///
    /// # Errors
    /// When chromedriver or chromium is missing or does not start.
    pub fn start() -> Result<Self> {
        let program = find::chromedriver()?;
        find::chromium()?;
        let folder = tempfile::Builder::new().prefix("cunwu-browser-").tempdir()?;
        let mut running = Running::spawn(
            "chromedriver",
            Command::new(program).arg("--port=0"),
            &folder.path().join("chromedriver.log"),
            folder.path(),
        )?;
        let port = running.wait_until(PATIENCE, |running| {
            let port = announced_port(&running.printed())?;
            let (status, _) = http_get(&format!("http://127.0.0.1:{port}/status")).ok()?;
            (status == 200).then_some(port)
        })?;
        Ok(Self { _running: running, port, profiles: AtomicU32::new(0), folder })
    }

    /// The WebDriver URL.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Capabilities for one new session with a fresh profile and a window of `width` × `height` CSS pixels.
    ///
    /// # Errors
    /// When chromium is missing.
    pub fn capabilities(&self, width: u32, height: u32) -> Result<Map<String, Value>> {
        let profile = self.profiles.fetch_add(1, Ordering::Relaxed);
        let profile = self.folder.path().join(format!("profile-{profile}"));
        let mut flags: Vec<String> = FLAGS.iter().map(|&flag| flag.to_owned()).collect();
        flags.push(format!("--user-data-dir={}", profile.display()));
        flags.push(format!("--window-size={width},{height}"));
        let mut options = json!({ "binary": find::chromium()?, "args": flags });
        if width < NARROWEST_WINDOW {
            options["mobileEmulation"] = json!({
                "deviceMetrics": { "width": width, "height": height, "pixelRatio": 1.0 }
            });
        }
        let mut capabilities = Map::new();
        capabilities.insert("browserName".into(), json!("chrome"));
        capabilities.insert("goog:chromeOptions".into(), options);
        Ok(capabilities)
    }
}

/// `ChromeDriver was started successfully on port 40123.`
fn announced_port(printed: &str) -> Option<u16> {
    let (_, after) = printed.split_once("started successfully on port ")?;
    let digits = after.split(|c: char| !c.is_ascii_digit()).next()?;
    digits.parse().ok()
}

/// Saves a PNG of `url` as a window of `width` × 1600 CSS pixels shows it.
///
/// # Errors
/// When chromium is missing, takes longer than a minute, or writes no picture.
pub fn screenshot(url: &str, width: u32, path: &Path) -> Result<()> {
    screenshot_sized(url, width, 1600, path)
}

/// As [`screenshot`], with the height of the window too.
///
/// # Errors
/// As [`screenshot`].
pub fn screenshot_sized(url: &str, width: u32, height: u32, path: &Path) -> Result<()> {
    let folder = tempfile::Builder::new().prefix("cunwu-picture-").tempdir()?;
    // An old picture must not pass for a new one.
    if path.exists() {
        std::fs::remove_file(path).with_context(|| format!("can't replace {}", path.display()))?;
    }
    let path = std::path::absolute(path)?;
    let mut running = Running::spawn(
        "chromium",
        Command::new(find::chromium()?)
            .args(FLAGS)
            .arg("--hide-scrollbars")
            .arg(format!("--user-data-dir={}", folder.path().join("profile").display()))
            .arg(format!("--window-size={width},{height}"))
            .arg(format!("--screenshot={}", path.display()))
            .arg(url),
        &folder.path().join("chromium.log"),
        folder.path(),
    )?;
    let until = std::time::Instant::now() + PATIENCE;
    let status = loop {
        if let Some(status) = running.ended() {
            break status;
        }
        if std::time::Instant::now() > until {
            bail!("chromium took longer than {PATIENCE:?} for {url}");
        }
        std::thread::sleep(Duration::from_millis(20));
    };
    if !status.success() || !path.is_file() {
        bail!(
            "chromium made no picture of {url} ({status}):\n{}",
            crate::process::tail(&running.printed())
        );
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write as _;

    #[test]
    fn browser_driver_starts_and_ends_with_its_browsers() {
        let driver = Driver::start().unwrap();
        let (status, body) = http_get(&format!("{}/status", driver.url())).unwrap();
        assert_eq!(status, 200);
        assert!(body.contains("ready"), "{body}");

        // One session by hand: what a WebDriver client sends.
        let wanted =
            json!({ "capabilities": { "alwaysMatch": driver.capabilities(800, 600).unwrap() } });
        let wanted = wanted.to_string();
        let mut stream =
            crate::net::connect(&format!("127.0.0.1:{}", driver.port), PATIENCE).unwrap();
        write!(
            stream,
            "POST /session HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n\
             Content-Length: {}\r\nConnection: close\r\n\r\n{wanted}",
            wanted.len()
        )
        .unwrap();
        let answer = crate::net::read_answer(&mut stream).unwrap();
        assert!(answer.contains(r#""sessionId""#), "{answer}");

        let folder = driver.folder.path().to_owned();
        let mark = folder.display().to_string();
        assert!(processes_naming(&mark) > 0, "the browser runs with our profile");
        drop(driver);
        for _ in 0..250 {
            if processes_naming(&mark) == 0 {
                return;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        panic!("{} browser processes are left", processes_naming(&mark));
    }

    fn processes_naming(mark: &str) -> usize {
        std::fs::read_dir("/proc")
            .unwrap()
            .flatten()
            .filter_map(|entry| std::fs::read(entry.path().join("cmdline")).ok())
            .filter(|line| String::from_utf8_lossy(line).contains(mark))
            .count()
    }

    #[test]
    fn browser_takes_a_picture_of_the_width_asked() {
        let folder = tempfile::tempdir().unwrap();
        let picture = folder.path().join("page.png");
        screenshot_sized("data:text/html,<h1>村务公开</h1>", 390, 700, &picture).unwrap();
        let png = std::fs::read(&picture).unwrap();
        assert_eq!(&png[1..4], b"PNG");
        let number = |at: usize| u32::from_be_bytes(png[at..at + 4].try_into().unwrap());
        assert_eq!((number(16), number(20)), (390, 700));
    }

    #[test]
    fn port_is_read_from_the_announcement() {
        let printed = "Starting ChromeDriver 156 on port 0\nChromeDriver was started successfully on port 40123.\n";
        assert_eq!(announced_port(printed), Some(40123));
        assert_eq!(announced_port("Starting ChromeDriver on port 0"), None);
    }
}
