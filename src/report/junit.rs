//! Verdicts as JUnit XML, a suite per file and a case per expectation.

use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};

use crate::simulation::verdict::{Checked, Verdict};

/// The XML text of a check.
pub fn junit(checked: &[Checked]) -> String {
    let mut report = Report::new("flexmeter check");
    for file in checked {
        let mut suite = TestSuite::new(file.file.clone());
        match &file.verdicts {
            Ok(verdicts) => {
                for verdict in verdicts {
                    suite.add_test_case(case(verdict));
                }
            }
            Err(problem) => {
                let mut status = TestCaseStatus::non_success(NonSuccessKind::Error);
                status.set_message("the file could not be run").set_description(problem.clone());
                suite.add_test_case(TestCase::new("read", status));
            }
        }
        report.add_test_suite(suite);
    }
    report.to_string().expect("text is valid XML")
}

fn case(verdict: &Verdict) -> TestCase {
    let name = format!("line {}: {}", verdict.line, verdict.subject);
    if verdict.passed() {
        return TestCase::new(name, TestCaseStatus::success());
    }
    let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
    let side = |title: &str, rows: &[String]| format!("{title}:\n  {}\n", rows.join("\n  "));
    status
        .set_message(format!("{} differ", verdict.subject))
        .set_description(side("expected", &verdict.expected) + &side("actual", &verdict.actual));
    TestCase::new(name, status)
}
