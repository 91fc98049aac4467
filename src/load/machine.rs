//! `machine`: the computer that a load runs on, as far as figures depend on it, and what the process takes of it.
//!
//! Linux tells it in files below `/proc`. What they do not tell, there or elsewhere, is `unknown`, or 0.

use std::num::{NonZero, NonZeroU64};
use std::time::{SystemTime, UNIX_EPOCH};

pub use mimalloc::MiMalloc as Allocator;
use rustix::system::uname;
use rustix::thread::set_current_timer_slack;
use rustix::time::{ClockId, clock_gettime};

use crate::load::result::Machine;
use crate::meter::instant::Instant;
use crate::scenario::calendar::iso;

/// The name of [`Allocator`], which the command and the benchmarks have for all their memory.
pub const ALLOCATOR: &str = "mimalloc";

/// Nanoseconds by which the kernel may put timers together: the least it allows.
const TIMER_SLACK: NonZeroU64 = NonZeroU64::MIN;

/// The machine now. What gives the process its memory is known to its `main` alone.
pub fn machine(allocator: &str) -> Machine {
    let told = |path| std::fs::read_to_string(path).unwrap_or_default();
    let kernel = uname();
    let [name, release] = [kernel.sysname(), kernel.release()].map(|text| text.to_string_lossy());
    Machine {
        cpu: cpu_model(&told("/proc/cpuinfo")),
        cores: std::thread::available_parallelism().map_or(1, NonZero::get),
        memory_mib: kib_of("MemTotal", &told("/proc/meminfo")) / 1024,
        kernel: format!("{name} {release}"),
        load_before: load_averages(&told("/proc/loadavg")),
        allocator: allocator.to_owned(),
        build: if cfg!(debug_assertions) { "debug" } else { "release" }.to_owned(),
    }
}

/// CPU time of the whole process so far, all its threads together, in nanoseconds.
pub fn process_cpu_nanoseconds() -> u64 {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    u64::try_from(time.tv_sec * 1_000_000_000 + time.tv_nsec).expect("CPU time only grows")
}

/// Memory of the process in RAM, in KiB; 0 where the system does not tell. From `status` and not `statm`, which counts
/// in pages and leaves their size open.
pub fn resident_kib() -> u64 {
    kib_of("VmRSS", &std::fs::read_to_string("/proc/self/status").unwrap_or_default())
}

/// Lets timers of this thread, and of threads that it makes from now on, wake it to the nanosecond instead of within
/// 50 µs. Where the kernel does not allow it they stay as they are, and lateness shows it.
pub fn precise_timers() {
    let _ = set_current_timer_slack(Some(TIMER_SLACK));
}

/// The instant now, in UTC: `2026-11-22T21:00:00Z`.
#[expect(clippy::disallowed_methods, reason = "a result says when it was measured")]
pub fn utc_now() -> String {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).expect("clocks stand after 1970");
    iso(Instant::from_seconds(i64::try_from(since.as_secs()).expect("not for 292 billion years")))
}

/// The model of the first CPU.
fn cpu_model(cpuinfo: &str) -> String {
    known(field("model name", cpuinfo))
}

/// The means over 1, 5 and 15 minutes of how many threads ran or waited to run.
fn load_averages(loadavg: &str) -> String {
    let averages: Vec<_> = loadavg.split_whitespace().take(3).collect();
    known(Some(averages.join(" ")).filter(|_| averages.len() == 3).as_deref())
}

/// A field that is told in `kB`, by which the kernel means KiB; 0 where it is not there.
fn kib_of(name: &str, text: &str) -> u64 {
    let amount = field(name, text).and_then(|value| value.strip_suffix(" kB"));
    amount.and_then(|amount| amount.parse().ok()).unwrap_or(0)
}

/// The first field of that name, of lines such as `MemTotal:  2048 kB`.
fn field<'t>(name: &str, text: &'t str) -> Option<&'t str> {
    let fields = text.lines().filter_map(|line| line.split_once(':'));
    fields.map(|(of, value)| (of.trim(), value.trim())).find(|(of, _)| *of == name).map(|(_, value)| value)
}

fn known(text: Option<&str>) -> String {
    text.filter(|text| !text.is_empty()).unwrap_or("unknown").to_owned()
}

#[cfg(test)]
mod tests {
    use super::{cpu_model, kib_of, load_averages};

    const X86: &str = "processor\t: 0\nmodel\t\t: 143\nmodel name\t: Intel(R) Xeon(R) Processor @ 2.70GHz\n\
                       cache size\t: 33792 KB\n\nprocessor\t: 1\nmodel name\t: Another\n";
    const ARM: &str = "processor\t: 0\nBogoMIPS\t: 50.00\nCPU implementer\t: 0x41\n";

    #[test]
    fn the_model_of_the_first_cpu_is_told() {
        for (text, model) in [
            (X86, "Intel(R) Xeon(R) Processor @ 2.70GHz"),
            ("model name\t: a: b\n", "a: b"),
            (ARM, "unknown"),
            ("model name\t:\n", "unknown"),
            ("", "unknown"),
        ] {
            assert_eq!(cpu_model(text), model, "{text}");
        }
    }

    #[test]
    fn the_three_load_averages_are_told_as_they_are() {
        for (text, told) in [
            ("0.42 1.50 12.03 3/412 90210\n", "0.42 1.50 12.03"),
            ("0.42 1.50\n", "unknown"),
            ("", "unknown"),
        ] {
            assert_eq!(load_averages(text), told, "{text}");
        }
    }

    #[test]
    fn memory_is_told_in_kib() {
        let status = "Name:\tVmRSS\nVmHWM:\t   99999 kB\nVmRSS:\t   12345 kB\nThreads:\t4\n";
        for (name, text, kib) in [
            ("VmRSS", status, 12_345),
            ("MemTotal", "MemTotal:       24599312 kB\nMemFree: 1 kB\n", 24_599_312),
            ("Threads", status, 0),
            ("MemTotal", "MemTotal: plenty kB\n", 0),
            ("MemTotal", "", 0),
        ] {
            assert_eq!(kib_of(name, text), kib, "{name} in {text}");
        }
    }
}
