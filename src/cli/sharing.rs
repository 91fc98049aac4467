//! `Sharing`: the options with which a command carries out one share of its work.

use std::path::{Path, PathBuf};

use clap::Args;

use crate::cli::failure::Failure;
use crate::cli::shares::{SharesFolder, default_folder};
use crate::simulation::shard::Shard;

/// One share of the work, and where it goes.
#[derive(Args)]
pub(super) struct Sharing {
    /// Carry out one share of so many and nothing else, 1/8 to 8/8; `flexmeter merge` puts them together
    #[arg(long, value_name = "K/N")]
    shard: Option<Shard>,
    /// The folder of all shares [default: results/<file stem>-<seed>.shares, of a forecast .forecast.shares]
    #[arg(long, value_name = "DIR", requires = "shard")]
    shares: Option<PathBuf>,
}

impl Sharing {
    /// Which share, and the folder of all; `None` where all of the work is to be done here.
    ///
    /// # Errors
    /// Where an option is given besides that one share can't have: its name, whether it is given, and the way out.
    pub(super) fn wanted(
        &self,
        (command, file, seed): (&str, &Path, u64),
        not_of_one: &[(&str, bool, &str)],
    ) -> Result<Option<(Shard, SharesFolder)>, Failure> {
        let Some(shard) = self.shard else { return Ok(None) };
        if let Some((option, _, way_out)) = not_of_one.iter().find(|(_, given, _)| *given) {
            return Err(Failure::input(format!("{option} can't be had of one share: {way_out}")));
        }
        let folder = self.shares.clone().unwrap_or_else(|| default_folder(command, file, seed));
        Ok(Some((shard, SharesFolder { path: folder })))
    }
}
