//! Ticks as tables, and against an oracle that walks every minute.

use jiff::civil::DateTime;
use jiff::tz::{TimeZone, TimeZoneDatabase};
use proptest::prelude::*;

use super::*;

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn ticks(schedule: &Schedule, after: &str, count: usize) -> Vec<String> {
    let ticks = std::iter::successors(schedule.next_after(at(after)), |tick| schedule.next_after(*tick));
    ticks.take(count).map(|tick| tick.to_string()).collect()
}

fn cron(text: &str) -> Schedule {
    Schedule::cron(text, Timestamp::UNIX_EPOCH).unwrap()
}

fn check(text: &str, after: &str, expect: &[&str]) {
    assert_eq!(ticks(&cron(text), after, expect.len()), expect, "{text} after {after}");
}

#[test]
fn fields_name_the_next_tick() {
    let after = "2026-03-04T10:20:30Z"; // a Wednesday
    check("* * * * *", after, &["2026-03-04T10:21:00Z", "2026-03-04T10:22:00Z"]);
    check("*/15 * * * * *", after, &["2026-03-04T10:20:45Z", "2026-03-04T10:21:00Z"]);
    check("30 20 10 * * *", after, &["2026-03-05T10:20:30Z"]);
    check("0,30 9-10 * * *", after, &["2026-03-04T10:30:00Z", "2026-03-05T09:00:00Z"]);
    check("0 0 1 */4 *", after, &["2026-05-01T00:00:00Z", "2026-09-01T00:00:00Z", "2027-01-01T00:00:00Z"]);
    check("0 9 * * MON-FRI", "2026-03-06T09:00:00Z", &["2026-03-09T09:00:00Z"]);
    check("0 9 * jan,jul sun", after, &["2026-07-05T09:00:00Z"]);
    check("0 9 ? * 7", after, &["2026-03-08T09:00:00Z"]);
    check("59 23 31 12 *", after, &["2026-12-31T23:59:00Z", "2027-12-31T23:59:00Z"]);
    check("  0   9  *  *  * ", after, &["2026-03-05T09:00:00Z"]);
}

#[test]
fn either_day_field_suffices_when_both_restrict() {
    let after = "2026-03-01T00:00:00Z";
    check("0 0 13 * FRI", after, &["2026-03-06T00:00:00Z", "2026-03-13T00:00:00Z", "2026-03-20T00:00:00Z"]);
    check("0 0 13 * *", after, &["2026-03-13T00:00:00Z", "2026-04-13T00:00:00Z"]);
    check("0 0 * * FRI", after, &["2026-03-06T00:00:00Z", "2026-03-13T00:00:00Z"]);
    check("0 0 */30 * MON", after, &["2026-03-02T00:00:00Z", "2026-03-09T00:00:00Z"]);
}

#[test]
fn aliases_are_expressions() {
    let after = "2026-03-04T10:20:30Z";
    for (words, expect) in [
        (&["@hourly", "hourly", "hours"][..], "2026-03-04T11:00:00Z"),
        (&["@daily", "@midnight", "days"], "2026-03-05T00:00:00Z"),
        (&["@weekly", "weekly"], "2026-03-08T00:00:00Z"),
        (&["@monthly", "months"], "2026-04-01T00:00:00Z"),
        (&["@yearly", "@annually", "years"], "2027-01-01T00:00:00Z"),
    ] {
        words.iter().for_each(|word| check(word, after, &[expect]));
    }
    check("CRON_TZ=Asia/Tokyo @daily", after, &["2026-03-04T15:00:00Z"]);
}

