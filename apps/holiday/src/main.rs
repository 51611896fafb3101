//! The `holiday` binary: the reference system by itself.

use std::process::ExitCode;

fn main() -> ExitCode {
    holiday::main(std::env::args_os())
}
