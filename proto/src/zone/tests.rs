use super::*;

/// A file of version 2 whose first block says nothing, as zic writes them today.
fn file(times: &[(i64, u8)], offsets: &[i32], rule: &str) -> Vec<u8> {
    let mut bytes = block(&[], &[0], 4);
    bytes.extend(block(times, offsets, 8));
    bytes.extend(format!("\n{rule}\n").as_bytes());
    bytes
}

fn block(times: &[(i64, u8)], offsets: &[i32], width: usize) -> Vec<u8> {
    let mut bytes = [b"TZif2".as_slice(), &[0; 15]].concat();
    let (leaps, letters) = (2, 4);
    for count in [offsets.len(), offsets.len(), leaps, times.len(), offsets.len(), letters] {
        bytes.extend(u32::try_from(count).unwrap().to_be_bytes());
    }
    bytes.extend(times.iter().flat_map(|(time, _)| time.to_be_bytes()[8 - width..].to_vec()));
    bytes.extend(times.iter().map(|(_, kind)| kind));
    for offset in offsets {
        bytes.extend(offset.to_be_bytes());
        bytes.extend([0; 2]);
    }
    bytes.extend(vec![0; letters + leaps * (width + 4) + 2 * offsets.len()]);
    bytes
}

const END_OF_9999: i64 = 253_402_300_799;
const BERLIN: &str = "CET-1CEST,M3.5.0,M10.5.0/3";
/// 2026-03-29 01:00 UTC and 2026-10-25 01:00 UTC.
const SUMMER: [i64; 2] = [1_774_746_000, 1_792_890_000];

fn of(seconds: i64, from: i64, until: i64) -> Option<Offset> {
    Some(Offset { seconds, from, until })
}

#[test]
fn a_file_tells_between_its_times_and_its_rule_behind_the_last() {
    let [begin, end] = SUMMER;
    let before = begin - 100 * 86_400;
    let zone = file(&[(-5_000_000_000, 1), (before, 2)], &[3208, 3600, -1800], BERLIN);
    assert_eq!(parse(&zone, -5_000_000_001), of(3208, i64::MIN, -5_000_000_000));
    assert_eq!(parse(&zone, -5_000_000_000), of(3600, -5_000_000_000, before));
    assert_eq!(parse(&zone, before - 1), of(3600, -5_000_000_000, before));
    assert_eq!(parse(&zone, before), of(3600, before, begin), "the rule, not the last type");
    assert_eq!(parse(&zone, begin - 1), of(3600, before, begin));
    assert_eq!(parse(&zone, begin), of(7200, begin, end));
    assert_eq!(parse(&zone, end - 1), of(7200, begin, end));
    assert_eq!(parse(&zone, end).map(|offset| offset.seconds), Some(3600));
    let without_a_rule = file(&[(before, 1)], &[0, 3600], "");
    assert_eq!(parse(&without_a_rule, end), of(3600, before, i64::MAX));
}

#[test]
fn the_first_version_has_four_bytes_and_no_rule() {
    let mut zone = block(&[(-100, 1), (SUMMER[0], 2)], &[60, 3600, 7200], 4);
    zone[4] = 0;
    assert_eq!(parse(&zone, -101), of(60, i64::MIN, -100));
    assert_eq!(parse(&zone, 0), of(3600, -100, SUMMER[0]));
    assert_eq!(parse(&zone, SUMMER[0]), of(7200, SUMMER[0], i64::MAX));
}

#[test]
fn a_file_cut_or_wrong_anywhere_is_none_or_says_less() {
    let zone = file(&[(0, 1)], &[0, 3600], BERLIN);
    let whole = parse(&zone, 5);
    assert!(whole.is_some());
    for end in 0..zone.len() {
        let cut = parse(&zone[..end], 5);
        assert!(cut.is_none() || cut.map(|it| it.seconds) == Some(3600), "{end}: {cut:?}");
        for byte in [0, 0x7f, 0xff] {
            let mut wrong = zone.clone();
            wrong[end] = byte;
            let _ = (parse(&wrong, 0), parse(&wrong, END_OF_9999)); // and no panic
        }
    }
    assert_eq!(parse(b"", 0), None);
}

#[test]
fn rules_are_read_as_posix_writes_them() {
    let january = 1_768_478_400; // 2026-01-15 12:00 UTC
    let july = 1_784_116_800; // 2026-07-15 12:00 UTC
    for (rule, winter, summer) in [
        ("UTC0\n", 0, 0),
        ("<-03>3", -10_800, -10_800),
        ("<+0545>-5:45", 20_700, 20_700),
        ("LMT-0:12:28", 748, 748),
        (BERLIN, 3600, 7200),
        ("EST5EDT", -18_000, -14_400),
        ("EST5EDT,M3.2.0,M11.1.0", -18_000, -14_400),
        ("AEST-10AEDT,M10.1.0,M4.1.0/3", 39_600, 36_000),
        ("<+1030>-10:30<+11>-11,M10.1.0,M4.1.0", 39_600, 37_800),
        ("IST-1GMT0,M10.5.0,M3.5.0/1", 0, 3600),
        ("<-02>2<-01>,M3.5.0/-1,M10.5.0/0", -7200, -3600),
        ("XXX3EDT4,0/0,J365/23", -14_400, -14_400),
        ("IST-2IDT,M3.4.4/26,M10.5.0", 7200, 10_800),
    ] {
        let seconds = |at| parse(rule.as_bytes(), at).map(|offset| offset.seconds);
        assert_eq!((seconds(january), seconds(july)), (Some(winter), Some(summer)), "{rule}");
    }
    for wrong in [
        "",
        "C",
        "CET",
        "CE-1",
        "<CET-1",
        "CET-1CEST,",
        "CET-1CEST,M3.5.0",
        "CET-1CEST,M0.5.0,0",
        "CET-1CEST,M3.6.0,0",
        "CET-1CEST,M3.5.7,0",
        "CET-1CEST,J0,0",
        "CET-1CEST,366,0",
        "CET-168",
        "CET-1:60",
        "Europe/Berlin",
        "CET-99999999999999999999",
        "CET-1CEST,M13.1.0,0",
    ] {
        assert_eq!(parse(wrong.as_bytes(), january), None, "{wrong}");
    }
}

#[test]
fn days_are_counted_with_and_without_the_leap_day() {
    let day = 86_400;
    let new_year_2028 = 1_830_297_600;
    let begin = |rule: &str, at: i64| parse(rule.as_bytes(), at).map(|offset| offset.from);
    for (rule, days) in [
        ("AAA0BBB,J1/0,J300", 0),
        ("AAA0BBB,J59/0,J300", 58),
        ("AAA0BBB,J60/0,J300", 60),
        ("AAA0BBB,59/0,J300", 59),
        ("AAA0BBB,60/0,J300", 60),
        ("AAA0BBB,M2.5.2/0,J300", 59),
    ] {
        let moment = new_year_2028 + days * day;
        assert_eq!(begin(rule, moment), Some(moment), "{rule}");
        assert_ne!(begin(rule, moment - 1), Some(moment), "{rule}");
    }
}
