//! Spacing, alone and among gateways that run at once: each is a thread of its own in a simulated time, so that their
//! calls to the store interleave in every order that their delays allow.

use super::*;
use proptest::prelude::*;
use std::{
    cell::{Cell, RefCell},
    sync::{Condvar, Mutex, MutexGuard, PoisonError},
    thread,
};
use store::memory;

fn claim_at(counters: &mut memory::Counters, now: u64, wait: u64) -> Claim {
    claim(counters, "a", now + wait, || now).unwrap()
}

#[test]
fn one_after_an_idle_spell_does_not_wait() {
    let mut counters = memory::Counters::default();
    for now in [10_000, 20_000] {
        let Claim::Ticket(mut ticket) = claim_at(&mut counters, now, 0) else { panic!("refused") };
        assert_eq!(
            ticket.look(&mut counters, &Departures::default(), "a", || now).unwrap(),
            Step::At(now / SLOT * SLOT)
        );
        assert_eq!(ticket.leave(&mut Departures::default(), "a", now), Departure::Now);
        ticket.mark(&mut counters, "a").unwrap();
    }
    assert_eq!(counters.len(), 2, "one write for each");
}

#[test]
fn one_that_comes_shortly_before_a_slot_ends_takes_the_next_if_it_may_wait() {
    let start = 100 * SLOT;
    for (wait, from) in [(0, start - SLOT), (HASTE, start)] {
        let mut counters = memory::Counters::default();
        let Claim::Ticket(mut ticket) = claim_at(&mut counters, start - 1, wait) else { panic!("refused") };
        let step = ticket.look(&mut counters, &Departures::default(), "a", || start - 1).unwrap();
        assert_eq!(step, Step::At(from));
        assert_eq!(counters.len(), 1, "nobody has the other slot");
    }
}

#[test]
fn those_that_would_wait_too_long_are_refused_with_a_time() {
    let mut counters = memory::Counters::default();
    let start = 100 * SLOT;
    for _ in 0..4 {
        assert!(matches!(claim_at(&mut counters, start, 4 * SLOT), Claim::Ticket(_)));
    }
    assert_eq!(claim_at(&mut counters, start, 4 * SLOT), Claim::Beyond(5 * SLOT));
}

#[test]
fn a_successor_waits_for_what_arrived_late() {
    let mut counters = memory::Counters::default();
    let start = 100 * SLOT;
    let Claim::Ticket(mut first) = claim_at(&mut counters, start, 0) else { panic!("refused") };
    let Claim::Ticket(mut second) = claim_at(&mut counters, start, 2_000) else { panic!("refused") };
    assert_eq!(first.leave(&mut Departures::default(), "a", start), Departure::Now);
    first.note(&mut counters, "a", 10, start + 70).unwrap();
    let known = start + SLOT + GRACE + SKEW + MARKED + 1;
    let Step::At(at) = second.look(&mut counters, &Departures::default(), "a", || known).unwrap() else {
        panic!("it waits on")
    };
    assert_eq!(second.look_again(&mut counters, "a").unwrap(), at + 60);
    assert_eq!(second.look_again(&mut counters, "a").unwrap(), at + 60, "a note counts once");
    assert_eq!(second.leave(&mut Departures::default(), "a", at), Departure::Later(at + 60));
    assert_eq!(second.leave(&mut Departures::default(), "a", at + 60), Departure::Now);
    assert_eq!(second.leave(&mut Departures::default(), "a", at + SLOT), Departure::Missed);
}

#[test]
fn one_behind_a_free_slot_waits_for_what_arrived_late_before_it() {
    let mut counters = memory::Counters::default();
    let start = 100 * SLOT;
    let Claim::Ticket(mut first) = claim_at(&mut counters, start, 0) else { panic!("refused") };
    assert_eq!(first.leave(&mut Departures::default(), "a", start), Departure::Now);
    let now = start + 2 * SLOT;
    let Claim::Ticket(mut second) = claim_at(&mut counters, now, SLOT) else { panic!("refused") };
    let Step::At(at) = second.look(&mut counters, &Departures::default(), "a", || now).unwrap() else {
        panic!("it waits on")
    };
    first.note(&mut counters, "a", 10, start + 70).unwrap();
    assert_eq!(second.look_again(&mut counters, "a").unwrap(), at + 60);
    assert_eq!(second.leave(&mut Departures::default(), "a", at + 59), Departure::Later(at + 60));
}

/// The simulated time of each actor, none once it is done, and the store that they share. Whoever is earliest acts.
struct World {
    state: Mutex<(Vec<Option<u64>>, memory::Counters)>,
    turn: Condvar,
}

/// How long before it may leave a message looks once more.
const HEAD_START: u64 = 10;

/// How the store and the way to the platform behave.
#[derive(Clone, Copy, Debug)]
struct Weather {
    /// A call to the store takes up to twice so many milliseconds.
    store: u64,
    /// So many of a hundred answers of the store are lost.
    lost: u64,
    /// So many of a hundred messages take up to `way` milliseconds to the platform, the others up to 8.
    late: u64,
    way: u64,
}

/// One gateway, with a clock of its own.
struct Actor<'a> {
    world: &'a World,
    number: usize,
    skew: u64,
    weather: Weather,
    seed: Cell<u64>,
    departures: RefCell<Departures>,
}