#[test]
fn the_calendar_has_leap_days_and_short_months() {
    check("0 0 29 2 *", "2026-01-01T00:00:00Z", &["2028-02-29T00:00:00Z", "2032-02-29T00:00:00Z"]);
    check("0 0 29 2 *", "2096-02-29T00:00:00Z", &["2104-02-29T00:00:00Z"]);
    check("0 0 31 * *", "2026-01-31T00:00:00Z", &["2026-03-31T00:00:00Z", "2026-05-31T00:00:00Z"]);
    check("0 0 28-31 2 *", "2100-02-28T00:00:00Z", &["2101-02-28T00:00:00Z"]);
    check("0 0 1 1 *", "2099-12-31T23:59:59Z", &["2100-01-01T00:00:00Z"]);
    check("CRON_TZ=Europe/Berlin 30 2 28 3 *", "2099-06-01T00:00:00Z", &["2100-03-28T01:00:00Z"]);
}

#[test]
fn times_are_local_to_the_zone() {
    check("CRON_TZ=Europe/Berlin 0 9 * * *", "2026-01-01T00:00:00Z", &["2026-01-01T08:00:00Z"]);
    check("TZ=Europe/Berlin 0 9 * * *", "2026-07-01T00:00:00Z", &["2026-07-01T07:00:00Z"]);
    check("CRON_TZ=Asia/Kathmandu 0 0 * * *", "2026-01-01T00:00:00Z", &["2026-01-01T18:15:00Z"]);
    check("CRON_TZ=UTC 0 9 * * *", "2026-01-01T00:00:00Z", &["2026-01-01T09:00:00Z"]);
}

#[test]
fn a_skipped_local_time_fires_once_after_the_gap() {
    // Berlin goes from 02:00 to 03:00.
    let eve = "2026-03-28T12:00:00Z";
    check("CRON_TZ=Europe/Berlin 30 2 * * *", eve, &["2026-03-29T01:00:00Z", "2026-03-30T00:30:00Z"]);
    check("CRON_TZ=Europe/Berlin 0,20,40 2 * * *", eve, &["2026-03-29T01:00:00Z", "2026-03-30T00:00:00Z"]);
    check("CRON_TZ=Europe/Berlin 30 2,3 * * *", eve, &["2026-03-29T01:00:00Z", "2026-03-29T01:30:00Z"]);
    check("CRON_TZ=Europe/Berlin 30 2 29 3 *", eve, &["2026-03-29T01:00:00Z", "2027-03-29T00:30:00Z"]);
    // Lord Howe moves by half an hour.
    check(
        "CRON_TZ=Australia/Lord_Howe 15 2 * * *",
        "2026-10-03T00:00:00Z",
        &["2026-10-03T15:30:00Z", "2026-10-04T15:15:00Z"],
    );
    // São Paulo skipped midnight.
    check(
        "CRON_TZ=America/Sao_Paulo @daily",
        "2018-11-03T12:00:00Z",
        &["2018-11-04T03:00:00Z", "2018-11-05T02:00:00Z"],
    );
    // Apia skipped a whole day.
    check(
        "CRON_TZ=Pacific/Apia 0 12 30 12 *",
        "2011-12-01T00:00:00Z",
        &["2011-12-30T10:00:00Z", "2012-12-29T22:00:00Z"],
    );
}

#[test]
fn a_doubled_local_time_fires_the_first_time() {
    let eve = "2026-10-24T12:00:00Z";
    check("CRON_TZ=Europe/Berlin 30 2 * * *", eve, &["2026-10-25T00:30:00Z", "2026-10-26T01:30:00Z"]);
    check("CRON_TZ=Europe/Berlin 30 2,3 * * *", eve, &["2026-10-25T00:30:00Z", "2026-10-25T02:30:00Z"]);
    check("CRON_TZ=Europe/Berlin 30 2 * * *", "2026-10-25T01:10:00Z", &["2026-10-26T01:30:00Z"]);
    check(
        "CRON_TZ=America/New_York 30 1 * * *",
        "2026-11-01T04:00:00Z",
        &["2026-11-01T05:30:00Z", "2026-11-02T06:30:00Z"],
    );
}

