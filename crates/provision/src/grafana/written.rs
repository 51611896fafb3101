//! Which dashboards a project has.

use super::board::{BOARDS, Board, Variable, Written, written};
use super::{database, edge, load_test, scaling, service};
use crate::source::Source;

/// All dashboards of a project. Without a label that tells load tests from users there is none of load tests.
pub(crate) fn boards(source: &Source) -> Vec<Written> {
    let [of_tests, of_service, of_database, of_edge, of_scaling] = BOARDS;
    let has_tests = source.settings.names.load_test.is_some();
    let others: Vec<Board> = BOARDS.into_iter().filter(|board| *board != of_tests || has_tests).collect();
    let (variables, marks) = (service::variables(source), service::marks(source));
    let mut files = Vec::new();
    if has_tests {
        let sections = load_test::sections(source);
        let about = "Load tests as the service sees them, beside its users.";
        files.push(written(of_tests, about, &others, &variables, &marks, &sections));
    }
    let about = "What users get of the service, by its performance budgets.";
    files.push(written(of_service, about, &others, &variables, &marks, &service::sections(source)));
    let about = "Queries and connections, as the service sees them.";
    let sections = database::sections(source);
    files.push(written(of_database, about, &others, &database::variables(source), &marks, &sections));
    let about = "The cache in front of the service.";
    files.push(written(of_edge, about, &others, &edge::variables(), &[], &edge::sections()));
    let autoscaler = Variable {
        name: "autoscaler",
        label: "Autoscaler",
        query: "label_values(kube_horizontalpodautoscaler_spec_max_replicas, horizontalpodautoscaler)"
            .to_owned(),
    };
    let variables: Vec<Variable> = variables.into_iter().chain([autoscaler]).collect();
    let about = "Replicas, what each of them carries, and the autoscaler.";
    files.push(written(of_scaling, about, &others, &variables, &marks, &scaling::sections(source)));
    files
}
