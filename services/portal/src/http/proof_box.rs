//! 怎么知道这是真的: the box under a fact, with the entry's place in its log and the way to check it.

use pages::{
    Component, EmptyState, EmptyWhy, Markup, ProofBox, SummaryList, SummaryRow, query_encode,
};
use proof::{Checkpoint, ProofFile, SignedNote};

use super::frame::Ask;
use crate::shows::Position;

/// What a proof says, read but not verified: the portal has no key.
pub(crate) struct Read {
    pub checkpoint: Checkpoint,
    pub witnesses: Vec<String>,
}

/// Reads the checkpoint of a proof and who cosigned.
pub(crate) fn read(file: &ProofFile) -> Option<Read> {
    let note = SignedNote::parse(&file.checkpoint).ok()?;
    let checkpoint = Checkpoint::parse(note.text()).ok()?;
    let mut witnesses: Vec<String> = note
        .signatures()
        .iter()
        .map(|s| s.name.clone())
        .filter(|name| *name != checkpoint.origin)
        .collect();
    if let Some(step) = &file.witnessed
        && let Ok(note) = SignedNote::parse(&step.checkpoint)
    {
        let platform = note.text().lines().next().unwrap_or_default().to_owned();
        witnesses.extend(
            note.signatures().iter().map(|s| s.name.clone()).filter(|name| *name != platform),
        );
    }
    witnesses.sort();
    witnesses.dedup();
    Some(Read { checkpoint, witnesses })
}

/// The address that a QR code leads to: log, index and the first 16 characters of the leaf hash.
pub(crate) fn verify_url(ask: &Ask<'_>, position: &Position) -> String {
    let hash: String = position.leaf.chars().take(16).collect();
    format!(
        "{}/verify?log={}&index={}&hash={hash}",
        ask.portal.settings.base_url,
        query_encode(position.log.as_str()),
        position.index
    )
}

/// The box for an entry of a service's log; `download` is where the proof file is.
pub(crate) async fn render(
    ask: &Ask<'_>,
    source: &str,
    position: &Position,
    download: &str,
    file_name: &str,
) -> Markup {
    let l = ask.prefs.lang;
    let proof = match ask.portal.owner(source) {
        Some(owner) => owner.proof(&position.log, position.index).await,
        None => None,
    };
    let read = proof.as_ref().and_then(read);
    let (Some(proof), Some(read)) = (proof, read) else {
        let waits = EmptyState::new(
            ask.pick("这条记录的证明", "The proof of this record"),
            EmptyWhy::NotDue,
        )
        .because(ask.pick(
            "它已经在日志里了，下一个检查点公布后（一般一小时内）就能验",
            "it is in the log; it can be checked once the next checkpoint is out, usually within an hour",
        ))
        .act(
            format!(
                "{}{} · {} · {}",
                ask.pick("可以先记下：", "You can note already: "),
                position.log,
                position.index,
                pages::short_hash(&position.leaf)
            ),
            None,
        );
        let title = ask.pick("怎么知道这是真的", "How do I know this is true");
        return Markup::section("proof", title, waits.render(l));
    };
    let leaf = proof::leaf_hash(&proof.entry).to_hex();
    let same = leaf == position.leaf;
    let boxed = ProofBox {
        log: position.log.to_string(),
        index: position.index,
        leaf_hash: leaf.clone(),
        tree_size: read.checkpoint.size,
        root: read.checkpoint.root.to_base64(),
        witnesses: read.witnesses,
        download: Some(download.to_owned()),
        file_name: file_name.to_owned(),
        qr: verify_url(ask, position),
    };
    let steps = proof.path.len();
    let path = match l {
        pages::Lang::Zh => format!(
            "{steps} 步：从这条记录算起，每步和旁边的一个指纹合在一起，{steps} 步后正好得到检查点上的总指纹"
        ),
        pages::Lang::En => format!(
            "{steps} steps: beginning with this record, each joins one neighbouring hash; after {steps} the result is the checkpoint's root"
        ),
    };
    let details = SummaryList::new(
        ask.pick("证明的细节", "The proof in detail"),
        vec![
            SummaryRow::text(ask.pick("完整指纹（叶子哈希）", "Full hash (leaf)"), leaf),
            SummaryRow::text(ask.pick("证明路径", "Path"), path),
            SummaryRow::text(
                ask.pick("在自己的电脑上验", "On your own computer"),
                format!(
                    "cunwu verify {file_name} --key {}",
                    ask.pick("日志的公钥", "KEY-OF-THE-LOG")
                ),
            ),
            SummaryRow::text(
                ask.pick("这一页和日志", "This page and the log"),
                if same {
                    ask.pick(
                        "这一页用的就是日志里的这条记录",
                        "this page was made from this very entry",
                    )
                } else {
                    ask.pick("对不上：这一页用的记录和日志里的不同，请告诉监督委员会", "differ: this page was made from another entry; tell the supervision committee")
                },
            ),
        ],
    );
    Markup::join([boxed.render(l), details.render(l)])
}
