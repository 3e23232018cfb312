//! Signing in, slowing down, the first administrators, sessions that end.

mod hall;

use hall::{Hall, PASSWORD, SYSTEM_PASSWORD, first_form};

#[tokio::test]
async fn the_first_two_begin_with_a_token_and_only_once() {
    let hall = Hall::new().await;
    hall.divisions().await;
    let old = hall.service.first_token().await.unwrap().unwrap();
    let token = hall.service.first_token().await.unwrap().unwrap();
    let page = hall.get(&format!("/organisation/first-administrator?code={token}"), "").await;
    assert_eq!(page.status, 200);
    assert_eq!(page.header("cache-control"), "no-store");
    let former = hall.form("/organisation/first-administrator", "", &first_form(&old)).await;
    assert_eq!(former.status, 422);

    // one person twice is refused with the rule, and the token is still good
    let mut twice = first_form(&token);
    for field in &mut twice {
        if field.0 == "security-person" {
            field.1 = "n-xu";
        }
    }
    let refused = hall.form("/organisation/first-administrator", "", &twice).await;
    assert!(
        refused.text.contains("须是两个人") && refused.text.contains("省级规则"),
        "{}",
        refused.text
    );

    let done = hall.form("/organisation/first-administrator", "", &first_form(&token)).await;
    assert_eq!(done.status, 200, "{}", done.text);
    let again = hall.form("/organisation/first-administrator", "", &first_form(&token)).await;
    assert_eq!(again.status, 422, "{}", again.text);
    assert!(!hall.service.is_waiting_for_the_first().await.unwrap());
    assert_eq!(hall.service.first_token().await.unwrap(), None);
    assert_eq!(hall.get("/organisation/first-administrator", "").await.status, 404);

    let signed = hall.sign_in("xu.ming", SYSTEM_PASSWORD).await;
    assert_eq!(signed.status, 200, "{}", signed.text);
    assert_eq!(signed.json()["administrator"], "system");
    // the seat is public, the person behind it is not, and no secret is in a log
    let province = hall.unit("云岭省").await;
    let seats = hall.get(&format!("/api/organisation/seats?unit={province}"), "").await;
    assert!(seats.text.contains("许明") && !seats.text.contains("n-xu"), "{}", seats.text);
    for log in hall.host.store.logs().await.unwrap() {
        for entry in hall.host.store.entries(&log.id, 0, 1000).await.unwrap() {
            let text = String::from_utf8_lossy(&entry.bytes).into_owned();
            for secret in ["n-xu", "xu.ming", "argon2", "lamps"] {
                assert!(!text.contains(secret), "{secret}: {text}");
            }
        }
    }
}

#[tokio::test]
async fn without_divisions_the_first_form_the_province_too() {
    let hall = Hall::new().await;
    let token = hall.service.first_token().await.unwrap().unwrap();
    let mut form = first_form(&token);
    form.extend([("province_code", "33010000"), ("province_name", "云岭省")]);
    let wrong = hall.form("/organisation/first-administrator", "", &form).await;
    assert_eq!(wrong.status, 422);
    assert!(wrong.text.contains("330000000000"), "{}", wrong.text);
    form[9] = ("province_code", "330000000000");
    let done = hall.form("/organisation/first-administrator", "", &form).await;
    assert_eq!(done.status, 200, "{}", done.text);
    assert_eq!(hall.sign_in("xu.ming", SYSTEM_PASSWORD).await.status, 200);
}

#[tokio::test]
async fn wrong_passwords_slow_down_and_say_nothing_of_the_name() {
    let hall = Hall::new().await;
    hall.divisions().await;
    hall.begin().await;
    let unknown = hall.sign_in("nobody", "wrong password").await;
    let known = hall.sign_in("xu.ming", "wrong password").await;
    assert_eq!((unknown.status.as_u16(), &unknown.text), (401, &known.text));
    for _ in 0..4 {
        assert_eq!(hall.sign_in("xu.ming", "wrong password").await.status, 401);
    }
    let slowed = hall.sign_in("xu.ming", SYSTEM_PASSWORD).await;
    assert_eq!(slowed.status, 429, "{}", slowed.text);
    assert!(!slowed.header("retry-after").is_empty());
    // the page says so too, and keeps the name but no password
    let fields =
        [("login", "xu.ming"), ("password", SYSTEM_PASSWORD), ("next", "/organisation/units")];
    let page = hall.form("/organisation/sign-in", "", &fields).await;
    assert_eq!(page.status, 429);
    assert!(page.text.contains("xu.ming") && !page.text.contains(SYSTEM_PASSWORD));
    hall.wait(2);
    assert_eq!(hall.sign_in("xu.ming", SYSTEM_PASSWORD).await.status, 200);
}

