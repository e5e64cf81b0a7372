//! How many of the swapped labels the rankings find, beside chance.

use std::{collections::HashSet, path::Path};

use anyhow::{Context, Result, ensure};

use super::{Rankings, swapped::Swapped};

/// The part of a ranking that somebody would look at, in percent.
const TOP_PERCENT: usize = 5;
/// The 97.5 % point of the normal distribution.
const Z: f64 = 1.959_963_984_540_054;

/// What a reader of the tables should know, in a few lines.
pub(super) fn report(swapped: &[Swapped], rankings: &Rankings) -> Result<String> {
    let keys: HashSet<&str> = swapped.iter().map(|swapped| swapped.key.as_str()).collect();
    let lines = [
        ("probable wrong labels", &rankings.wrong_labels),
        ("hardest examples", &rankings.hardest),
    ]
    .into_iter()
    .map(|(name, file)| Ok(Found::in_ranking(&ranked_keys(file)?, &keys).line(name)))
    .collect::<Result<Vec<_>>>()?;
    Ok(format!(
        "{} labels were swapped on purpose. How many of them does the top {TOP_PERCENT} % of each ranking hold?\n{}",
        keys.len(),
        lines.join("\n")
    ))
}

/// The keys of a ranking, first rank first.
fn ranked_keys(file: &Path) -> Result<Vec<String>> {
    let mut ranking =
        csv::Reader::from_path(file).with_context(|| format!("cannot read {}", file.display()))?;
    let column = ranking.headers()?.iter().position(|name| name == "key");
    let column = column.with_context(|| format!("{} has no column `key`", file.display()))?;
    let keys = ranking
        .records()
        .map(|record| Ok(record?.get(column).unwrap_or_default().to_owned()))
        .collect::<Result<Vec<_>>>()?;
    ensure!(!keys.is_empty(), "{} ranks nothing", file.display());
    Ok(keys)
}

/// How many swapped labels the top of one ranking holds.
#[derive(Debug, PartialEq, Eq)]
struct Found {
    hits: usize,
    top: usize,
    swapped: usize,
    examples: usize,
}

impl Found {
    fn in_ranking(ranked: &[String], swapped: &HashSet<&str>) -> Self {
        let top = (ranked.len() * TOP_PERCENT).div_ceil(100);
        let is_swapped = |key: &&String| swapped.contains(key.as_str());
        Self {
            hits: ranked[..top].iter().filter(is_swapped).count(),
            top,
            swapped: ranked.iter().filter(is_swapped).count(),
            examples: ranked.len(),
        }
    }

    fn line(&self, name: &str) -> String {
        let (low, high) = wilson_interval(self.hits, self.swapped);
        let chance = self.top as f64 / self.examples as f64;
        format!(
            "  {name:<22} {:>3} of {} ({:.0} %, 95 % interval {:.0}–{:.0} %); by chance {:.1} ({:.0} %)",
            self.hits,
            self.swapped,
            100.0 * self.hits as f64 / self.swapped.max(1) as f64,
            100.0 * low,
            100.0 * high,
            chance * self.swapped as f64,
            100.0 * chance,
        )
    }
}

/// The 95 % interval of a proportion (Wilson, 1927): sensible also for few and for all.
fn wilson_interval(hits: usize, of: usize) -> (f64, f64) {
    if of == 0 {
        return (0.0, 1.0);
    }
    let n = of as f64;
    let p = hits as f64 / n;
    let shrink = 1.0 + Z * Z / n;
    let centre = (p + Z * Z / (2.0 * n)) / shrink;
    let half = Z / shrink * (p * (1.0 - p) / n + Z * Z / (4.0 * n * n)).sqrt();
    ((centre - half).max(0.0), (centre + half).min(1.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn close(a: f64, b: f64) -> bool {
        (a - b).abs() < 5e-5
    }

    /// Newcombe, Statistics in Medicine 17 (1998), table I, method 3.
    #[test]
    fn agrees_with_published_intervals() {
        for (hits, of, low, high) in [
            (81, 263, 0.2553, 0.3662),
            (15, 148, 0.0624, 0.1605),
            (0, 20, 0.0, 0.1611),
            (1, 29, 0.0061, 0.1718),
        ] {
            let (a, b) = wilson_interval(hits, of);
            assert!(close(a, low) && close(b, high), "{hits}/{of}: {a}–{b}");
        }
        assert_eq!(wilson_interval(0, 0), (0.0, 1.0));
    }

    #[test]
    fn counts_hits_in_the_top_alone() {
        let ranked: Vec<String> = (0..101).map(|rank| rank.to_string()).collect();
        let found = Found::in_ranking(&ranked, &HashSet::from(["0", "5", "6", "100"]));
        assert_eq!(
            found,
            Found {
                hits: 2,
                top: 6,
                swapped: 4,
                examples: 101
            }
        );
        let line = found.line("hardest examples");
        assert!(line.contains("2 of 4 (50 %"), "{line}");
        assert!(line.contains("by chance 0.2 (6 %)"), "{line}");
    }
}
