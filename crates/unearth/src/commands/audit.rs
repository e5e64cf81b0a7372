//! `unearth audit`: a dataset in, a ranking out.

use crate::{
    cli::AuditArgs,
    client::{
        Client, download, follow,
        locate::{self, Located},
        outputs,
        progress::duration,
        tables,
        upload::Upload,
        validation,
        weights::Weights,
    },
    exit::{DATASET_REFUSED, FAILED, Failure, WRONG_ARGUMENTS},
};
use anyhow::{Context as _, Result, anyhow};
use serde_json::{Map, Value, json};
use std::path::PathBuf;
use unearth_audit::Signal;

#[tokio::main]
pub(crate) async fn run(args: &AuditArgs) -> Result<(), Failure> {
    let wanted = Wanted::of(args).map_err(|error| Failure::with_code(WRONG_ARGUMENTS, error))?;
    let upload = Upload::of(&args.path)?;
    let located = locate::server(&args.server).await?;
    let audited = tokio::select! {
        audited = audited(&located.client, args, upload, wanted) => audited,
        _ = tokio::signal::ctrl_c() => Err(anyhow!("interrupted; what was done is kept, and the same command goes on from there").into()),
    };
    finish(located, audited).await
}

/// Gives the server back and says where the page of an audit is.
pub(super) async fn finish(
    located: Located,
    audited: Result<String, Failure>,
) -> Result<(), Failure> {
    let own = located.is_own();
    let page = located.client.login_url();
    located.release().await?;
    let path = audited?;
    if own {
        println!("page        `unearth up`, then {path} there");
    } else {
        println!("page        {page}");
        println!("audit       {path} there");
    }
    Ok(())
}

/// What the arguments ask for, as far as it can be known without a server.
struct Wanted {
    outputs: Vec<(Signal, PathBuf)>,
    weights: Option<Weights>,
    /// The body of `POST /v1/audits`, but for the dataset.
    request: Map<String, Value>,
}

impl Wanted {
    fn of(args: &AuditArgs) -> Result<Self> {
        let weights = args.init.as_deref().map(Weights::of).transpose()?;
        Ok(Self {
            outputs: wanted_outputs(args)?,
            request: request(args, weights.as_ref())?,
            weights,
        })
    }
}

/// Audits, prints what came of it, and returns the path of the audit's page.
async fn audited(
    client: &Client,
    args: &AuditArgs,
    upload: Upload,
    wanted: Wanted,
) -> Result<String, Failure> {
    if let Some(weights) = &wanted.weights {
        weights.bring_to(client).await?;
    }
    let dataset = dataset(client, upload, args.skip_bad_examples).await?;
    let mut request = wanted.request;
    request.insert("dataset_id".into(), dataset["id"].clone());
    let audit = begun(client, &request.into()).await?;
    let id = audit["id"]
        .as_str()
        .context("the audit has no id")?
        .to_owned();
    say_estimate(&audit);
    follow::audit(client, &id).await?;

    let audit = succeeded(client, &id).await?;
    report(client, &audit, &id).await?;
    written(client, &audit, &wanted.outputs).await?;
    Ok(format!("/audits/{id}"))
}

/// An audit that has ended, which must be well.
pub(super) async fn succeeded(client: &Client, id: &str) -> Result<Value, Failure> {
    let audit: Value = client.get(&format!("/v1/audits/{id}")).await?;
    if audit["state"] == "succeeded" {
        return Ok(audit);
    }
    let reason = audit["reason"].as_str().unwrap_or("no reason is known");
    let state = audit["state"].as_str().unwrap_or("unfinished");
    Err(Failure::with_code(
        FAILED,
        anyhow!("the audit {state}: {reason}"),
    ))
}

/// Writes rankings and says where.
pub(super) async fn written(
    client: &Client,
    audit: &Value,
    outputs: &[(Signal, PathBuf)],
) -> Result<()> {
    for (signal, file) in outputs {
        download::ranking(client, audit, *signal, file).await?;
        println!(
            "{:<11} {}",
            signal.info().name,
            std::path::absolute(file)?.display()
        );
    }
    Ok(())
}

