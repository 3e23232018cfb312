//! Where the workspace lies, and running programs in it.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

/// The workspace's folder: cargo tells it to what it runs.
pub fn root() -> Result<PathBuf> {
    let manifest = std::env::var_os("CARGO_MANIFEST_DIR").context("start this as `cargo xtask`")?;
    let root = Path::new(&manifest).ancestors().nth(2);
    Ok(root.context("xtask does not lie in crates/xtask")?.to_owned())
}

/// The build folder: this program lies in `<target>/<profile>/xtask`.
pub fn target() -> Result<PathBuf> {
    let program = std::env::current_exe()?;
    let target = program.ancestors().nth(2);
    Ok(target.context("xtask does not lie in a build folder")?.to_owned())
}

/// `cargo`, the one that runs this, in the workspace's folder.
pub fn cargo(arguments: &[&str]) -> Result<Command> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command.args(arguments).current_dir(root()?);
    Ok(command)
}

/// Runs `command` before the reader's eyes; whether it succeeded.
pub fn succeeds(command: &mut Command) -> Result<bool> {
    let status =
        command.status().with_context(|| format!("{:?} can't be run", command.get_program()))?;
    Ok(status.success())
}

/// Runs `command` before the reader's eyes and insists on success.
pub fn must(command: &mut Command) -> Result<()> {
    if !succeeds(command)? {
        bail!("failed: {}", shown(command));
    }
    Ok(())
}

/// Whether `command` can be run and succeeds, in silence.
pub fn probe(command: &mut Command) -> bool {
    command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

/// What `command` prints.
pub fn output(command: &mut Command) -> Result<Vec<u8>> {
    let output = command
        .stderr(Stdio::inherit())
        .output()
        .with_context(|| format!("{:?} can't be run", command.get_program()))?;
    if !output.status.success() {
        bail!("failed: {}", shown(command));
    }
    Ok(output.stdout)
}

/// The command as one would type it.
pub fn shown(command: &Command) -> String {
    std::iter::once(command.get_program())
        .chain(command.get_args())
        .map(|word| word.to_string_lossy())
        .collect::<Vec<_>>()
        .join(" ")
}
