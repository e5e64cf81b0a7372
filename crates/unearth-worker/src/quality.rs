//! What a reader must know before trusting a ranking.

use unearth_audit::{Recipe, TrainingOutcome};

/// Share of the way from chance to certainty below which a model has learned too little for its
/// gradients and losses to say much of single examples.
const LEARNED_ENOUGH: f64 = 0.4;

/// Warnings about the training itself; `asked` is the recipe that was asked for where it is another.
pub(crate) fn warnings(
    outcome: &TrainingOutcome,
    recipe: &Recipe,
    asked: Option<&Recipe>,
    classes: usize,
) -> Vec<String> {
    let mut warnings = Vec::new();
    if let Some(asked) = asked {
        warnings.push(format!(
            "the device had too little memory: trained with batches of {} and a learning rate of {} instead of {} and {}",
            recipe.batch_size, recipe.lr, asked.batch_size, asked.lr,
        ));
    }
    let chance = 1.0 / classes.max(1) as f64;
    if outcome.training_accuracy < chance + LEARNED_ENOUGH * (1.0 - chance) {
        warnings.push(format!(
            "training accuracy {:.0} % (chance is {:.0} %): these rankings mean little; train longer than {} epochs or with another `recipe.lr`",
            100.0 * outcome.training_accuracy,
            100.0 * chance,
            recipe.epochs,
        ));
    }
    warnings
}

#[cfg(test)]
mod tests {
    use super::*;
    use unearth_audit::{DatasetFacts, RecipeRequest};

    fn outcome(training_accuracy: f64) -> TrainingOutcome {
        TrainingOutcome {
            training_accuracy,
            held_out_accuracy: None,
            fit_secs: 1.0,
            sweep_secs: 1.0,
            layers: vec![],
        }
    }

    #[test]
    fn an_undertrained_model_is_said_and_a_trained_one_is_not() {
        let facts = DatasetFacts {
            examples: 1_000,
            classes: 10,
            height: 8,
            width: 8,
            channels: 1,
            ..DatasetFacts::default()
        };
        let recipe = RecipeRequest::default().resolve(&facts).unwrap();
        let said = warnings(&outcome(0.23), &recipe, None, 10);
        assert!(
            said[0].starts_with("training accuracy 23 % (chance is 10 %)"),
            "{said:?}"
        );
        assert!(warnings(&outcome(0.9), &recipe, None, 10).is_empty());

        let halved = recipe.with_half_batch().unwrap();
        let said = warnings(&outcome(0.9), &halved, Some(&recipe), 10);
        let (before, after) = (recipe.batch_size, recipe.batch_size / 2);
        assert!(
            said[0].contains(&format!("batches of {after} ")),
            "{said:?}"
        );
        assert!(
            said[0].contains(&format!("instead of {before} ")),
            "{said:?}"
        );
    }
}
