//! The one-cycle learning rate (Smith & Topin 2018), in the shape of PyTorch's `OneCycleLR`
//! defaults: cosine up over the first 30 % of the steps, cosine down over the rest.

use std::f64::consts::PI;

/// Share of the steps that the rate rises.
const RISE: f64 = 0.3;
/// Peak over first rate.
const START_DIVISOR: f64 = 25.0;
/// First over last rate.
const END_DIVISOR: f64 = 1e4;

/// Learning rate of `step` (from 0) of `steps`, with the highest rate `peak`.
pub(crate) fn one_cycle(step: u64, steps: u64, peak: f64) -> f64 {
    let start = peak / START_DIVISOR;
    let end = start / END_DIVISOR;
    let step = step as f64;
    let top = RISE * steps as f64 - 1.0;
    let last = steps as f64 - 1.0;
    if step <= top {
        return cosine(start, peak, step / top);
    }
    cosine(peak, end, (step - top) / (last - top))
}

/// From `from` at 0 to `to` at 1 along half a cosine.
fn cosine(from: f64, to: f64, share: f64) -> f64 {
    let share = if share.is_finite() {
        share.clamp(0.0, 1.0)
    } else {
        1.0
    };
    to + (from - to) / 2.0 * (1.0 + (PI * share).cos())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn it_is_pytorch_s_curve() {
        // torch.optim.lr_scheduler.OneCycleLR(sgd, max_lr=0.1, total_steps=10,
        // cycle_momentum=False), per step.
        let expected = [
            0.004,
            0.052,
            0.1,
            0.095_048_463_201_347_38,
            0.081_174_565_394_976_3,
            0.061_126_202_193_628_93,
            0.038_874_197_806_371_07,
            0.018_825_834_605_023_7,
            0.004_951_936_798_652_629,
            4e-7,
        ];
        for (step, expected) in expected.into_iter().enumerate() {
            let rate = one_cycle(step as u64, 10, 0.1);
            assert!(
                (rate - expected).abs() < 1e-12,
                "step {step}: {rate} {expected}"
            );
        }
    }

    proptest! {
        #[test]
        fn it_rises_then_falls_and_stays_positive(steps in 1u64..400, peak in 1e-4f64..10.0) {
            let rates: Vec<f64> = (0..steps).map(|s| one_cycle(s, steps, peak)).collect();
            let top = rates.iter().copied().fold(0.0, f64::max);
            let at = rates.iter().position(|&r| r >= top).unwrap();
            prop_assert!(rates.iter().all(|r| *r > 0.0 && *r <= peak * (1.0 + 1e-12)));
            prop_assert!(rates[..=at].is_sorted());
            prop_assert!(rates[at..].iter().rev().is_sorted());
        }
    }
}
