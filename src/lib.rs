//! flexmeter simulates teams that pay for software by the day with prepaid tokens, the way Autodesk
//! Flex is described: who is charged, when, from which pack, who is refused, and why.
//!
//! # The map
//!
//! ```text
//! meter → scenario → simulation → results → usage → audit → forecast → load → report → cli
//! ```
//!
//! A module uses only those before it; a test reads the `mod` lines below and every `use` line, and
//! fails on an upward import.
//!
//! * [`meter`] is the metering core, a synchronous state machine. A request goes in with its instant,
//!   an answer comes out, records are left behind. Start at [`meter::Meter`]; the decision on a sign-in
//!   is `meter/admission.rs`, the life of a charge `meter/charging.rs`, the life of a token
//!   [`meter::stock`].
//! * [`scenario`] reads a file into something the meter can be asked, and reports everything that is
//!   wrong with it at once. [`scenario::calendar`] is the only place that knows dates and zones.
//!   What a simulated user does is a pure state machine ([`scenario::person`]) over a
//!   [`scenario::habit`]; they are asked for weeks at a time, and answer with data
//!   ([`scenario::agenda`]), refusals included.
//! * [`simulation`] carries a scenario out. Teams that share a user form a group
//!   ([`simulation::team_group`]) with one meter and one course through the scenario
//!   ([`simulation::course`]), driven by a plain loop ([`simulation::replay`]) or by actors
//!   ([`simulation::actors`]). What came of it is counted ([`simulation::tally`]) and judged
//!   ([`simulation::verdict`]); rows go to a [`simulation::recorder`]. A run that is left at an instant
//!   ([`simulation::course::standing`]) goes on from a [`results::checkpoint`], which holds no state.
//! * [`results`] are the tables that a run writes, and can be read back from. Rows are sorted in pieces, so that
//!   a run may have more of them than fit into memory ([`results::sorted_rows`]).
//!   A share of a run or a forecast ([`simulation::shard`]) holds such pieces, and the rest of what came of it as
//!   bytes ([`simulation::portable`]); what it is of stands in [`results::share`], so that only what belongs together
//!   is put together.
//! * [`usage`] is what administrators see of a run that is over: balances, usage, what waste cost (RULES 5).
//! * [`audit`] answers questions about a run by running it again: why something was charged, what would have
//!   avoided it, where two runs part, what of a file is the least that still shows it ([`audit::shrinking`]),
//!   where a vendor's usage export ([`scenario::usage_export`]) and the rules part
//!   ([`audit::reconciliation`]). A scenario can be lived through by typed steps ([`audit::clock`]).
//! * [`forecast`] asks what will be. A scenario is replayed under many seeds ([`forecast::replications`]), as it is
//!   ([`forecast::future`], together [`forecast::outlook`]) or with tokens that never run out
//!   ([`forecast::demand`]): from that come the packs to buy ([`forecast::plan`]), who should have a subscription
//!   ([`forecast::seats`]), and what a policy, a misreading or a change is worth ([`forecast::comparison`]). Habits are
//!   fitted to usage exports ([`forecast::fit`]), and tried on what came later ([`forecast::backtest`]).
//! * [`load`] asks how fast. Actors of users and teams sign in and out in real time ([`load::trial`]) before the same
//!   meter, audited ([`load::audit`]); what they waited is measured from planned instants ([`load::schedule`],
//!   [`load::measure`]), and compared with the same work done by less ([`load::baseline`]). Decisions can be on the disk
//!   before they are answered ([`load::store`]). Only here and in progress lines is a clock read.
//! * [`report`] turns what came of a run, or of a question, into text: tables, JSON, JUnit, a page for a browser
//!   ([`report::page`]).
//! * [`cli`] knows arguments, paths and the terminal.
//!
//! # What is always so
//!
//! * Groups of teams share nothing: they run on any number of threads, in any order, with the same bytes.
//! * Chance comes from a stream per user and purpose ([`scenario::random`]): another user changes nobody's.
//! * The core reads no clock, draws no number, opens no file, and has no floating point. Time is an
//!   argument: [`meter::Meter::apply`] takes it, [`meter::Meter::next_due`] says when something happens
//!   by itself. Nothing polls and nothing sweeps.
//! * A refusal is a value ([`meter::answer::Refusal`]), bad input is a
//!   [`scenario::problem::Problem`] at its place in the file, a broken invariant is an assertion, in
//!   release too.
//! * Tokens are integers of thousandths, instants whole seconds. What was bought is posted, held,
//!   expired or remaining, checked after every movement ([`meter::stock`]).
//! * The order of things that fall on one instant is total ([`meter::request::Phase`], RULES 4), and
//!   names decide ties by their bytes. Shuffling a file's tables changes no byte of a result.
//! * Where the published rules are open, a [`meter::policy::Policy`] decides, never the code.
//!
//! Numbers such as "RULES 1.6" cite the rulebook, [`rules`]; the scenarios below `scenarios/` exercise it
//! rule by rule. The keys of those files, and the columns of results, are in [`format`](mod@format).

#[doc = include_str!("rules.md")]
pub mod rules {}

#[doc = include_str!("scenario/format.md")]
pub mod format {}

pub mod meter;
pub mod scenario;
pub mod simulation;
pub mod results;
pub mod usage;
pub mod audit;
pub mod forecast;
pub mod load;
pub mod report;
pub mod cli;
