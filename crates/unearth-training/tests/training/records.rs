//! Records belong to the example whose index they stand at.

use crate::scenario::Scenario;
use unearth_audit::{Augment, LogitSource, Model};

#[test]
fn in_flight_records_stand_at_their_example_under_shuffling() {
    // Every example is a class of its own: a record at another place would be wrong there.
    let examples = 30;
    let mut scenario = Scenario::blobs(Model::Mlp, examples, examples);
    scenario.recipe.epochs = 25;
    scenario.recipe.checkpoints = vec![1, 25];
    scenario.recipe.augment = Augment::None;
    let run = scenario.run();
    let records = run.in_flight();
    assert_eq!(records.len(), 25);
    let last = records[24];
    let right = (0..examples).filter(|&i| last.values.predicted[i] == scenario.labels[i]);
    assert!(right.count() >= examples - 2);
    let sure = last.values.p_given.iter().filter(|&&p| p > 0.5).count();
    assert!(sure >= examples - 2, "{sure}");
    assert_eq!(run.outcome.training_accuracy, 1.0);
}

#[test]
fn p_given_is_the_probability_of_the_loss() {
    let run = Scenario::blobs(Model::CnnS, 18, 3).run();
    for record in run.in_flight().into_iter().chain([run.eval_pass()]) {
        for (loss, p) in record.values.loss.iter().zip(&record.values.p_given) {
            assert!(((-loss).exp() - p).abs() < 1e-6 && (0.0..=1.0).contains(p));
        }
    }
}

#[test]
fn held_out_examples_are_scored_and_not_trained_on() {
    let mut scenario = Scenario::blobs(Model::CnnS, 20, 2);
    scenario.trained = (0..20).filter(|i| i % 3 != 0).collect();
    let run = scenario.run();
    for record in run.in_flight() {
        for i in 0..20 {
            let trained = scenario.trained.contains(&(i as u32));
            assert_eq!(record.values.loss[i].is_nan(), !trained);
            assert_eq!(record.values.p_given[i].is_nan(), !trained);
            assert_eq!(record.values.predicted[i] == -1, !trained);
        }
    }
    let eval = run.eval_pass();
    assert_eq!((eval.epoch, eval.source), (1, LogitSource::EvalPass));
    assert!(eval.values.loss.iter().all(|loss| loss.is_finite()));
    assert_eq!(run.chunks()[0].scales.len(), 20);

    let share = |trained: bool| {
        let of: Vec<usize> = (0..20usize)
            .filter(|&i| scenario.trained.contains(&(i as u32)) == trained)
            .collect();
        let right = of
            .iter()
            .filter(|&&i| eval.values.predicted[i] == scenario.labels[i]);
        right.count() as f64 / of.len() as f64
    };
    assert_eq!(run.outcome.training_accuracy, share(true));
    assert_eq!(run.outcome.held_out_accuracy, Some(share(false)));

    // What is not trained on does not change the training.
    for pixel in &mut scenario.pixels[..8 * 8 * 3] {
        *pixel = 255 - *pixel;
    }
    let changed = scenario.run();
    assert_eq!(
        changed.in_flight()[1].values.loss[1],
        run.in_flight()[1].values.loss[1]
    );
    assert_ne!(changed.eval_pass().values.loss[0], eval.values.loss[0]);
}

#[test]
fn a_last_batch_of_one_is_trained_on() {
    // Batch-norm over flat features refuses a batch of one.
    let run = Scenario::blobs(Model::Mlp, 9, 3).run();
    assert!(
        run.in_flight()[1]
            .values
            .loss
            .iter()
            .all(|loss| loss.is_finite())
    );
}

#[test]
fn the_last_sweep_tells_what_an_eval_pass_would() {
    for every_epoch in [false, true] {
        let mut scenario = Scenario::blobs(Model::CnnS, 21, 3).with_probes(&[1, 0]);
        scenario.trained = (0..18).collect();
        scenario.recipe.evaluates_every_epoch = every_epoch;
        let swept = scenario.run();
        scenario.recipe.checkpoints = vec![];
        let passed = scenario.run();
        let (swept, passed) = (
            swept.records(LogitSource::EvalPass),
            passed.records(LogitSource::EvalPass),
        );
        assert_eq!(swept.len(), if every_epoch { 2 } else { 1 });
        assert_eq!(swept.len(), passed.len());
        for (swept, passed) in swept.iter().zip(passed) {
            for (a, b) in [
                (&swept.values, &passed.values),
                (&swept.probes, &passed.probes),
            ] {
                assert_eq!(a.predicted, b.predicted);
                for (a, b) in a.loss.iter().zip(&b.loss) {
                    // With and without a graph, libtorch may choose different kernels.
                    assert!((a - b).abs() < 1e-5, "{a} {b}");
                }
            }
        }
    }
}
