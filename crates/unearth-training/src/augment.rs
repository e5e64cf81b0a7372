//! Random flips and shifts, drawn per (seed, epoch, example) and applied to whole batches on
//! the device.

use crate::random::{self, Purpose};
use tch::{Kind, Tensor};
use unearth_audit::Augment;

/// A shift goes up to this share of the side.
const SHIFT_DIVISOR: i64 = 8;

/// What happens to each example of an epoch: int64 `[t, 3]` of flip (0 or 1), downward and
/// rightward shift in pixels, in the epoch's order. `epoch_of` tells by whose draw. `None` when nothing
/// happens to any.
pub(crate) fn plan(
    augment: Augment,
    order: &[u32],
    seed: u64,
    epoch_of: impl Fn(u32) -> u32,
    (height, width): (i64, i64),
) -> Option<Tensor> {
    let flips = match augment {
        Augment::None => return None,
        Augment::Crop => 1,
        Augment::FlipCrop => 2,
    };
    let mut changes = Vec::with_capacity(order.len() * 3);
    for &example in order {
        let mut rng = random::stream(
            seed,
            Purpose::Augment,
            [epoch_of(example).into(), example.into()],
        );
        let mut shift = |side: i64| {
            let most = side / SHIFT_DIVISOR;
            i64::from(random::below(&mut rng, 2 * most as u32 + 1)) - most
        };
        let (down, right) = (shift(height), shift(width));
        changes.extend([random::below(&mut rng, flips).into(), down, right]);
    }
    Some(Tensor::from_slice(&changes).view([-1, 3]))
}

/// Applies a plan's rows (int64 `[b, 3]`) to a uint8 batch `[b, height, width, channels]`:
/// mirrored first, then shifted, reflected at the border.
pub(crate) fn apply(plan: &Tensor, pixels: &Tensor) -> Tensor {
    let size = pixels.size();
    let (batch, height, width, channels) = (size[0], size[1], size[2], size[3]);
    let column_of = |change: i64| plan.select(1, change).unsqueeze(1);

    let rows = reflected(&(positions(height, plan) - column_of(1)), height);
    let columns = reflected(&(positions(width, plan) - column_of(2)), width);
    let mirrored = (width - 1) - &columns;
    let columns = mirrored.where_self(&column_of(0).gt(0), &columns);

    let sources = (rows * width).unsqueeze(2) + columns.unsqueeze(1);
    let sources = sources
        .view([batch, height * width, 1])
        .expand([-1, -1, channels], false);
    pixels
        .reshape([batch, height * width, channels])
        .gather(1, &sources, false)
        .view([batch, height, width, channels])
}

fn positions(side: i64, like: &Tensor) -> Tensor {
    Tensor::arange(side, (Kind::Int64, like.device())).unsqueeze(0)
}

/// Positions outside `0..side` come back from the border, which is not repeated.
fn reflected(positions: &Tensor, side: i64) -> Tensor {
    let last = side - 1;
    last - (positions.abs() - last).abs()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host;
    use proptest::prelude::*;

    /// The same by definition, one pixel at a time.
    fn by_hand(pixels: &[u8], h: i64, w: i64, flip: bool, down: i64, right: i64) -> Vec<u8> {
        let reflect = |i: i64, side: i64| match i {
            i if i < 0 => -i,
            i if i >= side => 2 * (side - 1) - i,
            i => i,
        };
        let mut out = Vec::new();
        for y in 0..h {
            for x in 0..w {
                let (sy, sx) = (reflect(y - down, h), reflect(x - right, w));
                let sx = if flip { w - 1 - sx } else { sx };
                out.push(pixels[(sy * w + sx) as usize]);
            }
        }
        out
    }

    proptest! {
        #[test]
        fn it_moves_pixels_as_defined(
            pixels in proptest::collection::vec(any::<u8>(), 2 * 9 * 16),
            flips in proptest::array::uniform2(any::<bool>()),
            down in proptest::array::uniform2(-1i64..=1),
            right in proptest::array::uniform2(-2i64..=2),
        ) {
            let rows: Vec<i64> = (0..2)
                .flat_map(|i| [flips[i].into(), down[i], right[i]])
                .collect();
            let plan = Tensor::from_slice(&rows).view([2, 3]);
            let batch = Tensor::from_slice(&pixels).view([2, 9, 16, 1]);
            let moved = host::bytes(&apply(&plan, &batch));
            for i in 0..2 {
                let image = &pixels[i * 144..(i + 1) * 144];
                let expected = by_hand(image, 9, 16, flips[i], down[i], right[i]);
                prop_assert_eq!(&moved[i * 144..(i + 1) * 144], &expected[..]);
            }
        }
    }

    #[test]
    fn channels_move_together() {
        let pixels: Vec<u8> = (0..2 * 8 * 8 * 3).map(|i| (i % 251) as u8).collect();
        let batch = Tensor::from_slice(&pixels).view([2, 8, 8, 3]);
        let plan = Tensor::from_slice(&[1i64, 1, -1, 0, -1, 1]).view([2, 3]);
        let together = apply(&plan, &batch);
        for channel in 0..3 {
            let alone = apply(&plan, &batch.narrow(3, channel, 1));
            assert_eq!(together.narrow(3, channel, 1), alone);
        }
    }

    #[test]
    fn changes_are_keyed_by_example_and_cover_the_range() {
        let order: Vec<u32> = (0..400).collect();
        let reversed: Vec<u32> = order.iter().rev().copied().collect();
        let plan_of =
            |order: &[u32], epoch| plan(Augment::FlipCrop, order, 3, |_| epoch, (32, 24)).unwrap();
        let forward = plan_of(&order, 0);
        assert_eq!(forward, plan_of(&reversed, 0).flip([0]));
        assert_ne!(forward, plan_of(&order, 1));
        let (least, most) = (
            forward.amin([0i64].as_slice(), false),
            forward.amax([0i64].as_slice(), false),
        );
        assert_eq!(least, Tensor::from_slice(&[0i64, -4, -3]));
        assert_eq!(most, Tensor::from_slice(&[1i64, 4, 3]));
        let frozen = |example| if example < 200 { 5 } else { 0 };
        let mixed = plan(Augment::FlipCrop, &order, 3, frozen, (32, 24)).unwrap();
        assert_eq!(
            mixed.narrow(0, 0, 200),
            plan_of(&order, 5).narrow(0, 0, 200)
        );
        assert_eq!(mixed.narrow(0, 200, 200), forward.narrow(0, 200, 200));
        let crops = plan(Augment::Crop, &order, 3, |_| 0, (32, 24)).unwrap();
        assert_eq!(crops.select(1, 0).max(), Tensor::from(0i64));
        assert!(plan(Augment::None, &order, 3, |_| 0, (32, 24)).is_none());
    }
}
