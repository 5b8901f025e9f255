//! Running other programs: aloud, into a log, or for their answer; and timing what we do.

use std::fs::{self, File};
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

use anyhow::{Context, Result, bail};

/// Does one step of a longer work, with a line before it and its time after it.
pub(crate) fn step<T>(what: &str, work: impl FnOnce() -> Result<T>) -> Result<T> {
    println!("==> {what}");
    let started = Instant::now();
    let result = work();
    let outcome = if result.is_ok() { "done" } else { "failed" };
    println!("    {outcome} in {:.1} s", started.elapsed().as_secs_f64());
    result
}

/// Runs a program whose output the reader wants to see.
pub(crate) fn run(command: &mut Command) -> Result<()> {
    let status = command.status().with_context(|| format!("failed to start {}", shown(command)))?;
    if !status.success() {
        bail!("{} ended with {status}", shown(command));
    }
    Ok(())
}

/// What a program answers on its standard output.
pub(crate) fn answer(command: &mut Command) -> Result<String> {
    let output = command.output().with_context(|| format!("failed to start {}", shown(command)))?;
    if !output.status.success() {
        bail!("{} ended with {}: {}", shown(command), output.status, last_line(&output.stderr));
    }
    Ok(String::from_utf8(output.stdout)?)
}

/// Runs a program whose output only matters when it fails.
pub(crate) fn logged(command: &mut Command, log: &Path) -> Result<()> {
    fs::create_dir_all(log.parent().context("a log lies in a folder")?)?;
    let file = File::options().create(true).append(true).open(log)?;
    command.stdout(file.try_clone()?).stderr(file);
    let status = command.status().with_context(|| format!("failed to start {}", shown(command)))?;
    if !status.success() {
        bail!(
            "{} ended with {status}: {} (all of it: {})",
            shown(command),
            last_line(&fs::read(log)?),
            log.display()
        );
    }
    Ok(())
}

/// Shows a program's standard output while it runs, and gives it back with whether it succeeded.
pub(crate) fn tee(command: &mut Command) -> Result<(bool, String)> {
    let mut child = command
        .stdout(Stdio::piped())
        .spawn()
        .with_context(|| format!("failed to start {}", shown(command)))?;
    let mut text = String::new();
    for line in BufReader::new(child.stdout.take().context("standard output is a pipe")?).split(b'\n') {
        let line = String::from_utf8_lossy(&line?).into_owned();
        println!("{line}");
        text.push_str(&line);
        text.push('\n');
    }
    std::io::stdout().flush()?;
    Ok((child.wait()?.success(), text))
}

fn shown(command: &Command) -> String {
    let mut words = vec![command.get_program().to_string_lossy()];
    words.extend(command.get_args().map(|argument| argument.to_string_lossy()));
    format!("`{}`", words.join(" "))
}

fn last_line(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    text.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or("no output").trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failed_program_is_named_with_its_last_words() {
        let folder = tempfile::tempdir().unwrap();
        let log = folder.path().join("logs/it.log");
        let error =
            logged(Command::new("sh").args(["-c", "echo first; echo last >&2; exit 3"]), &log).unwrap_err();
        let text = error.to_string();
        assert!(text.contains("exit status: 3: last"), "{text}");
        assert_eq!(fs::read_to_string(&log).unwrap(), "first\nlast\n");
    }

    #[test]
    fn a_missing_program_is_named() {
        let error = run(&mut Command::new("no-such-program-here")).unwrap_err();
        assert_eq!(error.to_string(), "failed to start `no-such-program-here`");
    }

    #[test]
    fn output_is_given_back_with_the_result() {
        let (ok, text) = tee(Command::new("sh").args(["-c", "echo one; echo two; exit 1"])).unwrap();
        assert_eq!((ok, text.as_str()), (false, "one\ntwo\n"));
    }
}
