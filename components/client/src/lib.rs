//! The only component that talks to the platforms: protocols, credentials, limits, ledger.
//!
//! It serves no route. `wit/` says what it offers; each exported function has a module of its own.

mod bindings;
mod call;
mod configuration;
mod dispatch;
mod drain;
mod ledger;
mod limits;
mod mqtt;
mod platform;
mod recall;
mod robots;
mod seal;
mod send;
mod settle;
mod status;
mod token;
mod upstream;

/// What the fuzz targets reach.
#[cfg(fuzzing)]
pub mod fuzzing {
    pub use crate::{
        bindings::exports::wecom::gateway::types,
        call::{form::Form, recording::Recording},
        dispatch::Ending,
        platform::{Prepared, Refusal, Verdict, prepare, read},
        robots::upload::read as read_upload,
        token::{Token, read as read_token},
        upstream::Answer,
    };
}

use bindings::{
    Component,
    exports::wecom::gateway::{messages, quntool, robots as robot_media, types},
};
use runtime::task;
use wit_bindgen::StreamReader;

impl messages::Guest for Component {
    async fn send(message: types::Message) -> Result<types::Receipt, types::Failure> {
        let _begun = task::begin_with_a_yield().await;
        send::send(message).await
    }

    async fn recall(
        caller: String,
        id: String,
        company_id: Option<String>,
        extra: Option<String>,
    ) -> Result<types::Receipt, types::Failure> {
        let _begun = task::begin_with_a_yield().await;
        recall::recall(&caller, &id, company_id, extra.as_deref()).await
    }

    async fn status(caller: String, id: String) -> Result<types::Report, types::Failure> {
        status::status(&caller, &id)
    }

    async fn list(caller: String, filter: messages::Filter) -> Result<Vec<types::Report>, types::Failure> {
        status::list(&caller, &filter)
    }

    async fn summary(caller: String, since: u64, until: u64) -> Result<Vec<messages::Total>, types::Failure> {
        status::summary(&caller, since, until)
    }

    async fn settle(outcome: messages::Outcome) -> Result<messages::Settlement, types::Failure> {
        settle::settle(&outcome)
    }

    fn answered(id: String, upstream_id: String) -> Result<bool, types::Failure> {
        mqtt::answered(&id, &upstream_id)
    }

    async fn drain(budget: messages::Budget) -> Result<messages::Drained, types::Failure> {
        let _begun = task::begin_with_a_yield().await;
        drain::drain(budget).await
    }
}

impl robot_media::Guest for Component {
    async fn upload(
        webhook: String,
        kind: robot_media::Media,
        media_type: String,
        length: Option<u64>,
        body: StreamReader<u8>,
    ) -> Result<robot_media::Uploaded, types::Failure> {
        let _begun = task::begin_with_a_yield().await;
        robots::upload::upload(&webhook, kind, &media_type, length, body).await
    }
}

impl quntool::Guest for Component {
    async fn call(operation: String, arguments: String) -> Result<quntool::Answer, types::Failure> {
        let _begun = task::begin_with_a_yield().await;
        call::call(&operation, &arguments).await
    }

    async fn upload(
        media_type: String,
        length: Option<u64>,
        body: StreamReader<u8>,
    ) -> Result<quntool::Answer, types::Failure> {
        let _begun = task::begin_with_a_yield().await;
        call::transfer::upload(&media_type, length, body).await
    }

    async fn download(path: String) -> Result<quntool::File, types::Failure> {
        let _begun = task::begin_with_a_yield().await;
        call::transfer::download(&path).await
    }
}
