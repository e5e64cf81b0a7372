//! `unearth external`: what a training of one's own recorded in, a ranking out.

use super::audit::finish;
use crate::{
    cli::{ExternalArgs, LogitsArg},
    client::{
        Client, answer, audits, datasets,
        external::{Dynamics, Examples, Gradients, Posting},
        locate,
        outputs::{self, Ranking},
        tables,
    },
    exit::{Failure, WRONG_ARGUMENTS},
};
use anyhow::{Context as _, Result, anyhow, ensure};
use reqwest::Method;
use serde::Deserialize;
use serde_json::{Value, json};
use std::{
    fs::File,
    path::{Path, PathBuf},
};
use unearth_audit::{ProbeRequest, Signal};

#[tokio::main]
pub(crate) async fn run(args: &ExternalArgs) -> Result<(), Failure> {
    let wrong = |error| Failure::with_code(WRONG_ARGUMENTS, error);
    let first = match args.gradients {
        Some(_) => Signal::Vog,
        None => Signal::LabelIssue,
    };
    let outputs = outputs::of(first, &args.out).map_err(wrong)?;
    let inputs = Inputs::open(args).map_err(wrong)?;
    let located = locate::server(&args.server).await?;
    let audited = tokio::select! {
        audited = audited(&located.client, args, inputs, &outputs) => audited,
        _ = tokio::signal::ctrl_c() => Err(anyhow!("interrupted; what was posted is kept, and the same command goes on from there").into()),
    };
    finish(located, audited).await
}

/// Everything that is read.
struct Inputs {
    examples: Examples,
    gradients: Option<Gradients>,
    dynamics: Option<Dynamics>,
    /// Rows after the last example in the dynamics.
    probes: Vec<ProbeRequest>,
    /// Of the files' bytes: other files are another audit.
    identity: blake3::Hash,
}

impl Inputs {
    fn open(args: &ExternalArgs) -> Result<Self> {
        let gradients = args.gradients.as_deref().map(Gradients::open).transpose()?;
        let dynamics = args.dynamics.as_deref().map(Dynamics::open).transpose()?;
        let probes = args.probes.as_deref().map(probes).transpose()?;
        let probes = probes.unwrap_or_default();
        let of_examples = |rows: usize| {
            rows.checked_sub(probes.len()).with_context(|| {
                format!(
                    "the dynamics are of {rows} rows, and {} probes are listed",
                    probes.len()
                )
            })
        };
        let counts = [
            gradients.as_ref().map(Gradients::examples),
            dynamics
                .as_ref()
                .map(|it| of_examples(it.rows()))
                .transpose()?,
        ];
        if let [Some(one), Some(other)] = counts {
            ensure!(
                one == other,
                "the gradients are of {one} examples, the dynamics of {other}"
            );
        }
        let count = counts.into_iter().flatten().next().unwrap_or(0);
        Ok(Self {
            examples: examples(args, count, dynamics.as_ref(), &probes)?,
            identity: identity(args)?,
            gradients,
            dynamics,
            probes,
        })
    }

    /// The body of `POST /v1/audits`.
    fn request(&self, dataset: &Value, logits: Option<LogitsArg>) -> Result<Value> {
        let mut request = json!({ "kind": "external", "dataset_id": dataset["id"] });
        if let Some(gradients) = &self.gradients {
            let (height, width) = gradients.map_size();
            request["checkpoints"] = json!(gradients.steps());
            request["map_height"] = json!(height);
            request["map_width"] = json!(width);
        }
        if let Some(dynamics) = &self.dynamics {
            request["epochs"] = json!(dynamics.epochs());
            request["logits"] = json!(match logits {
                Some(LogitsArg::InFlight) => "in_flight",
                _ => "eval_pass",
            });
            if dynamics.names_classes() {
                request["classes"] = json!(classes(dataset, dynamics.classes())?);
            }
        }
        if !self.probes.is_empty() {
            request["probes"] = json!(self.probes);
        }
        Ok(request)
    }
}

/// The list that `unearth probes` wrote.
fn probes(path: &Path) -> Result<Vec<ProbeRequest>> {
    #[derive(Deserialize)]
    struct List {
        probes: Vec<ProbeRequest>,
    }
    let shown = path.display();
    let bytes = std::fs::read(path).with_context(|| format!("cannot read `{shown}`"))?;
    let list: List = serde_json::from_slice(&bytes)
        .with_context(|| format!("`{shown}` is no list of probes"))?;
    Ok(list.probes)
}

fn examples(
    args: &ExternalArgs,
    count: usize,
    dynamics: Option<&Dynamics>,
    probes: &[ProbeRequest],
) -> Result<Examples> {
    let (keys, labels) = (args.keys.as_deref(), args.labels.as_deref());
    let source = args.gradients.as_deref().or(args.dynamics.as_deref());
    let source = source.context("there is nothing to post")?;
    match (&args.table, dynamics.and_then(Dynamics::lines)) {
        (Some(table), _) => Examples::of_table(table),
        (None, Some(lines)) if keys.is_none() => {
            Examples::of_lines(source, &lines.examples_but(probes), labels)
        }
        _ => Examples::of_arrays(source, count, keys, labels),
    }
}

