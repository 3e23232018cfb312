//! The refusals that have nothing to do with a mechanism: their codes, statuses, titles and remedies. `docs/refusals/`
//! has a page for each (a test compares). Codes of rules live with the rules.

use axum::http::StatusCode;
use kernel::Text;

/// One generic refusal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Generic {
    /// Stable code; the page is `/docs/refusals/<code>`.
    pub code: &'static str,
    /// The HTTP status.
    pub status: StatusCode,
    /// What happened, Chinese and English.
    pub title: (&'static str, &'static str),
    /// What would be right.
    pub remedy: (&'static str, &'static str),
    /// After how many seconds a repeat makes sense (RFC 9110 §10.2.3).
    pub retry_after: Option<u32>,
}

impl Generic {
    /// The title in both languages.
    pub fn title(&self) -> Text {
        Text::new(self.title.0, self.title.1)
    }

    /// The remedy in both languages.
    pub fn remedy(&self) -> Text {
        Text::new(self.remedy.0, self.remedy.1)
    }
}

macro_rules! generic {
    ($($code:literal $status:ident [$zh:literal, $en:literal] [$rzh:literal, $ren:literal] $retry:expr;)*) => {
        /// All of them.
        pub const ALL: &[Generic] = &[$(Generic {
            code: $code,
            status: StatusCode::$status,
            title: ($zh, $en),
            remedy: ($rzh, $ren),
            retry_after: $retry,
        }),*];
    };
}

generic! {
    "malformed" UNPROCESSABLE_ENTITY
        ["填写有误", "Something is filled in wrongly"]
        ["请按提示改正所列各项后重新提交。", "Correct the fields named and send again."] None;
    "rule" CONFLICT
        ["与规定不符", "Against a rule"]
        ["请按所引规定办理。", "Do as the article cited asks."] None;
    "no-right" FORBIDDEN
        ["没有权限", "No right"]
        ["请以本单位任职人员的账号登录，或请有此职责的人员办理。",
         "Log in with a seat of this very unit, or ask somebody who holds one."] None;
    "unauthenticated" UNAUTHORIZED
        ["尚未登录", "Not logged in"]
        ["登录后再试。", "Log in, then try again."] None;
    "session-over" UNAUTHORIZED
        ["登录已结束", "The session is over"]
        ["请重新登录。", "Log in again."] None;
    "weak-password" UNPROCESSABLE_ENTITY
        ["密码不够安全", "The password is too weak"]
        ["请用至少十个字符，不要用登录名或常见密码。",
         "Use at least ten characters, neither the log-in name nor a common password."] None;
    "one-time-code" UNPROCESSABLE_ENTITY
        ["一次性验证码无效", "The one-time code is not valid"]
        ["请核对后再试，或请管理员另发一个。", "Check it, or ask for a new one."] None;
    "second-factor" UNPROCESSABLE_ENTITY
        ["动态验证码无效", "The code of the second factor is not valid"]
        ["请核对手机时间，等下一个验证码出现后再试。",
         "Check the telephone's clock and wait for the next code."] None;
    "second-factor-needed" FORBIDDEN
        ["需要再次验证", "A fresh second factor is needed"]
        ["请输入动态验证码后再办理。", "Give the code of your second factor, then do it again."] None;
    "too-many-attempts" TOO_MANY_REQUESTS
        ["尝试次数过多", "Too many attempts"]
        ["请稍后再试。", "Try again later."] Some(60);
    "cross-site" FORBIDDEN
        ["请求来自其他网站", "The request came from another site"]
        ["请在本站页面上操作。", "Use the pages of this site."] None;
    "not-found" NOT_FOUND
        ["没有这一页或这件事项", "There is no such page or matter"]
        ["请核对网址，或从首页重新查找。", "Check the address, or search from the home page."] None;
    "method-not-allowed" METHOD_NOT_ALLOWED
        ["此处不能这样操作", "This can't be done here"]
        ["请使用 Allow 所列的方法。", "Use a method that Allow lists."] None;
    "idempotency-key-missing" BAD_REQUEST
        ["缺少幂等键", "The idempotency key is missing"]
        ["请在 Idempotency-Key 中给出至多128个可见ASCII字符，重发同一请求时保持不变。",
         "Send Idempotency-Key with at most 128 visible ASCII characters, the same for a repeat."] None;
    "key-reused" UNPROCESSABLE_ENTITY
        ["幂等键已用于另一请求", "The key was used for another command"]
        ["新的请求请用新的幂等键；重发则内容须与第一次相同。",
         "Use a new key for a new command; a repeat has the same content."] None;
    "precondition-required" PRECONDITION_REQUIRED
        ["缺少所见版本", "The version seen is missing"]
        ["请先读取，再以 If-Match 给出所见的 ETag。", "Read it first, then send its ETag as If-Match."] None;
    "changed" PRECONDITION_FAILED
        ["内容已有变动", "It has changed meanwhile"]
        ["请刷新后核对，再决定是否提交。", "Read it again, compare, then decide anew."] None;
    "too-large" PAYLOAD_TOO_LARGE
        ["内容过大", "Too large"]
        ["一般请求至多256 KiB，附件至多12 MiB。", "At most 256 KiB, attachments 12 MiB."] None;
    "unsupported-media-type" UNSUPPORTED_MEDIA_TYPE
        ["内容类型不符", "Another type of content is expected"]
        ["请使用接口说明所列的 Content-Type。", "Use the Content-Type that the description of the API names."] None;
    "not-known-here-yet" SERVICE_UNAVAILABLE
        ["所引事项尚未传到", "What it cites is not known here yet"]
        ["请稍候，以同一幂等键再试。", "Wait a moment and send it again with the same key."] Some(2);
    "not-reached-yet" SERVICE_UNAVAILABLE
        ["尚未更新到所要求的位置", "Not read as far as asked yet"]
        ["请稍候再读。", "Wait a moment and read again."] Some(1);
    "outcome-unknown" SERVICE_UNAVAILABLE
        ["结果未知", "The outcome is unknown"]
        ["请以同一幂等键重发同一请求：不会重复办理，只会告知结果。",
         "Send the same command with the same key again: nothing is done twice, it tells what became of it."] Some(1);
    "unavailable" SERVICE_UNAVAILABLE
        ["暂时无法办理", "Not available at present"]
        ["什么都没有改变，请稍后再试。", "Nothing was changed; try again later."] Some(5);
    "timeout" SERVICE_UNAVAILABLE
        ["处理超时", "It took too long"]
        ["请以同一幂等键再试。", "Send it again with the same key."] Some(5);
    "internal" INTERNAL_SERVER_ERROR
        ["系统出错", "An error of the system"]
        ["请稍后再试；若仍然如此，请把请求编号告知管理员。",
         "Try again; if it stays so, tell the administrator the number of the request."] None;
}

