//! The platforms' state, all of it.

use std::future::Future;
use std::sync::Arc;

use anyhow::Result;
use tokio::task::JoinSet;

use crate::callbacks::Callbacks;
use crate::clock::Clock;
use crate::config::Config;
use crate::faults::Faults;
use crate::kdocs::Kdocs;
use crate::quntool::Quntool;
use crate::quntool::outcomes::Outcomes;
use crate::robot::Robots;
use crate::shared::Shared;
use crate::truth::{Record, Violation};
use crate::wanwang::Wanwang;

/// Everything that a request can see and change: one lock for each platform.
#[derive(Debug)]
pub(crate) struct World {
    pub(crate) config: Config,
    pub(crate) clock: Clock,
    pub(crate) record: Shared<Record>,
    pub(crate) faults: Shared<Faults>,
    pub(crate) callbacks: Callbacks,
    pub(crate) wanwang: Shared<Wanwang>,
    pub(crate) quntool: Shared<Quntool>,
    pub(crate) outcomes: Shared<Outcomes>,
    pub(crate) kdocs: Shared<Kdocs>,
    pub(crate) robots: Shared<Robots>,
    tasks: Shared<JoinSet<()>>,
}

impl World {
    /// Begins with empty platforms.
    pub(crate) fn new(config: Config) -> Result<Self> {
        Ok(Self {
            clock: Clock::default(),
            record: Shared::default(),
            faults: Shared::new(Faults::new(config.seed)),
            callbacks: Callbacks::new(config.callback_url.clone(), config.callback_timeout)?,
            wanwang: Shared::default(),
            quntool: Shared::new(Quntool::new(&config)),
            outcomes: Shared::new(Outcomes::new(config.seed)),
            kdocs: Shared::default(),
            robots: Shared::default(),
            tasks: Shared::default(),
            config,
        })
    }

    /// Begins again: nothing is remembered, ordered or under way. The clock and the callback URL stay.
    pub(crate) fn reset(&self) {
        self.stop();
        *self.faults.lock() = Faults::new(self.config.seed);
        *self.wanwang.lock() = Wanwang::default();
        *self.quntool.lock() = Quntool::new(&self.config);
        *self.outcomes.lock() = Outcomes::new(self.config.seed);
        *self.kdocs.lock() = Kdocs::default();
        *self.robots.lock() = Robots::default();
        self.record.lock().reset();
    }

    /// Does something in the background, until the simulator stops or is reset.
    pub(crate) fn spawn<F: Future<Output = ()> + Send + 'static>(self: &Arc<Self>, task: F) {
        let mut tasks = self.tasks.lock();
        while tasks.try_join_next().is_some() {}
        tasks.spawn(task);
    }

    /// Ends what is done in the background.
    pub(crate) fn stop(&self) {
        self.tasks.lock().abort_all();
    }

    /// Notes that a rule was broken.
    pub(crate) fn violated(&self, rule: &str, detail: String) {
        let violation = Violation { at: self.clock.now(), rule: rule.to_owned(), detail };
        self.record.lock().violated(violation);
    }
}
