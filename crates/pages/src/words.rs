//! The kit's own words, all of them, in both languages; texts of services do not belong here.

use crate::lang::Lang;

macro_rules! words {
    ($($name:ident: $zh:literal, $en:literal;)*) => {
        /// A word or sentence of the kit itself. `{n}` and the like are filled by [`fill`].
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[allow(missing_docs)]
        pub enum Word { $($name,)* }

        impl Word {
            /// All of them, for tests and translators.
            pub const ALL: &'static [Word] = &[$(Word::$name,)*];

            /// The Chinese and the English text.
            pub fn pair(self) -> (&'static str, &'static str) {
                match self { $(Word::$name => ($zh, $en),)* }
            }
        }
    };
}

words! {
    Brand: "村务", "Cunwu";
    BrandLong: "村务公开", "Village affairs in the open";
    SkipToMain: "跳到正文", "Skip to main content";
    HeaderTools: "语言和字号", "Language and text size";
    OtherLanguage: "English", "中文";
    TextSize: "字号", "Text size";
    SizeNormal: "标准", "Normal";
    SizeLarge: "大", "Large";
    SizeExtra: "特大", "Largest";
    Theme: "明暗", "Light or dark";
    ThemeAuto: "随系统", "As the device";
    ThemeLight: "浅色", "Light";
    ThemeDark: "深色", "Dark";
    MainNav: "栏目", "Sections";
    Breadcrumb: "您在这里", "You are here";
    SignOut: "退出", "Sign out";
    SignedInAs: "当前登录：", "Signed in: ";
    Account: "我的账户", "My account";
    ErrorPrefix: "错误：", "Error: ";
    AboutPage: "关于这一页", "About this page";
    AsOf: "截至", "As of";
    AsOfPosition: "日志 {log} 第 {n} 条", "log {log}, entry {n}";
    PublishedBy: "谁发布的", "Published by";
    LastCorrection: "最近一次更正", "Last correction";
    NoCorrection: "没有更正过", "Never corrected";
    HowTrue: "怎么知道这是真的", "How do I know this is true?";
    Understandable: "这页看得懂吗？告诉我们", "Can you follow this page? Tell us";
    TooMuch: "这件事给我添了不该有的负担", "This asks too much of me";
    Fictional: "本页的人名、地名和数字都是虚构的，只作演示。", "All names, places and figures on this page are fictional, for demonstration.";

    StepsCount: "共 {n} 步，第 {at} 步", "Step {at} of {n}";
    StepsAllDone: "共 {n} 步，全部完成", "All {n} steps are done";
    StepsNone: "共 {n} 步，还没有开始", "{n} steps, not started";
    StepDone: "已完成", "Done";
    StepNow: "正在进行", "In progress";
    StepReturned: "退回补正", "Returned for changes";
    StepLate: "已超期", "Late";
    StepNotYet: "还没到", "Not yet";
    StepPaused: "期限中止", "Time stands still";
    StepStopped: "到此终止", "Ended here";
    StepOptional: "可选", "optional";
    StepBasis: "依据", "Basis";
    NextStep: "下一步：", "Next: ";
    ShowPast: "显示已完成的 {n} 步", "Show {n} finished steps";
    HidePast: "收起已完成的步骤", "Hide finished steps";

    Asked: "问：", "Asked:";
    AskedShort: "问", "Q";
    Answered: "答：", "Answered:";
    AnsweredShort: "答", "A";

    UnitYuan: "单位：元", "in yuan";
    Total: "合计", "Total";
    NotReported: "未报", "Not reported";
    NotReportedDays: "未报，已迟 {n} 天", "Not reported, {n} days late";
    NotDue: "未到期", "Not due yet";
    NotApplicable: "—", "—";
    DoesNotApply: "不适用", "does not apply";
    Download: "下载这张表", "Download this table";
    PreviousPage: "上一页", "Previous page";
    NextPage: "下一页", "Next page";
    PageOf: "第 {at} 页，共 {n} 页", "Page {at} of {n}";
    Pages: "翻页", "Pages";
    SortedUp: "从小到大", "ascending";
    SortedDown: "从大到小", "descending";
    ScrollTable: "表格较宽，可左右滑动", "Wide table: scroll sideways";

    Opening: "上月余额", "Opening balance";
    Income: "收入", "Income";
    Spending: "支出", "Spending";
    Closing: "本月余额", "Closing balance";
    Bank: "银行余额", "Balance at the bank";
    BankAsOf: "银行对账单，{date}", "bank statement, {date}";
    BankEqual: "账上余额和银行余额一致，一分不差。", "The books and the bank agree to the fen.";
    BankDiffers: "银行比账上{more} {amount} 元，原因如下：", "The bank shows {amount} yuan {more} than the books, because:";
    More: "多", "more";
    Less: "少", "less";
    BankUnexplained: "还有 {amount} 元说不清", "{amount} yuan is not explained";
    BankNone: "还没有收到银行对账单", "No bank statement received yet";
    Unbalanced: "这四个数对不上，差 {amount} 元，已按差错处理。", "These four figures do not add up: {amount} yuan are missing. This is being treated as an error.";
    EquationName: "这个月的钱从哪来、到哪去", "Where this month's money came from and went";
    InCapitals: "大写", "In capitals";

    Change: "修改", "Change";
    ErrorsTitle: "有 {n} 处要改", "{n} things to change";
    ErrorsTitleOne: "有 1 处要改", "1 thing to change";
    ErrorWord: "错误：", "Error: ";
    Optional: "（可不填）", " (optional)";
    Why: "为什么要填：", "Why we ask: ";
    ChooseOne: "请选择", "Please choose";
    ChooseAny: "可以选多项", "Choose all that apply";
    DateForm: "例如 2026-03-05", "For example 2026-03-05";
    YuanSuffix: "元", "yuan";
    BeforeYouStart: "开始之前", "Before you start";
    NeedPapers: "要准备的材料", "Papers you need";
    NeedMinutes: "大约要花", "It takes about";
    MinutesCount: "{n} 分钟", "{n} minutes";
    WhoDecides: "谁来决定", "Who decides";
    HowLong: "多久有结果", "When you get an answer";
    Continue: "继续", "Continue";
    CannotNow: "现在不能提交", "This cannot be sent now";
    FileChosen: "已交的文件", "Files already sent";

    ReviewTitle: "请核对后提交", "Check your answers before sending";
    ReviewNotSent: "还没有提交。核对无误后，请按最下面的按钮。", "Nothing has been sent yet. Check everything, then press the button at the bottom.";
    Submit: "确认提交", "Confirm and send";
    ReceiptDone: "已提交", "Sent";
    ReceiptNumber: "受理编号", "Receipt number";
    ReceiptKeep: "请记下这个编号。本页网址一直有效，随时可以回来看进度。", "Please note this number. The address of this page keeps working; come back any time.";
    ReceiptTime: "提交时间", "Sent at";
    WhatNext: "接下来会怎样", "What happens next";
    Contact: "有疑问找谁", "Whom to ask";
    Print: "打印本页", "Print this page";
    PrintHint: "要留存，可以用浏览器的“打印”功能。", "To keep a copy, use your browser's print function.";
    Promise: "这份回执有签名：最迟 {by}，这条记录会写进公开日志。", "This receipt is a signed promise: the record enters the public log by {by}.";

    ProofIntro: "这条记录已写进只能增加、不能改动的公开日志。谁要是事后改了一个字，下面的指纹就对不上。", "This record is in a public log that can only grow. Had anyone changed a single character since, the fingerprint below would no longer match.";
    ProofHow: "您不必相信我们：下载证明文件，在自己的电脑上核对，不用联网，也不用登录。", "You need not trust us: download the proof and check it on your own computer, offline and without an account.";
    ProofLog: "日志", "Log";
    ProofIndex: "第几条", "Entry";
    ProofHash: "指纹前16位", "Fingerprint (first 16)";
    ProofSize: "日志共有", "Entries in the log";
    ProofRoot: "总指纹", "Fingerprint of the whole log";
    ProofWitnesses: "见证人", "Witnesses";
    ProofNoWitness: "还没有外部见证人签名。", "No outside witness has signed yet.";
    ProofDownload: "下载证明文件", "Download the proof";
    ProofCommand: "核对命令", "Command to check";
    ProofQr: "扫码打开这条记录", "Scan to open this record";
    ProofDetails: "技术细节", "Technical details";
    ProofEntries: "{n} 条", "{n}";
    ProofLimit: "诚实地说：证明能查出改动，不能让别人删掉他已抄走的内容。", "The honest limit: a proof reveals changes; it cannot take back what somebody has already copied.";

    EmptyWhat: "这里会有：", "What will be here: ";
    EmptyWhy: "现在为什么没有：", "Why it is empty: ";
    EmptyDo: "您可以：", "What you can do: ";
    EmptyNone: "没有发生过", "nothing has happened";
    EmptyNotDue: "还没到时间", "not due yet";
    EmptyLate: "应公开而未公开", "should have been published";
    EmptyNoRight: "不对所有人公开", "not open to everyone";

    Search: "搜索", "Search";
    FoundNone: "没有找到“{q}”。可以换个写法，或从下面的名单里找。", "Nothing found for “{q}”. Try another spelling, or look in the list below.";
    Found: "找到 {n} 个", "{n} found";
    ChartRest: "其他 {n} 项", "{n} others";
    ChartTable: "和图一样的数字", "The same figures as a table";
    ChartItem: "项目", "Item";
    ChartAmount: "金额", "Amount";
    ChartShare: "占比", "Share";

    NoticePeriod: "所属期间", "Period";
    NoticeVillage: "村", "Village";
    NoticeSheetNo: "页次", "Sheet";
    NoticeAddress: "网址", "Address";
    NoticePage: "第 {at} 页，共 {n} 页", "Page {at} of {n}";
    NoticePosition: "日志位置", "Log position";
    NoticeHash: "指纹", "Fingerprint";
    NoticeScan: "扫码核对真假", "Scan to verify";
    NoticeSign: "签字", "Signature";
    NoticeSeal: "盖章", "Seal";
    NoticePosted: "张贴日", "Posted on";
    NoticeTaken: "撤下日", "Taken down on";
    NoticeObject: "有异议怎么办", "How to object";
    NoticeUntil: "截止", "Until";
    NoticeBoard: "村务公开", "Open village affairs";

    P404Title: "没有找到这一页", "There is no such page";
    P404Text: "网址可能抄错了，或者这项内容从来没有公开过。", "The address may be mistyped, or nothing was ever published here.";
    P404Do: "请检查网址，或从首页重新找起。", "Check the address, or start again from the home page.";
    P403Title: "这一页不对您开放", "You may not open this page";
    P403Text: "这项内容只有依法有权的人可以看或办。", "Only people with the legal right may see or do this.";
    P403Do: "如果您认为自己有权查看，请用有权的账户登录，或向村务监督委员会提出。", "If you think you have the right, sign in with the right account or ask the supervision committee.";
    P409Title: "有人先改过了", "Somebody was faster";
    P409Text: "您打开这一页之后，这件事已经有了新的变化，所以您的这次提交没有生效。", "This matter has changed since you opened the page, so what you sent did not take effect.";
    P409Do: "请重新打开，看看新的内容，再决定是否提交。", "Open it again, read what is new, and decide whether to send.";
    P422Title: "这样办不了", "This cannot be done";
    P422Text: "提交的内容不符合规定，什么都没有改变。", "What you sent does not meet the rules. Nothing was changed.";
    P422Do: "请按下面说的改正后再提交。", "Correct it as said below and send again.";
    P500Title: "系统出了问题", "Something broke on our side";
    P500Text: "这是我们的差错，不是您的。您刚才填的没有办成一半：要么全部生效，要么什么都没变。", "This is our fault, not yours. Nothing is half done: either all of what you sent took effect or none of it.";
    P500Do: "请过几分钟再试。还不行，请把下面的编号告诉村里。", "Try again in a few minutes. If it still fails, tell the village office the number below.";
    P503Title: "稍等一下再来", "Please come back in a moment";
    P503Text: "这项内容还没有传到这里，或者系统正忙。什么都没有改变。", "This has not arrived here yet, or the system is busy. Nothing was changed.";
    P503Do: "请过一会儿刷新。", "Reload the page in a little while.";
    ProblemNothing: "什么都没有改变。", "Nothing was changed.";
    ProblemBasis: "依据", "Legal basis";
    ProblemRemedy: "怎么办", "What to do";
    ProblemCode: "编号", "Number";
    ProblemHome: "回首页", "Go to the home page";
    ProblemBack: "回到刚才的页面", "Go back";
}

