//! What goes on side by side in an instance.
//!
//! Guests' executor (that of `wit-bindgen`, a [`FuturesUnordered`]) yields to the host whenever it has polled everything
//! that a task consists of; that is one future as a rule, so a task yields before anything that it waits for. And the host
//! (wasmtime) lets nobody who has yielded go on for as long as any other task of the instance has an event: under load an
//! answer of a platform would go unheard until it is given up.

use futures::{
    StreamExt,
    channel::oneshot,
    future::{Either, Pending, pending, select},
    stream::FuturesUnordered,
};
use spin_sdk::wasip3::{spawn, wit_bindgen::yield_async};
use std::{
    cell::{Cell, RefCell},
    pin::pin,
    rc::{Rc, Weak},
    thread::LocalKey,
    time::Duration,
};

/// A task of the host that has begun, until it is dropped.
#[must_use]
pub struct Begun {
    _over: oneshot::Sender<()>,
}

/// Begins a task of the host, which yields once, when it first waits, and then not for as long as it has what this returns.
pub fn begin() -> Begun {
    let (over, until_over) = oneshot::channel();
    // Of two futures, of which one is never polled in between, the executor has not polled all.
    spawn(async {
        // The other end is dropped.
        let _: Result<(), _> = until_over.await;
    });
    Begun { _over: over }
}

/// Begins a task of the host that others answer in time only: it yields now, when it has not asked anybody yet.
pub async fn begin_with_a_yield() -> Begun {
    let begun = begin();
    yield_async().await;
    begun
}

/// Lets go on what else is ready in this instance: requests that have come meanwhile begin.
///
/// It waits for the shortest time that there is, about a millisecond.
async fn give_way() {
    spin_sdk::time::sleep(Duration::from_nanos(1)).await;
}

/// What comes within so many milliseconds of each other is of one moment.
pub const MOMENT: u64 = 2;

/// What has come and is to be done together, by one of those who brought it.
pub struct Moment<T, R> {
    last: Cell<u64>,
    waiting: RefCell<Vec<Brought<T, R>>>,
}

/// Something that has come, for one who waits to hear what became of it.
pub struct Brought<T, R> {
    /// What has come.
    pub what: T,
    outcome: Weak<Cell<Option<R>>>,
}

impl<T, R> Brought<T, R> {
    /// Something that has come, and where the one who brought it hears what became of it.
    pub fn new(what: T) -> (Self, Rc<Cell<Option<R>>>) {
        let outcome = Rc::default();
        (Self { what, outcome: Rc::downgrade(&outcome) }, outcome)
    }

    /// Whether the one who brought it still waits.
    pub fn is_awaited(&self) -> bool {
        self.outcome.strong_count() > 0
    }

    /// Says what became of it.
    pub fn tell(&self, became: R) {
        if let Some(outcome) = self.outcome.upgrade() {
            outcome.set(Some(became));
        }
    }
}

impl<T, R> Moment<T, R> {
    /// Nothing has come.
    pub const fn new() -> Self {
        Self { last: Cell::new(0), waiting: RefCell::new(Vec::new()) }
    }
}

impl<T: 'static, R: 'static> Moment<T, R> {
    /// Adds what has come at `now`, and returns what became of it, once it is done. What comes right after something else
    /// gives way to others once, what comes alone does not wait for them; then whoever finds his own not done does all
    /// that has come, and tells each what became of it. None if that says nothing of this one.
    pub async fn join(
        moment: &'static LocalKey<Self>,
        now: u64,
        what: T,
        do_all: impl FnOnce(Vec<Brought<T, R>>),
    ) -> Option<R> {
        let (brought, outcome) = Brought::new(what);
        let last = moment.with(|moment| {
            moment.waiting.borrow_mut().push(brought);
            moment.last.replace(now)
        });
        if now.saturating_sub(last) <= MOMENT {
            give_way().await;
        }
        let became = outcome.take();
        if became.is_some() {
            return became;
        }
        do_all(moment.with(|moment| moment.waiting.take()));
        outcome.take()
    }
}

impl<T, R> Default for Moment<T, R> {
    fn default() -> Self {
        Self::new()
    }
}

/// Futures that go on side by side within a task; whoever waits for them does not yield.
pub struct Group<F: Future>(FuturesUnordered<Either<F, Pending<F::Output>>>);

impl<F: Future> Default for Group<F> {
    fn default() -> Self {
        // One that is never polled again: as in `begin`.
        Self(FuturesUnordered::from_iter([Either::Right(pending())]))
    }
}

impl<F: Future> Group<F> {
    /// How many there are.
    pub fn count(&self) -> usize {
        self.0.len() - 1
    }

    /// Adds some.
    pub fn extend(&mut self, futures: impl IntoIterator<Item = F>) {
        self.0.extend(futures.into_iter().map(Either::Left));
    }

