//! Results: the tables that a run writes, their columns and their order, and the tables that others have written.
//! What opens a file is elsewhere.

pub mod rows;
pub mod sorted_rows;
pub mod files;
pub mod ledger;
pub mod checkpoint;
pub mod share;
pub mod share_progress;
pub mod table_reader;
pub mod export_file;
