//! How much memory and disk the sandbox of an environment uses.

use std::time::Duration;

use tokio::time::Instant;

use super::Environment;
use crate::runtime::log::LogLine;
use crate::runtime::memory;
use crate::runtime::outcome::Ended;

/// How often at most the memory for REPORT lines is read.
const PEAK_EVERY: Duration = Duration::from_millis(500);

impl Environment {
    pub(super) fn uses_too_much(&self) -> bool {
        let limit = u64::from(self.launch.memory_mb) * 1024;
        if let Some(bytes) = self.child.memory_bytes() {
            return bytes / 1024 > limit;
        }
        self.init.is_some_and(|(init, _)| memory::used_kilobytes(init, limit) > limit)
    }

    /// Whether the folder that stands in for /tmp holds more than it may; the log tells it.
    pub(super) fn stores_too_much(&mut self) -> bool {
        let limit = u64::from(self.launch.tmp_mb) << 20;
        let full =
            self.scratch.as_ref().is_some_and(|folder| memory::stored_bytes(folder.path(), limit) > limit);
        if full {
            self.healthy = false;
            let text = format!("/tmp holds more than the {} MB of EphemeralStorage", self.launch.tmp_mb);
            self.lines.push(LogLine { time_millis: self.host.backend.now_millis(), text });
        }
        full
    }

    /// What REPORT says of memory. All of it where want of it was the end, in whichever of the processes it was.
    pub(super) fn memory_used_mb(&self, ended: &Ended) -> u64 {
        let all = u64::from(self.launch.memory_mb);
        match ended {
            Ended::OutOfMemory => all,
            _ => self.peak_kilobytes.div_ceil(1024).min(all),
        }
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