/// A word of the kit in `lang`.
pub fn t(lang: Lang, word: Word) -> &'static str {
    let (zh, en) = word.pair();
    lang.pick(zh, en)
}

/// A sentence of the kit with its `{places}` filled. Values are plain text.
pub fn fill(lang: Lang, word: Word, values: &[(&str, &str)]) -> String {
    let mut out = t(lang, word).to_owned();
    for (place, value) in values {
        out = out.replace(&format!("{{{place}}}"), value);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn places(text: &str) -> Vec<String> {
        let mut found: Vec<String> = text
            .split('{')
            .skip(1)
            .filter_map(|p| p.split_once('}'))
            .map(|(p, _)| p.to_owned())
            .collect();
        found.sort();
        found
    }

    fn has_han(text: &str) -> bool {
        text.chars().any(|c| ('\u{4e00}'..='\u{9fff}').contains(&c))
    }

    #[test]
    fn both_languages_are_complete() {
        for word in Word::ALL {
            let (zh, en) = word.pair();
            assert!(!zh.trim().is_empty() && !en.trim().is_empty(), "{word:?}");
            assert_eq!(places(zh), places(en), "{word:?} has different places");
            // the switch names the other language in its own script
            if !matches!(word, Word::OtherLanguage | Word::NotApplicable | Word::ProofEntries) {
                assert!(has_han(zh), "{word:?} is not Chinese: {zh}");
                assert!(!has_han(en), "{word:?} is not English: {en}");
            }
        }
    }

    #[test]
    fn places_are_filled() {
        assert_eq!(
            fill(Lang::Zh, Word::StepsCount, &[("n", "6"), ("at", "4")]),
            "共 6 步，第 4 步"
        );
        assert_eq!(fill(Lang::En, Word::StepsCount, &[("n", "6"), ("at", "4")]), "Step 4 of 6");
    }
}
