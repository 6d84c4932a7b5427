//! How fast does symusic parse the same files?
//!
//! Python processes read the files once, then parse them over and over when asked, and measure
//! themselves: neither starting Python nor talking to it counts. One process holds all files; for
//! all cores there is one for each, with its share of the files.

use std::io::{self, BufRead, BufReader, Write};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::Duration;

const PROGRAM: &str = r"
import gc, sys, time
from symusic import Score
files = []
n_failed = 0
for line in sys.stdin:
    if line == '\n': break
    files.append(open(line.rstrip('\n'), 'rb').read())
for data in files:
    try: Score.from_midi(data)
    except Exception: n_failed += 1
print(n_failed, flush=True)
gc.disable()
for line in sys.stdin:
    at_least, n_done = float(line), 0
    began, cpu = time.perf_counter(), time.thread_time()
    while time.perf_counter() - began < at_least:
        for data in files:
            try: Score.from_midi(data)
            except Exception: pass
        n_done += len(files)
    print(n_done / (time.perf_counter() - began), n_done / (time.thread_time() - cpu), flush=True)
";

/// Running Python processes; ended when dropped.
pub(crate) struct Rival {
    whole: Worker,
    shares: Vec<Worker>,
}

struct Worker {
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
}

impl Rival {
    /// Starts them; `None`, and a line that says so, without symusic.
    pub(crate) fn start(paths: &[PathBuf], n_cores: usize) -> Option<Self> {
        let started = Worker::start(paths.iter()).and_then(|(whole, n_failed)| {
            let share = |idx| paths.iter().skip(idx).step_by(n_cores);
            let shares = (0..n_cores.min(paths.len())).map(|idx| Worker::start(share(idx)));
            let shares = shares.map(|worker| worker.map(|(worker, _)| worker));
            Ok((Self { whole, shares: shares.collect::<Result<_, _>>()? }, n_failed))
        });
        match started {
            Ok((rival, n_failed)) => {
                println!("symusic fails at {n_failed} of the files");
                Some(rival)
            }
            Err(error) => {
                println!(
                    "SKIPPED symusic ({error}): set KICKBACK_PYTHON to a Python that has it \
                     (`pip install symusic`)"
                );
                None
            }
        }
    }

    pub(crate) fn pids(&self) -> Vec<u32> {
        self.shares.iter().chain([&self.whole]).map(|worker| worker.child.id()).collect()
    }

    /// Files a second of processor time.
    pub(crate) fn on_one_core(&mut self, at_least: Duration) -> io::Result<f64> {
        self.whole.ask(at_least)?;
        self.whole.answer().map(|(_, by_processor)| by_processor)
    }

    /// Files a second by the clock, of all processes together.
    pub(crate) fn on_all_cores(&mut self, at_least: Duration) -> io::Result<f64> {
        for worker in &mut self.shares {
            worker.ask(at_least)?;
        }
        let mut sum = 0.0;
        for worker in &mut self.shares {
            sum += worker.answer()?.0;
        }
        Ok(sum)
    }
}

impl Worker {
    /// Starts a process and waits until it has parsed its files once; at how many it failed.
    fn start<'a>(paths: impl Iterator<Item = &'a PathBuf>) -> io::Result<(Self, usize)> {
        let python = std::env::var_os("KICKBACK_PYTHON").unwrap_or_else(|| "python3".into());
        let mut command = Command::new(python);
        command.args(["-c", PROGRAM]).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.stderr(Stdio::null()).spawn()?;
        let (Some(input), Some(output)) = (child.stdin.take(), child.stdout.take()) else {
            return Err(io::Error::other("no pipes"));
        };
        let mut worker = Self { child, input, output: BufReader::new(output) };
        for path in paths {
            writeln!(worker.input, "{}", std::path::absolute(path)?.display())?;
        }
        writeln!(worker.input)?;
        let [n_failed] = worker.numbers()?;
        Ok((worker, n_failed as usize))
    }

    fn ask(&mut self, at_least: Duration) -> io::Result<()> {
        writeln!(self.input, "{}", at_least.as_secs_f64())
    }

    /// Files a second by the clock and by the processor.
    fn answer(&mut self) -> io::Result<(f64, f64)> {
        self.numbers().map(|[by_clock, by_processor]| (by_clock, by_processor))
    }

    fn numbers<const N: usize>(&mut self) -> io::Result<[f64; N]> {
        let mut line = String::new();
        self.output.read_line(&mut line)?;
        let numbers: Vec<f64> = line.split_whitespace().filter_map(|n| n.parse().ok()).collect();
        numbers.try_into().map_err(|_| io::Error::other("it gives no answer"))
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        // Both fail only if it has ended, which is what is wanted.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
