//! Kubernetes quantities: numbers with a unit, compared exactly.

/// Decimals that are told apart; Kubernetes rounds up below a billionth too.
pub const DECIMALS: i32 = 9;

/// The quantity in billionths, rounded up; nothing when the text is no quantity, or beyond measure.
pub fn billionths(text: &str) -> Option<i128> {
    let (sign, unsigned) = match text.strip_prefix('-') {
        Some(rest) => (-1, rest),
        None => (1, text.strip_prefix('+').unwrap_or(text)),
    };
    let end = unsigned.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(unsigned.len());
    let (number, unit) = unsigned.split_at(end);
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    if (whole.is_empty() && fraction.is_empty()) || fraction.contains('.') {
        return None;
    }
    let digits: i128 = format!("0{whole}{fraction}").parse().ok()?;
    let (factor, exponent) = scale(unit)?;
    let exponent = exponent + DECIMALS - i32::try_from(fraction.len()).ok()?;
    let scaled = digits.checked_mul(factor)?;
    let power = |exponent: i32| 10_i128.checked_pow(u32::try_from(exponent).ok()?);
    let amount = match exponent {
        0.. => scaled.checked_mul(power(exponent)?)?,
        _ => scaled.checked_add(power(-exponent)? - 1)? / power(-exponent)?,
    };
    Some(sign * amount)
}

/// Whether a text is an amount of a resource: a number, not negative, with an optional unit.
pub fn is_quantity(text: &str) -> bool {
    billionths(text).is_some_and(|amount| amount >= 0)
}

/// A unit as a factor and a power of ten.
fn scale(unit: &str) -> Option<(i128, i32)> {
    const POWERS: [&str; 6] = ["Ki", "Mi", "Gi", "Ti", "Pi", "Ei"];
    const TENS: [(&str, i32); 10] = [
        ("n", -9),
        ("u", -6),
        ("m", -3),
        ("", 0),
        ("k", 3),
        ("M", 6),
        ("G", 9),
        ("T", 12),
        ("P", 15),
        ("E", 18),
    ];
    if let Some((_, exponent)) = TENS.iter().find(|(name, _)| *name == unit) {
        return Some((1, *exponent));
    }
    if let Some(power) = POWERS.iter().position(|name| *name == unit) {
        return Some((1_i128 << (10 * (power + 1)), 0));
    }
    let exponent: i32 = unit.strip_prefix(['e', 'E'])?.parse().ok()?;
    (-30..=30).contains(&exponent).then_some((1, exponent))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantities_are_exact() {
        for (text, expected) in [
            ("1", Some(1_000_000_000)),
            ("500m", Some(500_000_000)),
            (".5", Some(500_000_000)),
            ("1.", Some(1_000_000_000)),
            ("1e3", Some(1_000_000_000_000)),
            ("1E-3", Some(1_000_000)),
            ("1Ki", Some(1_024_000_000_000)),
            ("0.5n", Some(1)),
            ("-1", Some(-1_000_000_000)),
            ("1GB", None),
            ("1.2.3", None),
            ("", None),
            (".", None),
            ("1e99", None),
            (&"9".repeat(60), None),
        ] {
            assert_eq!(billionths(text), expected, "{text}");
        }
        assert!(billionths("1000Mi") < billionths("1Gi") && billionths("1Gi") > billionths("1G"));
    }
}
