//! `unearth probes`: rows of known kind, to be trained on beside one's own data.

use crate::{
    cli::ProbesArgs,
    exit::{Failure, WRONG_ARGUMENTS},
    output::{beside, writable, write},
    reading::read,
};
use anyhow::{Context as _, Result, bail, ensure};
use serde_json::json;
use std::{collections::HashSet, fs, io, path::Path};
use tempfile::TempDir;
use unearth_audit::{ProbeRequest, Probes, SUITE_MIN, Suite, default_suite_size};
use unearth_dataset::{
    Pack, Packed,
    probes::{Sources, Strata, Synthesised, synthesise},
    write_probes,
};

pub(crate) fn run(args: &ProbesArgs) -> Result<(), Failure> {
    let wrong = |error| Failure::with_code(WRONG_ARGUMENTS, error);
    let out = writable(&args.out, "--out").map_err(wrong)?;
    let list = beside(&out, ".json");
    let folder = TempDir::new().context("cannot make a temporary folder")?;
    let packed = read(&args.path, args.skip_bad_examples, folder.path())?;
    let pack = Pack::open(&packed.pack).context("the dataset was read and cannot be opened")?;
    let wanted = wanted(args, &packed).map_err(wrong)?;
    let made = made(&wanted, args.seed, &packed, &pack, folder.path())
        .context("the order of the examples cannot be written")?;
    let probes = named(&packed, &made).map_err(wrong)?;
    if pack.height() == 0 {
        write(&out, &table(&packed, &made, &probes)?)?;
    } else {
        let shape = [pack.height(), pack.width(), pack.channels()];
        let new = beside(&out, ".part");
        write_probes(&new, made.rows(), shape, &probes)
            .map_err(anyhow::Error::from)
            .and_then(|()| Ok(fs::rename(&new, &out)?))
            .with_context(|| format!("cannot write `{}`", out.display()))?;
    }
    let body = json!({ "probes": probes });
    write(
        &list,
        &serde_json::to_vec_pretty(&body).context("the list cannot be written")?,
    )?;
    println!(
        "{} probes: {} each of {}\nrows  {}\nlist  {}",
        probes.len(),
        wanted.suite_size,
        wanted
            .suites
            .iter()
            .map(Suite::to_string)
            .collect::<Vec<_>>()
            .join(", "),
        out.display(),
        list.display()
    );
    println!(
        "Train on these rows after your {} examples, under their own labels, and post their records after them.",
        packed.examples.len()
    );
    Ok(())
}

/// Which probes, as far as the dataset allows.
fn wanted(args: &ProbesArgs, packed: &Packed) -> Result<Probes> {
    let has_images = packed.facts.height > 0;
    let default: &[Suite] = if has_images {
        &[Suite::RandomOutputs, Suite::Corrupted]
    } else {
        &[Suite::RandomOutputs]
    };
    let mut suites = Vec::new();
    for word in &args.suites {
        let suite = Suite::from_name(word).with_context(|| format!("`{word}` is no suite"))?;
        ensure!(
            suite.is_synthesised(),
            "{suite} examples are the dataset's own: give it a column `difficulty` instead"
        );
        ensure!(
            has_images || suite == Suite::RandomOutputs,
            "{suite} probes are images, and the dataset has none"
        );
        if !suites.contains(&suite) {
            suites.push(suite);
        }
    }
    if suites.is_empty() {
        suites = default.to_vec();
    }
    ensure!(
        packed.facts.classes >= 2,
        "probes need labels of two classes at least"
    );
    let examples = packed.facts.examples as u32;
    let suite_size = args
        .suite_size
        .unwrap_or_else(|| default_suite_size(examples));
    ensure!(
        (SUITE_MIN..=examples).contains(&suite_size),
        "--suite-size must be {SUITE_MIN} to the number of examples, {examples}"
    );
    Ok(Probes {
        suites,
        suite_size,
        frozen: false,
    })
}

fn made(
    wanted: &Probes,
    seed: u64,
    packed: &Packed,
    pack: &Pack,
    scratch: &Path,
) -> io::Result<Synthesised> {
    let mut names: Vec<&str> = packed
        .examples
        .iter()
        .filter_map(|it| it.group.as_deref())
        .collect();
    names.sort_unstable();
    names.dedup();
    let group = |name: &Option<String>| {
        let found = names.binary_search(&name.as_deref()?).ok()?;
        Some(found as u32)
    };
    let group_of = |index: usize| group(&packed.examples[index].group);
    let sources = Sources {
        pack,
        trained: &(0..pack.len() as u32).collect::<Vec<u32>>(),
        held_out: &[],
        strata: Strata::new(pack.labels(), pack.classes(), names.len(), group_of),
    };
    synthesise(wanted, seed, &sources, scratch)
}

/// Probes by key, class and source, as a request names them.
fn named(packed: &Packed, made: &Synthesised) -> Result<Vec<ProbeRequest>> {
    let keys = packed.examples.iter().map(|example| example.key.as_str());
    let taken: HashSet<&str> = keys.collect();
    let mut named = Vec::with_capacity(made.probes().len());
    for (at, probe) in made.probes().iter().enumerate() {
        let key = format!("probe-{at}-{}", probe.suite);
        if taken.contains(key.as_str()) {
            bail!("the dataset has an example `{key}`, which a probe would be called");
        }
        let source = probe
            .source
            .map(|source| packed.examples[source as usize].key.clone());
        named.push(ProbeRequest {
            key,
            suite: probe.suite,
            label: packed.class_names[probe.label as usize].clone(),
            source,
        });
    }
    Ok(named)
}

/// Rows of a table, with the text of their source where it has some.
fn table(packed: &Packed, made: &Synthesised, probes: &[ProbeRequest]) -> Result<Vec<u8>> {
    let mut table = csv::Writer::from_writer(Vec::new());
    table.write_record(["key", "label", "suite", "source", "text"])?;
    for (probe, made) in probes.iter().zip(made.probes()) {
        let source = probe.source.as_deref().unwrap_or_default();
        let text = made
            .source
            .and_then(|at| packed.examples[at as usize].text.as_deref());
        let (suite, text) = (probe.suite.as_str(), text.unwrap_or_default());
        table.write_record([&probe.key, &probe.label, suite, source, text])?;
    }
    table.into_inner().context("the table cannot be written")
}