#[tokio::test]
async fn a_browser_signs_in_comes_back_and_signs_out() {
    let hall = Hall::new().await;
    hall.divisions().await;
    hall.begin().await;
    let lost = hall.get("/organisation/units?below=x", "").await;
    assert_eq!(lost.status, 303);
    assert!(
        lost.header("location")
            .starts_with("/organisation/sign-in?next=/organisation/units%3Fbelow")
    );
    for (next, to) in [
        ("/organisation/units", "/organisation/units"),
        ("//evil.example/x", "/organisation/"),
        ("https://evil.example/x", "/organisation/"),
        ("/organisation/sign-in?next=/x", "/organisation/"),
    ] {
        let fields = [("login", "XU.MING "), ("password", SYSTEM_PASSWORD), ("next", next)];
        let signed = hall.form("/organisation/sign-in", "", &fields).await;
        assert_eq!((signed.status.as_u16(), signed.header("location")), (303, to), "{next}");
        assert!(signed.header("set-cookie").contains("HttpOnly"));
        assert_eq!(signed.header("cache-control"), "no-store");
    }
    let fields = [("login", "xu.ming"), ("password", SYSTEM_PASSWORD)];
    let cookie = hall.form("/organisation/sign-in", "", &fields).await.cookie();
    let page = hall.get("/organisation/units", &cookie).await;
    assert_eq!((page.status.as_u16(), page.header("cache-control")), (200, "no-store"));
    assert!(page.text.contains("云岭省") && page.text.contains("导入区划文件"), "{}", page.text);

    // after a quarter of an hour the token is over, the session is not
    hall.wait(16);
    let over = hall.get("/organisation/units", &cookie).await;
    assert_eq!(over.status, 303);
    let renewed = hall.get(over.header("location"), &cookie).await;
    assert_eq!(renewed.header("location"), "/organisation/units");
    let cookie = renewed.cookie();
    assert_eq!(hall.get("/organisation/units", &cookie).await.status, 200);
    let out = hall.form("/organisation/sign-out", &cookie, &[]).await;
    assert!(out.header("set-cookie").contains("Max-Age=0"));
    assert_eq!(hall.get("/organisation/units", &cookie).await.status, 303, "ended at once");
    assert_eq!(hall.get("/organisation/sign-in", &cookie).await.status, 200, "and not renewed");
}

#[tokio::test]
async fn accounts_are_barred_at_once_and_codes_work_once() {
    let hall = Hall::new().await;
    hall.divisions().await;
    let security = hall.security().await;
    let town = hall.unit("云溪镇").await;
    let filled = hall.appoint(&security, &town, "township", "township-officer", "田野").await;
    assert_eq!(filled.status, 200, "{}", filled.text);
    let officer = hall.let_in(&security, &town, "township-officer", "tian").await;
    let seat = hall.seat_of(&town, "township-officer").await;
    let path = format!("/api/organisation/seats/{seat}/account");
    let act = |what: &str| serde_json::json!({ "do": what });

    let code = hall.api(&path, &security, &hall.key(), act("new-code")).await.json();
    let code = code["code"].as_str().unwrap();
    let renew = hall.api("/api/organisation/renew", &officer, "", serde_json::json!({})).await;
    assert_eq!(renew.status, 401, "a new code ends what was open");
    for weak in ["short", "1234567890", "tiantiantian"] {
        assert_eq!(hall.set_password("tian", code, weak).await.json()["code"], "weak-password");
    }
    assert_eq!(hall.set_password("tian", "wrong", PASSWORD).await.json()["code"], "one-time-code");
    assert_eq!(hall.set_password("nobody", code, PASSWORD).await.json()["code"], "one-time-code");
    assert_eq!(hall.set_password("tian", code, PASSWORD).await.status, 204);
    assert_eq!(hall.set_password("tian", code, PASSWORD).await.json()["code"], "one-time-code");

    assert_eq!(hall.sign_in("tian", PASSWORD).await.status, 200);
    assert_eq!(hall.api(&path, &security, &hall.key(), act("suspend")).await.status, 200);
    let barred = hall.sign_in("tian", PASSWORD).await;
    assert_eq!(
        (barred.status.as_u16(), barred.json()["code"].as_str()),
        (409, Some("account-barred"))
    );
    assert_eq!(hall.api(&path, &security, &hall.key(), act("resume")).await.status, 200);
    assert_eq!(hall.sign_in("tian", PASSWORD).await.status, 200);
    // nobody but the administrator of accounts does this here
    let system = hall.token("xu.ming", SYSTEM_PASSWORD).await;
    assert_eq!(hall.api(&path, &system, &hall.key(), act("close")).await.status, 404);
}

