//! Frames in, frames out, however the bytes are cut.

use super::*;

/// A client's frame with this mask, which the payload is under.
fn masked(first: u8, payload: &[u8], mask: [u8; 4]) -> Vec<u8> {
    let mut bytes = vec![first];
    match payload.len() {
        len @ 0..126 => bytes.push(0x80 | u8::try_from(len).unwrap()),
        len @ 126..65_536 => {
            bytes.push(0x80 | 126);
            bytes.extend(u16::try_from(len).unwrap().to_be_bytes());
        }
        len => {
            bytes.push(0x80 | 127);
            bytes.extend(u64::try_from(len).unwrap().to_be_bytes());
        }
    }
    bytes.extend(mask);
    bytes.extend(payload.iter().zip(mask.iter().cycle()).map(|(byte, key)| byte ^ key));
    bytes
}

fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
    masked(first, payload, [0; 4])
}

/// A message in fragments of this size, each under another mask.
fn fragments(payload: &[u8], size: usize) -> Vec<Vec<u8>> {
    let parts: Vec<&[u8]> = payload.chunks(size).collect();
    let frames = parts.iter().enumerate().map(|(at, part)| {
        let kind = if at == 0 { 1 } else { 0 };
        let fin = if at + 1 == parts.len() { FIN } else { 0 };
        let key = u8::try_from(at % 200).unwrap();
        masked(fin | kind, part, [key, 1, key ^ 0x55, 0xff])
    });
    frames.collect()
}

/// A message as it is passed on when it came in fragments.
fn joined(payload: &[u8]) -> Vec<u8> {
    let mut bytes = vec![FIN | 1, MASKED | 127];
    bytes.extend(u64::try_from(payload.len()).unwrap().to_be_bytes());
    bytes.extend([0; 4]);
    bytes.extend(payload);
    bytes
}

fn run(filter: &mut Filter, bytes: &[u8], chunk: usize) -> Vec<u8> {
    let mut out = Vec::new();
    for part in bytes.chunks(chunk) {
        let mut room = part.to_vec();
        room.resize(part.len() + HEADER_LONGEST, 0xaa);
        let len = filter.pass(&mut room, part.len());
        out.extend_from_slice(&room[..len]);
        let waiting = filter.waiting();
        out.extend_from_slice(waiting);
        let count = waiting.len();
        filter.advance(count);
    }
    out
}

fn filtered(bytes: &[u8], chunk: usize, cap: u64) -> Vec<u8> {
    run(&mut Filter::new(cap), bytes, chunk)
}

const CUTS: [usize; 11] = [1, 2, 3, 7, 13, 14, 15, 64, 4096, 4097, usize::MAX];

#[test]
fn large_frames_arrive_empty_and_the_others_whole_however_they_are_cut() {
    let sizes = [0, 1, 125, 126, 127, 1000, 1001, 65_535, 65_536, 100_000];
    let bodies: Vec<Vec<u8>> = sizes.iter().map(|&len| vec![7; len]).collect();
    let sent: Vec<u8> = bodies.iter().flat_map(|body| frame(0x81, body)).collect();
    let due: Vec<u8> = bodies
        .iter()
        .flat_map(|body| frame(0x81, if body.len() > 1000 { &[] } else { body }))
        .collect();
    for chunk in CUTS {
        assert!(filtered(&sent, chunk, 1000) == due, "cut at {chunk}");
        assert!(filtered(&sent, chunk, u64::MAX) == sent, "cut at {chunk}, no limit");
    }
}

#[test]
fn a_frame_that_claims_the_whole_address_space_is_dropped_as_it_comes() {
    let mut bytes = vec![0x82, 0xff];
    bytes.extend(u64::MAX.to_be_bytes());
    bytes.extend([0; 100_000]);
    assert_eq!(filtered(&bytes, 4096, 65_536), [0x82, 0x80, 0, 0, 0, 0]);
}

