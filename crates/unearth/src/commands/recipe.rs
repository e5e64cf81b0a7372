//! The recipe of a request, from the command line.

use crate::{cli::RecipeArgs, client::weights::Weights};
use anyhow::{Context as _, Result};
use serde_json::{Map, Value, json};

/// The `recipe` of `POST /v1/audits`: what was not said is left to the server.
pub(crate) fn request(
    args: &RecipeArgs,
    weights: Option<&Weights>,
    split: Option<&str>,
) -> Result<Map<String, Value>> {
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
        (
            "sweep_precision",
            args.sweep_precision.as_deref().map(Value::from),
        ),
        ("split", split.map(Value::from)),
        (
            "checkpoints",
            args.checkpoints.as_deref().map(checkpoints).transpose()?,
        ),
    ];
    Ok(recipe
        .into_iter()
        .filter_map(|(field, value)| Some((field.to_owned(), value?)))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn checkpoints_are_a_count_or_epochs() {
        assert_eq!(checkpoints("6").unwrap(), json!(6));
        assert_eq!(checkpoints("1, 4,12").unwrap(), json!([1, 4, 12]));
        assert!(checkpoints("few").is_err());
    }
}