#[tokio::test]
async fn other_services_verify_tokens_with_the_public_key_alone() {
    let hall = Hall::new().await;
    hall.divisions().await;
    let token = hall.security().await;
    let key = hall.get("/organisation/token-key", "").await.json();
    let bytes: [u8; 32] = hex::decode(key["hex"].as_str().unwrap()).unwrap().try_into().unwrap();
    let verifier = access::Verifier::new(&[bytes]).unwrap();
    let now = hall.host.committer.now();
    let claims = verifier.verify(&token, &access::Revoked::default(), now).unwrap();
    assert_eq!(claims.administrator, Some(access::Administrator::Security));
}

#[tokio::test]
async fn a_second_factor_is_asked_for_once_it_is_set_up() {
    let hall = Hall::new().await;
    hall.divisions().await;
    hall.begin().await;
    let fields = [("login", "xu.ming"), ("password", SYSTEM_PASSWORD)];
    let cookie = hall.form("/organisation/sign-in", "", &fields).await.cookie();
    let page = hall.get("/organisation/second-factor", &cookie).await;
    assert_eq!(page.status, 200);
    // a key that the test knows: 20 bytes of ones
    let ones = vec!["1"; 20].join(",");
    let factor = hex::encode(format!("{{\"secret\":[{ones}],\"last\":0}}"));
    let now = hall.host.committer.now().micros() / 1_000_000;
    let code = totp(&[1; 20], now / 30);
    let send = |password: &'static str, code: &str| {
        let fields = [
            ("factor", factor.clone()),
            ("password", password.to_owned()),
            ("second_factor", code.to_owned()),
        ];
        let (hall, cookie) = (&hall, cookie.clone());
        async move {
            let fields: Vec<(&str, &str)> = fields.iter().map(|(n, v)| (*n, v.as_str())).collect();
            hall.form("/organisation/second-factor", &cookie, &fields).await
        }
    };
    assert_eq!(send("not the password", &code).await.status, 422);
    assert_eq!(send(SYSTEM_PASSWORD, "000000").await.status, 422);
    assert_eq!(send(SYSTEM_PASSWORD, &code).await.status, 303);
    let without = hall.sign_in("xu.ming", SYSTEM_PASSWORD).await;
    assert_eq!(without.json()["code"], "second-factor", "{}", without.text);
    let body = |code: &str| serde_json::json!({ "login": "xu.ming", "password": SYSTEM_PASSWORD, "second_factor": code });
    let used = hall.api("/api/organisation/sign-in", "", "", body(&code)).await;
    assert_eq!(used.json()["code"], "second-factor", "a code works once");
    hall.wait(1);
    let next = totp(&[1; 20], now / 30 + 2);
    let signed = hall.api("/api/organisation/sign-in", "", "", body(&next)).await;
    assert_eq!(signed.status, 200, "{}", signed.text);
}

/// Six digits of a key in a window of thirty seconds (RFC 6238).
fn totp(secret: &[u8; 20], window: i64) -> String {
    use hmac::{Hmac, KeyInit, Mac};
    let mut mac = Hmac::<sha1::Sha1>::new_from_slice(secret).unwrap();
    mac.update(&window.to_be_bytes());
    let digest = mac.finalize().into_bytes();
    let at = usize::from(digest[19] & 15);
    let four: [u8; 4] = [digest[at] & 0x7f, digest[at + 1], digest[at + 2], digest[at + 3]];
    format!("{:06}", u32::from_be_bytes(four) % 1_000_000)
}
