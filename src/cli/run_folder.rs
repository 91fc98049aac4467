//! A results folder that is read: its summary, its tables, its ledger.

use std::fs::File;
use std::io::{self, BufReader, Read};
use std::path::{Path, PathBuf};

use crate::cli::failure::Failure;
use crate::cli::shown;
use crate::results::files::SUMMARY;
use crate::results::ledger::{ACCOUNTS, USAGE};
use crate::results::table_reader::WrittenTables;
use crate::usage::books::Books;
use crate::usage::ledger::Ledger;
use crate::usage::packs::Packs;
use crate::usage::run_summary::RunSummary;
use crate::usage::sign_ins::SignIns;
