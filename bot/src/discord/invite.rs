//! How is the bot added to a community?

use serenity::model::Permissions;

/// The address at which the bot is added to a community, with the permissions that it needs.
pub(super) fn invite(application: u64) -> String {
    let needed = Permissions::VIEW_CHANNEL
        | Permissions::SEND_MESSAGES
        | Permissions::SEND_MESSAGES_IN_THREADS
        | Permissions::ATTACH_FILES
        | Permissions::READ_MESSAGE_HISTORY
        | Permissions::ADD_REACTIONS;
    format!(
        "https://discord.com/oauth2/authorize?client_id={application}\
         &scope=bot+applications.commands&permissions={}",
        needed.bits()
    )
}
