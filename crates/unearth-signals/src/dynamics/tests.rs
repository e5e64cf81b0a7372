use super::*;

/// One example over three epochs.
struct History {
    loss: [f32; 3],
    p_given: [f32; 3],
    margin: [f32; 3],
    el2n: [f32; 3],
    predicted: [i32; 3],
    best_other: [i32; 3],
}

impl History {
    /// Three classes; the given label is 1. The logits are those of the comments.
    fn confused() -> Self {
        let logits = [[2.0f64, 0.0, 1.0], [0.0, 1.0, 0.5], [0.0, 0.0, 2.0]];
        let p = logits.map(|z| {
            let sum: f64 = z.iter().map(|z| z.exp()).sum();
            z.map(|z| z.exp() / sum)
        });
        Self {
            loss: p.map(|p| -p[1].ln() as f32),
            p_given: p.map(|p| p[1] as f32),
            margin: [-2.0, 0.5, -2.0],
            el2n: p.map(|p| (p[0].powi(2) + (p[1] - 1.0).powi(2) + p[2].powi(2)).sqrt() as f32),
            predicted: [0, 1, 2],
            best_other: [0, 2, 2],
        }
    }

    fn epochs(&self) -> Vec<Epoch<'_>> {
        (0..3)
            .map(|at| Epoch {
                loss: &self.loss[at..=at],
                p_given: &self.p_given[at..=at],
                margin: &self.margin[at..=at],
                el2n: &self.el2n[at..=at],
                predicted: &self.predicted[at..=at],
                best_other: &self.best_other[at..=at],
            })
            .collect()
    }

    fn dynamics(&self) -> Dynamics {
        dynamics(&self.epochs(), &[1])[0]
    }
}

fn close(a: Option<f64>, b: f64) {
    let a = a.expect("a value");
    assert!((a - b).abs() < 1e-6, "{a} is not {b}");
}

#[test]
fn every_signal_follows_its_formula() {
    let history = History::confused();
    let found = history.dynamics();
    let p = history.p_given.map(f64::from);
    let mean = p.iter().sum::<f64>() / 3.0;
    close(found.confidence, mean);
    close(
        found.variability,
        (p.iter().map(|p| (p - mean).powi(2)).sum::<f64>() / 3.0).sqrt(),
    );
    close(
        found.aleatoric,
        p.iter().map(|p| p * (1.0 - p)).sum::<f64>() / 3.0,
    );
    close(found.aum, -3.5 / 3.0);
    close(found.late_margin, -2.0);
    close(found.el2n, history.el2n[0].into());
    close(
        found.mean_loss,
        history.loss.iter().map(|&l| f64::from(l)).sum::<f64>() / 3.0,
    );
    close(found.late_loss, history.loss[2].into());
    let learning = found.learning.expect("seen");
    assert_eq!((learning.correct, learning.forgetting), (1, 1));
    assert_eq!(
        (learning.first_learned, learning.stayed_learned),
        (Some(2), None)
    );
}

/// The classic mistake with margins: subtracting from the largest logit, which is the given one
/// wherever the prediction is right, and so never gives a positive margin.
#[test]
fn a_margin_is_positive_where_the_prediction_is_right() {
    let history = History::confused();
    for at in 0..3 {
        let right = history.predicted[at] == 1;
        assert_eq!(history.margin[at] > 0.0, right);
    }
}

#[test]
fn the_suggestion_is_the_most_probable_class_of_late_epochs() {
    let suggestion = History::confused().dynamics().suggestion.expect("seen");
    assert_eq!((suggestion.label, suggestion.runner_up), (2, 1));
    let sum = 2.0 + 2.0f64.exp();
    close(Some(suggestion.probability), 2.0f64.exp() / sum);
    close(Some(suggestion.runner_up_probability), 1.0 / sum);
}

#[test]
fn equal_probabilities_suggest_the_given_label() {
    let mut history = History::confused();
    history.margin = [0.0; 3];
    let suggestion = history.dynamics().suggestion.expect("seen");
    assert_eq!(suggestion.label, 1);
}

#[test]
fn a_class_that_is_best_in_some_epochs_gathers_only_those() {
    let history = History::confused();
    let all = suggestion(1, &history.epochs(), 0).expect("seen");
    let p_other = |at: usize| (-f64::from(history.loss[at]) - f64::from(history.margin[at])).exp();
    let class_2 = (p_other(1) + p_other(2)) / 3.0;
    assert_eq!(all.label, 2);
    close(Some(all.probability), class_2);
}

#[test]
fn thirds_are_rounded_up_and_never_empty() {
    let epochs: Vec<u32> = (1..=12).collect();
    assert_eq!(
        (early(&epochs), late(&epochs)),
        (&epochs[..4], &epochs[8..])
    );
    assert_eq!(early(&epochs[..4]), [1, 2]);
    assert_eq!(late(&epochs[..4]), [3, 4]);
    assert_eq!((early(&[7]), late(&[7])), (&[7][..], &[7][..]));
    assert_eq!(late::<u32>(&[]), []);
}

#[test]
fn an_example_that_was_not_seen_has_no_values() {
    let nan = [f32::NAN; 3];
    let history = History {
        loss: nan,
        p_given: nan,
        margin: nan,
        el2n: nan,
        predicted: [-1; 3],
        best_other: [-1; 3],
    };
    assert_eq!(
        history.dynamics(),
        Dynamics {
            mean_loss: None,
            late_loss: None,
            late_margin: None,
            confidence: None,
            variability: None,
            aleatoric: None,
            aum: None,
            el2n: None,
            learning: None,
            suggestion: None,
        }
    );
}
