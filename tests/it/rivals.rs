//! Two workers on one lane: a lease that ran out, or a clock that jumped, lets another one in.

use crate::{
    PATIENCE,
    gateway::{Gateway, eventually, messages::conversation},
};
use rusqlite::Connection;
use std::time::Duration;

/// Marks a queued message as being sent, as a rival does; false: it is not queued any more.
fn take(database: &Connection, id: &str) -> bool {
    let taken = database.execute(
        "UPDATE message SET state = 'sending', lease_until = 9e15, changed_at = changed_at + 1
         WHERE id = ? AND state = 'queued'",
        [id],
    );
    taken.expect("the message can be marked") == 1
}

#[tokio::test]
async fn a_message_that_a_rival_is_sending_is_left_to_it() {
    let gateway = Gateway::start().await;
    let database = gateway.database();
    let mut stolen = 0;
    for number in 0..6 {
        let account = format!("16888543552610{number:02}");
        let mut ids = Vec::new();
        for content in ["first", "second", "third"] {
            let answer = gateway.ask(gateway.chat(&account, content).header("prefer", "respond-async")).await;
            ids.push(answer.message_id().to_owned());
        }
        let of_account = |content: &str| {
            let messages = gateway.simulator.truth().messages;
            messages
                .iter()
                .filter(|message| {
                    message.conversation.as_deref() == Some(&conversation(&account))
                        && message.content["content"] == content
                })
                .count()
        };
        eventually("the first one leaves", PATIENCE, async || (of_account("first") == 1).then_some(())).await;
        // By now the lane's worker waits for the place of the second one. It still sees it queued when it comes to mark it,
        // and learns who has it when the rival is done: unless another writer of its instance waits for the rival before
        // it does, so the rival comes later each time.
        tokio::time::sleep(Duration::from_millis(150 + 70 * number)).await;
        database.execute_batch("BEGIN IMMEDIATE").unwrap();
        let taken = take(&database, &ids[1]);
        tokio::time::sleep(Duration::from_millis(700)).await;
        database.execute_batch("COMMIT").unwrap();
        if !taken {
            continue;
        }
        stolen += 1;
        eventually("the third one leaves", PATIENCE, async || (of_account("third") == 1).then_some(())).await;
        gateway.tick("send").await;
        assert_eq!((gateway.state(&ids[1]).await.as_str(), of_account("second")), ("sending", 0));
    }
    assert!(stolen > 0, "the rival came too late each time");
}
