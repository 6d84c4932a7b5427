//! The program `kickback`: see `kickback --help`.

fn main() -> std::process::ExitCode {
    daemon::app::main()
}