/// Begins an audit. The same request within a day is the same audit: it goes on where it was
/// interrupted, is tried again if it failed, and is only reported if it is done.
async fn begun(client: &Client, request: &Value) -> Result<Value> {
    begun_once(
        client,
        request,
        blake3::hash(request.to_string().as_bytes()),
    )
    .await
}

/// Begins an audit, or goes on with the one of the same identity.
pub(super) async fn begun_once(
    client: &Client,
    request: &Value,
    identity: blake3::Hash,
) -> Result<Value> {
    let key = identity.to_hex();
    let audit: Value = client.post_once("/v1/audits", request, &key).await?;
    let id = audit["id"].as_str().context("the audit has no id")?;
    let path = format!("/v1/audits/{id}");
    let Ok(current) = client.get::<Value>(&path).await else {
        // It was deleted since.
        return client.post("/v1/audits", request).await;
    };
    match current["state"].as_str() {
        Some("failed" | "cancelled") => client.post(&format!("{path}/retry"), &Value::Null).await,
        _ => Ok(current),
    }
}

/// The dataset, once it is there and validated.
async fn dataset(
    client: &Client,
    upload: Upload,
    skip_bad_examples: bool,
) -> Result<Value, Failure> {
    let on_bad_example = if skip_bad_examples { "skip" } else { "refuse" };
    let uploaded = upload.send(client, on_bad_example).await?;
    validated(client, uploaded).await
}

/// An uploaded dataset, once it is validated.
pub(super) async fn validated(client: &Client, uploaded: Value) -> Result<Value, Failure> {
    let dataset = validation::dataset(client, uploaded).await?;
    if dataset["state"] == "failed" {
        return Err(Failure::with_code(
            DATASET_REFUSED,
            anyhow!("{}", refusal(&dataset["error"])),
        ));
    }
    let warnings = dataset["report"]["warnings"].as_array();
    for warning in warnings.into_iter().flatten() {
        eprintln!("warning: {}", warning.as_str().unwrap_or_default());
    }
    Ok(dataset)
}

/// Detail, the bad examples, and the hint.
fn refusal(error: &Value) -> String {
    let mut lines = vec![
        error["detail"]
            .as_str()
            .unwrap_or("the dataset was refused")
            .to_owned(),
    ];
    for bad in error["bad_examples"].as_array().into_iter().flatten() {
        let name = bad["name"].as_str().unwrap_or_default();
        lines.push(format!(
            "  {name}: {}",
            bad["reason"].as_str().unwrap_or_default()
        ));
    }
    if let Some(hint) = error["hint"].as_str() {
        lines.push(format!("hint: {hint}"));
    }
    lines.join("\n")
}

/// What the audit will take, unless that is known to be over.
fn say_estimate(audit: &Value) {
    if matches!(audit["state"].as_str(), Some("queued" | "running")) {
        eprintln!("{:<22} about {}", "estimate", cost(&audit["estimate"]));
    }
}

/// Time and room in the database.
fn cost(estimate: &Value) -> String {
    let seconds = estimate["seconds"].as_f64().unwrap_or(0.0);
    let megabytes = estimate["database_bytes"].as_f64().unwrap_or(0.0) / 1e6;
    format!("{}, {megabytes:.0} MB of database", duration(seconds))
}

async fn report(client: &Client, audit: &Value, id: &str) -> Result<()> {
    let result = &audit["result"];
    eprintln!("{:<22} {}", "took", cost(&audit["estimate"]));
    let percent = |key: &str| {
        result[key]
            .as_f64()
            .map(|share| format!("{:.1} %", 100.0 * share))
    };
    if let Some(accuracy) = percent("training_accuracy") {
        println!("\ntraining accuracy {accuracy}");
    }
    if let Some(accuracy) = percent("held_out_accuracy") {
        println!("held-out accuracy {accuracy}");
    }
    for warning in result["warnings"].as_array().into_iter().flatten() {
        println!("WARNING: {}", warning.as_str().unwrap_or_default());
    }
    println!(
        "\n{}\n",
        tables::top(
            client,
            id,
            "final_loss",
            "Probable wrong labels (final loss, high first)"
        )
        .await?
    );
    let asked_for_vog = audit["signals"]
        .as_array()
        .is_some_and(|all| all.contains(&json!("vog")));
    if asked_for_vog {
        println!(
            "{}\n",
            tables::top(
                client,
                id,
                "vog",
                "Hardest examples (Variance of Gradients, high first)"
            )
            .await?
        );
    }
    Ok(())
}

