//! Queueing disciplines by rtnetlink, as lines: link, kind, drops, overlimits, requeues, backlog
//! (rtnetlink(7), linux/pkt_sched.h, linux/gen_stats.h).
//!
//! ```text
//! message = RTM_NEWQDISC: struct tcmsg, TCA_KIND, TCA_STATS2 { TCA_STATS_QUEUE }
//!
//! 2 tbf 57 59 0 2084
//! 3 fq_codel 0 0 12 0
//! 4 mq 116 121 0 2174
//! ```
//! Only the root of each link is told. What a qdisc below it drops or holds is in its parent's
//! figures too (htb, tbf and prio count what their children refuse, mq sums up), so that a sum over
//! the tree would have it twice. Overlimits are the root's own, but for mq: htb does not see how
//! often a tbf in one of its classes had to wait. `ingress` and `clsact` hold nothing, and are no
//! root; `noqueue` never has anything to tell.

use std::io::Write as _;

use super::netlink::{Message, attribute, number, question, word};
use super::text;

/// `sizeof(struct tcmsg)`.
const HEADER: usize = 20;
const RTM_NEWQDISC: u16 = 36;
const RTM_GETQDISC: u16 = 38;
const TCA_KIND: u16 = 1;
const TCA_STATS2: u16 = 7;
const TCA_STATS_QUEUE: u16 = 3;
/// `TC_H_ROOT`.
const ROOT: u32 = u32::MAX;

/// The root of one link.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Qdisc<'a> {
    /// The link's number.
    pub link: u32,
    /// `fq_codel`, `htb`, `mq`.
    pub kind: &'a str,
    /// Packets dropped; the kernel counts in 32 bits.
    pub drops: u64,
    /// Times that a packet had to wait for its turn, likewise.
    pub overlimits: u64,
    /// Packets that the card had no room for, likewise.
    pub requeues: u64,
    /// Bytes that wait.
    pub backlog: u64,
}

/// The question for all qdiscs.
pub fn qdiscs_question() -> Vec<u8> {
    question(RTM_GETQDISC, true, &[0; HEADER], &[])
}

/// Writes the line of a root.
pub fn tell(message: &Message<'_>, lines: &mut Vec<u8>) {
    if message.kind == RTM_NEWQDISC {
        line(message.body, lines);
    }
}

fn line(body: &[u8], lines: &mut Vec<u8>) -> Option<()> {
    let (link, parent) = (number(body.get(4..)?)?, number(body.get(12..)?)?);
    let kind = attribute(body, HEADER, TCA_KIND).and_then(word)?;
    if parent != ROOT || kind == "noqueue" {
        return None;
    }
    let stats = attribute(body, HEADER, TCA_STATS2)?;
    // struct gnet_stats_queue: qlen, backlog, drops, requeues, overlimits.
    let queue = attribute(stats, 0, TCA_STATS_QUEUE)?;
    let figure = |place: usize| number(queue.get(4 * place..)?);
    let (backlog, drops) = (figure(1)?, figure(2)?);
    let (requeues, overlimits) = (figure(3)?, figure(4)?);
    writeln!(lines, "{link} {kind} {drops} {overlimits} {requeues} {backlog}").ok()
}

/// The roots of such lines.
pub fn parse(lines: &[u8]) -> impl Iterator<Item = Qdisc<'_>> {
    text::lines(lines).filter_map(|line| {
        let mut words = std::str::from_utf8(line).ok()?.split(' ');
        let (link, kind) = (words.next()?.parse().ok()?, words.next()?);
        let mut figure = || words.next()?.parse().ok();
        Some(Qdisc {
            link,
            kind,
            drops: figure()?,
            overlimits: figure()?,
            requeues: figure()?,
            backlog: figure()?,
        })
    })
}

#[cfg(test)]
mod tests {
    use super::super::netlink::tests::{body, each_damage};
    use super::*;

    /// A qdisc of link 2 below this parent, with these figures.
    fn qdisc(parent: u32, kind: &[u8], queue: &[u32]) -> Vec<u8> {
        let header = [0, 2, 0x0010_0000, parent, 2].map(u32::to_ne_bytes).concat();
        let queue: Vec<u8> = queue.iter().flat_map(|number| number.to_ne_bytes()).collect();
        let stats = body(&[], &[(1, &[7; 16]), (TCA_STATS_QUEUE, &queue)]);
        let list: [(u16, &[u8]); 4] =
            [(TCA_KIND, kind), (2, &[0; 40]), (TCA_STATS2, &stats), (3, &[0; 36])];
        body(&header, &list)
    }

    fn told(body: &[u8]) -> String {
        let mut lines = Vec::new();
        tell(&Message { kind: RTM_NEWQDISC, body }, &mut lines);
        String::from_utf8(lines).unwrap()
    }

    #[test]
    fn the_root_of_each_link_is_told() {
        let figures = [3, 2084, 57, 1, 59];
        let lines = told(&qdisc(ROOT, b"tbf\0", &figures));
        assert_eq!(lines, "2 tbf 57 59 1 2084\n");
        let one =
            Qdisc { link: 2, kind: "tbf", drops: 57, overlimits: 59, requeues: 1, backlog: 2084 };
        assert_eq!(parse(lines.as_bytes()).collect::<Vec<_>>(), [one]);
        for other in [
            qdisc(0x0001_0001, b"bfifo\0", &figures),
            qdisc(0xffff_fff1, b"clsact\0", &figures),
            qdisc(ROOT, b"noqueue\0", &figures),
            qdisc(ROOT, b"tbf\0", &figures[..4]),
            qdisc(ROOT, b"\0", &figures),
        ] {
            assert_eq!(told(&other), "", "{other:02x?}");
        }
    }

    #[test]
    fn damage_makes_no_other_shape_of_line() {
        each_damage(&qdisc(ROOT, b"tbf\0", &[3, 2084, 57, 1, 59]), |bytes| {
            let lines = told(bytes);
            assert_eq!(parse(lines.as_bytes()).count(), lines.lines().count(), "{lines}");
        });
        for line in ["", "2 tbf", "2 tbf 1 2 3", "x tbf 1 2 3 4", "2 tbf 1 -2 3 4"] {
            assert_eq!(parse(line.as_bytes()).count(), 0, "{line}");
        }
    }

    #[cfg(target_endian = "little")]
    #[test]
    fn what_a_kernel_said_is_told() {
        use super::super::netlink::tests::recorded;
        let lines = recorded(include_str!("netlink/recorded/qdiscs.hex"), tell);
        assert_eq!(lines, "2 mq 0 0 0 0\n3 mq 0 0 0 0\n4 mq 0 0 0 0\n");
    }
}
