//! Start slots: how many environments of this machine start at the same time, and whose turn it is.
//!
//! Functions take turns. One that asks for hundreds of environments at once gets every second slot as soon as another
//! one asks for a single environment, which therefore never waits for more than one start of each other function.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::oneshot;

/// The slots of a machine.
#[derive(Debug)]
pub(crate) struct Starts {
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    free: usize,
    /// Functions that wait, in the order of their turns. Each stands here once.
    turns: VecDeque<Arc<str>>,
    waiting: HashMap<Arc<str>, VecDeque<oneshot::Sender<Slot>>>,
}

/// The right to start one environment; given back when it is dropped.
#[derive(Debug)]
pub(crate) struct Slot {
    starts: Option<Arc<Starts>>,
}

impl Starts {
    /// As many slots as `count`, but at least one.
    pub(crate) fn new(count: usize) -> Arc<Starts> {
        let state = State { free: count.max(1), turns: VecDeque::new(), waiting: HashMap::new() };
        Arc::new(Starts { state: Mutex::new(state) })
    }

    /// More processes than cores would only make all of them slower.
    pub(crate) fn of_machine() -> Arc<Starts> {
        Starts::new(std::thread::available_parallelism().map_or(2, |cores| cores.get().max(2)))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for the turn of `function`.
    pub(crate) async fn acquire(self: &Arc<Self>, function: &Arc<str>) -> Slot {
        loop {
            let turn = {
                let mut state = self.state();
                if state.free > 0 {
                    state.free -= 1;
                    return Slot { starts: Some(Arc::clone(self)) };
                }
                state.join(function)
            };
            // A sender is only dropped with its slot sent.
            if let Ok(slot) = turn.await {
                return slot;
            }
        }
    }

    /// Hands a slot on to the next in turn, or keeps it.
    fn give_back(self: Arc<Self>) {
        let mut slot = Slot { starts: Some(Arc::clone(&self)) };
        loop {
            let next = {
                let mut state = self.state();
                let next = state.next();
                if next.is_none() {
                    state.free += 1;
                    slot.starts = None; // Not given back once more.
                }
                next
            };
            let Some(next) = next else { return };
            match next.send(slot) {
                Ok(()) => return,
                Err(unsent) => slot = unsent, // That one waits no more.
            }
        }
    }
}

impl State {
    fn join(&mut self, function: &Arc<str>) -> oneshot::Receiver<Slot> {
        let (sender, receiver) = oneshot::channel();
        match self.waiting.get_mut(function) {
            Some(line) => line.push_back(sender),
            None => {
                self.waiting.insert(Arc::clone(function), VecDeque::from([sender]));
                self.turns.push_back(Arc::clone(function));
            }
        }
        receiver
    }

    fn next(&mut self) -> Option<oneshot::Sender<Slot>> {
        let function = self.turns.pop_front()?;
        let line = self.waiting.get_mut(&function)?;
        let first = line.pop_front();
        if line.is_empty() {
            self.waiting.remove(&function);
        } else {
            self.turns.push_back(function);
        }
        first
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        if let Some(starts) = self.starts.take() {
            starts.give_back();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn free(starts: &Starts) -> usize {
        let state = starts.state();
        assert!(state.turns.is_empty() && state.waiting.is_empty());
        state.free
    }

    #[tokio::test]
    async fn functions_take_turns() {
        let starts = Starts::new(1);
        let (busy, small): (Arc<str>, Arc<str>) = ("busy".into(), "small".into());
        let first = starts.acquire(&busy).await;
        let order = Arc::new(Mutex::new(Vec::new()));
        let mut tasks = Vec::new();
        for (function, count) in [(&busy, 5), (&small, 2)] {
            for _ in 0..count {
                let (starts, function, order) = (starts.clone(), function.clone(), order.clone());
                tasks.push(tokio::spawn(async move {
                    let _slot = starts.acquire(&function).await;
                    order.lock().unwrap().push(function.to_string());
                }));
                tokio::task::yield_now().await;
            }
        }
        drop(first);
        for task in tasks {
            task.await.unwrap();
        }
        let order = order.lock().unwrap().clone();
        assert_eq!(order, ["busy", "small", "busy", "small", "busy", "busy", "busy"]);
        assert_eq!(free(&starts), 1);
    }

    #[tokio::test]
    async fn those_who_went_away_lose_no_slot() {
        let starts = Starts::new(2);
        let function: Arc<str> = "f".into();
        let held = [starts.acquire(&function).await, starts.acquire(&function).await];
        let mut waiting = Vec::new();
        for _ in 0..4 {
            let mut acquire = Box::pin({
                let (starts, function) = (starts.clone(), function.clone());
                async move { starts.acquire(&function).await }
            });
            assert!(futures::poll!(&mut acquire).is_pending());
            waiting.push(acquire);
        }
        // One goes before its turn, one after it was handed a slot that it never took.
        drop(waiting.remove(0));
        let [one, two] = held;
        drop(one);
        drop(waiting.remove(0));
        let got = waiting.remove(0).await;
        drop((two, got, waiting));
        assert_eq!(free(&starts), 2);
    }
}
