//! Until when a certificate is good (RFC 5280 section 4.1.2.5), read from its DER: webpki judges
//! the dates of others and tells them to nobody.

use kinglet_proto::time::{WallTime, days_from_civil};

const SEQUENCE: u8 = 0x30;
const VERSION: u8 = 0xa0;
const UTC_TIME: u8 = 0x17;
const GENERALIZED_TIME: u8 = 0x18;

/// The end of a certificate's validity; `None` for what is no certificate.
pub(super) fn ends(certificate: &[u8]) -> Option<WallTime> {
    let (_, whole, _) = element(certificate)?;
    let (_, signed, _) = element(whole)?;
    let (tag, _, after) = element(signed)?;
    // Of version 1 nothing stands before the serial number.
    let rest = if tag == VERSION { element(after)?.2 } else { after };
    let (_, _, rest) = element(rest)?; // the signature's kind
    let (_, _, rest) = element(rest)?; // the issuer
    let (tag, validity, _) = element(rest)?;
    let (_, _, rest) = element(validity)?; // not before
    let (kind, text, _) = element(rest)?;
    (tag == SEQUENCE).then(|| time(kind, text))?
}

/// The first element: its tag, what is in it, and what follows.
fn element(bytes: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (&tag, rest) = bytes.split_first()?;
    let (&first, rest) = rest.split_first()?;
    let (length, rest) = if first < 0x80 {
        (usize::from(first), rest)
    } else {
        let (digits, rest) = rest.split_at_checked(usize::from(first & 0x7f))?;
        let more =
            |length: usize, digit: &u8| length.checked_mul(256)?.checked_add(usize::from(*digit));
        (digits.iter().try_fold(0, more)?, rest)
    };
    let (inside, after) = rest.split_at_checked(length)?;
    Some((tag, inside, after))
}

fn time(kind: u8, text: &[u8]) -> Option<WallTime> {
    let text = std::str::from_utf8(text).ok()?.strip_suffix('Z')?;
    let (year, rest): (u64, &str) = match kind {
        UTC_TIME => {
            let (year, rest) = text.split_at_checked(2)?;
            let year = year.parse::<u64>().ok()?;
            (if year < 50 { 2000 + year } else { 1900 + year }, rest)
        }
        GENERALIZED_TIME => {
            let (year, rest) = text.split_at_checked(4)?;
            (year.parse().ok()?, rest)
        }
        _ => return None,
    };
    let part = |at: usize| rest.get(at..at + 2)?.parse::<u64>().ok();
    let (month, day) = (part(0).filter(|month| (1..=12).contains(month))?, part(2)?);
    let days = days_from_civil(year.max(1970), month, day);
    let seconds = ((days * 24 + part(4)?) * 60 + part(6)?) * 60 + part(8)?;
    Some(WallTime::from_unix_millis(seconds * 1000))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_certificate_says_when_it_ends() {
        let key = rcgen::KeyPair::generate().unwrap();
        for (year, month, day) in [(2027, 3, 14), (2049, 12, 31), (2050, 1, 1), (4096, 2, 29)] {
            let mut wanted = rcgen::CertificateParams::new(vec!["hub.example.org".into()]).unwrap();
            wanted.not_after = rcgen::date_time_ymd(year, month, day);
            let made = wanted.self_signed(&key).unwrap();
            let due = WallTime::parse(&format!("{year}-{month:02}-{day:02}T00:00:00Z"));
            assert_eq!(ends(made.der()), due);
            for end in 0..made.der().len() {
                assert_eq!(ends(&made.der()[..end]), None, "cut short at {end}");
            }
        }
        assert_eq!(ends(b"\x30\xff"), None);
        assert_eq!(ends(&[0x30, 0x8f, 0xff]), None);
    }
}
