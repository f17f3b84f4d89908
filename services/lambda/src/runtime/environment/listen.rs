//! What comes from a process, from the helper around it and from its output, until something decides or time is up.

use std::time::Duration;

use jail::spec::{Event, Exit};
use tokio::time::Instant;

use super::{Environment, Heard, Lane, beside};
use crate::runtime::frames::{Frame, Kind};
use crate::runtime::helper::SIGKILL;
use crate::runtime::ticker::TICK;

/// How often the memory of a running sandbox is looked at where the kernel does not limit it.
const MEMORY_EVERY: Duration = Duration::from_millis(100);
/// How long the helper may take to say how the program ended, once its pipe is closed.
const LAST_WORDS: Duration = Duration::from_secs(2);
/// A cloud that has time comes back at the next tick; what is far beyond that is its own delay.
const PROMPT: Duration = TICK.saturating_add(Duration::from_millis(150));

/// Until when the environment listens.
struct Times {
    /// When the time of the phase is up.
    until: Instant,
    /// As `until`, or earlier once the process has closed its pipe.
    patience: Instant,
    /// When the memory is looked at again.
    look: Instant,
    /// Since when the cloud has waited for something to come.
    asked: Instant,
}

impl Times {
    fn new(until: Instant) -> Times {
        let now = Instant::now();
        Times { until, patience: until, look: now + MEMORY_EVERY, asked: now }
    }

    /// Moves the end by what the cloud is late, and says by how much. A cloud with more to do than its processors can
    /// comes back after seconds to an answer that was there at once.
    fn forgive(&mut self, now: Instant) -> Duration {
        let late = now.saturating_duration_since(self.asked + PROMPT);
        self.until += late;
        self.patience += late;
        late
    }
}

impl Environment {
    /// The next thing that the process says or suffers, with its output collected meanwhile.
    pub(super) async fn listen(&mut self, until: Instant) -> Heard {
        let mut times = Times::new(until + self.kept_waiting);
        loop {
            times.asked = Instant::now();
            let wake = if self.init.is_some() { times.patience.min(times.look) } else { times.patience };
            tokio::select! {
                biased;
                frame = next_frame(&mut self.lane), if !self.lane_ended => match frame {
                    Some(Frame { kind: Kind::Log, body }) => self.logged(body),
                    Some(Frame { kind: Kind::Output, body }) => {
                        self.stdout.push(&body.unwrap_or_default());
                        self.collect_lines(false);
                    }
                    Some(frame) => {
                        self.decide_for_pipes(&frame);
                        return Heard::Frame(frame);
                    }
                    // A wrapper has started something that does not know the pipes.
                    None if self.is_undecided() => self.lane_ended = true,
                    None => {
                        // How it ended comes from the helper. A process that only closed its pipe is ended below.
                        self.lane_ended = true;
                        self.healthy = false;
                        times.patience = times.patience.min(Instant::now() + LAST_WORDS);
                    }
                },
                event = self.helper.next() => match event {
                    Event::Started { init, program_is_child } => self.started(init, program_is_child),
                    event @ (Event::Running { .. }
                    | Event::CompanionFailed { .. }
                    | Event::CompanionExited { .. }) => self.beside_told(&event),
                    Event::Failed { step, error } => return Heard::Failed(step, error),
                    Event::Exited(exit) => {
                        let heard = self.exited(exit);
                        return self.last_words().await.map_or(heard, Heard::Frame);
                    }
                },
                step = beside::next_step(&mut self.beside), if self.beside.is_some() => {
                    if let Some(heard) = self.take_step(step) {
                        return heard;
                    }
                }
                () = self.stdout.fill() => self.collect_lines(false),
                () = self.stderr.fill() => self.collect_lines(false),
                () = self.ticker.wait(wake) => {}
            }
            self.terse = false;
            // Also after output: a process that prints without end must not escape its limits.
            if let Some(heard) = self.look(&mut times) {
                return heard;
            }
        }
    }

    /// Whether time is up, or one of the limits that the cloud itself holds is reached.
    fn look(&mut self, times: &mut Times) -> Option<Heard> {
        let now = Instant::now();
        self.kept_waiting += times.forgive(now);
        if now >= times.patience {
            let closed = self.lane_ended && times.patience < times.until;
            return Some(if closed { Heard::Exited(Exit::Code(0)) } else { Heard::TimeUp });
        }
        if self.init.is_some() && now >= times.look {
            if self.uses_too_much() {
                return Some(Heard::OutOfMemory);
            }
            if self.stores_too_much() {
                return Some(Heard::Exited(Exit::Signal(SIGKILL)));
            }
            times.look = now + MEMORY_EVERY;
        }
        None
    }
}

pub(super) async fn next_frame(lane: &mut Lane) -> Option<Frame> {
    match lane {
        // A broken frame ends the environment as the end of the pipe does.
        Lane::Pipes(pipes) => pipes.next().await.unwrap_or_default(),
        Lane::Api(api) => api.next().await,
    }
}