#[test]
fn what_allows_every_hour_follows_elapsed_time() {
    check(
        "CRON_TZ=Europe/Berlin 30 * * * *",
        "2026-10-24T23:30:00Z",
        &["2026-10-25T00:30:00Z", "2026-10-25T01:30:00Z", "2026-10-25T02:30:00Z"],
    );
    check(
        "CRON_TZ=Europe/Berlin 30 * * * *",
        "2026-03-28T23:30:00Z",
        &["2026-03-29T00:30:00Z", "2026-03-29T01:30:00Z"],
    );
    check(
        "CRON_TZ=Europe/Berlin */30 0-23 * * *",
        "2026-03-29T00:30:00Z",
        &["2026-03-29T01:00:00Z", "2026-03-29T01:30:00Z"],
    );
}

#[test]
fn a_fixed_distance_counts_from_its_anchor() {
    let anchor = at("2026-01-01T00:00:07.9Z");
    let check = |schedule: &Schedule, after: &str, expect: &[&str]| {
        assert_eq!(ticks(schedule, after, expect.len()), expect);
    };
    let every = Schedule::cron("@every 1h30m", anchor).unwrap();
    check(&every, "2026-01-01T00:00:07.9Z", &["2026-01-01T01:30:07Z", "2026-01-01T03:00:07Z"]);
    check(&every, "2026-01-01T03:00:06.999Z", &["2026-01-01T03:00:07Z"]);
    check(&every, "2026-01-01T03:00:07Z", &["2026-01-01T04:30:07Z"]);
    check(&every, "2025-12-31T23:00:00Z", &["2026-01-01T00:00:07Z"]);
    check(&every, "2025-12-31T22:30:06.5Z", &["2025-12-31T22:30:07Z"]);
    let rate =
        |value, unit: FixedRateUnit| Schedule::rate(&FixedRate { value, unit: unit as i32 }, anchor).unwrap();
    check(&rate(10, FixedRateUnit::Minute), "2026-01-01T00:00:07Z", &["2026-01-01T00:10:07Z"]);
    check(&rate(1, FixedRateUnit::Hour), "2026-06-01T12:00:00Z", &["2026-06-01T12:00:07Z"]);
    check(&rate(2, FixedRateUnit::Day), "2026-01-01T00:00:07Z", &["2026-01-03T00:00:07Z"]);
}

#[test]
fn an_offset_comes_after_the_rule() {
    let check = |text: &str, offset: &str, after: &str, expect: &str| {
        assert_eq!(ticks(&cron(text).with_offset(offset).unwrap(), after, 1), [expect], "{offset}");
    };
    check("0 0 * * *", "PT1H", "2026-01-01T00:30:00Z", "2026-01-01T01:00:00Z");
    check("0 0 * * *", "PT1H", "2026-01-01T01:00:00Z", "2026-01-02T01:00:00Z");
    check("0 0 * * *", "P1DT5M30S", "2026-01-01T00:00:00Z", "2026-01-01T00:05:30Z");
    check("0 0 * * *", "", "2026-01-01T00:30:00Z", "2026-01-02T00:00:00Z");
    // The rule keeps local time and the offset is added to it.
    check("CRON_TZ=Europe/Berlin 30 2 * * *", "PT2H", "2026-03-29T00:00:00Z", "2026-03-29T03:00:00Z");
}

#[test]
fn the_end_of_time_has_no_tick() {
    assert_eq!(cron("* * * * *").next_after(Timestamp::MAX), None);
    assert_eq!(cron("@every 1s").next_after(Timestamp::MAX), None);
    assert_eq!(cron("0 0 29 2 *").next_after(at("9997-01-01T00:00:00Z")), None);
    assert!(cron("CRON_TZ=Europe/Berlin * * * * *").next_after(Timestamp::MIN).is_some());
}

