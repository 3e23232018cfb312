//! The portal's routes in one registry: every page and answer is open to everybody.

use std::sync::Arc;

use axum::{
    Router,
    extract::{Request, State},
    http::Method,
    middleware::{Next, from_fn_with_state},
    response::{IntoResponse, Response},
};
use kernel::{Class, LogId, Text};
use web::{AtLeast, RouteInfo, Routes};

use super::{
    accounts, api, contracts, decision, decisions, frame, funding, home, how, indicators, matters,
    month, payment, print, register, report, rule, search, unit, verify, village, voucher,
};
use crate::{
    Portal,
    shows::{
        contracts as contracts_show, decisions as decisions_show, divisions, grants, items,
        matters as matters_show, payments, position, queries, rules, seats, tally, vouchers,
    },
};

fn info(path: &str, operation: &str, zh: &str, en: &str) -> RouteInfo {
    RouteInfo::new(
        Method::GET,
        path,
        operation,
        Text::new(zh, en),
        ("portal", "open", Class::Public),
    )
}

fn page(path: &str, operation: &str, zh: &str, en: &str) -> RouteInfo {
    info(path, operation, zh, en).html()
}

/// All routes of the portal.
pub fn routes(portal: Arc<Portal>) -> Routes {
    let routes: Routes<Arc<Portal>> = Routes::new()
        .add(page("/", "portal-home", "全部村子", "All villages"), home::page)
        .add(page("/search", "portal-search", "找村子", "Find a village"), search::page)
        .add(
            page("/units/{unit}", "portal-unit", "乡镇以上的地方", "A level above villages"),
            unit::page,
        )
        .add(page("/villages/{unit}", "portal-village", "一个村", "A village"), village::page)
        .add(
            page(
                "/villages/{unit}/decisions",
                "portal-decisions",
                "村里的决定",
                "A village's decisions",
            ),
            decisions::page,
        )
        .add(
            page("/villages/{unit}/accounts", "portal-accounts", "村里的账", "A village's money"),
            accounts::page,
        )
        .add(
            page(
                "/villages/{unit}/funding",
                "portal-funding",
                "上级给的专项资金",
                "Money from above",
            ),
            funding::page,
        )
        .add(
            page("/villages/{unit}/assets", "portal-assets", "集体资产台账", "Register of assets"),
            register::assets,
        )
        .add(
            page(
                "/villages/{unit}/contracts",
                "portal-contracts",
                "出租合同和租金",
                "Contracts and rent",
            ),
            contracts::page,
        )
        .add(
            page(
                "/villages/{unit}/accounts/{month}",
                "portal-month",
                "一个月的账",
                "A month's money",
            ),
            month::page,
        )
        .add(
            page(
                "/villages/{unit}/accounts/{month}/print",
                "portal-print",
                "公开栏的单子",
                "The sheet for the board",
            ),
            print::page,
        )
        .add(
            page(
                "/villages/{unit}/reports/{report}/{month}",
                "portal-report",
                "一张报表",
                "A report",
            ),
            report::page,
        )
        .add(
            page(
                "/villages/{unit}/reports/{report}/{month}/{line}",
                "portal-report-line",
                "报表的一行从哪里来",
                "Where a line of a report comes from",
            ),
            report::line,
        )
        .add(
            page(
                "/villages/{unit}/indicators",
                "portal-indicators",
                "一个村的考核指标",
                "A village's indicators",
            ),
            indicators::page,
        )
        .add(
            page(
                "/villages/{unit}/indicators/{indicator}",
                "portal-indicator",
                "一个指标从哪里来",
                "Where an indicator comes from",
            ),
            indicators::one,
        )
        .add(
            page(
                "/villages/{unit}/indicators/{indicator}/{figure}",
                "portal-indicator-figure",
                "指标里账上的一个数从哪里来",
                "Where a figure of the books in an indicator comes from",
            ),
            indicators::figure,
        )
        .add(
            page(
                "/units/{unit}/indicators",
                "portal-indicators-below",
                "下面各村的考核指标（只看档次）",
                "The indicators of the villages below (bands alone)",
            ),
            indicators::below,
        )
        .add(
            page(
                "/villages/{unit}/matters/{procedure}",
                "portal-matters",
                "村里的一类事",
                "A village's matters of one kind",
            ),
            matters::list::page,
        )
        .add(
            page(
                "/units/{unit}/matters/{procedure}",
                "portal-unit-matters",
                "乡镇以上的一类事",
                "Matters of one kind at a level above villages",
            ),
            matters::list::page,
        )
        .add(
            page("/matters/{service}/{procedure}/{id}", "portal-matter", "一件事", "A matter"),
            matters::case::page,
        )
        .add(page("/decisions/{id}", "portal-decision", "一个决定", "A decision"), decision::page)
        .add(page("/payments/{id}", "portal-payment", "一笔付款", "A payment"), payment::page)
        .add(page("/vouchers/{id}", "portal-voucher", "一张凭证", "A voucher"), voucher::page)
        .add(
            info(
                "/vouchers/{id}/proof.json",
                "portal-voucher-proof",
                "凭证的证明文件",
                "A voucher's proof file",
            ),
            voucher::proof,
        )
        .add(
            info(
                "/payments/{id}/proof.json",
                "portal-payment-proof",
                "付款的证明文件",
                "A payment's proof file",
            ),
            payment::proof,
        )
        .add(
            info(
                "/decisions/{id}/proof.json",
                "portal-decision-proof",
                "决定的证明文件",
                "A decision's proof file",
            ),
            decision::proof,
        )
        .add(
            info(
                "/matters/{service}/{procedure}/{id}/proof.json",
                "portal-matter-proof",
                "一件事的证明文件（?event= 第几件）",
                "The proof file of one of a matter's events (?event= its number)",
            ),
            matters::case::proof_file,
        )
        .add(page("/verify", "portal-verify", "验一张公开单", "Check a notice"), verify::page)
        .add(
            page("/rules/{reference}", "portal-rule", "一个办法", "How something is done"),
            rule::page,
        )
        .add(
            info(
                "/rules/{reference}/course.svg",
                "portal-rule-course",
                "一个办法的流程图",
                "The course of a definition as a picture",
            )
            .media("image/svg+xml"),
            rule::course,
        )
        .add(
            page("/how", "portal-how", "怎么知道这是真的", "How do I know this is true"),
            how::page,
        )
        .add(info("/api/portal/units", "list-units", "找行政区划", "Find divisions"), api::units)
        .add(info("/api/portal/units/{unit}", "get-unit", "一个行政区划", "A division"), api::unit)
        .add(
            info("/api/portal/villages/{unit}", "get-village", "一个村", "A village"),
            api::village,
        )
        .add(
            info(
                "/api/portal/villages/{unit}/accounts/{month}",
                "get-month",
                "一个月的账",
                "A month's money",
            ),
            api::month,
        )
        .add(
            info(
                "/api/portal/villages/{unit}/reports/{report}/{month}",
                "get-report",
                "一张报表",
                "A report",
            ),
            report::api,
        )
        .add(
            info(
                "/api/portal/villages/{unit}/indicators",
                "get-indicators",
                "一个村的考核指标",
                "A village's indicators",
            ),
            indicators::api,
        )
        .add(
            info("/api/portal/decisions/{id}", "get-decision", "一个决定", "A decision"),
            api::decision,
        )
        .add(
            info("/api/portal/vouchers/{id}", "get-voucher", "一张凭证", "A voucher"),
            api::voucher,
        )
        .add(
            info(
                "/api/portal/villages/{unit}/matters",
                "list-procedures",
                "一个地方有哪些事",
                "The kinds of matters of a unit, with counts",
            ),
            matters::api::of_unit,
        )
        .add(
            info(
                "/api/portal/villages/{unit}/matters/{procedure}",
                "list-matters",
                "一个地方的一类事（?show=running|ended、?page=）",
                "A unit's matters of one kind (?show=running|ended, ?page=)",
            ),
            matters::api::of_procedure,
        )
        .add(
            info(
                "/api/portal/matters/{service}/{procedure}/{id}",
                "get-matter",
                "一件事",
                "A matter",
            ),
            matters::api::one,
        )
        .add(
            info(
                "/api/portal/matters",
                "find-matters",
                "按标题找事（?q=、?unit=）",
                "Find matters by headline (?q=, ?unit=)",
            ),
            matters::api::search,
        )
        .add(info("/api/portal/rules", "list-rules", "采用的规则", "Adopted rules"), api::rules);
    routes.with_state(portal)
}

