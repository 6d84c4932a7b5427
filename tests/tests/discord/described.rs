//! Is everything that the bot sends as Discord describes it?
//!
//! Where the description is there, every test of this folder asks that; this one makes sure that it is, and
//! that each kind of request was made.

use std::time::SystemTime;

use bot::chat::{ChannelId, Chat, ReplyTo};
use tests::discord::{CHANNEL, Discord, is_described};

use crate::playing::{OFFERED, Playing, nothing_wrong, post};

#[tokio::test]
#[ignore = "needs Discord's description: ../shared/discord/openapi.json or DISCORD_OPENAPI"]
async fn every_kind_of_request_is_as_discord_describes_it() {
    assert!(is_described(), "Discord's description is not there");
    let discord = Discord::start().await;
    let mut playing = Playing::connected(&discord).await;
    let ada = discord.user("ada");
    discord.complete("genre", "hard", ada).await;
    playing.track(&discord).await;
    discord.generate("polka", ada);
    discord.wait_for_private(ada).await;
    discord.generate("trance", ada);
    let invocation = playing.invocation().await;
    playing.bot.refuse(&invocation.reply_to, "no".to_owned()).await.expect("refused");
    discord.wait_for_private(ada).await;
    let channel = ReplyTo::channel(ChannelId(CHANNEL), SystemTime::now());
    playing.bot.answer(&channel, post(8), false).await.expect("posted");
    let message = discord.wait_for_message().await;
    discord.wait_for_own_reactions(message.id, &OFFERED).await;
    let made = [
        "PUT /api/v10/applications/",
        "POST /api/v10/interactions/",
        "PATCH /api/v10/webhooks/",
        "DELETE /api/v10/webhooks/",
        "POST /api/v10/webhooks/",
        "POST /api/v10/channels/",
        "PUT /api/v10/channels/",
    ];
    for request in made {
        assert!(discord.n_requests(request) > 0, "{request} was not made");
    }
    nothing_wrong(&discord);
}
