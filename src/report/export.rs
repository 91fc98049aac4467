//! Exports as files: CSV, JSON and Excel, row by row as far as the format allows (RULES 5.8).

pub mod delimited;
pub mod json;
pub mod workbook;
