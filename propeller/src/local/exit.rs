//! What an exit code says about a task that left no error of its own.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};

use aileron_engine::{ErrorKind, Failure};
use rustix::fs::statvfs;

use super::folder::Folder;
use super::images::{self, InImage};
use super::process::Confinement;

/// A disk with less space than this is full, in bytes.
const LEAST_SPACE: u64 = 64 << 10;
/// How much of the log's end goes into an error message, in bytes.
const TAIL: u64 = 4 << 10;

/// The code of a task that wanted more memory than it may use.
const OUT_OF_MEMORY: &str = "OOMKilled";
/// What a program says that is refused memory.
const REFUSED: [&str; 4] = ["MemoryError", "Cannot allocate memory", "memory exhausted", "std::bad_alloc"];

/// The failure that an exit code other than 0 stands for.
pub(super) fn failure(code: i32, folder: &Folder, confinement: &Confinement) -> Failure {
    let log = tail(folder).unwrap_or_else(|error| format!("(the log cannot be read: {error})"));
    let memory = out_of_memory(confinement, &log);
    let log = if log.is_empty() { "its log is empty".to_owned() } else { format!("its log ends:\n{log}") };
    let of_user = |code: &str, message| Failure { kind: ErrorKind::User, ..Failure::system(code, message) };
    if let Some(memory) = memory {
        return of_user(OUT_OF_MEMORY, format!("{memory}; it ended with {}; {log}", describe(code)));
    }
    match code {
        _ if disk_is_full(folder) => {
            let cause = "while the disk was full; free some space";
            Failure::system("DiskFull", format!("the task ended with {} {cause}; {log}", describe(code)))
        }
        images::NOT_STARTED if !was_started(confinement) => {
            let message = format!("the task's container was not started; see what its engine says; {log}");
            Failure::system("ContainerNotStarted", message)
        }
        // 247 is what some runtimes make of a kill for memory.
        137 | 247 => {
            let cause = "killed by signal 9, most often because memory ran out";
            Failure::system("Interrupted", format!("the task was {cause} (exit code {code}); {log}"))
        }
        code => of_user("Error", format!("the task ended with {}; {log}", describe(code))),
    }
}

/// What a task wrote about its own end, with what it could not know.
pub(super) fn explained(failure: Failure, confinement: &Confinement) -> Failure {
    match out_of_memory(confinement, &failure.message) {
        Some(memory) if failure.code != OUT_OF_MEMORY => {
            Failure { message: format!("{}\n{memory}", failure.message), ..failure }
        }
        _ => failure,
    }
}

/// That the task wanted more memory than it may use, if it did. A control group tells; where there is none, what
/// the task says of itself does.
fn out_of_memory(confinement: &Confinement, said: &str) -> Option<String> {
    let memory = confinement.limits.memory.as_ref()?;
    let refused = || REFUSED.iter().any(|refusal| said.contains(refusal));
    let in_image = || confinement.in_image.as_ref().is_some_and(InImage::ran_out_of_memory);
    let ran_out =
        in_image() || confinement.group.ran_out_of_memory() || (confinement.data.is_some() && refused());
    ran_out.then(|| {
        format!(
            "the task wanted more memory than the {} that it may use; let it ask for more, as in \
             `@task(limits=Resources(mem=\"...\"))` or `.with_overrides(limits=...)`, or start the server with \
             `--task-limits off`",
            memory.text
        )
    })
}

/// Whether the task began. What has no container has.
fn was_started(confinement: &Confinement) -> bool {
    confinement.in_image.as_ref().is_none_or(InImage::was_started)
}

fn disk_is_full(folder: &Folder) -> bool {
    statvfs(folder.path()).is_ok_and(|disk| disk.f_bavail.saturating_mul(disk.f_frsize) < LEAST_SPACE)
}

fn describe(code: i32) -> String {
    match code {
        127 => "exit code 127, a command was not found".to_owned(),
        129..=192 => format!("exit code {code}, killed by signal {}", code - 128),
        _ => format!("exit code {code}"),
    }
}

fn tail(folder: &Folder) -> io::Result<String> {
    let mut file = File::open(folder.log())?;
    let start = file.metadata()?.len().saturating_sub(TAIL);
    let mut bytes = Vec::new();
    file.seek(SeekFrom::Start(start))?;
    file.take(TAIL).read_to_end(&mut bytes)?;
    Ok(String::from_utf8_lossy(&bytes).trim_end().to_owned())
}

#[cfg(test)]
mod tests {
    use aileron_crd::ExecutionId;
    use expect_test::{Expect, expect};

    use super::super::limits::{Groups, Limits};
    use super::*;

    fn free() -> Confinement {
        let limits = Limits::default();
        Confinement { group: Groups::default().of("", &limits), limits, data: None, in_image: None }
    }

    fn check(code: i32, log: &str, expected: &Expect) {
        let root = tempfile::tempdir().unwrap();
        let folder = Folder::of(root.path(), &ExecutionId::default(), "n0", 0);
        folder.make().unwrap();
        std::fs::write(folder.log(), log).unwrap();
        let Failure { kind, code, message, recoverable, .. } = failure(code, &folder, &free());
        expected.assert_eq(&format!("{} {code}, again: {recoverable}\n{message}", kind.text()));
    }

    #[test]
    fn a_code_is_the_users_failure() {
        check(
            3,
            "one\ntwo\n",
            &expect![[r#"
            USER Error, again: true
            the task ended with exit code 3; its log ends:
            one
            two"#]],
        );
        check(
            127,
            "",
            &expect![[r#"
            USER Error, again: true
            the task ended with exit code 127, a command was not found; its log is empty"#]],
        );
        check(
            139,
            "",
            &expect![[r#"
            USER Error, again: true
            the task ended with exit code 139, killed by signal 11; its log is empty"#]],
        );
    }

    #[test]
    fn a_kill_is_the_platforms_failure() {
        check(
            137,
            "Killed\n",
            &expect![[r#"
            SYSTEM Interrupted, again: true
            the task was killed by signal 9, most often because memory ran out (exit code 137); its log ends:
            Killed"#]],
        );
        check(
            247,
            "",
            &expect![[r#"
            SYSTEM Interrupted, again: true
            the task was killed by signal 9, most often because memory ran out (exit code 247); its log is empty"#]],
        );
    }

    #[test]
    fn of_a_long_log_the_end_is_shown() {
        let log = "x".repeat(10_000) + "end";
        let root = tempfile::tempdir().unwrap();
        let folder = Folder::of(root.path(), &ExecutionId::default(), "n0", 0);
        folder.make().unwrap();
        std::fs::write(folder.log(), log).unwrap();
        let message = failure(1, &folder, &free()).message;
        assert!(message.ends_with("xend") && message.len() < 5_000, "{}", message.len());
    }
}
