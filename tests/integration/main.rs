//! The integration tests: one binary, one module per question.
//!
//! * `architecture`    imports point up the list of modules; each module lacks what it must not have.
//! * `rules`           each rule by its number: the scenarios that show it, and the tables of answers.
//! * `scenarios`       every file below `scenarios/` meets its expectations and keeps its digest.
//! * `samples`         twelve random scenarios against the files of an independent model, byte for byte.
//! * `seats`           tokens or subscriptions: theory, plain sums, collections, cover; the command and its page.
//! * `second_opinion`  random histories against the reference model, row by row.
//! * `explanation`     why something was charged, refused or not; alternatives avoid it, and diff finds the same.
//! * `export`          a run in the vendor's columns: it comes back through the importer, and agrees with itself (5.8).
//! * `forecast`        intervals hold what they say, futures are runs, refusals are told as the rule says.
//! * `fitting`         fits to usage exports: backtests hold, files as they come are read or refused, nothing is made up.
//! * `history`         the random histories: data, chance, the scenario file they are.
//! * `reference`       the reference model: the same rules again in the plainest way.
//! * `balances`        what teams have left and who used it, at the end and at any instant; the command (5.1, 5.2).
//! * `baseline`        a load's work done by less: all of it is done, and rounds are compared fairly.
//! * `boundaries`      the corners that random histories should visit, counted in the reference model.
//! * `broken_files`    files in error: what is said, and that nothing is left behind.
//! * `calendar`        zones prepared to be asked often give the same instants.
//! * `checkpoint`      runs left and gone on with, or branched off: the same bytes, and what is refused.
//! * `clock`           sessions of typed commands: what they show and become, what is saved, what going back leaves.
//! * `cluster`         what engines need to run shares: run with stand-ins, names come through whole, mistakes are refused.
//! * `command`         the binary: help, exit codes, what is written where.
//! * `comparison`      futures side by side: misreadings by hand, changes told apart from chance, the commands.
//! * `difference`      where two runs part: against a naive comparison, and as the command tells it.
//! * `durable`         decisions on the disk before they are answered: torn, full, changed; told apart, rebuilt the same.
//! * `load`            real time on a clock that stands still: stalls show where they should, latency is as for M/M/1.
//! * `load_command`    `flexmeter load` as it is typed: what it prints and writes, exit codes, what it refuses.
//! * `load_report`     loads told: schema and logs read back, requirements, sweeps of M/M/1, comparisons of equals.
//! * `museum`          public billing bugs, put into a copy of the meter one by one: the scenarios notice each.
//! * `prices`          what packs and subscriptions cost, by their dates.
//! * `readme`          outputs in the README are what its commands print.
//! * `page`            the page in a real browser: figures, filters, keyboard, accessibility; nothing leaves the file.
//! * `plan`            which packs to buy when: against brute force, the meter, quantiles; the command.
//! * `population`      simulated people: the same bytes by whatever driver, lives as their figures say.
//! * `privacy`         names hidden: no file and no output holds one, everything else is as it was (5.7).
//! * `reconciliation`  usage exports: planted errors are found, all of them and nothing else; each format is read.
//! * `theory`          simulated users: what renewal theory says they are charged; streams of their own.
//! * `usage`           what administrators see: against the tables counted plainly, and by hand.
//! * `transcript`      what simulated users did, written down as steps: the same rows without chance.
//! * `shares`          shares of a run or a forecast: put together they are the same bytes; what is refused, by name.
//! * `sheet`           an answer as text, CSV and a page: in the browser, each chart with its words and its table.
//! * `shrinking`       the least that still shows something: what is left, that it is the least, exit codes.
//! * `support`         running the binary and reading scenarios, for the modules above.
//!
//! What some rules add to `history`, `reference` and `boundaries` is in files of each: `offline` (3.8),
//! `membership` (3.2 to 3.4), `contract` (5.2), `licence_server` (6.1), `transition` (6.2, 6.3).

mod architecture;
mod balances;
mod baseline;
mod boundaries;
mod broken_files;
mod calendar;
mod checkpoint;
mod clock;
mod cluster;
mod command;
mod comparison;
mod difference;
mod durable;
mod explanation;
mod export;
mod forecast;
mod fitting;
mod history;
mod load;
mod load_command;
mod load_report;
mod museum;
mod page;
mod plan;
mod population;
mod prices;
mod privacy;
mod readme;
mod reconciliation;
mod reference;
mod rules;
mod samples;
mod scenarios;
mod seats;
mod second_opinion;
mod shares;
mod sheet;
mod shrinking;
mod support;
mod theory;
mod transcript;
mod usage;