#[test]
fn a_message_in_fragments_arrives_in_one_frame_or_empty() {
    let ping = masked(0x89, b"there?", [9, 8, 7, 6]);
    let after = frame(0x81, b"{}");
    for (len, size) in [(2, 1), (999, 100), (1000, 999), (1001, 999), (1001, 10), (60_000, 999)] {
        let body: Vec<u8> = (0..len).map(|at: usize| at.to_le_bytes()[0]).collect();
        let mut frames = fragments(&body, size);
        frames.insert(frames.len() - 1, ping.clone());
        let sent = [frames.concat(), after.clone()].concat();
        let is_large = len > 1000;
        let due = [ping.clone(), joined(if is_large { &[] } else { &body }), after.clone()];
        for chunk in CUTS {
            let mut filter = Filter::new(1000);
            let passed = run(&mut filter, &sent, chunk);
            assert!(passed == due.concat(), "{len} in {size}, cut at {chunk}");
            let skipped = is_large.then_some(u64::try_from(len).unwrap());
            assert_eq!(filter.take_skipped(), skipped);
        }
    }
}

#[test]
fn what_is_too_large_is_not_kept() {
    let mut filter = Filter::new(1000);
    let part = vec![7; 900];
    run(&mut filter, &frame(0x01, &part), 4096);
    for _ in 0..1000 {
        run(&mut filter, &frame(0x00, &part), 4096);
        let held = filter.message.as_ref().and_then(|message| message.held.as_ref());
        assert!(held.is_none() && filter.out.capacity() == 0);
    }
    assert_eq!(run(&mut filter, &frame(0x80, &part), 4096), joined(&[]));
    assert_eq!(filter.take_skipped(), Some(1002 * 900));
    assert_eq!(run(&mut filter, &frame(0x81, b"{}"), 4096), frame(0x81, b"{}"));
}

#[test]
fn faults_stay_faults_of_the_decoder() {
    // A continuation of nothing; a message begun in another; a fragment of a Ping; no mask.
    let alone = frame(0x80, b"x");
    assert_eq!(filtered(&alone, 4096, 1000), alone);
    let broken_off = [frame(0x01, b"x"), frame(0x81, b"y")].concat();
    assert_eq!(filtered(&broken_off, 4096, 1000), frame(0x80, b"y"));
    let ping = frame(0x09, b"x");
    assert_eq!(filtered(&ping, 4096, 1000), ping);
    let clear = [0x01, 1, b'x'];
    assert_eq!(filtered(&clear, 4096, 1000), clear);
    let reserved = [frame(0x01, b"x"), frame(0xc0, b"y")].concat();
    assert_eq!(filtered(&reserved, 4096, 1000)[0], FIN | 0x40 | 1);
}

#[test]
fn a_large_message_needs_a_place_until_it_is_handled() {
    let places = Arc::new(Semaphore::new(1));
    let [mut first, mut second] = [0, 1].map(|_| Filter::new(1000));
    for filter in [&mut first, &mut second] {
        filter.set_cap(1000, Some(places.clone()));
    }
    let body = vec![7; 100_000];
    let sent = fragments(&body, 4096).concat();
    assert!(run(&mut first, &sent[..50_000], 4096).is_empty());
    assert_eq!(places.available_permits(), 0);
    assert!(run(&mut second, &sent, 4096) == joined(&[]), "there is one place");
    assert_eq!(second.take_skipped(), Some(100_000));
    assert!(run(&mut first, &sent[50_000..], 4096) == joined(&body));
    assert!(first.waiting().is_empty());
    assert_eq!(places.available_permits(), 1);
    assert!(run(&mut second, &frame(0x81, &body), 4096) == frame(0x81, &body), "in one frame");
    assert!(second.waiting().is_empty());
    let huge = vec![7; MESSAGE_LARGE_MAX + 1];
    assert!(run(&mut second, &fragments(&huge, 4096).concat(), 4096) == joined(&[]));
    assert!(second.waiting().is_empty());
    assert_eq!(places.available_permits(), 1);
}
