//! A payment carried through by hand in Chromium: asked for, refused to whoever asked, approved, paid, and found by a
//! villager on the public page, in both languages.
#![allow(clippy::disallowed_methods, reason = "a test waits on the machine's clock")]

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use fantoccini::{Client, ClientBuilder, Locator};
use testbed::{Cunwu, Driver};

fn program() -> PathBuf {
    let test = std::env::current_exe().unwrap();
    let path = test.parent().and_then(Path::parent).unwrap().join("cunwu");
    assert!(path.is_file(), "{} is missing: run `cargo build -p cunwu`", path.display());
    path
}

/// A browser at a running demo.
struct Visit {
    browser: Client,
    base: String,
}

impl Visit {
    async fn open(&self, path: &str) {
        self.browser.goto(&format!("{}{path}", self.base)).await.unwrap();
    }

    async fn type_in(&self, field: &str, text: &str) {
        let field = self.browser.find(Locator::Id(field)).await.unwrap();
        field.send_keys(text).await.unwrap();
    }

    async fn choose(&self, field: &str, value: &str) {
        let field = self.browser.find(Locator::Id(field)).await.unwrap();
        field.select_by_value(value).await.unwrap();
    }

    async fn press(&self, locator: &str) {
        let found = self.browser.wait().at_most(Duration::from_secs(20));
        let Ok(found) = found.for_element(Locator::Css(locator)).await else {
            panic!("no {locator} on: {}", self.text().await.unwrap_or_default());
        };
        found.click().await.unwrap();
    }

    async fn text(&self) -> Option<String> {
        self.browser.find(Locator::Css("body")).await.ok()?.text().await.ok()
    }

    /// Waits until the page shows all of these; gives its text.
    async fn sees(&self, words: &[&str]) -> String {
        let mut seen = String::new();
        for _ in 0..100 {
            if let Some(text) = self.text().await {
                if words.iter().all(|word| text.contains(word)) {
                    return text;
                }
                seen = text;
            }
            tokio::time::sleep(Duration::from_millis(150)).await;
        }
        panic!("{words:?} is not on the page: {seen}");
    }

    /// Waits for the page that checks what was typed before it is sent.
    async fn stage(&self, stage: &str) {
        let css = format!("input[name='desk-stage'][value='{stage}']");
        let wait = self.browser.wait().at_most(Duration::from_secs(20));
        if wait.for_element(Locator::Css(&css)).await.is_err() {
            panic!("not at {stage}: {}", self.text().await.unwrap_or_default());
        }
    }

    async fn path(&self) -> String {
        self.browser.current_url().await.unwrap().path().to_owned()
    }

    async fn sign_in(&self, login: &str) {
        self.browser.delete_all_cookies().await.unwrap();
        self.open("/prefs?lang=zh").await;
        self.open("/organisation/sign-in?next=/funds/").await;
        self.type_in("login", login).await;
        self.type_in("password", "cunwu-demo-2026").await;
        self.press("main button.button").await;
        self.sees(&["我的办公桌"]).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn browser_a_payment_is_carried_through_by_hand() {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let server = Cunwu::program(program())
        .unwrap()
        .args(["demo", "--villages", "1", "--months", "1", "--listen", "127.0.0.1:0"])
        .patience(Duration::from_secs(180))
        .start()
        .unwrap();
    let driver = Driver::start().unwrap();
    let plain = hyper_util::client::legacy::connect::HttpConnector::new();
    let browser = ClientBuilder::new(plain)
        .capabilities(driver.capabilities(1280, 1000).unwrap())
        .connect(&driver.url())
        .await
        .unwrap();
    let visit = Visit { browser, base: server.url().to_owned() };

    // The bookkeeper asks for a payment: form, check, send, receipt.
    visit.sign_in("baozhang").await;
    visit.press("a[href$='/payment/request']").await;
    let request = visit.path().await;
    let unit = request.split('/').nth(3).unwrap().to_owned();
    visit.type_in("amount", "３８６．５０").await;
    visit.press("#method-0").await;
    visit.choose("account", "513").await;
    visit.type_in("purpose", "村部档案盒").await;
    visit.press("#payee-0").await;
    visit.type_in("payee-name", "临川县文汇办公用品店").await;
    visit.type_in("invoice", "033001900001:77777777").await;
    visit.choose("reserve", &format!("{unit}-2026-513")).await;
    visit.press("main button.button").await;
    // The amount is echoed in capitals, so that a slipped digit shows.
    visit.sees(&["叁佰捌拾陆元伍角"]).await;
    visit.press("main button.button").await;
    let wait = visit.browser.wait().at_most(Duration::from_secs(20));
    let thing = wait.for_element(Locator::Css("a[href^='/funds/payment/']")).await.unwrap();
    let thing = thing.attr("href").await.unwrap().unwrap();
    let payment = thing.split('/').nth(3).unwrap().to_owned();

    // Whoever asked cannot approve, and reads why.
    visit.open(&format!("/funds/payment/{payment}")).await;
    visit.sees(&["理事长", "386.50"]).await;

    // The same invoice again is refused with the article.
    visit.open(&request).await;
    visit.type_in("amount", "10").await;
    visit.press("#method-0").await;
    visit.choose("account", "513").await;
    visit.type_in("purpose", "同一张发票").await;
    visit.press("#payee-0").await;
    visit.type_in("payee-name", "临川县文汇办公用品店").await;
    visit.type_in("invoice", "033001900001:77777777").await;
    visit.choose("reserve", &format!("{unit}-2026-513")).await;
    visit.press("main button.button").await;
    visit.sees(&["壹拾元"]).await;
    visit.press("main button.button").await;
    visit.sees(&["发票", "《", "已经"]).await;

    // The chair approves, the cashier pays.
    visit.sign_in("lishizhang").await;
    visit.open(&format!("/funds/payment/{payment}/approve")).await;
    visit.press("main button.button").await;
    visit.sees(&["386.50", "怎么知道这是真的"]).await;
    visit.sign_in("chuna").await;
    visit.open(&format!("/funds/payment/{payment}/pay")).await;
    visit.press("#bank_account-0").await;
    visit.press("main button.button").await;
    visit.stage("send").await;
    visit.press("main button.button").await;
    visit.sees(&["公开"]).await;

    // A villager, signed in nowhere, finds it on the public page in both languages.
    visit.browser.delete_all_cookies().await.unwrap();
    for (language, word) in [("zh", "报账员"), ("en", "Bookkeeper")] {
        let mut seen = String::new();
        for _ in 0..50 {
            visit.open(&format!("/payments/{payment}?lang={language}")).await;
            seen = visit.text().await.unwrap_or_default();
            if seen.contains("386.50") && seen.contains(word) {
                break;
            }
            tokio::time::sleep(Duration::from_millis(300)).await;
        }
        assert!(seen.contains("386.50") && seen.contains(word), "{language}: {seen}");
        assert!(seen.contains("村部档案盒"), "the purpose is fetched from its owner: {seen}");
    }
    visit.browser.close().await.unwrap();
}
