//! Public keys as certificates carry them (RFC 5280 section 4.1.2.7), looked at for what no
//! signature by them could be checked with, so that this is said and not "bad signature".

use std::fmt;

/// A key that is of no use here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unusable {
    /// RSA with so few bits.
    ShortRsa(usize),
    /// The curve P-521.
    P521,
}

/// The least that ring takes, as browsers do.
const RSA_BITS: usize = 2048;
/// 1.2.840.113549.1.1.1, rsaEncryption.
const RSA: &[u8] = b"\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01";
/// 1.3.132.0.35, secp521r1.
const P521: &[u8] = b"\x2b\x81\x04\x00\x23";

impl Unusable {
    /// What is wrong with a key (SubjectPublicKeyInfo, DER); `None` when nothing of the two.
    pub(super) fn of(key: &[u8]) -> Option<Self> {
        let (info, _) = content(key)?;
        let (algorithm, rest) = content(info)?;
        let (kind, parameters) = content(algorithm)?;
        if kind != RSA {
            let (curve, _) = content(parameters)?;
            return (curve == P521).then_some(Self::P521);
        }
        // A string of bits, none of them unused, that holds a sequence of two numbers.
        let (bits, _) = content(rest)?;
        let (numbers, _) = content(bits.get(1..)?)?;
        let (modulus, _) = content(numbers)?;
        let first = modulus.iter().position(|byte| *byte != 0)?;
        let bits = (modulus.len() - first) * 8 - modulus[first].leading_zeros() as usize;
        (bits < RSA_BITS).then_some(Self::ShortRsa(bits))
    }
}

impl fmt::Display for Unusable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ShortRsa(bits) => write!(f, "an RSA key of {bits} bits; {RSA_BITS} is the least"),
            Self::P521 => f.write_str("a key of the curve P-521; kinglet knows P-256 and P-384"),
        }
    }
}

/// The content of the first DER element, and what follows it.
pub(super) fn content(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (&length, rest) = bytes.get(1..)?.split_first()?;
    let (length, rest) = match length {
        0..=0x7f => (usize::from(length), rest),
        0x81 => (usize::from(*rest.first()?), &rest[1..]),
        0x82 => (usize::from(u16::from_be_bytes([*rest.first()?, *rest.get(1)?])), &rest[2..]),
        0x80 | 0x83.. => return None,
    };
    rest.split_at_checked(length)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A DER element.
    fn element(tag: u8, content: &[u8]) -> Vec<u8> {
        let [high, low] = u16::try_from(content.len()).unwrap().to_be_bytes();
        [&[tag, 0x82, high, low], content].concat()
    }

    fn rsa(modulus: &[u8]) -> Vec<u8> {
        let algorithm = element(0x30, &[element(6, RSA), vec![5, 0]].concat());
        let numbers = [element(2, modulus), element(2, &[1, 0, 1])].concat();
        let key = [vec![0], element(0x30, &numbers)].concat();
        element(0x30, &[algorithm, element(3, &key)].concat())
    }

    #[test]
    fn short_keys_and_curves_without_use_are_found() {
        assert_eq!(
            Unusable::of(&rsa(&[&[0, 0x80][..], &[1; 127]].concat())),
            Some(Unusable::ShortRsa(1024))
        );
        assert_eq!(Unusable::of(&rsa(&[&[0, 0x80][..], &[1; 255]].concat())), None);
        let curve = element(0x30, &[element(6, b"\x2a"), element(6, P521)].concat());
        assert_eq!(Unusable::of(&element(0x30, &curve)), Some(Unusable::P521));
        let key = rsa(&[1; 128]);
        for cut in 0..key.len() {
            assert_eq!(Unusable::of(&key[..cut]), None, "{cut}");
        }
    }
}
