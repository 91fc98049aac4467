//! The rules by their numbers: what each is about, the policies it leaves open, and the scenario that shows it.
//!
//! The text of the rules is `rules.md`. A rule's test is called after it, such as `rule_2_8_…`.

/// A rule of the rulebook.
#[derive(Clone, Copy, Debug)]
pub struct Rule {
    /// Its number.
    pub number: &'static str,
    /// What it is about.
    pub title: &'static str,
    /// The keys of `[policy]` that settle what it leaves open.
    pub policies: &'static [&'static str],
    /// The scenario that shows it, below `scenarios/`.
    pub scenario: &'static str,
}

macro_rules! rules {
    ($($number:literal $title:literal [$($policy:literal)*] $scenario:literal;)*) => {
        /// Every rule, in the order of the rulebook.
        pub const RULES: &[Rule] =
            &[$(Rule { number: $number, title: $title, policies: &[$($policy),*], scenario: $scenario }),*];
    };
}

rules! {
    "1.1" "Amounts are exact; the rate in force when a charge falls due" [] "boundaries/a-rate-that-changes-in-the-middle.toml";
    "1.2" "One rate per user, product and window" [] "worked-examples/two-devices-on-one-day-are-one-charge.toml";
    "1.3" "A window is 24 elapsed hours" [] "boundaries/a-window-over-the-night-the-clocks-go-forward.toml";
    "1.4" "A session is one opening of one version on one device" [] "boundaries/two-versions-on-one-device-have-one-hold.toml";
    "1.5" "Free below the grace period" ["grace"] "boundaries/when-does-the-grace-period-end.toml";
    "1.6" "When a charge falls due; renewals" [] "boundaries/renewed-every-24-hours-while-open.toml";
    "1.7" "Inside its grace at the window's end" ["grace_at_renewal"] "boundaries/reopened-before-the-window-end-and-closed-in-grace.toml";
    "1.8" "Idle awareness" ["idle_resume"] "boundaries/idle-for-fifteen-minutes-when-the-window-ends.toml";
    "1.9" "Services are paid per result" [] "boundaries/a-failed-result-is-refunded.toml";
    "2.1" "One balance per team" [] "boundaries/paid-windows-and-used-tokens-from-before-the-start.toml";
    "2.2" "A pack is valid for a year, then the rest expires" [] "boundaries/a-pack-bought-on-29-february.toml";
    "2.3" "Which pack is drawn first" [] "boundaries/which-pack-is-drawn-first-by-end.toml";
    "2.4" "The rate must be available at sign-in" [] "boundaries/a-balance-of-the-rate-and-a-thousandth-less.toml";
    "2.5" "Held, then posted or voided" [] "boundaries/a-voided-hold-goes-back-to-its-packs.toml";
    "2.6" "A charge that can't be paid" ["renewal_when_short"] "boundaries/a-renewal-that-cannot-be-paid-stops-the-session.toml";
    "2.7" "Packs are moved, teams merged" [] "boundaries/teams-merged-mid-window.toml";
    "2.8" "No token is lost" [] "boundaries/a-hold-voided-into-a-pack-that-has-ended.toml";
    "3.1" "Assigned through Flex, or covered" [] "boundaries/cover-without-an-assignment.toml";
    "3.2" "A list of products, or all" [] "boundaries/a-product-released-later-and-all.toml";
    "3.3" "Default assignments of a team" [] "boundaries/default-assignments-and-who-gets-them.toml";
    "3.4" "Invitations and notices" [] "boundaries/an-invitation-that-lapses.toml";
    "3.5" "Subscriptions and trials come before tokens" [] "boundaries/cover-that-ends-with-an-open-session.toml";
    "3.6" "Three devices, one at a time" ["second_device"] "boundaries/the-fourth-device.toml";
    "3.7" "Add-ins open and close with their host" [] "boundaries/an-add-in-is-charged-beside-its-host.toml";
    "3.8" "Without connection for 24 hours" [] "boundaries/a-renewal-without-connection.toml";
    "3.9" "Which of a user's teams pays" ["team_choice"] "boundaries/three-teams-earliest-expiry.toml";
    "3.10" "There is no token limit per user" [] "boundaries/fewer-products-instead-of-a-limit.toml";
    "3.11" "On Linux from version 2020 on" [] "boundaries/versions-before-2020-on-linux.toml";
    "3.12" "The plan comes from the team" [] "boundaries/the-plan-comes-from-the-teams.toml";
    "4" "The order within one instant" [] "boundaries/a-renewal-before-a-sign-in-at-one-instant.toml";
    "5.1" "Balances" [] "boundaries/what-administrators-see.toml";
    "5.2" "Shared cloud credits" [] "boundaries/credits-are-drawn-before-tokens.toml";
    "5.3" "Usage overview" [] "boundaries/what-administrators-see.toml";
    "5.4" "Ranges, and the day of a use" ["report_zone"] "boundaries/a-day-in-the-zone-of-reports.toml";
    "5.5" "Usage by product" [] "boundaries/what-administrators-see.toml";
    "5.6" "Usage by user" [] "boundaries/what-administrators-see.toml";
    "5.7" "Names hidden" [] "boundaries/what-administrators-see.toml";
    "5.8" "Exports" [] "boundaries/what-administrators-see.toml";
    "6.1" "Seats of a licence server" [] "boundaries/the-last-free-seat.toml";
    "6.2" "Five steps to named users" [] "boundaries/the-five-steps-out-of-order.toml";
    "6.3" "Who may do each step, and from when on" [] "boundaries/the-five-steps-out-of-order.toml";
    "6.4" "A switched product goes through Flex" [] "an-engineering-office-leaves-its-licence-server.toml";
    "7" "What is not claimed" [] "worked-examples/autocad-and-revit-on-one-day-cost-17.toml";
}
