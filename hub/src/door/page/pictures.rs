//! The icon as pictures, for systems that take no SVG; made by `tests/browser/icons`.

/// Each picture: its path, itself. PNG (RFC 2083).
pub(super) const PICTURES: &[(&str, &[u8])] = &[
    ("/icon-180.png", include_bytes!("../../../page/icon-180.png")),
    ("/icon-192.png", include_bytes!("../../../page/icon-192.png")),
    ("/icon-512.png", include_bytes!("../../../page/icon-512.png")),
    ("/icon-full-192.png", include_bytes!("../../../page/icon-full-192.png")),
    ("/icon-full-512.png", include_bytes!("../../../page/icon-full-512.png")),
];

#[cfg(test)]
mod tests {
    use super::PICTURES;

    const MANIFEST: &str = include_str!("../../../page/manifest.webmanifest");
    const INDEX: &str = include_str!("../../../page/index.html");

    /// Of the IHDR chunk (RFC 2083, 4.1.1): its edges, px.
    fn edges(picture: &[u8]) -> [u32; 2] {
        assert_eq!(&picture[..8], b"\x89PNG\r\n\x1a\n");
        [16, 20].map(|at| u32::from_be_bytes(picture[at..at + 4].try_into().unwrap()))
    }

    #[test]
    fn each_is_as_large_as_its_name_says_and_is_named() {
        for (path, picture) in PICTURES {
            let size = path.trim_end_matches(".png").rsplit_once('-').unwrap().1;
            assert_eq!(edges(picture).map(|edge| edge.to_string()), [size, size], "{path}");
            assert!(picture.len() < 16_000, "{path} has {} bytes", picture.len());
            let purpose = if path.contains("full") { "maskable" } else { "any" };
            let listed = format!(
                "{{ \"src\": \"{}\", \"sizes\": \"{size}x{size}\", \"type\": \"image/png\", \
                 \"purpose\": \"{purpose}\" }}",
                &path[1..],
            );
            let touch = format!("<link rel=\"apple-touch-icon\" href=\"{}\">", &path[1..]);
            let bare = MANIFEST.split_whitespace().collect::<Vec<_>>().join(" ");
            assert!(bare.contains(&listed) != INDEX.contains(&touch), "{path} is not named");
        }
    }
}
