//! An archaeology of an external run: what its probes and the dataset allow.

use super::PostedProbe;
use crate::{
    Archaeology, ArchaeologyRequest, CustomSuite, DatasetFacts, FieldError, Suite,
    archaeology::{
        SUITE_LIMIT, SUITE_MIN, check_custom, check_neighbours, check_size, default_neighbours,
        default_suite_size,
    },
};

impl ArchaeologyRequest {
    /// Fills in every default and checks every value; `custom` are the user's suites with their keys
    /// found, `epochs` the number with records.
    ///
    /// The suites are those that probes were posted of, and where the dataset has a column `difficulty`,
    /// typical and atypical examples by that: an external run has no pilot.
    ///
    /// # Errors
    /// All that is wrong, each with its field and what to do.
    pub fn resolve_external(
        &self,
        facts: &DatasetFacts,
        epochs: u32,
        probes: &[PostedProbe],
        custom: Vec<CustomSuite>,
    ) -> Result<Archaeology, Vec<FieldError>> {
        let mut errors = Vec::new();
        let mut wrong = |field: &str, detail: String| errors.push(FieldError::new(field, detail));
        if epochs == 0 {
            let detail = "an archaeology compares records over the epochs, and none will be posted";
            wrong("epochs", detail.to_owned());
        }
        let of = |suite: Suite| probes.iter().filter(|probe| probe.suite == suite).count() as u32;
        for suite in Suite::ALL {
            let probes = of(suite);
            if (1..SUITE_MIN).contains(&probes) {
                let detail = format!(
                    "there are {probes} of {suite}, and fewer than {SUITE_MIN} say too little"
                );
                wrong("probes", detail);
            }
        }
        if probes.len() > SUITE_LIMIT as usize {
            wrong("probes", format!("at most {SUITE_LIMIT}"));
        }

        let mut check = |field: &str, ok: bool, detail: String| {
            if !ok {
                errors.push(FieldError::new(format!("archaeology.{field}"), detail));
            }
        };
        let can_be = |suite: &Suite| {
            if suite.is_synthesised() {
                of(*suite) > 0
            } else {
                facts.has_difficulty
            }
        };
        let mut suites: Vec<Suite> = Suite::ALL.into_iter().filter(can_be).collect();
        if let Some(asked) = &self.suites {
            for suite in asked.iter().filter(|suite| !can_be(suite)) {
                let lack = if suite.is_synthesised() {
                    format!("no probes of {suite} were named; `unearth probes` makes them")
                } else {
                    format!("{suite} needs a column `difficulty` in the dataset")
                };
                check("suites", false, lack);
            }
            suites.retain(|suite| asked.contains(suite));
        }
        check(
            "suites",
            suites.len() + custom.len() >= 2,
            "a vote needs at least two suites: `unearth probes` makes probes to be trained on, a column \
             `difficulty` of the dataset says which examples are typical and atypical, and `custom` names \
             suites of your own"
                .into(),
        );
        check(
            "pilot_epochs",
            self.pilot_epochs.is_none(),
            "an external run has no pilot; a column `difficulty` of the dataset takes its place"
                .into(),
        );
        let examples = facts.examples.min(u32::MAX as usize) as u32;
        // Suites of one size are not preferred for having more voters.
        let largest = suites.iter().map(|suite| of(*suite)).max().unwrap_or(0);
        let suite_size = self.suite_size.unwrap_or(match largest {
            0 => default_suite_size(examples),
            probes => probes.min(examples / 5),
        });
        if suites.iter().any(|suite| !suite.is_synthesised()) {
            check_size(suite_size, examples, &mut check);
        }
        let size = |suite: &Suite| {
            if suite.is_synthesised() {
                of(*suite)
            } else {
                suite_size
            }
        };
        let voters = suites.iter().map(|suite| size(suite) / 2).sum();
        let smallest = suites.iter().map(size).min().unwrap_or(suite_size);
        let neighbours = self.neighbours.unwrap_or(default_neighbours(smallest));
        check_neighbours(neighbours, voters, &mut check);
        check_custom(&custom, &mut check);
        if !errors.is_empty() {
            return Err(errors);
        }
        Ok(Archaeology {
            variant: self.variant,
            neighbours,
            suite_size,
            suites,
            custom,
            pilot_epochs: None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Modality;

    fn resolved(
        request: &ArchaeologyRequest,
        has_difficulty: bool,
        counts: &[(Suite, usize)],
    ) -> Result<Vec<Suite>, Vec<String>> {
        let facts = DatasetFacts {
            modality: Modality::Text,
            examples: 1_000,
            classes: 3,
            height: 0,
            width: 0,
            channels: 0,
            has_difficulty,
            ..DatasetFacts::default()
        };
        let probe = |suite| PostedProbe {
            key: String::new(),
            suite,
            label: 0,
            source: None,
        };
        let probes: Vec<PostedProbe> = counts
            .iter()
            .flat_map(|&(suite, count)| std::iter::repeat_n(probe(suite), count))
            .collect();
        let resolved = request.resolve_external(&facts, 3, &probes, vec![]);
        resolved
            .map(|it| it.suites)
            .map_err(|errors| errors.iter().map(ToString::to_string).collect())
    }

    #[test]
    fn the_suites_are_what_probes_and_difficulties_allow() {
        let default = ArchaeologyRequest::default();
        let probes = [(Suite::Corrupted, 40), (Suite::RandomOutputs, 20)];
        assert_eq!(
            resolved(&default, false, &probes).unwrap(),
            [Suite::RandomOutputs, Suite::Corrupted]
        );
        assert_eq!(
            resolved(&default, true, &probes[1..]).unwrap(),
            [Suite::Typical, Suite::Atypical, Suite::RandomOutputs]
        );
    }

    #[test]
    fn too_few_probes_and_suites_that_cannot_be_are_said() {
        let default = ArchaeologyRequest::default();
        let few = [(Suite::Corrupted, 19), (Suite::RandomOutputs, 40)];
        let said = resolved(&default, false, &few).unwrap_err();
        assert_eq!(
            said,
            ["`probes`: there are 19 of corrupted, and fewer than 20 say too little"]
        );
        let said = resolved(&default, false, &few[1..]).unwrap_err();
        assert!(said[0].contains("at least two suites"), "{said:?}");
        let asks = ArchaeologyRequest {
            suites: Some(vec![Suite::Typical, Suite::RandomOutputs]),
            pilot_epochs: Some(3),
            ..ArchaeologyRequest::default()
        };
        let said = resolved(&asks, false, &few[1..]).unwrap_err();
        assert!(said[0].contains("column `difficulty`"), "{said:?}");
        assert!(said.iter().any(|it| it.contains("no pilot")), "{said:?}");
    }
}
