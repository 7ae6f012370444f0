//! docs/protocol.md as its tests read it: the examples, and the frames in them.
//!
//! The hub's test compiles this in, too.

const DOCUMENT: &str = include_str!("../../../docs/protocol.md");

/// One example: a conversation, or how one goes on.
pub(crate) struct Example {
    /// What stands behind `text` where it begins.
    pub(crate) name: &'static str,
    /// In their order.
    pub(crate) frames: Vec<Frame>,
}

/// One text frame.
pub(crate) struct Frame {
    pub(crate) from: From,
    /// As it is written, on one line.
    pub(crate) text: String,
}

/// Who says it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum From {
    /// `>`
    Client,
    /// `<`
    Hub,
}

/// All of them. A block that is no example of frames fails: no test would replay it.
pub(crate) fn examples() -> Vec<Example> {
    DOCUMENT.split("```").skip(1).step_by(2).map(example).collect()
}

fn example(block: &'static str) -> Example {
    let (head, lines) = block.split_once('\n').unwrap();
    let name = head.strip_prefix("text ").unwrap_or_else(|| panic!("no name: {block}"));
    let mut frames = Vec::new();
    for line in lines.lines() {
        let (sign, text) = line.split_at_checked(2).unwrap_or_else(|| panic!("{name}: {line:?}"));
        let from = match sign {
            "> " => From::Client,
            "< " => From::Hub,
            "  " => {
                let frame: &mut Frame = frames.last_mut().unwrap();
                frame.text += text.trim();
                continue;
            }
            _ => panic!("{name}: not a frame: {line:?}"),
        };
        frames.push(Frame { from, text: text.to_owned() });
    }
    Example { name, frames }
}