    /// Waits for the next one that is done; none if there is none.
    pub async fn next(&mut self) -> Option<F::Output> {
        if self.count() == 0 { None } else { self.0.next().await }
    }

    /// Waits for the next one that is done, and as long as others go on, for what is done within this time; nothing if
    /// there is none.
    pub async fn next_within(&mut self, moment: impl Future<Output = ()>) -> Vec<F::Output> {
        let mut done: Vec<F::Output> = self.next().await.into_iter().collect();
        done.extend(self.within(moment).await);
        done
    }

    /// Waits for what is done within this time, as long as any go on.
    pub async fn within(&mut self, moment: impl Future<Output = ()>) -> Vec<F::Output> {
        let mut done = Vec::new();
        let mut moment = pin!(moment);
        while self.count() > 0 {
            match select(moment, pin!(self.next())).await {
                Either::Left(_) => break,
                Either::Right((next, going_on)) => {
                    done.extend(next);
                    moment = going_on;
                }
            }
        }
        done
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures::{
        FutureExt,
        future::{poll_fn, ready},
    };
    use std::{
        cell::RefCell,
        sync::{
            Arc,
            atomic::{AtomicUsize, Ordering},
        },
        task::{Context, Poll, Wake, Waker},
    };

    #[derive(Default)]
    struct Wakes(AtomicUsize);

    impl Wake for Wakes {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }

    #[test]
    fn whoever_finds_his_own_not_done_does_all() {
        thread_local! {
            static DOUBLED: Moment<u32, u32> = const { Moment::new() };
        }
        let (given_up, _) = Brought::new(1);
        DOUBLED.with(|moment| moment.waiting.borrow_mut().push(given_up));

        let mut did = Vec::new();
        let doubled = Moment::join(&DOUBLED, 1_000, 21, |all| {
            did.extend(all.iter().map(|one| (one.what, one.is_awaited())));
            all.iter().for_each(|one| one.tell(one.what * 2));
        });

        assert_eq!(doubled.now_or_never(), Some(Some(42)));
        assert_eq!(did, [(1, false), (21, true)]);
        assert_eq!(Moment::join(&DOUBLED, 2_000, 3, drop).now_or_never(), Some(None));
    }

    #[test]
    fn a_group_is_done_when_all_are() {
        let mut group = Group::default();
        assert_eq!(group.next().now_or_never(), Some(None));
        group.extend([1, 2, 3].map(|number| async move { number }));
        assert_eq!(group.count(), 3);
        let mut done = Vec::new();
        while let Some(Some(number)) = group.next().now_or_never() {
            done.push(number);
        }
        done.sort_unstable();
        assert_eq!(done, [1, 2, 3]);
        assert_eq!(group.count(), 0);
    }

    #[test]
    fn what_is_done_in_a_moment_comes_together() {
        let mut group = Group::default();
        assert_eq!(group.next_within(pending()).now_or_never(), Some(vec![]));
        group.extend([1, 2, 3].map(|number| async move { number }));

        // The moment is over at once, then when nothing goes on any more.
        let first = group.next_within(ready(())).now_or_never().unwrap();
        let mut done = group.next_within(pending()).now_or_never().unwrap();

        assert_eq!((first.len(), done.len(), group.count()), (1, 2, 0));
        done.extend(first);
        done.sort_unstable();
        assert_eq!(done, [1, 2, 3]);
    }

    #[test]
    fn a_moment_can_be_over_before_anything_is_done() {
        let mut group = Group::default();
        group.extend([async { 1 }]);
        assert_eq!(group.within(ready(())).now_or_never(), Some(vec![]));
        assert_eq!(group.within(pending()).now_or_never(), Some(vec![1]));
        assert_eq!(group.within(pending()).now_or_never(), Some(vec![]));
    }

    #[test]
    fn who_waits_for_a_group_does_not_wake_itself() {
        let event = RefCell::new(None::<Waker>);
        let waiting = poll_fn(|context| {
            event.replace(Some(context.waker().clone()));
            Poll::<()>::Pending
        });
        let mut group = Group::default();
        group.extend([waiting]);
        let wakes = Arc::new(Wakes::default());
        let waker = wakes.clone().into();
        let mut context = Context::from_waker(&waker);
        let mut next = pin!(group.next());
        // The first poll is of all that there is.
        assert!(next.poll_unpin(&mut context).is_pending());
        for turn in 1..=3 {
            event.take().unwrap().wake();
            let wakes_before = wakes.0.load(Ordering::Relaxed);
            assert!(next.poll_unpin(&mut context).is_pending());
            assert!(event.borrow().is_some(), "it was not polled in turn {turn}");
            assert_eq!(wakes.0.load(Ordering::Relaxed), wakes_before, "turn {turn}");
        }
    }
}
