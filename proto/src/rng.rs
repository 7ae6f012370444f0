//! A small pseudo-random sequence from a seed: for jitter and for simulated networks, not secrets.

/// SplitMix64 (Steele, Lea, Flood 2014): every seed gives a full-period sequence.
#[derive(Debug, Clone)]
pub struct Rng {
    state: u64,
}

impl Rng {
    /// The sequence that belongs to a seed.
    pub const fn new(seed: u64) -> Self {
        Self { state: seed }
    }

    /// The next 64 bits.
    pub const fn next(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = self.state;
        let z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below `bound`; zero when the bound is zero.
    ///
    /// Small bounds only: the bias of the remainder is `bound` in 2^64.
    pub const fn below(&mut self, bound: u64) -> u64 {
        let bits = self.next();
        if bound == 0 { 0 } else { bits % bound }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sequence_is_splitmix64() {
        let mut rng = Rng::new(1_234_567);
        let first: Vec<u64> = (0..3).map(|_| rng.next()).collect();
        let published = [6_457_827_717_110_365_317, 3_203_168_211_198_807_973];
        assert_eq!(first[..2], published);
    }

    #[test]
    fn bounds_hold_and_every_value_comes() {
        let mut rng = Rng::new(0);
        assert_eq!(rng.below(0), 0);
        let mut seen = [false; 7];
        for _ in 0..200 {
            seen[usize::try_from(rng.below(7)).unwrap()] = true;
        }
        assert_eq!(seen, [true; 7]);
    }
}
