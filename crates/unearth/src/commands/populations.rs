//! The populations of a request, from the command line.

use crate::cli::PopulationArgs;
use serde_json::{Map, Value, json};

/// The `pie` of `POST /v1/audits`, where any flag asks for it: what was not said is left to the server.
pub(crate) fn request(args: &PopulationArgs) -> Option<Value> {
    let quantise = (!args.quantise.is_empty()).then(|| json!(args.quantise));
    let fields = [
        ("sparsities", args.sparsities.as_ref().map(|it| json!(it))),
        ("population", args.population.map(Value::from)),
        ("quantise", quantise),
        ("null", args.no_null.then_some(json!(false))),
        ("population_min", args.population_min.map(Value::from)),
    ];
    let said: Map<String, Value> = fields
        .into_iter()
        .filter_map(|(field, value)| Some((field.to_owned(), value?)))
        .collect();
    (args.pie || !said.is_empty()).then_some(said.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_flag_asks_for_populations() {
        assert_eq!(request(&PopulationArgs::default()), None);
        let pie = PopulationArgs {
            pie: true,
            ..PopulationArgs::default()
        };
        assert_eq!(request(&pie), Some(json!({})));
        let some = PopulationArgs {
            population: Some(3),
            no_null: true,
            quantise: vec!["int8".into()],
            ..PopulationArgs::default()
        };
        let expected = json!({"population": 3, "quantise": ["int8"], "null": false});
        assert_eq!(request(&some), Some(expected));
    }
}
