//! The actors of a load: one per team, which answers, and one per user, who asks and waits.

pub mod team_actor;
pub mod user_actor;
