//! What does the program do, from its first argument to its exit code?
//!
//! Arguments, configuration, logging, then the command: in this process, or in the daemon that holds
//! the home.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::Context as _;
use bot::discord::Discord;
use clap::Parser;
use tokio::signal::unix::{SignalKind, signal};
use tracing_subscriber::EnvFilter;

use crate::cli::args::{Cli, Command, HomeCommand, Train};
use crate::cli::print::Printer;
use crate::command::{self, Situation};
use crate::config::{Config, token};
use crate::context::Context;
use crate::control::answer::{Line, exit_code, told};
use crate::control::{self, Reply};
use crate::cycle::request::TrainingRequest;
use crate::cycle::training::cycle;
use crate::home::{self, Home};
use crate::run::{Doors, OpenChat, run};
use crate::store;
use crate::{demo, intake};

/// Reads the command line, does what it says, and returns the exit code.
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    let is_daemon = matches!(cli.command, Command::Run);
    log_to_stderr(if is_daemon { "info,serenity=warn,tracing=warn,sled=warn" } else { "error" });
    match execute(cli) {
        Ok(code) => ExitCode::from(code),
        Err(error) => {
            say(&format!("kickback: {}", told(&error)));
            ExitCode::from(exit_code(&error))
        }
    }
}

/// `KICKBACK_LOG` overrides what is logged, in the form of the crate tracing-subscriber:
/// `debug`, or `info,daemon::run=trace`. Under systemd the journal has the time already.
fn log_to_stderr(default: &str) {
    let wanted = std::env::var("KICKBACK_LOG").ok().filter(|wanted| !wanted.is_empty());
    // serenity's spans hold the tokens of requests; they are shown only to who names them.
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
        Command::Demo(options) => demo::demo(cli.home, &options, &mut printer).map(|()| 0),
        Command::Judge { paths, all } => {
            let settings = intake_settings(cli.home.as_deref(), cli.config.as_deref())?;
            command::judge::judge(&paths, all, &settings, &mut |line| printer.print(line))
                .map(|()| 0)
        }
        Command::Roundtrip { file, out } => {
            let settings = intake_settings(cli.home.as_deref(), cli.config.as_deref())?;
            command::local::roundtrip(&file, &out, &settings, &mut |line| printer.print(line))
                .map(|()| 0)
        }
        Command::Restore { from } => {
            let (home, config) = place(cli.home.as_deref(), cli.config.as_deref())?;
            let from = std::path::absolute(from)?;
            command::backup::restore(&home, &config, &from, &mut |line| printer.print(line))
                .map(|()| 0)
        }
        Command::Home(command) => {
            let (home, config) = place(cli.home.as_deref(), cli.config.as_deref())?;
            at_home(home, config, absolute(command)?, &mut printer)
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

/// Judging needs no home; if one is known, its limits hold.
fn intake_settings(
    home: Option<&Path>,
    config: Option<&Path>,
) -> anyhow::Result<watch::intake::Settings> {
    let here = std::env::current_dir().context("finding the working folder")?;
    let known = home::resolve(home, |name| std::env::var_os(name), &here).ok();
    let config = match (config, known) {
        (Some(file), _) => Config::load(file, true)?,
        (None, Some(home)) => Config::load(&home.config(), false)?,
        (None, None) => Config::default(),
    };
    Ok(config.intake)
}

/// Paths as the daemon, which has another working folder, understands them.
fn absolute(mut command: HomeCommand) -> anyhow::Result<HomeCommand> {
    let make = |path: &mut PathBuf| -> anyhow::Result<()> {
        *path = std::path::absolute(&*path)?;
        Ok(())
    };
    match &mut command {
        HomeCommand::Generate(generate) => {
            generate.out.iter_mut().chain(&mut generate.primer).try_for_each(make)?;
        }
        HomeCommand::Versions(versions) => versions.plot.as_mut().map_or(Ok(()), make)?,
        HomeCommand::Rate(rate) => rate.from.as_mut().map_or(Ok(()), make)?,
        HomeCommand::Backup { to } => make(to)?,
        HomeCommand::Score { files, .. } => files.iter_mut().try_for_each(make)?,
        HomeCommand::Remove { song } if Path::new(song).exists() => {
            *song = std::path::absolute(&*song)?.to_string_lossy().into_owned();
        }
        _ => {}
    }
    Ok(command)
}

/// Asks the daemon, or does it here if none is running.
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
    let mut out = |line| printer.print(line);
    match command {
        HomeCommand::Train(train) => train_here(&context, train, &mut out)?,
        HomeCommand::Retrain { genre } => {
            train_here(&context, Train { genre, fresh: false, epochs: None }, &mut out)?;
        }
        command => command::execute(&context, command, &Situation::default(), &mut out)?,
    }
    Ok(0)
}

/// Without a daemon, what lies in the inbox is taken in first.
fn train_here(
    context: &Context,
    train: Train,
    out: &mut crate::control::answer::Out<'_>,
) -> anyhow::Result<()> {
    let taken = intake::take_in_now(context)?;
    if taken.n_accepted + taken.n_rejected + taken.n_failed > 0 {
        out(Line::Remark(format!(
            "from the inbox: {} accepted, {} rejected, {} failed",
            taken.n_accepted, taken.n_rejected, taken.n_failed
        )));
    }
    let wanted = TrainingRequest::by_person(train.genre, train.fresh, train.epochs);
    let stop = set_when_told_to_stop()?;
    cycle(context, &wanted, &stop, out).map(|_| ())
}

/// A flag that SIGTERM and SIGINT set from now on, instead of ending the process.
fn set_when_told_to_stop() -> anyhow::Result<Arc<AtomicBool>> {
    let flag = Arc::new(AtomicBool::new(false));
    let told = flag.clone();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let stopped = {
        let _inside = runtime.enter();
        stopped()?
    };
    std::thread::Builder::new().name("signals".to_owned()).spawn(move || {
        runtime.block_on(stopped);
        told.store(true, Ordering::Relaxed);
    })?;
    Ok(flag)
}

/// Ends when the process is told to stop; what was said before it is called counts for nothing.
fn stopped() -> anyhow::Result<impl Future<Output = ()> + Send> {
    let (mut term, mut int) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    Ok(async move {
        tokio::select! {
            _ = term.recv() => {}
            _ = int.recv() => {}
        }
    })
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
    let context = match Context::open(home, config) {
        Err(error) if matches!(error.downcast_ref(), Some(store::Error::InUse { .. })) => {
            return Err(error.context("is another daemon running on this home?"));
        }
        other => other?,
    };
    let runtime = tokio::runtime::Runtime::new().context("starting threads")?;
    let result = runtime.block_on(async { run(context, Doors { chat }, stopped()?).await });
    // A track being made is not waited for: nobody was told of it yet.
    runtime.shutdown_timeout(std::time::Duration::from_secs(5));
    result
}

fn say(text: &str) {
    let _ = writeln!(std::io::stderr(), "{text}");
}
