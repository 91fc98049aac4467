//! Scenario files: found, read, and drawn with their errors.

use std::fs::File;
use std::io::Read;
use std::ops::Range;
use std::path::{Path, PathBuf};

use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};

use crate::cli::failure::Failure;
use crate::cli::shown;
use crate::scenario::Scenario;
use crate::scenario::document::Document;
use crate::scenario::problem::Problem;
use crate::simulation::panicked::caught;

/// The largest file that is read; a scripted scenario of that size has half a million steps.
const BYTES_MAX: u64 = 64 << 20;

/// Errors drawn before the rest is only counted.
const PROBLEMS_MAX: usize = 20;

/// Reads and checks a scenario file.
pub(super) fn read(path: &Path) -> Result<Scenario, Failure> {
    read_with_text(path).map(|(_, scenario)| scenario)
}

/// Reads and checks a scenario file, whose text is wanted too.
pub(super) fn read_with_text(path: &Path) -> Result<(String, Scenario), Failure> {
    let text = text(path)?;
    let scenario = parse((path, &shown(path)), &text)?;
    Ok((text, scenario))
}

/// Reads and checks a scenario file, which is also wanted as a document to be changed.
pub(super) fn read_document(path: &Path) -> Result<(Scenario, Document), Failure> {
    let text = text(path)?;
    let scenario = parse((path, &shown(path)), &text)?;
    let document = Document::read(&text).unwrap_or_else(|problem| panic!("it was read before: {problem:?}"));
    Ok((scenario, document))
}

/// Checks the text of a scenario file, or a text made of it; errors are drawn under that name.
pub(super) fn parse((path, name): (&Path, &str), text: &str) -> Result<Scenario, Failure> {
    // Reading draws no chance: there is no seed to tell.
    let read = caught(|| Scenario::read(text));
    let read = read
        .map_err(|text| Failure::defect(path, format!("flexmeter panicked at the task \"read\": {text}")))?;
    read.map_err(|problems| drawing(&[Source { name, text, from: 0 }], &problems))
}

/// The scenario files a path means: itself, or every `.toml` file below a folder, by name.
pub(super) fn find(path: &Path) -> Result<Vec<PathBuf>, Failure> {
    if !path.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let mut found = Vec::new();
    let mut folders = vec![path.to_owned()];
    while let Some(folder) = folders.pop() {
        let entries = std::fs::read_dir(&folder).map_err(|error| unreadable(&folder, &error))?;
        for entry in entries {
            let entry = entry.map_err(|error| unreadable(&folder, &error))?;
            let path = entry.path();
            // Links to folders are not followed: they may lead back.
            if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("toml")) {
                found.push(path);
            }
        }
    }
    found.sort();
    if found.is_empty() {
        return Err(Failure::input(format!("{} holds no scenario files (*.toml)", shown(path))));
    }
    Ok(found)
}

/// The text of a scenario file.
pub(super) fn text(path: &Path) -> Result<String, Failure> {
    let text = any_text(path)?;
    if text.trim().is_empty() {
        let text = format!("{} is empty; `flexmeter new NAME` writes a scenario to start from", shown(path));
        return Err(Failure::input(text));
    }
    Ok(text)
}

/// The text of a file, which may be empty.
pub(super) fn any_text(path: &Path) -> Result<String, Failure> {
    let about = std::fs::metadata(path).map_err(|error| unreadable(path, &error))?;
    if about.is_dir() {
        let text =
            format!("{} is a folder; name one scenario file (`flexmeter check` takes folders)", shown(path));
        return Err(Failure::input(text));
    }
    let file = File::open(path).map_err(|error| unreadable(path, &error))?;
    let mut bytes = Vec::new();
    file.take(BYTES_MAX + 1).read_to_end(&mut bytes).map_err(|error| unreadable(path, &error))?;
    if bytes.len() as u64 > BYTES_MAX {
        let most = BYTES_MAX >> 20;
        return Err(Failure::input(format!(
            "{} is too large; a scenario file has at most {most} MiB",
            shown(path)
        )));
    }
    let text = String::from_utf8(bytes).map_err(|error| {
        let valid = error.utf8_error().valid_up_to();
        let line = 1 + error.as_bytes()[..valid].iter().filter(|byte| **byte == b'\n').count();
        Failure::input(format!("{} is not text: line {line}, byte {} is not UTF-8", shown(path), valid + 1))
    })?;
    Ok(text)
}

fn unreadable(path: &Path, error: &std::io::Error) -> Failure {
    Failure::input(format!("can't read {}: {error}", shown(path)))
}

/// A file whose text stands in the text that was read, from some byte on.
#[derive(Clone, Copy)]
pub(super) struct Source<'a> {
    /// As messages name it.
    pub(super) name: &'a str,
    pub(super) text: &'a str,
    pub(super) from: usize,
}

impl<'a> Source<'a> {
    /// The file in which a place lies, and the place there.
    fn of(sources: &[Source<'a>], place: &Range<usize>) -> (Source<'a>, Range<usize>) {
        let source =
            sources.iter().rev().find(|source| source.from <= place.start).expect("the first begins at 0");
        (*source, place.start - source.from..place.end - source.from)
    }
}

/// The problems, each on its lines of the files that were read one after the other.
pub(super) fn drawing(sources: &[Source<'_>], problems: &[Problem]) -> Failure {
    let drawn = problems.iter().take(PROBLEMS_MAX).map(|problem| draw(sources, problem));
    let mut drawing = drawn.collect::<Vec<_>>().join("\n\n");
    drawing += "\n\n";
    let mut names: Vec<&str> =
        problems.iter().map(|problem| Source::of(sources, &problem.place).0.name).collect();
    names.dedup();
    let names = names.join(" and ");
    drawing += &match problems.len() {
        1 => format!("1 error in {names}"),
        count if count > PROBLEMS_MAX => {
            format!("{count} errors in {names}; the first {PROBLEMS_MAX} are shown")
        }
        count => format!("{count} errors in {names}"),
    };
    Failure::Scenario(drawing + "; nothing was run or written")
}

fn draw(sources: &[Source<'_>], problem: &Problem) -> String {
    let mark = |kind: AnnotationKind, place: &Range<usize>, label| {
        let (Source { name, text, .. }, place) = Source::of(sources, place);
        let lines = whole_lines(text, &place);
        let snippet = Snippet::source(&text[lines.clone()]).path(name).line_start(line_of(text, lines.start));
        snippet.annotation(kind.span(clamp(&place, &lines)).label(label))
    };
    let primary = mark(AnnotationKind::Primary, &problem.place, &problem.label);
    let mut group: Group<'_> = Level::ERROR.primary_title(&problem.title).element(primary);
    if let Some((place, label)) = &problem.context {
        group = group.element(mark(AnnotationKind::Context, place, label));
    }
    if let Some(help) = &problem.help {
        group = group.element(Level::HELP.message(help));
    }
    Renderer::styled().render(&[group])
}

/// The first line of a place, whole; a place that spans many lines is shown by where it begins.
fn whole_lines(text: &str, place: &Range<usize>) -> Range<usize> {
    let start = text[..place.start].rfind('\n').map_or(0, |end| end + 1);
    let end = text[place.start..].find('\n').map_or(text.len(), |length| place.start + length);
    start..end
}

fn clamp(place: &Range<usize>, lines: &Range<usize>) -> Range<usize> {
    place.start - lines.start..place.end.min(lines.end).max(place.start) - lines.start
}

fn line_of(text: &str, start: usize) -> usize {
    1 + text[..start].matches('\n').count()
}