/// The portal alone on a listener: its routes, style and script, and a page for addresses that do not exist. A request
/// that names a position is answered once the read models are that far, else with 503.
///
/// # Errors
/// What is wrong with the registry.
pub fn router(portal: Arc<Portal>) -> Result<Router, Vec<String>> {
    let site = routes(Arc::clone(&portal)).finish()?;
    let missing = Router::new().fallback(frame::not_found).with_state(Arc::clone(&portal));
    Ok(site
        .into_router()
        .merge(pages::routes())
        .fallback_service(missing)
        .layer(from_fn_with_state(portal, far_enough)))
}

/// Waits for the position that a request names.
async fn far_enough(
    State(portal): State<Arc<Portal>>,
    at_least: AtLeast,
    request: Request,
    next: Next,
) -> Response {
    let reached = at_least.wait(|log| applied(Arc::clone(&portal), log)).await;
    match reached {
        Ok(()) => next.run(request).await,
        Err(problem) => problem.into_response(),
    }
}

/// How many entries of a log all read models that follow it have applied.
async fn applied(portal: Arc<Portal>, log: LogId) -> Option<u64> {
    let models = [
        divisions::OF,
        seats::OF,
        decisions_show::OF,
        rules::OF,
        vouchers::OF,
        payments::OF,
        items::OF,
        queries::OF,
        contracts_show::OF,
        grants::OF,
        matters_show::ORGANISATION.of(),
        matters_show::SERVICES.of(),
        matters_show::DISPUTES.of(),
        tally::ORGANISATION.of(),
        tally::FUNDS.of(),
        tally::SERVICES.of(),
        tally::DISPUTES.of(),
    ];
    let mut least = None::<u64>;
    for model in models {
        if let Ok(Some(at)) = position::of(&portal.db, model, &log).await {
            let next = at.index.saturating_add(1);
            least = Some(least.map_or(next, |l| l.min(next)));
        }
    }
    least
}