/// Hash of all files but those of the examples, which the dataset is made of.
fn identity(args: &ExternalArgs) -> Result<blake3::Hash> {
    let mut hasher = blake3::Hasher::new();
    let mut update = |path: &Path| -> Result<()> {
        let file = File::open(path).with_context(|| format!("cannot read `{}`", path.display()))?;
        hasher.update_reader(file)?;
        Ok(())
    };
    for path in [&args.gradients, &args.dynamics].into_iter().flatten() {
        if path.is_dir() {
            let mut files: Vec<PathBuf> = path
                .read_dir()?
                .map(|entry| Ok(entry?.path()))
                .collect::<Result<_>>()?;
            files.sort();
            for file in files.iter().filter(|file| file.is_file()) {
                update(file)?;
            }
        } else {
            update(path)?;
        }
    }
    Ok(hasher.finalize())
}

/// The model's classes by name. The files count them, so the labels must be these numbers.
fn classes(dataset: &Value, count: Option<usize>) -> Result<Vec<String>> {
    let names = dataset["class_names"].as_array().into_iter().flatten();
    let labels: Option<Vec<usize>> = names.map(|name| name.as_str()?.parse().ok()).collect();
    let labels = labels.context(
        "the dynamics count classes from 0, so the labels must be these numbers; with names for them, post to the API and name the classes in their order",
    )?;
    ensure!(
        !labels.is_empty(),
        "the dynamics name classes, so every example needs a label: add `--labels`"
    );
    let above = labels.iter().max().map_or(0, |&label| label + 1);
    let count = count.unwrap_or(above);
    ensure!(
        above <= count,
        "there is a label {}, and the logits are of {count} classes, counted from 0",
        above - 1
    );
    Ok((0..count).map(|class| class.to_string()).collect())
}

/// Posts, follows, writes the rankings, and returns the path of the audit's page.
async fn audited(
    client: &Client,
    args: &ExternalArgs,
    inputs: Inputs,
    outputs: &[(Ranking, PathBuf)],
) -> Result<String, Failure> {
    let dataset = uploaded(client, &inputs.examples).await?;
    let request = inputs.request(&dataset, args.logits)?;
    let mut identity = blake3::Hasher::new();
    identity.update(request.to_string().as_bytes());
    identity.update(inputs.identity.as_bytes());
    let audit = audits::begun(client, &request, identity.finalize()).await?;
    let id = audits::id(&audit)?.to_owned();
    if audit["state"] == "receiving" {
        post(client, &id, inputs).await?;
    }
    let audit = audits::followed(client, &id).await?;
    for (ranking, _) in outputs {
        let info = ranking.signal.info();
        let title = format!("{} ({})", info.title, info.purpose);
        println!("\n{}\n", tables::top(client, &id, info.name, &title).await?);
    }
    outputs::written(client, &audit, outputs).await?;
    Ok(format!("/audits/{id}"))
}

async fn uploaded(client: &Client, examples: &Examples) -> Result<Value, Failure> {
    let request = client
        .request(Method::POST, "/v1/datasets")
        .query(&[("name", &examples.name)])
        .body(examples.csv.clone());
    let uploaded: Value = answer(request.send().await?).await?;
    datasets::validated(client, uploaded).await
}

/// Posts everything and says that it is all.
async fn post(client: &Client, id: &str, inputs: Inputs) -> Result<()> {
    let gradients = inputs.gradients.as_ref().map_or(0, Gradients::bytes);
    let dynamics = inputs.dynamics.as_ref().map_or(0, Dynamics::bytes);
    let mut posting = Posting::begin(client, id, gradients + dynamics).await?;
    if let Some(gradients) = inputs.gradients {
        gradients.post(&mut posting).await?;
    }
    if let Some(dynamics) = inputs.dynamics {
        dynamics.post(&mut posting).await?;
    }
    posting.end();
    let path = format!("/v1/audits/{id}/complete");
    client.post::<Value>(&path, &Value::Null).await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_are_counted_as_the_files_count_them() {
        let dataset = json!({ "class_names": ["0", "3"] });
        assert_eq!(classes(&dataset, Some(5)).unwrap().len(), 5);
        assert_eq!(classes(&dataset, None).unwrap(), ["0", "1", "2", "3"]);
        let told = |dataset: Value, count| classes(&dataset, count).unwrap_err().to_string();
        assert!(told(dataset, Some(3)).contains("a label 3"));
        assert!(told(json!({ "class_names": ["cat"] }), None).contains("must be these numbers"));
        assert!(told(json!({ "class_names": [] }), Some(2)).contains("--labels"));
    }
}
