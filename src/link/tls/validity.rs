//! Until when a certificate is good (RFC 5280 section 4.1.2.5).

use kinglet_proto::time::WallTime;

use super::key::content;

/// `UTCTime` has two digits for the year, `GeneralizedTime` four.
const UTC_TIME: u8 = 0x17;
/// The version, which the first of them left out.
const VERSION: u8 = 0xa0;

/// The end of a certificate (DER); `None` for what is none.
pub(in crate::link) fn end_of(certificate: &[u8]) -> Option<WallTime> {
    let (signed, _) = content(certificate)?;
    let (mut fields, _) = content(signed)?;
    // The serial number, the algorithm and the issuer stand before it.
    let before = if fields.first() == Some(&VERSION) { 4 } else { 3 };
    for _ in 0..before {
        (_, fields) = content(fields)?;
    }
    let (validity, _) = content(fields)?;
    let (_, end) = content(validity)?;
    let (digits, _) = content(end)?;
    let digits = std::str::from_utf8(digits).ok()?;
    let (century, digits) = if end.first() == Some(&UTC_TIME) {
        (if digits < "50" { "20" } else { "19" }, digits)
    } else {
        (digits.get(..2)?, digits.get(2..)?)
    };
    let pair = |at: usize| digits.get(2 * at..2 * at + 2);
    let (year, month, day, hour) = (pair(0)?, pair(1)?, pair(2)?, pair(3)?);
    let (minute, second) = (pair(4)?, pair(5)?);
    WallTime::parse(
        &[century, year, "-", month, "-", day, "T", hour, ":", minute, ":", second, "Z"].concat(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn certificate(year: i32) -> Vec<u8> {
        let mut params = rcgen::CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
        params.not_after = rcgen::date_time_ymd(year, 3, 9);
        let key = rcgen::KeyPair::generate().unwrap();
        params.self_signed(&key).unwrap().der().to_vec()
    }

    #[test]
    fn the_end_is_read_in_both_spellings() {
        for year in [2026, 2049, 2051] {
            let end = end_of(&certificate(year)).unwrap().to_string();
            assert_eq!(end, format!("{year}-03-09T00:00:00.000Z"));
        }
    }

    #[test]
    fn what_is_cut_short_has_none() {
        let whole = certificate(2030);
        for cut in 0..whole.len() {
            assert_eq!(end_of(&whole[..cut]), None, "{cut}");
        }
        assert_eq!(end_of(b"no certificate"), None);
    }
}
