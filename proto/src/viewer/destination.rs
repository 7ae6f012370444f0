//! Destinations of the STOMP endpoint: `/topic/metric/<host>/<metric>[VALUE]` for figures,
//! `/topic/<event>` for what happens, and patterns of both.
//!
//! In a pattern `*` stands for anything within a part, and `**` for any number of parts; parts are
//! what slashes tell apart. A metric's name may have slashes of its own
//! (`filesystems./srv.used`): only `**` goes over them.

/// What every destination of a figure begins with.
const METRIC: &str = "/topic/metric/";
/// What stands behind a metric's name: its documents tell measurements of a metric apart by it,
/// and ours have but this one.
pub const VALUE: &str = "[VALUE]";

/// Where one figure of a host is told.
pub fn metric(host: &str, metric: &str) -> String {
    format!("{METRIC}{host}/{metric}{VALUE}")
}

/// The host and the metric of a destination that is no pattern; `[VALUE]` may be missing.
pub fn parse_metric(destination: &str) -> Option<(&str, &str)> {
    let (host, metric) = destination.strip_prefix(METRIC)?.split_once('/')?;
    let metric = metric.strip_suffix(VALUE).unwrap_or(metric);
    (!host.is_empty() && !metric.is_empty()).then_some((host, metric))
}

/// What a viewer subscribes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pattern {
    text: String,
    is_exact: bool,
}

/// The figures that a pattern may mean.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Figures {
    /// Of this host; `None` for those that the pattern takes.
    pub host: Option<String>,
    /// By this name; `None` for those that the pattern takes.
    pub metric: Option<String>,
}

impl Pattern {
    /// Reads a destination. Behind a metric's name `[VALUE]` may be missing.
    pub fn new(destination: &str) -> Self {
        let (mut text, is_exact) = (destination.to_owned(), !destination.contains('*'));
        let names_metric = Self { text: text.clone(), is_exact }
            .figures()
            .is_some_and(|figures| figures.metric.is_some());
        if names_metric && !text.ends_with(VALUE) {
            text += VALUE;
        }
        Self { text, is_exact }
    }

    /// As it was written.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Whether it means one destination.
    pub fn is_exact(&self) -> bool {
        self.is_exact
    }

    /// Whether it means this destination.
    pub fn takes(&self, destination: &str) -> bool {
        if self.is_exact {
            return self.text == destination;
        }
        let parts = |text: &str| Vec::from_iter(text.split('/').map(str::to_owned));
        let within = |pattern: &String, part: &String| {
            let is_star = |byte: &u8| *byte == b'*';
            fits(pattern.as_bytes(), part.as_bytes(), is_star, |one, other| one == other)
        };
        fits(&parts(&self.text), &parts(destination), |part| part == "**", within)
    }

    /// Which figures it may mean; `None` where it means none of any host.
    pub fn figures(&self) -> Option<Figures> {
        let Some(rest) = self.text.strip_prefix(METRIC) else {
            let fixed = self.text.split('*').next().unwrap_or_default();
            // A metric's destination has four slashes.
            let is_long = self.text.contains("**") || self.text.matches('/').count() >= 4;
            let is_wide = !self.is_exact && is_long && METRIC.starts_with(fixed);
            return is_wide.then_some(Figures { host: None, metric: None });
        };
        let (host, metric) = rest.split_once('/').unwrap_or((rest, ""));
        let metric = metric.strip_suffix(VALUE).unwrap_or(metric);
        let plain = |text: &str| (!text.contains('*')).then(|| text.to_owned());
        // `**` may stand for a host and more.
        let metric = if host == "**" { None } else { plain(metric) };
        let figures = Figures { host: plain(host), metric };
        (figures.metric.as_deref() != Some("")).then_some(figures)
    }
}

