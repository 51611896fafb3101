//! The process itself, from `/proc`, read when somebody asks. Where there is no `/proc`, there are no such metrics.

use std::{fs, num::NonZero, sync::OnceLock};

/// What the kernel says of this process.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Process {
    /// User and system time.
    pub(crate) cpu_s: Option<f64>,
    pub(crate) resident_bytes: Option<f64>,
    pub(crate) virtual_bytes: Option<f64>,
    pub(crate) open_descriptors: Option<f64>,
    pub(crate) most_descriptors: Option<f64>,
    pub(crate) threads: Option<f64>,
    /// Seconds since 1970.
    pub(crate) start_s: Option<f64>,
}

impl Process {
    pub(crate) fn read() -> Process {
        let text = |name: &str| fs::read_to_string(format!("/proc/self/{name}")).unwrap_or_default();
        let status = text("status");
        let stat = Stat::parse(&text("stat"), rustix::param::clock_ticks_per_second() as f64);
        Process {
            cpu_s: stat.map(|stat| stat.cpu_s),
            resident_bytes: kilobytes(&status, "VmRSS:"),
            virtual_bytes: kilobytes(&status, "VmSize:"),
            // One of them is the folder that is being read.
            open_descriptors: fs::read_dir("/proc/self/fd")
                .ok()
                .map(|all| all.count().saturating_sub(1) as f64),
            most_descriptors: descriptor_limit(&text("limits")),
            threads: line(&status, "Threads:").and_then(|value| value.parse().ok()),
            start_s: stat.and_then(|stat| Some(boot_s()? + stat.start_after_boot_s)),
        }
    }
}

/// What is read of `/proc/self/stat`.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Stat {
    cpu_s: f64,
    start_after_boot_s: f64,
}

impl Stat {
    /// Fields 14, 15 and 22 of proc(5), counted from behind the name: it is in brackets and may hold spaces and brackets itself.
    fn parse(text: &str, ticks_per_s: f64) -> Option<Stat> {
        let (_, fields) = text.rsplit_once(')')?;
        let fields: Vec<&str> = fields.split_ascii_whitespace().collect();
        let ticks = |field: usize| fields.get(field - 3).and_then(|value| value.parse::<f64>().ok());
        Some(Stat {
            cpu_s: (ticks(14)? + ticks(15)?) / ticks_per_s,
            start_after_boot_s: ticks(22)? / ticks_per_s,
        })
    }
}

/// When the machine started, in seconds since 1970.
fn boot_s() -> Option<f64> {
    static BOOT: OnceLock<Option<f64>> = OnceLock::new();
    *BOOT.get_or_init(|| line(&fs::read_to_string("/proc/stat").ok()?, "btime")?.parse().ok())
}

/// What follows a name at the begin of a line.
fn line<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    text.lines().find_map(|line| Some(line.strip_prefix(name)?.trim()))
}

fn kilobytes(status: &str, name: &str) -> Option<f64> {
    let number: f64 = line(status, name)?.strip_suffix("kB")?.trim().parse().ok()?;
    Some(number * 1_024.0)
}

/// The soft limit; none when it is unlimited.
fn descriptor_limit(limits: &str) -> Option<f64> {
    line(limits, "Max open files")?
        .split_ascii_whitespace()
        .next()?
        .parse::<NonZero<u64>>()
        .ok()
        .map(|limit| limit.get() as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_may_hold_brackets_and_spaces() {
        let text = "7 (a) b (c) S 1 7 7 0 -1 4194304 100 0 0 0 250 50 0 0 20 0 9 0 12300 1000 200";
        assert_eq!(Stat::parse(text, 100.0), Some(Stat { cpu_s: 3.0, start_after_boot_s: 123.0 }));
        assert_eq!(Stat::parse("", 100.0), None);
        assert_eq!(Stat::parse("7 (a) S 1", 100.0), None);
    }

    #[test]
    fn units_and_limits() {
        assert_eq!(kilobytes("VmPeak:\t 9 kB\nVmRSS:\t    2 kB\n", "VmRSS:"), Some(2_048.0));
        assert_eq!(kilobytes("Name:\tx\n", "VmRSS:"), None);
        assert_eq!(
            descriptor_limit("Limit  Soft\nMax open files            1024  4096  files"),
            Some(1_024.0)
        );
        assert_eq!(descriptor_limit("Max open files            unlimited  unlimited  files"), None);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn this_process() {
        let before = Process::read();
        let held = vec![1_u8; 64 << 20];
        let file = fs::File::open("/proc/self/stat").unwrap();
        let after = Process::read();
        assert!(after.resident_bytes.unwrap() > before.resident_bytes.unwrap() + 32e6 && held[1 << 20] == 1);
        assert!(after.open_descriptors.unwrap() >= 1.0);
        drop(file);
        let now = std::time::UNIX_EPOCH.elapsed().unwrap().as_secs_f64();
        let start = after.start_s.unwrap();
        assert!(start <= now + 1.0 && start > now - 86_400.0, "{start} {now}");
        assert!(after.cpu_s.unwrap() >= 0.0 && after.threads.unwrap() >= 1.0);
        assert!(after.virtual_bytes.unwrap() > after.resident_bytes.unwrap());
    }
}