impl Actor<'_> {
    fn random(&self, below: u64) -> u64 {
        let next = self.seed.get().wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        self.seed.set(next);
        (next >> 33) % below.max(1)
    }

    /// Lets time pass for this actor, and waits until it is the earliest.
    fn pass(&self, milliseconds: u64) -> MutexGuard<'_, (Vec<Option<u64>>, memory::Counters)> {
        let mut state = self.world.state.lock().unwrap();
        state.0[self.number] = state.0[self.number].map(|time| time + milliseconds);
        self.world.turn.notify_all();
        let turn = |times: &[Option<u64>]| {
            let earliest = times.iter().enumerate().filter_map(|(number, time)| Some((time.as_ref()?, number))).min();
            earliest.is_none_or(|(_, number)| number == self.number)
        };
        while !turn(&state.0) {
            state = self.world.turn.wait(state).unwrap();
        }
        state
    }

    fn now(&self) -> u64 {
        self.world.state.lock().unwrap().0[self.number].unwrap()
    }

    fn clock(&self) -> u64 {
        self.now() + self.skew
    }

    fn sleep_until(&self, clock: u64) {
        drop(self.pass(clock.saturating_sub(self.clock())));
    }

    /// Sends one message, and returns when the platform got it; none if the store failed.
    fn send(&self) -> Result<u64, ()> {
        let mut store = self;
        let clock = || self.clock();
        loop {
            let Claim::Ticket(mut ticket) = claim(&mut store, "a", self.clock() + 20_000, clock)? else {
                return Err(());
            };
            let at = loop {
                let step = ticket.look(&mut store, &self.departures.borrow(), "a", clock)?;
                match step {
                    Step::Wait(until) => self.sleep_until(until),
                    Step::At(at) => break at,
                }
            };
            self.sleep_until(at.saturating_sub(HEAD_START));
            ticket.look_again(&mut store, "a")?;
            let departure = loop {
                let departure = ticket.leave(&mut self.departures.borrow_mut(), "a", self.clock());
                match departure {
                    Departure::Later(at) => self.sleep_until(at),
                    departure => break departure,
                }
            };
            if departure == Departure::Now {
                let left = self.now();
                let late = self.random(100) < self.weather.late;
                let way = if late { self.random(self.weather.way) } else { self.random(9) };
                // A lost answer of the store is the next message's trouble.
                let _ = ticket.mark(&mut store, "a");
                let answered = self.clock().max(left + way + self.skew);
                self.sleep_until(answered);
                let _ = ticket.note(&mut store, "a", 0, answered);
                return Ok(left + way);
            }
        }
    }
}

impl Drop for Actor<'_> {
    /// The others go on without it, also when it panics.
    fn drop(&mut self) {
        self.world.state.lock().unwrap_or_else(PoisonError::into_inner).0[self.number] = None;
        self.world.turn.notify_all();
    }
}

impl Counters for &Actor<'_> {
    type Error = ();

    fn increment(&mut self, key: &str, delta: i64) -> Result<i64, ()> {
        let count = self.pass(self.random(self.weather.store)).1.increment(key, delta);
        drop(self.pass(self.random(self.weather.store)));
        if self.random(100) < self.weather.lost { Err(()) } else { Ok(count) }
    }

    fn count(&mut self, key: &str) -> Result<i64, ()> {
        self.increment(key, 0)
    }
}

/// Lets gateways with these clocks send so many messages each, with pauses of up to so many milliseconds between them,
/// and returns when the platform got them.
fn run(skews: &[u64], messages: usize, pause: u64, weather: Weather, seed: u64) -> Vec<u64> {
    let times = skews.iter().map(|_| Some(1_000_000)).collect();
    let world = World { state: Mutex::new((times, memory::Counters::default())), turn: Condvar::new() };
    let mut arrivals: Vec<u64> = thread::scope(|scope| {
        let actors: Vec<_> = skews
            .iter()
            .enumerate()
            .map(|(number, skew)| {
                let seed = Cell::new(seed.wrapping_add(number as u64 * 7_919));
                let actor = Actor { world: &world, number, skew: *skew, weather, seed, departures: RefCell::default() };
                scope.spawn(move || {
                    let arrivals: Vec<u64> = (0..messages)
                        .filter_map(|_| {
                            drop(actor.pass(actor.random(pause)));
                            actor.send().ok()
                        })
                        .collect();
                    arrivals
                })
            })
            .collect();
        actors.into_iter().flat_map(|actor| actor.join().unwrap()).collect()
    });
    arrivals.sort_unstable();
    arrivals
}

fn closest(arrivals: &[u64]) -> u64 {
    arrivals.windows(2).map(|pair| pair[1] - pair[0]).min().unwrap_or(u64::MAX)
}

const CALM: Weather = Weather { store: 3, lost: 0, late: 0, way: 0 };

#[test]
fn many_gateways_use_what_the_platform_allows() {
    for (number, skews) in [&[0][..], &[0, 50], &[0, 50, 25, 10, 40, 0, 50, 5]].into_iter().enumerate() {
        let messages = 160 / skews.len();
        let arrivals = run(skews, messages, 0, CALM, number as u64);
        assert_eq!(arrivals.len(), messages * skews.len());
        // The first ones find each other.
        let arrivals = &arrivals[5..];
        let took = arrivals[arrivals.len() - 1] - arrivals[0];
        let used = 500.0 * (arrivals.len() - 1) as f64 / took as f64;
        assert!(used >= 0.95, "{skews:?}: {used}");
        assert!(closest(arrivals) >= 500);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]
    /// Up to eight gateways, clocks 50 ms apart, a slow store that loses answers, and a way to the platform that takes
    /// its time.
    #[test]
    fn two_messages_are_never_closer_than_the_platform_allows(
        skews in prop::collection::vec(0_u64..=50, 1..=8),
        pause in prop_oneof![Just(0_u64), 0_u64..3_000],
        store in 1_u64..20, lost in 0_u64..4, late in 0_u64..10, seed: u64,
    ) {
        let arrivals = run(&skews, 12, pause, Weather { store, lost, late, way: 90 }, seed);
        prop_assert!(closest(&arrivals) >= 500, "{arrivals:?}");
    }
}
