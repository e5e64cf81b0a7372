//! Probes are learned and recorded beside the examples, and touch nothing else.

use crate::scenario::{Scenario, same_bits};
use unearth_audit::{Augment, EpochRecord, LogitSource, Model, Probes, Report, Suite};

const PROBE_LABELS: [i32; 6] = [1, 0, 1, 0, 1, 0];

fn probed() -> Scenario {
    // The first six of 16 alternate between two classes: every probe carries the other label.
    Scenario::blobs(Model::CnnS, 16, 2).with_probes(&PROBE_LABELS)
}

#[test]
fn probes_are_recorded_apart_and_no_map_is_theirs() {
    let scenario = probed();
    let recorded = scenario.run();
    let records: Vec<&EpochRecord> = recorded
        .in_flight()
        .into_iter()
        .chain([recorded.eval_pass()])
        .collect();
    assert_eq!(records.len(), 3);
    for record in records {
        assert!(record.values.lengths_are(16));
        assert!(record.probes.lengths_are(PROBE_LABELS.len()));
        assert!(record.probes.loss.iter().all(|loss| loss.is_finite()));
    }
    let maps: usize = recorded.chunks().iter().map(|it| it.scales.len()).sum();
    assert_eq!(maps, 2 * 16);

    // A probe is the same image as its source: the eval pass sees the same logits, whose two losses
    // differ by the margin.
    let last = recorded.eval_pass();
    for probe in 0..PROBE_LABELS.len() {
        let (of_probe, of_source) = (last.probes.margin[probe], last.values.margin[probe]);
        assert!(
            (of_probe + of_source).abs() < 1e-4,
            "{of_probe} {of_source}"
        );
        assert_eq!(last.probes.predicted[probe], last.values.predicted[probe]);
    }
}

#[test]
fn probes_change_what_is_learned() {
    let plain = Scenario::blobs(Model::CnnS, 16, 2).run();
    assert!(plain.eval_pass().probes.is_empty());
    let with_probes = probed().run();
    assert!(!same_bits(
        &plain.eval_pass().values.loss,
        &with_probes.eval_pass().values.loss
    ));
}

#[test]
fn an_eval_pass_can_follow_every_epoch_and_a_continuation_repeats_none() {
    let mut scenario = probed();
    scenario.recipe.epochs = 3;
    scenario.recipe.evaluates_every_epoch = true;
    scenario.recipe.augment = Augment::FlipCrop;
    scenario.recipe.probes = Some(Probes {
        suites: vec![Suite::RandomOutputs],
        suite_size: 6,
        frozen: true,
    });
    scenario.resume_interval_secs = 0.0;
    let whole = scenario.run();
    let passes = whole.records(LogitSource::EvalPass);
    let epochs: Vec<u32> = passes.iter().map(|record| record.epoch).collect();
    assert_eq!(epochs, [0, 1, 2]);
    assert!(!same_bits(&passes[0].values.loss, &passes[2].values.loss));

    let points = whole.reports.iter().filter_map(|report| match report {
        Report::ResumePoint { position, bytes } => Some((*position, bytes)),
        _ => None,
    });
    for (position, bytes) in points {
        let rest = scenario.run_from(Some(bytes)).unwrap();
        let rest: Vec<&EpochRecord> = rest.records(LogitSource::EvalPass);
        let expected = &passes[position.evaluations as usize..];
        assert_eq!(rest.len(), expected.len(), "from {position:?}");
        for (again, before) in rest.iter().zip(expected) {
            assert_eq!(again.epoch, before.epoch);
            assert!(same_bits(&again.values.loss, &before.values.loss));
            assert!(same_bits(&again.probes.loss, &before.probes.loss));
        }
    }
}
