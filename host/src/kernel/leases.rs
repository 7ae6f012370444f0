//! What DHCP servers write down: dnsmasq's file of leases (dnsmasq(8)), and that of OpenWrt's
//! odhcpd, where leases stand between the names of hosts.
//!
//! ```text
//! dnsmasq = expires hardware IPv4 name client | "duid" id | expires identity IPv6 name duid
//! odhcpd  = "#" interface duid identity name until assigned length { address "/" length }
//!
//! 1732095000 02:00:00:00:00:11 192.168.1.101 phone 01:02:00:00:00:00:11
//! 1732095000 1a2b3c4d fd00:1234:5678::5a3 phone 00:01:00:01:2b:aa:00:02
//! # br-lan 000100012baa0002 1a2b3c4d phone 1732095000 5a3 128 fd00:1234:5678::5a3/128
//! # br-lan 2:0:0:0:0:11 ipv4 phone 1732095000 c0a80165 32 192.168.1.101/32
//! ```
//!
//! Times are seconds since 1970. dnsmasq's zero is a lease without end; odhcpd's is one that is
//! over, and -1 one without end.

use super::text;

/// Leases that are in force, by address family.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Leases {
    /// Addresses by DHCP.
    pub ipv4: u64,
    /// Addresses by DHCPv6, prefixes not counted; `None` where no file is of a server of that.
    pub ipv6: Option<u64>,
}

impl Leases {
    /// Adds those of one more file, of either server.
    pub fn add(&mut self, file: &[u8], now: u64) {
        for line in text::lines(file) {
            let mut fields = text::fields(line);
            let first = fields.next().unwrap_or_default();
            let lease = match first {
                b"#" => of_odhcpd(fields, now),
                _ => of_dnsmasq(first, fields, now),
            };
            if matches!(first, b"#" | b"duid") {
                self.ipv6.get_or_insert_default();
            }
            match lease {
                Some(Family::Four) => self.ipv4 += 1,
                Some(Family::Six) => *self.ipv6.get_or_insert_default() += 1,
                None => {}
            }
        }
    }
}

enum Family {
    Four,
    Six,
}

fn of_dnsmasq(until: &[u8], mut fields: text::Fields<'_>, now: u64) -> Option<Family> {
    let (until, address) = (text::number(until)?, fields.nth(1)?);
    let is_six = address.contains(&b':');
    (until == 0 || until > now).then_some(if is_six { Family::Six } else { Family::Four })
}

fn of_odhcpd(mut fields: text::Fields<'_>, now: u64) -> Option<Family> {
    let identity = fields.nth(2)?;
    let until = text::signed(fields.nth(1)?)?;
    let length = fields.nth(1)?;
    let is_live = u64::try_from(until).map_or(true, |until| until > now);
    match (identity, length) {
        (b"ipv4", _) if is_live => Some(Family::Four),
        (_, b"128") if is_live => Some(Family::Six),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: u64 = 1_732_095_000;

    fn count(file: &[u8], now: u64) -> (u64, Option<u64>) {
        let mut leases = Leases::default();
        leases.add(file, now);
        (leases.ipv4, leases.ipv6)
    }

    #[test]
    fn dnsmasqs_leases_are_told_apart_by_their_addresses() {
        let four = "1732095001 02:00:00:00:00:11 192.168.1.101 phone 01:02:00:00:00:00:11\n\
                    1732095000 02:00:00:00:00:12 192.168.1.102 * *\n\
                    0 02:00:00:00:00:13 192.168.1.10 nas ff:13:00\n";
        assert_eq!(count(four.as_bytes(), NOW), (2, None));
        let duid = "duid 00:01:00:01:2b:aa:00:01\n";
        assert_eq!(count(duid.as_bytes(), NOW), (0, Some(0)));
        let both = format!(
            "{four}{duid}1732095009 1a2b3c4d fd00::5a3 phone 00:01\n\
             1732095009 T5 fd00::5a4 * 00:02\n1700000000 T6 fd00::5a5 * 00:03\n"
        );
        assert_eq!(count(both.as_bytes(), NOW), (2, Some(2)));
        assert_eq!(count(both.as_bytes(), 0), (3, Some(3)), "a clock that is not set");
        for text in ["", "\n", "x y z\n", "1732095009\n", "1732095009 02:00\n"] {
            assert_eq!(count(text.as_bytes(), NOW), (0, None), "{text}");
        }
    }

    #[test]
    fn odhcpds_leases_stand_between_names_of_hosts() {
        let six = "# br-lan 0001 1a2b phone 1732095001 5a3 128 fd00::5a3/128 2001:db8::5a3/128\n\
                   fd00::5a3\tphone.lan\tphone\n\
                   # br-lan 0002 1a2b - -1 5a4 128 fd00::5a4/128\n\
                   # br-lan 0003 1a2b broken\\x20name 0 5a5 128\n\
                   # br-lan 0004 1 router 1732095001 4 62 2001:db8:0:4::/62\n";
        assert_eq!(count(six.as_bytes(), NOW), (0, Some(2)));
        let four = "# br-lan 2:0:0:0:0:11 ipv4 phone 1732095001 c0a80165 32 192.168.1.101/32\n\
                    192.168.1.101\tphone\n";
        assert_eq!(count(four.as_bytes(), NOW), (1, Some(0)));
        for text in ["#", "# br-lan", "# br-lan 0001 1a2b phone soon 5a3 128\n"] {
            assert_eq!(count(text.as_bytes(), NOW), (0, Some(0)), "{text}");
        }
    }
}
