//! `POST /v1/robot/media?robot=&type=`: uploads a file or a voice for a robot. Its bytes pass through as they come.

use caller::{
    robots::{self, Media},
    types::{Failure, Invalid},
};
use contract::{
    Arguments, Problem, Violation, arguments,
    arguments::Names,
    kdocs::{
        link,
        media::{FORM_BYTES, LEAST_BYTES, MEDIA},
    },
    routes::ROBOT_MEDIA,
};
use http::header;
use message::robot;
use runtime::{announced_length, clock::rfc3339};
use serde_json::json;
use spin_sdk::{
    http::Request,
    wasip3::{self, http::types},
};
use surface::{Answer, Refusal, Surface, body, credential, query};

/// Streams a multipart form with a part `media` to the robot. 201 with `{"mediaId", "type", "createdAt"}`.
pub async fn upload(request: Request, request_id: &str) -> Result<Answer, Refusal> {
    let (parts, mut incoming) = request.into_parts();
    let text = parts.uri.query().unwrap_or_default();
    credential::authenticate(Surface::Gateway, &parts.headers, text).await?;
    let given = arguments::query::read(ROBOT_MEDIA, query::pairs(text), Names::Exact);
    let arguments = Arguments::check(ROBOT_MEDIA, given, Names::Exact)?;
    let link = arguments.text("robot");
    let link = if link::is_word(&link) { format!("robot:{link}") } else { link };
    let robot = robot::recipient(link, None).await.map_err(|inner| Violation { field: "robot".into(), ..inner })?;
    let kind = arguments.text("type");
    let Some(documented) = MEDIA.iter().find(|media| media.kind == kind) else {
        return Err(Violation { field: "type".into(), reason: "不受支持".into() }.into());
    };

    let media_type = parts.headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let media_type = media_type.unwrap_or_default().to_owned();
    let is_form = media_type.get(..19).is_some_and(|start| start.eq_ignore_ascii_case("multipart/form-data"));
    if !is_form || !media_type.contains("boundary=") {
        return Err(Refusal::new(Problem::UnsupportedMediaType, "应为 multipart/form-data")
            .hinting("请使用 multipart/form-data,文件放在名为 media 的部分"));
    }
    let length = announced_length(&parts.headers);
    if length.is_some_and(|length| length > documented.bytes + FORM_BYTES) {
        let limit = usize::try_from(documented.bytes).unwrap_or(usize::MAX);
        return Err(Refusal { detail: documented.about.to_owned(), ..body::too_large(limit, incoming).await });
    }
    let missing = || Violation { field: "media".into(), reason: "缺失:必填,类型为文件".into() };
    let Some(request) = incoming.take_unstarted().filter(|_| length.is_none_or(|length| length > LEAST_BYTES)) else {
        return Err(missing().into());
    };
    let (_, done) = wasip3::wit_future::new(|| Ok(()));
    let (body, _) = types::Request::consume_body(request, done);
    let media = if documented.kind == "voice" { Media::Voice } else { Media::File };
    match robots::upload(robot.webhook, media, media_type, length, body).await {
        Ok(uploaded) => Ok(Answer::json(
            201,
            &json!({
                "mediaId": uploaded.media_id, "type": documented.kind, "createdAt": rfc3339(uploaded.created_at),
            }),
        )),
        Err(failure) => Ok(Surface::Gateway.fail(renamed(failure), request_id)),
    }
}

/// Names a robot that there is not as the caller wrote it.
fn renamed(failure: Failure) -> Failure {
    match failure {
        Failure::Invalid(invalid) => Failure::Invalid(Invalid { field: "robot".into(), ..invalid }),
        failure => failure,
    }
}
