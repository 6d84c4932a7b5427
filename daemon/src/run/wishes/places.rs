//! How do those who wait learn their place?

use std::sync::Arc;
use std::time::Duration;

use bot::chat::InvocationId;
use bot::post;

use super::Wishes;
use crate::run::event::{Event, JobEvent};

/// How often those who wait are told their place, and how many of them at a time.
const REPORT_EVERY: Duration = Duration::from_secs(4);
const N_REPORTS: usize = 8;

impl Wishes {
    /// Tells those who wait their place, unless they know it.
    pub(super) fn report(&mut self) {
        self.is_reporting = false;
        self.n_reports += 1;
        let mut news: Vec<(u64, usize, InvocationId)> = {
            // The first is about to be made.
            let places = self.queue.in_order().enumerate().skip(1);
            let news = places.filter_map(|(before, id)| {
                let told = self.open.get(&id)?.told;
                let is_news = told.is_none_or(|(_, told)| told != before);
                is_news.then_some((told.map_or(0, |(at, _)| at), before, id))
            });
            news.collect()
        };
        // Those who were never told first, then those told longest ago.
        news.sort_unstable();
        news.truncate(N_REPORTS);
        for (_, before, id) in news {
            let seconds = (before + 1) as f64 * self.seconds_a_track;
            let Some(open) = self.open.get_mut(&id) else { continue };
            open.told = Some((self.n_reports, before));
            let (chat, begun) = (Arc::clone(&self.chat), open.begun.clone());
            let (job, text) = (Arc::clone(&open.job), post::place_in_queue(before, seconds));
            tokio::spawn(async move {
                let begun = begun.lock().await;
                if !*begun {
                    let _ = chat.report(&job.reply_to, text).await;
                }
            });
        }
        if self.queue.len() > 0 {
            self.is_reporting = true;
            self.report_soon();
        }
    }

    pub(super) fn report_soon(&self) {
        self.worker.tell_after(REPORT_EVERY, Event::Job(InvocationId(0), JobEvent::Report));
    }
}
