//! STOMP frames, which agents read from brokers and the hub from everybody.
#![no_main]

use kinglet_proto::limits::STOMP_FRAME_MAX;
use kinglet_proto::wire::stomp::{Beats, Command, Fault, Reader, Version, Writer};
use libfuzzer_sys::fuzz_target;

const VERSIONS: [Version; 3] = [Version::V10, Version::V11, Version::V12];

/// Command, headers and body of a frame.
type Read = (Command, Vec<(String, String)>, Vec<u8>);

fuzz_target!(|bytes: &[u8]| {
    for version in VERSIONS {
        let whole = read(bytes, bytes.len(), version);
        assert_eq!(read(bytes, 3, version), whole, "it depends on how messages are cut");
        for (command, headers, body) in whole.0 {
            if let Ok(body) = String::from_utf8(body) {
                write(version, command, &headers, &body);
            }
        }
    }
    if let Ok(text) = std::str::from_utf8(bytes) {
        let _ = Version::newest(text);
        if let Some(beats) = Beats::parse(text) {
            assert_eq!(Beats::parse(&beats.to_string()), Some(beats));
        }
    }
});

/// All frames of messages of this size, and what ended them.
fn read(bytes: &[u8], size: usize, version: Version) -> (Vec<Read>, Option<Fault>) {
    let mut reader = Reader::new(STOMP_FRAME_MAX);
    reader.set_version(version);
    let mut frames = Vec::new();
    for message in bytes.chunks(size.max(1)) {
        reader.push(message);
        loop {
            match reader.next_frame() {
                Ok(None) => break,
                Ok(Some(frame)) => {
                    let headers = frame.headers();
                    let headers = headers.map(|(name, value)| (name.into(), value.into()));
                    frames.push((frame.command, headers.collect(), frame.body.to_vec()));
                }
                Err(fault) => return (frames, Some(fault)),
            }
        }
    }
    (frames, None)
}

/// What is written is read as it was meant, but for what that version has no way to write.
fn write(version: Version, command: Command, headers: &[(String, String)], body: &str) {
    let mut text = String::new();
    // Not all versions can write a carriage return, and a name needs another letter.
    let is_writable =
        |name: &str| !name.starts_with("content-") && !name.contains(['\r', '\n', '\0']);
    let headers: Vec<_> = headers.iter().filter(|(name, _)| is_writable(name)).collect();
    let mut writer = Writer::new(&mut text, version, command);
    for (name, value) in &headers {
        writer = writer.header(name, value);
    }
    writer.body("text/plain", body);
    let (mut frames, fault) = read(text.as_bytes(), text.len(), version);
    if text.len() >= STOMP_FRAME_MAX {
        return;
    }
    let (read_command, read_headers, read_body) = frames.pop().expect("a frame was written");
    assert_eq!((frames.len(), fault, read_command), (0, None, command));
    assert_eq!(read_body, body.as_bytes());
    let is_escaped = version == Version::V12
        && !matches!(command, Command::Connect | Command::Stomp | Command::Connected);
    if is_escaped {
        let wanted = headers.iter().map(|(name, value)| (name.clone(), value.clone()));
        assert_eq!(read_headers[..headers.len()], wanted.collect::<Vec<_>>());
    }
}
