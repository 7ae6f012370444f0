//! Blocks, rows and numbers of the hub's store.
#![no_main]

use kinglet_hub::store::fuzz::{read_any, write_any};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    read_any(bytes);
    let (numbers, _) = bytes.as_chunks();
    let floats: Vec<f64> = numbers.iter().map(|bytes| f64::from_le_bytes(*bytes)).collect();
    write_any(&floats);
    // Figures as they are: small, and with few decimals.
    let small: Vec<f64> = bytes.iter().map(|byte| f64::from(*byte) / 4.0).collect();
    write_any(&small);
});
