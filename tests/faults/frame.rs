//! What the line has to know of a frame: whose it is, and how to make one that ends a connection.
//!
//! Ethernet, then IPv4 (RFC 791, without options) or IPv6 (RFC 8200, without extensions), then TCP
//! (RFC 9293) or UDP. Anything else is passed on as it is.

const ETHERNET: usize = 14;
const TCP: u8 = 6;
const UDP: u8 = 17;

/// Where the parts of a frame are.
pub struct Parts {
    pub v6: bool,
    kind: u8,
    /// The first byte of TCP or UDP, and behind its last.
    begin: usize,
    end: usize,
}

impl Parts {
    /// `None` for what is neither TCP nor UDP.
    pub fn of(frame: &[u8]) -> Option<Self> {
        let v6 = match word(frame, 12)? {
            0x0800 => false,
            0x86dd => true,
            _ => return None,
        };
        let (kind, begin, end) = if v6 {
            let begin = ETHERNET + 40;
            (*frame.get(20)?, begin, begin + usize::from(word(frame, 18)?))
        } else {
            let header = usize::from(frame.get(ETHERNET)? & 15) * 4;
            let end = ETHERNET + usize::from(word(frame, 16)?);
            (*frame.get(23)?, ETHERNET + header, end)
        };
        let fits = end <= frame.len() && begin + if kind == TCP { 20 } else { 8 } <= end;
        ((kind == TCP || kind == UDP) && fits).then_some(Self { v6, kind, begin, end })
    }

    pub const fn is_tcp(&self) -> bool {
        self.kind == TCP
    }

    /// The ports it comes from and goes to.
    pub fn ports(&self, frame: &[u8]) -> (u16, u16) {
        (word(frame, self.begin).unwrap(), word(frame, self.begin + 2).unwrap())
    }

    /// Whether it carries bytes of a stream.
    pub fn has_data(&self, frame: &[u8]) -> bool {
        let header = usize::from(frame[self.begin + 12] >> 4) * 4;
        self.is_tcp() && self.begin + header < self.end
    }

    /// Writes the checksum, which the sending kernel leaves to a network card that is not there.
    pub fn sum_up(&self, frame: &mut [u8]) {
        let at = self.begin + if self.kind == TCP { 16 } else { 6 };
        frame[at..at + 2].fill(0);
        let addresses = if self.v6 { 22..54 } else { 26..34 };
        let length = self.end - self.begin;
        let mut sum = u32::from(self.kind) + u32::try_from(length).unwrap();
        sum += sum_of(&frame[addresses]) + sum_of(&frame[self.begin..self.end]);
        let folded = fold(sum);
        frame[at..at + 2].copy_from_slice(&if folded == 0 { 0xffff } else { folded }.to_be_bytes());
    }

    /// What a box on the way sends to end the connection: to where this IPv4 frame goes, and back.
    pub fn resets(&self, frame: &[u8]) -> (Vec<u8>, Vec<u8>) {
        let tcp = &frame[self.begin..];
        let on = reset(frame, tcp, [0, 6, 26, 30, 0, 2], &tcp[4..8]);
        let back = reset(frame, tcp, [6, 0, 30, 26, 2, 0], &tcp[8..12]);
        (on, back)
    }
}

/// A frame with RST alone; `at` is where its addresses and ports stand in the other, by twos.
fn reset(frame: &[u8], tcp: &[u8], at: [usize; 6], seq: &[u8]) -> Vec<u8> {
    let mut made = Vec::with_capacity(54);
    made.extend(&frame[at[0]..at[0] + 6]);
    made.extend(&frame[at[1]..at[1] + 6]);
    made.extend([8, 0, 0x45, 0, 0, 40, 0, 0, 0x40, 0, 64, TCP, 0, 0]);
    made.extend(&frame[at[2]..at[2] + 4]);
    made.extend(&frame[at[3]..at[3] + 4]);
    let sum = fold(sum_of(&made[ETHERNET..34]));
    made[24..26].copy_from_slice(&sum.to_be_bytes());
    made.extend(&tcp[at[4]..at[4] + 2]);
    made.extend(&tcp[at[5]..at[5] + 2]);
    made.extend(seq);
    made.extend([0, 0, 0, 0, 0x50, 4, 0, 0, 0, 0, 0, 0]);
    Parts::of(&made).unwrap().sum_up(&mut made);
    made
}

fn word(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_be_bytes([*bytes.get(at)?, *bytes.get(at + 1)?]))
}

fn sum_of(bytes: &[u8]) -> u32 {
    let pair = |pair: &[u8]| u32::from(pair[0]) << 8 | u32::from(*pair.get(1).unwrap_or(&0));
    bytes.chunks(2).map(pair).sum()
}

fn fold(mut sum: u32) -> u16 {
    while sum > 0xffff {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    !u16::try_from(sum).unwrap()
}