#[test]
fn refusals_say_what_is_wrong() {
    let check = |text: &str, expect: &str| {
        let error = Schedule::cron(text, Timestamp::UNIX_EPOCH).unwrap_err().to_string();
        assert!(error.contains(expect), "{text}: {error}");
    };
    check("", "this has 0");
    check("* * * *", "5 fields (minute hour day month weekday), or 6 with seconds first; this has 4");
    check("0 0 * * ? * *", "this has 7");
    check("0 0 32 * *", "day of month: `32` is none of 1 to 31");
    check("@weekday", "`@weekday` is no alias; known are @hourly");
    check("CRON_TZ=Mars/Olympus 0 0 * * *", "`Mars/Olympus` is no time zone");
    check("CRON_TZ=Local 0 0 * * *", "`Local` is no time zone");
    check("CRON_TZ=Europe/Berlin", "this has 0");
    check("0 0 30 2 *", "no year has such a day");
    check("0 0 31 2,4,6,9,11 ?", "no year has such a day");
    check("@every", "`` is no distance");
    for distance in ["0s", "-5m", "1.5s", "1mo", "9999h", "soon"] {
        check(&format!("@every {distance}"), &format!("`{distance}` is no distance; write whole seconds"));
    }
    check(&"* ".repeat(200), "256 bytes at most");
}

#[test]
fn rates_and_offsets_have_limits() {
    for (value, unit) in [(0, 0), (0, 2), (367, 2), (u32::MAX, 1), (1, 3)] {
        let error = Schedule::rate(&FixedRate { value, unit }, Timestamp::UNIX_EPOCH).unwrap_err();
        assert_eq!(error, ScheduleError::Rate, "{value} {unit}");
    }
    for offset in ["1", "P1M", "P1Y", "-PT1H", "PT0.5S", "P367D", "later"] {
        assert_eq!(cron("@daily").with_offset(offset).unwrap_err(), ScheduleError::Offset, "{offset}");
    }
}

/// A field as the numbers that it allows, and a text for them.
#[derive(Clone, Debug)]
struct Field {
    text: String,
    numbers: Vec<i8>,
}

fn field(first: i8, last: i8) -> impl Strategy<Value = Field> {
    let all = move |text: &str| Field { text: text.into(), numbers: (first..=last).collect() };
    let range = (first..=last, first..=last, 1..=9_i8).prop_map(|(a, b, step)| {
        let (a, b) = (a.min(b), a.max(b));
        let numbers = (a..=b).step_by(step as usize).collect();
        Field { text: format!("{a}-{b}/{step}"), numbers }
    });
    let list = prop::collection::vec(first..=last, 1..4).prop_map(|numbers| {
        let text: Vec<String> = numbers.iter().map(i8::to_string).collect();
        Field { text: text.join(","), numbers }
    });
    prop_oneof![2 => Just(all("*")), 1 => range, 2 => list]
}

#[derive(Clone, Debug)]
struct Fields {
    minute: Field,
    hour: Field,
    day: Field,
    weekday: Field,
}

impl Fields {
    fn text(&self, zone: &str) -> String {
        let Fields { minute, hour, day, weekday } = self;
        format!("CRON_TZ={zone} {} {} {} * {}", minute.text, hour.text, day.text, weekday.text)
    }

    fn allow(&self, local: DateTime) -> bool {
        let day = self.day.numbers.contains(&local.day());
        let weekday = self.weekday.numbers.contains(&local.weekday().to_sunday_zero_offset());
        let open = self.day.text == "*" || self.weekday.text == "*";
        self.minute.numbers.contains(&local.minute())
            && self.hour.numbers.contains(&local.hour())
            && if open { day && weekday } else { day || weekday }
    }

    fn every_hour(&self) -> bool {
        (0..24).all(|hour| self.hour.numbers.contains(&hour))
    }
}

