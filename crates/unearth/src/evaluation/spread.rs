//! A figure over several seeds.

use unearth_audit::Spread;

/// None where there is no value, or not one for every seed.
pub(super) fn over_seeds(values: impl IntoIterator<Item = Option<f64>>) -> Option<Spread> {
    let values: Vec<f64> = values.into_iter().collect::<Option<_>>()?;
    Spread::of(&values)
}

/// `0.940 [0.938–0.942]`, or `0.940` where there is no range.
pub(super) fn shown(Spread { mean, min, max }: &Spread) -> String {
    if min.total_cmp(max).is_eq() {
        return format!("{mean:.3}");
    }
    format!("{mean:.3} [{min:.3}–{max:.3}]")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_spread_needs_every_value() {
        let spread = over_seeds([Some(0.5), Some(0.25), Some(0.75)]).unwrap();
        assert_eq!(shown(&spread), "0.500 [0.250–0.750]");
        assert_eq!(shown(&over_seeds([Some(0.5)]).unwrap()), "0.500");
        assert_eq!(over_seeds([Some(0.5), None]), None);
        assert_eq!(over_seeds([]), None);
    }
}
