//! Usage exports as they are read.
//!
//! * `formats`         tables of small files: what each format and generation reads as, and what is said of errors.

mod formats;
