//! Is a question acknowledged in time, whatever goes wrong, and noted before?

use std::time::Duration;

use bot::chat::{Acknowledged, Heard, Reception};
use tests::discord::Discord;

use crate::playing::{Playing, nothing_wrong};

async fn outcome(discord: &Discord, playing: &mut Playing) -> Acknowledged {
    let interaction = discord.generate("trance", discord.user("ada"));
    let asked = playing.asked().await;
    asked.reception.send(Reception::Noted).expect("somebody waits");
    let Heard::Acknowledged(id, how) = playing.next().await else { panic!("not acknowledged") };
    assert_eq!(id.0, interaction);
    how
}

#[tokio::test]
async fn an_acknowledgement_that_fails_is_tried_again_in_time() {
    let discord = Discord::start().await;
    let mut playing = Playing::connected(&discord).await;
    discord.break_down("/callback", 3);
    assert_eq!(outcome(&discord, &mut playing).await, Acknowledged::Yes);
    assert_eq!(discord.n_requests("/callback"), 4);
    nothing_wrong(&discord);
}

#[tokio::test]
async fn an_acknowledgement_whose_answer_is_lost_was_taken() {
    let discord = Discord::start().await;
    let mut playing = Playing::connected(&discord).await;
    discord.lose_answers("/callback", 1);
    assert_eq!(outcome(&discord, &mut playing).await, Acknowledged::Yes);
    nothing_wrong(&discord);
}

#[tokio::test]
async fn one_whose_outcome_stays_unknown_may_have_been_taken() {
    let discord = Discord::start().await;
    let mut playing = Playing::connected(&discord).await;
    discord.break_down("/callback", 100);
    assert_eq!(outcome(&discord, &mut playing).await, Acknowledged::Perhaps);
}

#[tokio::test]
async fn a_question_is_acknowledged_also_if_nobody_notes_it_in_time() {
    let discord = Discord::start().await;
    let mut playing = Playing::connected(&discord).await;
    let interaction = discord.generate("trance", discord.user("ada"));
    let asked = playing.asked().await;
    discord.wait_for_deferral(interaction).await;
    assert!(matches!(playing.next().await, Heard::Acknowledged(_, Acknowledged::Yes)));
    assert!(asked.reception.send(Reception::Noted).is_err(), "somebody still waits");
    nothing_wrong(&discord);
}

#[tokio::test]
async fn what_is_refused_is_told_in_private_at_once_and_what_is_known_not_at_all() {
    let discord = Discord::start().await;
    let mut playing = Playing::connected(&discord).await;
    let ada = discord.user("ada");
    discord.generate("trance", ada);
    let asked = playing.asked().await;
    asked.reception.send(Reception::Told("not now".to_owned())).expect("somebody waits");
    assert_eq!(discord.wait_for_private(ada).await.content, "not now");
    assert_eq!(discord.n_requests("/callback"), 1);

    discord.generate("trance", ada);
    let asked = playing.asked().await;
    asked.reception.send(Reception::Known).expect("somebody waits");
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert_eq!(discord.n_requests("/callback"), 1);
    nothing_wrong(&discord);
}

#[tokio::test]
async fn where_nobody_notes_questions_any_more_none_is_promised() {
    let discord = Discord::start().await;
    let mut playing = Playing::connected(&discord).await;
    let ada = discord.user("ada");
    discord.generate("trance", ada);
    drop(playing.asked().await);
    let told = discord.wait_for_private(ada).await;
    assert!(told.content.contains("ask again in a minute"), "{}", told.content);
    nothing_wrong(&discord);
}
