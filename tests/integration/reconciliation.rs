//! Usage exports against the rules: an export as it should be agrees, and what is planted in it is found, all of it
//! and nothing else.
//!
//! * `correct_export`  what a run's rows make of an export, in each format, by other means than the code under test.
//! * `planted`         errors planted at random in exports of a thousand rows and more.
//! * `formats`         tables of small files: what each format and generation reads as, and what is said of errors.
//! * `classes`         what single rows come to, with the sentences beside them; the command around it.

mod classes;
pub(crate) mod correct_export;
mod formats;
mod planted;
