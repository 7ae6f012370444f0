//! The picture: two texts beside each other, the second on a colour.

use crate::limits::BADGE_CHARS_MAX;

/// What the second text stands on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tone {
    /// All is well.
    Good,
    /// It wants attention.
    Warn,
    /// It wants it now.
    Bad,
    /// Nothing is known.
    Quiet,
}

impl Tone {
    /// White text can be read on each.
    const fn colour(self) -> &'static str {
        match self {
            Self::Good => "#2f7d68",
            Self::Warn => "#96600e",
            Self::Bad => "#b83c2a",
            Self::Quiet => "#666d71",
        }
    }
}

/// Room on both sides of a text, and the height, in pixels.
const MARGIN: usize = 7;
const HIGH: usize = 20;

/// The SVG. Widths are told with the texts, so that any font fits in.
pub(super) fn picture(label: &str, value: &str, tone: Tone) -> String {
    let (label, value) = (short(label), short(value));
    let (left, right) = (width(&label), width(&value));
    let (first, second) = (left + 2 * MARGIN, right + 2 * MARGIN);
    let (whole, at) = (first + second, first + MARGIN);
    let (label, value, colour) = (escaped(&label), escaped(&value), tone.colour());
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{whole}\" height=\"{HIGH}\" \
         role=\"img\" aria-label=\"{label}: {value}\"><title>{label}: {value}</title>\
         <rect width=\"{whole}\" height=\"{HIGH}\" rx=\"4\" fill=\"#3d4347\"/>\
         <path d=\"M{first} 0h{straight}a4 4 0 0 1 4 4v12a4 4 0 0 1-4 4h-{straight}z\" \
         fill=\"{colour}\"/>\
         <g fill=\"#fff\" font-family=\"Verdana,DejaVu Sans,sans-serif\" font-size=\"11\">\
         <text x=\"{MARGIN}\" y=\"14\" textLength=\"{left}\">{label}</text>\
         <text x=\"{at}\" y=\"14\" textLength=\"{right}\">{value}</text></g></svg>",
        straight = second - 4,
    )
}

/// On one line, without what turns the writing round or is no character of XML, and not too long.
fn short(text: &str) -> String {
    let is_text = |letter: &char| {
        !letter.is_control()
            && !matches!(letter, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
            && !matches!(letter, '\u{fffe}' | '\u{ffff}')
    };
    let mut letters = text.chars().filter(is_text);
    let mut short: String = letters.by_ref().take(BADGE_CHARS_MAX).collect();
    if letters.next().is_some() {
        short.pop();
        short.push('…');
    }
    short
}

/// About as wide as Verdana is at eleven pixels; signs of East Asia are squares.
fn width(text: &str) -> usize {
    let tenths = |letter: char| match letter {
        'i' | 'j' | 'l' | 'I' | '.' | ',' | ':' | '\'' | '|' | ' ' | 'f' | 't' | 'r' => 42,
        'm' | 'w' | 'M' | 'W' | '%' | '@' => 104,
        'A'..='Z' => 76,
        '\u{1100}'.. => 114,
        _ => 68,
    };
    text.chars().map(tenths).sum::<usize>() / 10
}

fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            other => safe.push(other),
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_text_and_has_an_end() {
        let svg = picture("a\"><script>&'\u{202e}\u{0}", &"x".repeat(5000), Tone::Good);
        assert!(svg.contains("<title>a&quot;&gt;&lt;script&gt;&amp;&#39;: xxx"), "{svg}");
        assert!(!svg.contains("<script"));
        assert!(svg.len() < 1500, "{}", svg.len());
        assert!(svg.contains("x…<"));
    }

    #[test]
    fn what_is_longer_is_wider() {
        assert_eq!(width(""), 0);
        assert!(width("wwww") > width("iiii"));
        assert!(width("主机") > width("ab"));
    }
}
