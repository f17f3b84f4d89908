//! Taking messages from a queue.

use std::collections::HashSet;

use futures::future::try_join_all;

use super::rows::{Place, State};
use super::{Claims, Message, Queue};
use crate::{Error, Tx, tuple};

/// Candidates looked at beyond those wanted, when those do not do: others may be claimed, expired, or
/// in a group that is held up. A receiver that finds nothing among them comes back empty although
/// there is more.
const SPARE_CANDIDATES: usize = 64;

/// Messages of one group that a receive takes at most. As a group is given out again only when none
/// of it is leased, its leases are always among its first so many.
const GROUP_TAKEN_MAX: usize = 10;

/// What a receiver wants.
pub struct Request<'a> {
    /// The time, in milliseconds.
    pub now: i64,
    /// Messages at most.
    pub limit: usize,
    /// Until when nobody else gets them.
    pub lease_until: i64,
    /// Messages sent before this have expired: they are removed when they are met.
    pub sent_since: i64,
    /// Messages received this often already are taken out of the queue instead.
    pub receives_max: Option<u32>,
    /// Makes the receipts.
    pub receipt: &'a mut (dyn FnMut() -> String + Send),
}

/// What a receiver gets.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Received {
    /// The messages, leased.
    pub messages: Vec<Message>,
    /// Messages that were received too often. They are no longer in the queue: put them in another
    /// one in the same transaction.
    pub exhausted: Vec<Message>,
}

/// The work of one receive.
struct Take<'a, 'b> {
    queue: &'a Queue,
    request: Request<'b>,
    leased: Vec<(String, State)>,
    exhausted: Vec<Message>,
    groups: HashSet<String>,
}

impl Queue {
    /// Takes messages that can be received, those first that became visible first.
    pub async fn receive(
        &self,
        tx: &mut Tx,
        claims: &Claims,
        request: Request<'_>,
    ) -> Result<Received, Error> {
        let (now, limit) = (request.now, request.limit);
        let mut take =
            Take { queue: self, request, leased: Vec::new(), exhausted: Vec::new(), groups: HashSet::new() };
        // At first what will do unless something is in the way: looking is most of the work of a receive.
        for spare in [claims.count().min(SPARE_CANDIDATES), SPARE_CANDIDATES] {
            let (candidates, are_all) = self.candidates(tx, now, limit + spare).await?;
            take.of(tx, claims, candidates).await?;
            if take.leased.len() >= limit || are_all {
                break;
            }
        }
        let Take { leased, exhausted, .. } = take;
        Ok(Received { messages: self.with_bodies(tx, leased).await?, exhausted })
    }

    /// Messages whose time has come, earliest first, and whether these are all there are.
    async fn candidates(&self, tx: &mut Tx, now: i64, limit: usize) -> Result<(Vec<Candidate>, bool), Error> {
        let (mut found, mut are_all) = (Vec::new(), true);
        let places = [Place::Ready, Place::Delayed, Place::Leased];
        places.iter().for_each(|place| tx.dont_conflict(self.place_range(*place)));
        let tx: &Tx = tx;
        // Together, so that they cost one round trip where there is one.
        let scans = places.map(|place| tx.scan(self.due_scan(place, now).limit(limit)));
        for page in try_join_all(scans).await? {
            are_all &= page.next.is_none();
            for (key, val) in page.rows {
                let (at, id) = self.read_place_key(&key)?;
                found.push(Candidate { at, id, group: tuple::unpack(&val)? });
            }
        }
        found.sort_unstable_by(|one, two| (one.at, &one.id).cmp(&(two.at, &two.id)));
        Ok((found, are_all))
    }
}

/// A message whose time has come, as its index row tells.
struct Candidate {
    at: i64,
    id: String,
    group: Option<String>,
}

impl Take<'_, '_> {
    /// Takes what may be had of the candidates. What was looked at before is passed over.
    async fn of(&mut self, tx: &mut Tx, claims: &Claims, candidates: Vec<Candidate>) -> Result<(), Error> {
        let mut claimed = Vec::new();
        for Candidate { id, group, .. } in candidates {
            match group {
                Some(group) => {
                    self.ungrouped(tx, std::mem::take(&mut claimed)).await?;
                    let is_new = !self.is_full() && !self.groups.contains(&group);
                    if is_new && claims.take(tx, &self.queue.group_key(&group, 0)) {
                        self.group(tx, group).await?;
                    }
                }
                None if claims.take(tx, &self.queue.state_key(&id)) => claimed.push(id),
                None => {}
            }
            if self.leased.len() + claimed.len() >= self.request.limit {
                self.ungrouped(tx, std::mem::take(&mut claimed)).await?;
            }
            if self.is_full() {
                return Ok(());
            }
        }
        self.ungrouped(tx, claimed).await
    }

    fn is_full(&self) -> bool {
        self.leased.len() >= self.request.limit
    }

    /// Takes messages without a group, read together.
    async fn ungrouped(&mut self, tx: &mut Tx, ids: Vec<String>) -> Result<(), Error> {
        if ids.is_empty() {
            return Ok(());
        }
        let states = self.queue.states(tx, &ids).await?;
        for (id, state) in ids.into_iter().zip(states) {
            if let Some(state) = state {
                self.one(tx, id, state).await?;
            }
        }
        Ok(())
    }

    /// Takes as many messages of a group as are wanted and may be had now, in their order.
    async fn group(&mut self, tx: &mut Tx, group: String) -> Result<(), Error> {
        let wanted = (self.request.limit - self.leased.len()).min(GROUP_TAKEN_MAX);
        let ids = self.queue.first_of_group(tx, &group, GROUP_TAKEN_MAX).await?;
        let states = self.queue.states(tx, &ids).await?;
        let members: Vec<_> =
            ids.into_iter().zip(states).filter_map(|(id, state)| Some((id, state?))).collect();
        self.groups.insert(group);
        let held = |state: &State| state.place == Place::Leased && state.at > self.request.now;
        if members.iter().any(|(_, state)| held(state)) {
            return Ok(());
        }
        let before = self.leased.len();
        for (id, state) in members {
            if state.at > self.request.now || self.leased.len() - before >= wanted {
                break;
            }
            self.one(tx, id, state).await?;
        }
        Ok(())
    }

    /// Leases a message, or takes it out when it has expired or was received too often.
    async fn one(&mut self, tx: &mut Tx, id: String, state: State) -> Result<(), Error> {
        if state.sent < self.request.sent_since {
            return self.queue.remove(tx, &id, &state, self.request.now).await;
        }
        if self.request.receives_max.is_some_and(|most| state.receives >= most) {
            let found = vec![(id.clone(), state.clone())];
            self.exhausted.extend(self.queue.with_bodies(tx, found).await?);
            return self.queue.remove(tx, &id, &state, self.request.now).await;
        }
        self.queue.leave(tx, &id, &state)?;
        let leased = State {
            place: Place::Leased,
            at: self.request.lease_until,
            receives: state.receives + 1,
            first_received: state.first_received.or(Some(self.request.now)),
            receipt: Some((self.request.receipt)()),
            ..state
        };
        self.queue.enter(tx, &id, &leased)?;
        self.leased.push((id, leased));
        Ok(())
    }
}
