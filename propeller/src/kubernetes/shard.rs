//! Which runs a shard has: by the label that the control plane gives each execution.

/// The label, a number below [`KEYS`].
pub(super) const LABEL: &str = "shard-key";
/// How many keys there are; Flyte's number.
pub(super) const KEYS: u32 = 32;

/// The selector of a shard's objects: its part of all keys. With one shard it has all, also those without a key.
pub(super) fn selector(shard: u32, shards: u32) -> Option<String> {
    if shards <= 1 {
        return None;
    }
    let keys: Vec<String> = keys(shard, shards).map(|key| key.to_string()).collect();
    Some(format!("{LABEL} in ({})", keys.join(",")))
}

fn keys(shard: u32, shards: u32) -> impl Iterator<Item = u32> {
    let first = |shard: u32| shard * KEYS / shards;
    first(shard)..first(shard + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_is_in_one_shard() {
        for shards in 2..=KEYS {
            let all: Vec<u32> = (0..shards).flat_map(|shard| keys(shard, shards)).collect();
            assert_eq!(all, (0..KEYS).collect::<Vec<_>>(), "{shards}");
            assert!((0..shards).all(|shard| keys(shard, shards).next().is_some()), "{shards}");
        }
        assert_eq!(selector(0, 1), None);
        assert_eq!(selector(1, 16).as_deref(), Some("shard-key in (2,3)"));
    }
}