/// Walks every minute of some days, with a memory of how far the wall clock has been.
fn walk(fields: &Fields, zone: &TimeZone, start: Timestamp, minutes: i64) -> Vec<Timestamp> {
    let minute = SignedDuration::from_mins(1);
    let mut furthest = zone.to_datetime(start - minute);
    let mut ticks = Vec::new();
    for elapsed in 0..minutes {
        let now = start + SignedDuration::from_mins(elapsed);
        let local = zone.to_datetime(now);
        let fires = if fields.every_hour() {
            fields.allow(local)
        } else {
            // Nothing when the clock was here before; all that it jumped over when it was not.
            let mut next = furthest + minute;
            let mut any = false;
            while next <= local {
                any |= fields.allow(next);
                next += minute;
            }
            any
        };
        furthest = furthest.max(local);
        if fires {
            ticks.push(now);
        }
    }
    ticks
}

const ZONES: &[&str] = &[
    "UTC",
    "Europe/Berlin",
    "America/New_York",
    "America/Sao_Paulo",
    "America/St_Johns",
    "Australia/Lord_Howe",
    "Africa/Casablanca",
    "Africa/Cairo",
    "Asia/Kathmandu",
    "Pacific/Apia",
];

proptest! {
    #[test]
    fn ticks_are_those_of_a_walk_through_every_minute(
        minute in field(0, 59),
        hour in field(0, 23),
        day in field(1, 31),
        weekday in field(0, 6),
        zone in prop::sample::select(ZONES),
        // From 1980 to 2105.
        seconds in 315_532_800..4_260_000_000_i64,
    ) {
        let fields = Fields { minute, hour, day, weekday };
        let Ok(schedule) = Schedule::cron(&fields.text(zone), Timestamp::UNIX_EPOCH) else {
            return Err(TestCaseError::fail(fields.text(zone)));
        };
        let zone = TimeZoneDatabase::bundled().get(zone).unwrap();
        let some = Timestamp::from_second(seconds - seconds % 60).unwrap();
        // Around the next change of the offset, where there is one.
        let change = zone.following(some).next().map_or(some, |change| change.timestamp());
        let start = change - SignedDuration::from_hours(30);
        let minutes = 60 * 24 * 3;
        let end = start + SignedDuration::from_mins(minutes);
        let before = start - SignedDuration::from_secs(1);
        let ticks = std::iter::successors(schedule.next_after(before), |tick| schedule.next_after(*tick));
        let ticks: Vec<Timestamp> = ticks.take_while(|tick| *tick < end).collect();
        prop_assert_eq!(ticks, walk(&fields, &zone, start, minutes));
    }

    #[test]
    fn the_next_tick_is_later_and_skips_none(
        text in prop::sample::select(vec![
            "* * * * * *", "*/7 */5 */3 * * *", "0 0 29 2 *", "CRON_TZ=Europe/Berlin 30 2 * * *",
            "CRON_TZ=Africa/Casablanca 0 2 * * *", "@every 17m", "CRON_TZ=Pacific/Apia @daily",
        ]),
        nanos in -2_000_000_000_000_000_000..7_000_000_000_000_000_000_i128,
        part in 0.0..1.0_f64,
    ) {
        let schedule = cron(text);
        let after = Timestamp::from_nanosecond(nanos).unwrap();
        let next = schedule.next_after(after).unwrap();
        prop_assert!(next > after && next.subsec_nanosecond() == 0);
        // Whatever lies between has the same next tick.
        let gap = next.duration_since(after).mul_f64(part);
        let between = after + gap;
        if between < next {
            prop_assert_eq!(schedule.next_after(between), Some(next));
        }
    }

    #[test]
    fn any_text_is_read_or_refused(text in "[ -~]{0,40}", words in "(CRON_TZ=[A-Za-z/]{1,9} )?([0-9*/,?-]{1,5} ){4,6}") {
        for text in [text, words] {
            if let Ok(schedule) = Schedule::cron(&text, Timestamp::UNIX_EPOCH) {
                schedule.next_after(Timestamp::UNIX_EPOCH);
            }
        }
    }
}
