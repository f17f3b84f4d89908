//! How much memory the sandbox of an environment uses.

use std::time::Duration;

use tokio::time::Instant;

use super::Environment;
use crate::runtime::memory;

/// How often at most the memory for REPORT lines is read.
const PEAK_EVERY: Duration = Duration::from_millis(500);

impl Environment {
    pub(super) fn uses_too_much(&self) -> bool {
        let limit = u64::from(self.launch.memory_mb) * 1024;
        self.init.is_some_and(|(init, _)| memory::used_kilobytes(init, limit) > limit)
    }

    /// Reads the peak of memory for REPORT, now and then.
    pub(super) fn read_peak(&mut self) {
        let Some((init, program_is_child)) = self.init else { return };
        let now = Instant::now();
        if self.peak_read.is_some_and(|read| now < read + PEAK_EVERY) {
            return;
        }
        self.peak_read = Some(now);
        let programs = match (program_is_child, self.has_companions()) {
            (true, true) => memory::tree(init).split_off(1),
            (true, false) => memory::tree(init).get(1).copied().into_iter().collect(),
            (false, _) => vec![init],
        };
        let peak = programs.iter().map(|program| memory::peak_kilobytes(*program)).sum();
        self.peak_kilobytes = self.peak_kilobytes.max(peak);
    }
}
