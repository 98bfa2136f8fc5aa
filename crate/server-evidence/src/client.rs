//! The client, by its user agent.

use crate::words::start_of;

/// Products that every browser names.
const COMMON_PRODUCTS: [&str; 8] = ["Mozilla", "AppleWebKit", "KHTML", "Gecko", "Safari", "Version", "Mobile", "Build"];
/// Products that other clients are built on.
const BASE_PRODUCTS: [&str; 4] = ["Chrome", "HeadlessChrome", "Electron", "Chromium"];
const MAX_CHARACTERS: usize = 80;

/// `Firefox/153.0`, `Element X/25.11.2`; `None` if the user agent names nothing.
pub(crate) fn client_of(agent: &str) -> Option<String> {
    let agent = start_of(agent, 1000);
    let name = if agent.starts_with("Mozilla/") { browser(agent) } else { agent.split(" (").next().map(str::to_owned) };
    let clean: String = name?.chars().filter(|c| c.is_ascii_graphic() || *c == ' ').take(MAX_CHARACTERS).collect();
    let clean = clean.trim();
    (!clean.is_empty() && clean != "-").then(|| clean.to_owned())
}

fn browser(agent: &str) -> Option<String> {
    let named = |word: &&str| {
        let (name, version) = word.split_once('/').unwrap_or_default();
        !name.is_empty() && version.starts_with(|c: char| c.is_ascii_digit()) && !COMMON_PRODUCTS.contains(&name)
    };
    let products: Vec<&str> = agent.split(' ').filter(named).collect();
    let is_own = |word: &&&str| !BASE_PRODUCTS.contains(&word.split('/').next().unwrap_or_default());
    let product = products.iter().find(is_own).or(products.first());
    let safari =
        || agent.split_once(" Version/").and_then(|(_, rest)| rest.split(' ').next()).map(|v| format!("Safari/{v}"));
    product.map(|product| (*product).to_owned()).or_else(safari).or_else(|| agent.split(' ').next().map(str::to_owned))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_is_recognised_by_the_distinctive_part_of_its_user_agent() {
        const CHROME: &str = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko)";
        for (agent, client) in [
            (format!("{CHROME} Chrome/156.0.0.0 Safari/537.36"), "Chrome/156.0.0.0"),
            (format!("{CHROME} Chrome/156.0.0.0 Safari/537.36 Edg/156.0.1"), "Edg/156.0.1"),
            (format!("{CHROME} Element/1.12.4 Chrome/142.0.1 Electron/39.2.3 Safari/537.36"), "Element/1.12.4"),
            ("Mozilla/5.0 (X11; Linux x86_64; rv:153.0) Gecko/20100101 Firefox/153.0".to_owned(), "Firefox/153.0"),
            (
                "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.1 \
                 Safari/605.1.15"
                    .to_owned(),
                "Safari/26.1",
            ),
            ("Element X/25.11.2 (Google Pixel 8; Android 16)".to_owned(), "Element X/25.11.2"),
            ("=cmd|' /C calc'!A0\x1b[31m".to_owned(), "=cmd|' /C calc'!A0[31m"),
        ] {
            assert_eq!(client_of(&agent).as_deref(), Some(client), "{agent}");
        }
        assert_eq!(client_of("-"), None);
        assert_eq!(client_of(""), None);
    }
}
