//! How is the process told to stop?

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::signal::unix::{SignalKind, signal};

/// Ends when SIGTERM or SIGINT arrives; one that arrived before this call counts for nothing.
///
/// # Errors
/// When the signals cannot be caught.
pub(crate) fn stopped() -> anyhow::Result<impl Future<Output = ()> + Send> {
    let (mut term, mut int) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    Ok(async move {
        tokio::select! {
            _ = term.recv() => {}
            _ = int.recv() => {}
        }
    })
}

/// A flag that SIGTERM and SIGINT set from now on, instead of ending the process.
///
/// # Errors
/// When the signals cannot be caught.
pub(crate) fn stop_flag() -> anyhow::Result<Arc<AtomicBool>> {
    let flag = Arc::new(AtomicBool::new(false));
    let raised = flag.clone();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let stopped = {
        let _inside = runtime.enter();
        stopped()?
    };
    std::thread::Builder::new().name("signals".to_owned()).spawn(move || {
        runtime.block_on(stopped);
        raised.store(true, Ordering::Relaxed);
    })?;
    Ok(flag)
}