/// Whether a pattern fits a text of the same kind of pieces, a star in it any number of them. Of
/// several stars only the last one's share has to be tried anew, so it takes the product of both
/// lengths at most.
fn fits<T>(
    pattern: &[T],
    text: &[T],
    is_star: impl Fn(&T) -> bool,
    is_same: impl Fn(&T, &T) -> bool,
) -> bool {
    let (mut at, mut of, mut retry) = (0, 0, None);
    while let Some(piece) = text.get(at) {
        match pattern.get(of) {
            Some(star) if is_star(star) => {
                retry = Some((of, at));
                of += 1;
            }
            Some(one) if is_same(one, piece) => (at, of) = (at + 1, of + 1),
            _ => match retry {
                Some((star, from)) => {
                    retry = Some((star, from + 1));
                    (at, of) = (from + 1, star + 1);
                }
                None => return false,
            },
        }
    }
    pattern.get(of..).unwrap_or_default().iter().all(is_star)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_metric_has_its_host_before_it_and_its_statistic_behind_it() {
        assert_eq!(metric("pi", "cpu.usage"), "/topic/metric/pi/cpu.usage[VALUE]");
        for (destination, parsed) in [
            ("/topic/metric/pi/cpu.usage[VALUE]", Some(("pi", "cpu.usage"))),
            ("/topic/metric/pi/cpu.usage", Some(("pi", "cpu.usage"))),
            (
                "/topic/metric/pi/filesystems./srv.used[VALUE]",
                Some(("pi", "filesystems./srv.used")),
            ),
            ("/topic/metric/pi/", None),
            ("/topic/metric//x[VALUE]", None),
            ("/topic/metric/pi", None),
            ("/queue/metric/pi/x", None),
        ] {
            assert_eq!(parse_metric(destination), parsed, "{destination}");
        }
    }

    #[test]
    fn one_star_stays_within_a_part_and_two_go_on() {
        let cpu = "/topic/metric/pi/cpu.usage[VALUE]";
        let root = "/topic/metric/pi/filesystems./srv/a.used[VALUE]";
        for (pattern, cpu_fits, root_fits) in [
            (cpu, true, false),
            ("/topic/metric/**", true, true),
            ("/topic/**", true, true),
            ("**", true, true),
            ("/topic/metric/*/cpu.usage[VALUE]", true, false),
            ("/topic/metric/pi/*", true, false),
            ("/topic/metric/pi/cpu.*[VALUE]", true, false),
            ("/topic/metric/pi/cpu.usage", true, false),
            ("/topic/metric/*/cpu.usage", true, false),
            ("/topic/metric/p*/*.u*e[VALUE]", true, false),
            ("/topic/metric/pi/**", true, true),
            ("/topic/metric/*/*/**/*.used[VALUE]", false, true),
            ("/topic/metric/**/cpu.usage[VALUE]", true, false),
            ("/topic/metric/*", false, false),
            ("/topic/metric/nas/**", false, false),
            ("*", false, false),
            ("", false, false),
        ] {
            let pattern = Pattern::new(pattern);
            assert_eq!(
                (pattern.takes(cpu), pattern.takes(root)),
                (cpu_fits, root_fits),
                "{pattern:?}"
            );
            assert!(!cpu_fits || pattern.figures().is_some(), "{pattern:?}");
        }
        let many = Pattern::new(&format!("/topic/metric/pi/{}b", "*a".repeat(200)));
        assert!(!many.takes(&format!("/topic/metric/pi/{}", "a".repeat(500))));
    }

    #[test]
    fn a_pattern_says_what_of_it_is_fixed() {
        let of = |text: &str| {
            let figures = Pattern::new(text).figures()?;
            Some((figures.host, figures.metric))
        };
        let (pi, cpu) = (Some("pi".to_owned()), Some("cpu.usage".to_owned()));
        assert_eq!(of("/topic/metric/pi/cpu.usage[VALUE]"), Some((pi.clone(), cpu.clone())));
        assert_eq!(of("/topic/metric/*/cpu.usage[VALUE]"), Some((None, cpu)));
        assert_eq!(of("/topic/metric/pi/cpu.*"), Some((pi, None)));
        assert_eq!(of("/topic/metric/**"), Some((None, None)));
        for none in
            ["/topic/agentHealth", "/topic/metric/pi", "/topic/agent*", "/topic/*", "/queue/x"]
        {
            assert_eq!(of(none), None, "{none}");
        }
    }
}
