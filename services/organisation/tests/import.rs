//! Importing a register: all or nothing, twice the same, renamings, an import that broke off.

mod hall;

use hall::{Hall, REGISTER};
use organisation::{
    import_divisions,
    shows::units,
    staff::import::{ImportError, unfinished},
};

#[tokio::test]
async fn the_same_file_changes_nothing_and_another_name_is_a_renaming() {
    let hall = Hall::new().await;
    let report = import_divisions(&hall.host, REGISTER.as_bytes(), |_, _| {}).await.unwrap();
    assert_eq!((report.formed, report.renamed, report.unchanged), (8, 0, 0));
    let entries = hall.host.store.statistics().await.unwrap().entries;
    assert_eq!(entries, 8);
    let again = import_divisions(&hall.host, REGISTER.as_bytes(), |_, _| {}).await.unwrap();
    assert_eq!((again.formed, again.renamed, again.unchanged), (0, 0, 8));
    assert_eq!(hall.host.store.statistics().await.unwrap().entries, entries);

    let changed =
        REGISTER.replace("石桥村", "石桥头村").replace("330102002201,南山村,village\n", "");
    let report = import_divisions(&hall.host, changed.as_bytes(), |_, _| {}).await.unwrap();
    assert_eq!((report.formed, report.renamed, report.unchanged), (0, 1, 6));
    assert_eq!(report.missing, [("330102002201".to_owned(), "南山村".to_owned())]);
    let found = units::find(&hall.host.store, "石桥", 10).await.unwrap();
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].name, "石桥头村");
    let village = units::one(&hall.host.store, &found[0].place.unit).await.unwrap().unwrap();
    assert_eq!(village.above, ["云岭省", "云江市", "临川县", "云溪镇"]);
    let county = units::find(&hall.host.store, "临川", 1).await.unwrap();
    assert_eq!(village.place.keeper, county[0].place.unit, "the county keeps its log");
    // back again, and forth: an old file is not the first import over again
    let back = import_divisions(&hall.host, REGISTER.as_bytes(), |_, _| {}).await.unwrap();
    assert_eq!((back.formed, back.renamed), (0, 1));
    let forth = import_divisions(&hall.host, changed.as_bytes(), |_, _| {}).await.unwrap();
    assert_eq!(forth.renamed, 1);
    assert_eq!(units::find(&hall.host.store, "石桥", 10).await.unwrap()[0].name, "石桥头村");
}

#[tokio::test]
async fn every_bad_line_is_named_and_nothing_is_recorded() {
    let hall = Hall::new().await;
    let bad = include_bytes!("../samples/divisions-bad.csv");
    let Err(ImportError::Register(complaints)) = import_divisions(&hall.host, bad, |_, _| {}).await
    else {
        panic!("a bad register was taken");
    };
    let lines: Vec<u64> = complaints.0.iter().map(|bad| bad.line).collect();
    for line in [5, 6, 7, 8, 9, 10] {
        assert!(lines.contains(&line), "{lines:?}");
    }
    assert_eq!(hall.host.store.statistics().await.unwrap().entries, 0);
    assert_eq!(unfinished(&hall.host.store).await.unwrap(), []);
}

fn long_register(villages: u32) -> String {
    let mut csv = String::from(
        "code,name,level\n330000000000,云岭省,province\n330100000000,云江市,prefecture\n330102000000,临川县,county\n",
    );
    for n in 0..villages {
        let (town, village) = (1 + n / 190, 200 + n % 190);
        if n % 190 == 0 {
            csv.push_str(&format!("330102{town:03}000,第{town}镇,township\n"));
        }
        csv.push_str(&format!("330102{town:03}{village:03},第{n}村,village\n"));
    }
    csv
}

#[tokio::test]
async fn an_import_that_broke_off_is_seen_and_finished_by_the_same_file() {
    let hall = Hall::new().await;
    let csv = long_register(3200);
    // broken off when the first of several chunks is recorded
    let host = hall.host.clone();
    let (told, heard) = tokio::sync::oneshot::channel();
    let told = std::sync::Mutex::new(Some(told));
    let file = csv.clone();
    let going = tokio::spawn(async move {
        let progress = |done, _| {
            if done > 0
                && let Some(told) = told.lock().unwrap().take()
            {
                let _ = told.send(());
            }
        };
        import_divisions(&host, file.as_bytes(), progress).await
    });
    heard.await.unwrap();
    going.abort();
    let _ = going.await;
    let left = unfinished(&hall.host.store).await.unwrap();
    assert_eq!(left.len(), 1);
    assert!(left[0].done < left[0].planned, "{left:?}");
    let other =
        import_divisions(&hall.host, REGISTER.as_bytes(), |_, _| {}).await.unwrap_err().verdict();
    assert!(other.to_string().contains("import-unfinished"), "{other}");

    let report = import_divisions(&hall.host, csv.as_bytes(), |_, _| {}).await.unwrap();
    assert!(report.finished_earlier && report.formed > 0 && report.unchanged > 0, "{report:?}");
    assert_eq!(unfinished(&hall.host.store).await.unwrap(), []);
    let counts = units::counts(&hall.host.store).await.unwrap();
    assert_eq!(counts.iter().map(|(_, n)| n).sum::<u64>(), 1 + 1 + 1 + 17 + 3200);
}

#[tokio::test]
async fn the_system_administrator_imports_on_a_page_and_nobody_else() {
    let hall = Hall::new().await;
    hall.divisions().await;
    let security = hall.security().await;
    let path = "/organisation/divisions";
    let cookie = |token: &str| format!("__Host-cunwu-session={token}");
    assert_eq!(hall.get(path, &cookie(&security)).await.status, 403);
    let system = hall.token("xu.ming", hall::SYSTEM_PASSWORD).await;
    assert_eq!(hall.get(path, &cookie(&system)).await.status, 200);
    let send = |csv: &str| {
        let body = format!(
            "--xx\r\ncontent-disposition: form-data; name=\"file\"; filename=\"a.csv\"\r\ncontent-type: text/csv\r\n\r\n{csv}\r\n--xx--\r\n"
        );
        axum::http::Request::post(path)
            .header("cookie", cookie(&system))
            .header("content-type", "multipart/form-data; boundary=xx")
            .body(axum::body::Body::from(body))
            .unwrap()
    };
    let bad = hall.ask(send("code,name,level\n330000000000,云岭省,province\n3301,短,county")).await;
    assert!(bad.status.is_client_error() && bad.text.contains("第3行"), "{}", bad.text);
    let done = hall.ask(send(&REGISTER.replace("东岭镇", "东山镇"))).await;
    assert!(done.status.is_success() && done.text.contains("更名"), "{}", done.text);
    assert_eq!(units::find(&hall.host.store, "东山镇", 2).await.unwrap().len(), 1);
}
