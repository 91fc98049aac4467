//! What every result of a load is headed by: command, scenario, machine, and how sign-ins came.

use crate::load::result::{Header, Manner};
use crate::report::load::rate;
use crate::report::page::filters::thousands;

/// What was run, and where, line by line.
pub(crate) fn header(header: &Header) -> Vec<String> {
    let machine = &header.machine;
    let sha: String = header.scenario_sha256.chars().take(12).collect();
    vec![
        format!("command   {}", header.command),
        format!(
            "version   flexmeter {}, {} build, {} allocator",
            header.version, machine.build, machine.allocator
        ),
        format!("scenario  {} (SHA-256 {sha}…), begun {}", header.scenario, header.began),
        format!(
            "machine   {}, {} cores, {} MiB, {}",
            machine.cpu,
            machine.cores,
            thousands(&machine.memory_mib.to_string()),
            machine.kernel
        ),
        format!("load      {} before it began (1, 5 and 15 minutes)", machine.load_before),
    ]
}

/// How sign-ins came, line by line.
pub(crate) fn manner(manner: &Manner) -> Vec<String> {
    let how = match (manner.arrivals.as_str(), manner.rate) {
        ("closed", _) => "closed loop: who was answered asks again".to_owned(),
        (arrivals, Some(planned)) => format!("open loop, {arrivals}, {}/s planned", rate(planned)),
        (arrivals, None) => format!("open loop, {arrivals}"),
    };
    let count = |count: usize| thousands(&count.to_string());
    let in_flight =
        manner.in_flight.map_or(String::new(), |most| format!(", {} in flight at most", count(most)));
    let skew = manner.skew.map_or(String::new(), |share| format!(", {:.0} % of them in one", share * 100.0));
    vec![
        format!(
            "arrivals  {how}; {} s, of which {} s are warm-up; seed {}",
            manner.duration_seconds, manner.warmup_seconds, manner.seed
        ),
        format!(
            "actors    {} users in {} teams{skew}, {} threads{in_flight}, pace {}×",
            count(manner.users),
            count(manner.teams),
            manner.threads,
            manner.pace
        ),
    ]
}
