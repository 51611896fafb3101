//! What is secret of what this process was given: its environment and its arguments.

use std::panic;

/// Learns it, and keeps it out of the text of a panic, which is printed where nothing of ours is asked.
pub(crate) fn learn() {
    let variables = std::env::vars_os();
    loadline_secrets::learn_variables(
        variables.filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?))),
    );
    // `-e NAME=VALUE`, addresses, `-H 'NAME: VALUE'`: whatever stands in an argument.
    for argument in std::env::args_os().skip(2).filter_map(|argument| argument.into_string().ok()) {
        loadline_secrets::learn_url(&argument);
        let argument = argument.trim_start_matches('-').trim_start_matches("e ").to_owned();
        let pair = argument.split_once(['=', ':']).filter(|(name, _)| !name.contains(char::is_whitespace));
        if let Some((name, value)) = pair {
            loadline_secrets::learn_variables([(name.to_owned(), value.trim().to_owned())]);
        }
    }
    panic::set_hook(Box::new(|info| {
        super::screen::complain(&format!("this is a fault of loadline, please report it: {info}"));
    }));
}
