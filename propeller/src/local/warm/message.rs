//! What driver and worker say to each other; `zygote.py` has the other side of it.

use std::os::unix::ffi::OsStrExt;

use super::super::process::Launch;

/// An attempt, as a worker is told of it: a length, and fields that each end with NUL.
pub(super) fn encode(number: u64, launch: &Launch) -> Vec<u8> {
    let mut fields = Vec::new();
    let mut push = |field: &[&[u8]]| {
        field.iter().for_each(|part| fields.extend_from_slice(part));
        fields.push(0);
    };
    push(&[number.to_string().as_bytes()]);
    push(&[launch.folder.path().as_os_str().as_bytes()]);
    push(&[launch.tmp.as_os_str().as_bytes()]);
    let confinement = &launch.confinement;
    let members = confinement.group.members();
    let members: Vec<_> = members.iter().map(|path| path.as_os_str().as_bytes()).collect();
    push(&[&members.join(&b':')]);
    push(&[confinement.data.map(|data| data.to_string()).unwrap_or_default().as_bytes()]);
    push(&[launch.arguments.len().to_string().as_bytes()]);
    launch.arguments.iter().for_each(|argument| push(&[argument.as_bytes()]));
    launch.environment.iter().for_each(|(name, value)| push(&[name.as_bytes(), b"=", value.as_bytes()]));
    let length = u32::try_from(fields.len()).unwrap_or(u32::MAX);
    [length.to_le_bytes().to_vec(), fields].concat()
}

/// Whether an attempt can be told of: no argument or variable has a NUL in it, which no process could get.
pub(super) fn is_sound(launch: &Launch) -> bool {
    let texts = launch.arguments.iter().map(String::as_bytes);
    let variables = launch.environment.iter().flat_map(|(name, value)| [name.as_bytes(), value.as_bytes()]);
    texts.chain(variables).all(|text| !text.contains(&0))
}

/// What a worker says.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Said {
    /// It takes attempts; it has imported from these folders.
    Ready(Vec<String>),
    /// It never will.
    Unfit(String),
    /// The attempt of this number is claimed and runs.
    Started(u64),
    /// It is not, for this reason.
    Failed(u64, String),
    /// It has ended, and what it left says how.
    Over(u64),
}

impl Said {
    /// Reads a line; nothing when a worker does not say such a thing.
    pub(super) fn parse(line: &str) -> Option<Said> {
        let (word, rest) = line.trim_end().split_once(' ')?;
        Some(match word {
            "ready" => Said::Ready(rest.split(':').map(str::to_owned).collect()),
            "unfit" => Said::Unfit(rest.to_owned()),
            "started" => Said::Started(rest.parse().ok()?),
            "over" => Said::Over(rest.parse().ok()?),
            "failed" => {
                let (number, reason) = rest.split_once(' ')?;
                Said::Failed(number.parse().ok()?, reason.to_owned())
            }
            _ => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_worker_says_is_understood() {
        assert_eq!(Said::parse("ready /a:/b\n"), Some(Said::Ready(vec!["/a".into(), "/b".into()])));
        assert_eq!(Said::parse("unfit no module\n"), Some(Said::Unfit("no module".into())));
        assert_eq!(Said::parse("started 7\n"), Some(Said::Started(7)));
        assert_eq!(Said::parse("over 7\n"), Some(Said::Over(7)));
        assert_eq!(Said::parse("failed 7 disk full\n"), Some(Said::Failed(7, "disk full".into())));
        assert_eq!(Said::parse("Fatal Python error\n"), None);
    }
}
