//! How far the shares of a task are, for a person or as data.

use crate::meter::instant::Span;
use crate::report::terminal::{BAD, GOOD, HEADING, QUIET, counted, right, styled, table};
use crate::results::share_progress::{ShareProgress, Standing, TaskProgress};
use crate::scenario::duration;

/// The shares that are not done, those that are counted, and the time left. Lines are fitted to `width` columns, or
/// stay whole.
pub fn text(progress: &TaskProgress, width: Option<u16>) -> String {
    let mut shown = table(&["share", "is", "done", "for", "on"], width);
    right(&mut shown, &[2, 3]);
    for share in &progress.shares {
        shown.add_row(row(share));
    }
    let TaskProgress { done, running, missing, .. } = progress;
    let all = counted(progress.shares.len() as u64, "share");
    let mut text =
        styled(HEADING, &format!("{done} of {all} done, {running} running, {missing} to begin")) + "\n";
    text += &format!("{}\n", shown.trim_fmt());
    for problem in &progress.out_of_place {
        text += &(styled(BAD, problem) + "\n");
    }
    text + &styled(if progress.is_whole() { GOOD } else { QUIET }, &left(progress)) + "\n"
}

/// The same as data.
pub fn json(progress: &TaskProgress) -> String {
    serde_json::to_string_pretty(progress).expect("plain data") + "\n"
}

fn row(share: &ShareProgress) -> [String; 5] {
    let percent = |done: f64| format!("{:.0} %", done * 100.0);
    let lasting = |seconds: i64| duration::text(Span::from_seconds(seconds));
    let (done, lasted, place) = match &share.standing {
        Standing::Done { host, seconds, .. } => (percent(1.0), lasting(*seconds), host.clone()),
        Standing::Running { host, process, seconds, done, .. }
        | Standing::Lost { host, process, seconds, done, .. } => {
            (percent(*done), lasting(*seconds), format!("{host}, process {process}"))
        }
        Standing::Damaged { reason } => (String::new(), String::new(), reason.clone()),
        Standing::Missing => (String::new(), String::new(), String::new()),
    };
    let name = share.standing.name();
    let style = match share.standing {
        Standing::Done { .. } => GOOD,
        Standing::Lost { .. } | Standing::Damaged { .. } => BAD,
        Standing::Running { .. } | Standing::Missing => QUIET,
    };
    [share.share.clone(), styled(style, name), done, lasted, place]
}

fn left(progress: &TaskProgress) -> String {
    match progress.seconds_left {
        Some(0) if !progress.is_whole() => {
            "All shares are done, but not all of them belong together.".to_owned()
        }
        Some(0) => "All shares are done: `flexmeter merge` puts them together.".to_owned(),
        Some(seconds) => {
            let seconds = i64::try_from(seconds).unwrap_or(i64::MAX);
            format!(
                "About {} left, with as many at work as now.",
                duration::text(Span::from_seconds(seconds))
            )
        }
        None if progress.running == 0 => "Nobody is at work.".to_owned(),
        None => "Too early to tell how long the rest will take.".to_owned(),
    }
}
