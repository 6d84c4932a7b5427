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
        let news: Vec<(usize, InvocationId)> = {
            let places = self.queue.in_order().enumerate().map(|(idx, id)| (idx + 1, id));
            let is_news = |(place, id): &(usize, InvocationId)| {
                self.open.get(id).is_some_and(|open| open.told != *place)
            };
            places.filter(is_news).take(N_REPORTS).collect()
        };
        for (place, id) in news {
            let seconds = place as f64 * self.seconds_a_track;
            let Some(open) = self.open.get_mut(&id) else { continue };
            open.told = place;
            let (chat, begun) = (Arc::clone(&self.chat), open.begun.clone());
            let (job, text) = (Arc::clone(&open.job), post::place_in_queue(place, seconds));
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