/// The body of `POST /v1/audits`, but for the dataset: what was not said is left to the server.
fn request(args: &AuditArgs, weights: Option<&Weights>) -> Result<Map<String, Value>> {
    let recipe = [
        ("model", args.model.as_deref().map(Value::from)),
        (
            "init",
            weights.map(|weights| json!({ "weights": weights.hash() })),
        ),
        ("epochs", args.epochs.map(Value::from)),
        ("batch_size", args.batch_size.map(Value::from)),
        ("lr", args.lr.map(Value::from)),
        ("image_size", args.image_size.map(Value::from)),
        ("augment", args.augment.as_deref().map(Value::from)),
        ("precision", args.precision.as_deref().map(Value::from)),
        ("split", args.split.as_deref().map(Value::from)),
        (
            "checkpoints",
            args.checkpoints.as_deref().map(checkpoints).transpose()?,
        ),
    ];
    let recipe: Map<String, Value> = recipe
        .into_iter()
        .filter_map(|(field, value)| Some((field.to_owned(), value?)))
        .collect();
    let fields = [
        ("signals", json!(args.signals)),
        ("seed", json!(args.seed)),
        ("recipe", Value::from(recipe)),
    ];
    Ok(fields
        .into_iter()
        .map(|(field, value)| (field.to_owned(), value))
        .collect())
}

/// `6` is a count, `1,4,12` are epochs.
fn checkpoints(text: &str) -> Result<Value> {
    let numbers: Result<Vec<u32>, _> = text.split(',').map(|part| part.trim().parse()).collect();
    let numbers = numbers.with_context(|| {
        format!("`--checkpoints {text}` is neither a number nor a list of epochs such as 1,4,12")
    })?;
    Ok(match numbers[..] {
        [count] => json!(count),
        _ => json!(numbers),
    })
}

/// Where which ranking goes.
fn wanted_outputs(args: &AuditArgs) -> Result<Vec<(Signal, PathBuf)>> {
    let first = args.signals.first().map_or("vog", String::as_str);
    outputs::of(outputs::signal(first, "--signals")?, &args.out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::{Cli, Command};
    use clap::Parser as _;

    #[test]
    fn checkpoints_are_a_count_or_epochs() {
        assert_eq!(checkpoints("6").unwrap(), json!(6));
        assert_eq!(checkpoints("1, 4,12").unwrap(), json!([1, 4, 12]));
        assert!(checkpoints("few").is_err());
    }

    #[test]
    fn an_output_names_its_signal_or_means_the_first() {
        let parsed = |line: &str| {
            let cli = Cli::parse_from(line.split(' '));
            let Command::Audit(args) = cli.command else {
                panic!("it is an audit")
            };
            wanted_outputs(&args)
        };
        let outputs = parsed("unearth audit data --out a.csv --out final_loss=b.csv").unwrap();
        assert_eq!(outputs[0], (Signal::Vog, "a.csv".into()));
        assert_eq!(outputs[1], (Signal::FinalLoss, "b.csv".into()));
        let outputs = parsed("unearth audit data --signals final_loss").unwrap();
        assert_eq!(outputs[0].0, Signal::FinalLoss);
        let error = parsed("unearth audit data --out loss=b.csv").unwrap_err();
        assert!(error.to_string().contains("final_loss"), "{error}");
        let error = parsed("unearth audit data --out no/such/a.csv").unwrap_err();
        assert!(error.to_string().contains("`no/such`"), "{error}");
    }
}
