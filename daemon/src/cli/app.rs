//! What does the program do, from its first argument to its exit code?
//!
//! Arguments, configuration, logging, then the command: in this process, or in the daemon that holds
//! the home.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::{Context as _, bail};
use bot::discord::Discord;
use clap::Parser;
use tracing_subscriber::EnvFilter;

use crate::cli::args::{Cli, Command};
use crate::cli::print::Printer;
use crate::cli::signals::stopped;
use crate::command::{DaemonState, HomeCommand};
use crate::config::{Config, token};
use crate::context::Context;
use crate::control::failure::{exit_code, with_causes};
use crate::control::{self, Reply};
use crate::home::{self, Home};
use crate::run::{OpenChat, run};

/// Reads the command line, carries it out, and returns the exit code.
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    let is_daemon = matches!(cli.command, Command::Run);
    log_to_stderr(if is_daemon { "info,serenity=warn,tracing=warn,sled=warn" } else { "error" });
    match execute(cli) {
        Ok(code) => ExitCode::from(code),
        Err(error) => {
            say(&format!("kickback: {}", with_causes(&error)));
            ExitCode::from(exit_code(&error))
        }
    }
}

/// `KICKBACK_LOG` overrides what is logged, in the form of the crate tracing-subscriber:
/// `debug`, or `info,daemon::run=trace`. Under systemd the journal has the time already.
fn log_to_stderr(default: &str) {
    let wanted = std::env::var("KICKBACK_LOG").ok().filter(|wanted| !wanted.is_empty());
    // serenity's spans hold the tokens of requests; they are shown only to those who ask for them.
    let quiet = "serenity=warn,tracing=warn";
    let wanted = match wanted {
        Some(wanted) if wanted.contains("serenity") => wanted,
        Some(wanted) => format!("{wanted},{quiet}"),
        None => default.to_owned(),
    };
    let filter = EnvFilter::new(wanted);
    let logging = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    let logging = logging.with_target(false).with_ansi(false);
    if std::env::var_os("JOURNAL_STREAM").is_some() {
        logging.without_time().init();
    } else {
        logging.init();
    }
}

fn execute(cli: Cli) -> anyhow::Result<u8> {
    let mut printer = Printer::new(cli.json);
    match cli.command {
        Command::Run => {
            let (home, config) = place(cli.home.as_deref(), cli.config.as_deref())?;
            run_daemon(home, config).map(|()| 0)
        }
        Command::Demo(demo) => demo.run(cli.home, &mut printer).map(|()| 0),
        Command::Judge(judge) => {
            let settings = intake_settings(cli.home.as_deref(), cli.config.as_deref())?;
            judge.run(&settings, &mut |line| printer.print(line)).map(|()| 0)
        }
        Command::Roundtrip(roundtrip) => {
            let settings = intake_settings(cli.home.as_deref(), cli.config.as_deref())?;
            roundtrip.run(&settings, &mut |line| printer.print(line)).map(|()| 0)
        }
        Command::Restore(restore) => {
            let (home, config) = place(cli.home.as_deref(), cli.config.as_deref())?;
            restore.run(&home, &config, &mut |line| printer.print(line)).map(|()| 0)
        }
        Command::Home(command) => {
            let (home, config) = place(cli.home.as_deref(), cli.config.as_deref())?;
            at_home(home, config, command, &mut printer)
        }
    }
}

fn place(home: Option<&Path>, config: Option<&Path>) -> anyhow::Result<(Home, Config)> {
    let here = std::env::current_dir().context("finding the working folder")?;
    let home = home::resolve(home, |name| std::env::var_os(name), &here)?;
    let config = match config {
        Some(file) => Config::load(file, true)?,
        None => Config::load(&home.config(), false)?,
    };
    Ok((home, config))
}

/// Judging needs no home; if one is known, its limits apply.
fn intake_settings(
    home: Option<&Path>,
    config: Option<&Path>,
) -> anyhow::Result<watch::examine::Settings> {
    let here = std::env::current_dir().context("finding the working folder")?;
    let known = home::resolve(home, |name| std::env::var_os(name), &here).ok();
    let config = match (config, known) {
        (Some(file), _) => Config::load(file, true)?,
        (None, Some(home)) => Config::load(&home.config(), false)?,
        (None, None) => Config::default(),
    };
    Ok(config.intake)
}

/// Asks the daemon, or carries the command out here if none is running.
fn at_home(
    home: Home,
    config: Config,
    command: HomeCommand,
    printer: &mut Printer,
) -> anyhow::Result<u8> {
    if let Some(end) = control::ask(&home.socket(), &command, |line| printer.print(line))? {
        let Reply::End { code, message } = end else { return Ok(1) };
        if let Some(message) = message {
            say(&format!("kickback: {message}"));
        }
        return Ok(code);
    }
    let context = Context::open(home, config)?;
    command.execute(&context, &DaemonState::default(), &mut |line| printer.print(line))?;
    Ok(0)
}

fn run_daemon(home: Home, config: Config) -> anyhow::Result<()> {
    let credentials = std::env::var_os("CREDENTIALS_DIRECTORY").map(PathBuf::from);
    let variable = std::env::var(token::VARIABLE).ok();
    let token = token::find(credentials.as_deref(), variable.as_deref(), &home)?;
    let chat: Result<OpenChat, String> = match token {
        Some((token, source)) => {
            if let token::Source::File { path, exposed_mode: Some(mode) } = &source {
                let path = path.display();
                tracing::warn!(
                    "others can read the Discord token (mode {mode:o}): run `chmod 600 {path}`"
                );
            }
            let (settings, offered) = (config.discord.clone(), config.reactions.offered.clone());
            Ok(Box::new(move |hear, offer| {
                Ok(Arc::new(Discord::start(&settings, &token, &offered, offer, hear)?))
            }))
        }
        None => Err(format!(
            "no Discord token, so there is no bot; everything else works. To add one, put it into {} or {}",
            home.token().display(),
            token::VARIABLE
        )),
    };
    if control::is_answering(&home.socket()) {
        let root = home.root().display();
        bail!("another daemon runs on {root} already: stop it first, or give another --home");
    }
    let context = Context::open(home, config)?;
    let runtime = tokio::runtime::Runtime::new().context("starting threads")?;
    let result = runtime.block_on(async { run(context, chat, stopped()?).await });
    // A track in the making is not waited for: nobody has been told about it yet.
    runtime.shutdown_timeout(std::time::Duration::from_secs(5));
    result
}

fn say(text: &str) {
    let _ = writeln!(std::io::stderr(), "{text}");
}
