//! What becomes of a text that came too late to be the acknowledgement?

use std::sync::Arc;

use bot::chat::{Acknowledged, InvocationId};

use super::{Stage, Wishes};

impl Wishes {
    /// Tells a text that came too late to be the acknowledgement, when that is out of the way.
    pub(super) fn tell_late(
        &mut self,
        id: InvocationId,
        text: String,
        acknowledged: Option<Acknowledged>,
    ) {
        let Some(open) = self.open.get_mut(&id) else { return };
        let to = match acknowledged {
            None => {
                open.stage = Stage::Late(text);
                return;
            }
            Some(Acknowledged::No) => return self.forget(id),
            Some(_) => open.job.reply_to.clone(),
        };
        let chat = Arc::clone(&self.chat);
        self.forget(id);
        tokio::spawn(async move {
            if let Err(error) = chat.refuse(&to, text).await {
                tracing::warn!(%error, "an asker could not be told why there is no answer");
            }
        });
    }
}