/// One by its code.
pub fn find(code: &str) -> Option<&'static Generic> {
    ALL.iter().find(|generic| generic.code == code)
}

/// The one for an answer that has a status and nothing else.
pub fn for_status(status: StatusCode) -> &'static Generic {
    let code = match status {
        StatusCode::UNAUTHORIZED => "unauthenticated",
        StatusCode::FORBIDDEN => "no-right",
        StatusCode::NOT_FOUND | StatusCode::GONE => "not-found",
        StatusCode::METHOD_NOT_ALLOWED => "method-not-allowed",
        StatusCode::CONFLICT => "rule",
        StatusCode::PRECONDITION_FAILED => "changed",
        StatusCode::PAYLOAD_TOO_LARGE => "too-large",
        StatusCode::UNSUPPORTED_MEDIA_TYPE => "unsupported-media-type",
        StatusCode::PRECONDITION_REQUIRED => "precondition-required",
        StatusCode::TOO_MANY_REQUESTS => "too-many-attempts",
        StatusCode::SERVICE_UNAVAILABLE => "unavailable",
        StatusCode::REQUEST_TIMEOUT | StatusCode::GATEWAY_TIMEOUT => "timeout",
        status if status.is_client_error() => "malformed",
        _ => "internal",
    };
    named(code)
}

/// One of this list by a code written in this crate.
pub(crate) fn named(code: &str) -> &'static Generic {
    find(code).unwrap_or(&ALL[0])
}

#[cfg(test)]
mod tests {
    use std::{collections::BTreeSet, fs, path::Path};

    use super::*;

    #[test]
    fn every_code_has_a_page_and_a_line_in_the_index() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/refusals");
        let index = fs::read_to_string(folder.join("README.md")).unwrap();
        for generic in ALL {
            let page = fs::read_to_string(folder.join(format!("{}.md", generic.code)))
                .unwrap_or_else(|e| panic!("{}: {e}", generic.code));
            assert!(
                page.contains(generic.title.0) && page.contains(generic.title.1),
                "{}",
                generic.code
            );
            assert!(page.contains(generic.status.as_str()), "{}", generic.code);
            assert!(index.contains(&format!("({}.md)", generic.code)), "{}", generic.code);
        }
    }

    #[test]
    fn codes_are_unique_and_503_says_when() {
        let codes: BTreeSet<_> = ALL.iter().map(|generic| generic.code).collect();
        assert_eq!(codes.len(), ALL.len());
        for generic in ALL {
            let waits = matches!(generic.status.as_u16(), 429 | 503);
            assert_eq!(generic.retry_after.is_some(), waits, "{}", generic.code);
            assert!(generic.title().is_complete() && generic.remedy().is_complete());
        }
    }

    #[test]
    fn every_error_status_has_one() {
        for n in 400..600 {
            let status = StatusCode::from_u16(n).unwrap();
            let generic = for_status(status);
            let same_side = generic.status.is_client_error() == status.is_client_error();
            assert!(same_side || generic.code == "timeout", "{n}: {}", generic.code);
        }
        assert_eq!(for_status(StatusCode::IM_A_TEAPOT).code, "malformed");
        assert_eq!(for_status(StatusCode::BAD_GATEWAY).code, "internal");
    }
}
