//! Faults at random moments, one after the other: nothing that was accepted is lost, and every audit ends with the ranking
//! of an undisturbed one.
//!
//! `UNEARTH_CHAOS_SECONDS` says for how long (20 without it, enough for each cheap fault to come), `UNEARTH_CHAOS_SEED`
//! which faults come when. Faults that take half a minute by themselves come only in runs of two minutes and more.

mod client;
mod disk;
mod faults;
mod invariants;

use crate::real::{Image, blobs, home};
use client::Client;
use faults::{Fault, Machine};
use rand::{RngExt as _, SeedableRng as _, rngs::StdRng, seq::IndexedRandom as _};
use std::{
    collections::BTreeMap,
    env,
    time::{Duration, Instant},
};

/// Audits that may be under way at once: more would only wait.
const UNFINISHED_MAX: usize = 2;
/// From this length on the slow faults are worth their time.
const LONG: Duration = Duration::from_mins(2);

fn number(name: &str, default: u64) -> u64 {
    env::var(name).map_or(default, |text| text.parse().expect("a number"))
}

#[test]
fn whatever_fails_nothing_accepted_is_lost() {
    let (seconds, seed) = (
        Duration::from_secs(number("UNEARTH_CHAOS_SECONDS", 20)),
        number("UNEARTH_CHAOS_SEED", 1),
    );
    let mut rng = StdRng::seed_from_u64(seed);
    let (data, home) = (home(), home());
    let dataset = blobs(data.path(), 600, Image::GREY);
    let mut machine = Machine::start(home.path());
    let mut client = Client::new(&machine, &dataset);
    let expected = client.undisturbed(&machine);

    let mut faults = BTreeMap::<Fault, usize>::new();
    let began = Instant::now();
    while began.elapsed() < seconds {
        client.something(&mut rng, UNFINISHED_MAX);
        std::thread::sleep(Duration::from_millis(rng.random_range(0..2_500)));
        let slow = seconds >= LONG && rng.random_bool(0.15);
        let fault = *Fault::of_cost(slow)
            .choose(&mut rng)
            .expect("there are some");
        *faults.entry(fault).or_default() += 1;
        fault.happen(&mut machine, &client, &mut rng);
        if rng.random_bool(0.3) {
            invariants::hold_meanwhile(&machine);
        }
    }
    println!("seed {seed}, {} s: {faults:?}", began.elapsed().as_secs());
    let accepted = client.accepted();
    invariants::hold_at_the_end(&machine, &client, &expected);
    println!("{accepted}; every ranking is that of the undisturbed audit");
}
