//! Where one server is: one URL, or several of which one is in use at a time.

use kinglet_proto::output::{OUTPUTS, Protocol};

use crate::limits::URLS_MAX;
use crate::link::ServerUrl;
use crate::options::{Block, Problems};

/// Reads `url` of one server; at least one where there is no problem.
pub(super) fn addresses(
    block: &Block,
    protocol: Option<&Protocol>,
    problems: &mut Problems,
) -> Option<Vec<ServerUrl>> {
    let schemes = protocol.map_or(OUTPUTS[0].schemes, |protocol| protocol.schemes);
    let (texts, place) = (block.texts("url"), block.place_of("url").unwrap_or(&block.place));
    if texts.is_empty() {
        let scheme = schemes.first().copied().unwrap_or_default();
        let fault = format!("the url of the server is missing: url = \"{scheme}://...\"");
        problems.add(place, fault);
        return None;
    }
    if texts.len() > URLS_MAX {
        problems.add(place, format!("at most {URLS_MAX} addresses of one server"));
        return None;
    }
    let mut urls = Vec::new();
    for (at, text) in texts.iter().enumerate() {
        match address(text, schemes, &urls) {
            Ok(url) => urls.push(url),
            // Which one is said by its number: its text may hold a password.
            Err(fault) if texts.len() > 1 => problems.add(place, format!("{}: {fault}", at + 1)),
            Err(fault) => problems.add(place, fault),
        }
    }
    (urls.len() == texts.len()).then_some(urls)
}

/// One of them, behind those before it; the error says what is wrong with it.
fn address(text: &str, schemes: &[&str], before: &[ServerUrl]) -> Result<ServerUrl, String> {
    let url = ServerUrl::parse(text).map_err(|error| error.to_string())?;
    if !schemes.contains(&url.scheme) {
        let allowed = schemes.join(":// and ");
        return Err(format!("{}:// is not spoken here, only {allowed}://", url.scheme));
    }
    if before.contains(&url) {
        return Err("this address stands before it already".to_owned());
    }
    if before.first().is_some_and(|first| first.path_and_query != url.path_and_query) {
        return Err("all addresses of a server have the same path, as the first has it".to_owned());
    }
    Ok(url)
}
